#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the files of a soak's directory agree with each other and with their schema?

usage: tests/soak_files.py DIR
"""
import csv
import json
import os
import sys

STATUS = {'schema': int, 'state': str, 'pid': int, 'written_unix_s': int, 'seed': int,
          'elapsed_s': float, 'left_s': float, 'cycles': int, 'clean': int, 'skipped': int,
          'failed': int, 'faults_injected': int, 'operations': int, 'kernel_log_alarms': int,
          'first_failure': str, 'cycle': (dict, type(None)), 'machine': dict}
CYCLE = {'number': int, 'job': str, 'variant': str, 'fault': str, 'at': str,
         'duration_s': float, 'steps': int}
MACHINE = {'held_pages': int, 'locked_bytes': int, 'slab_unreclaimable_kib': int,
           'memory_available_kib': int, 'huge_pages_free': int, 'descriptors': int}


def hold(what, found, schema):
    if set(found) != set(schema):
        sys.exit('%s: keys: %s' % (what, sorted(set(found) ^ set(schema))))
    for key, kind in schema.items():
        if not isinstance(found[key], kind):
            sys.exit('%s: %s is %r' % (what, key, found[key]))


def main():
    folder = sys.argv[1]
    status = json.load(open(os.path.join(folder, 'status.json')))
    hold('status.json', status, STATUS)
    hold('machine', status['machine'], MACHINE)
    if status['cycle']:
        hold('cycle', status['cycle'], CYCLE)
    rows = list(csv.DictReader(open(os.path.join(folder, 'cycles.csv'))))
    sums = {'cycles': len(rows),
            'clean': sum(r['verdict'] == 'clean' for r in rows),
            'skipped': sum(r['verdict'] == 'skipped' for r in rows),
            'failed': sum(r['verdict'] in ('failed', 'hung') for r in rows),
            'faults_injected': sum(int(r['injected']) for r in rows),
            'operations': sum(int(r['operations']) for r in rows)}
    for key, value in sums.items():
        if status[key] != value:
            sys.exit('%s: %d in status.json, %d by cycles.csv' % (key, status[key], value))
    if None in rows[0] or any(None in r.values() for r in rows):
        sys.exit('cycles.csv: a row has not as many fields as the head')


main()
