#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Was a cell of the matrix noticed as it is to be? For busted-test.sh, on the host.

judge.py DIR OUTCOME NOTICED-BY MAY-FAIL-TOO: exit status 1 and why, if it was not.
"""
import glob
import json
import sys


def names(text):
    return set() if text == '-' else set(text.split(','))


def why_not(path, outcome, noticed, too):
    runs = glob.glob(path + '/result/runs/*/result.json')
    if len(runs) != 1:
        return '%d results' % len(runs)
    status = int(open(path + '/status').read())
    result = json.load(open(runs[0]))
    failed = {c['check'] for c in result['audit'] if c['verdict'] not in ('ok', 'mark')}
    said = 'exit status %d, run %s, failed: %s' % (status, result['status'], ' '.join(sorted(failed)))
    if outcome == 'clean':
        good = status == 0 and result['status'] == 'ok' and bool(result.get('metrics'))
    else:
        good = status == 2 and result['withheld'] and 'metrics' not in result
        good = good and (result['status'] == 'hung') == (outcome == 'hung')
    good = good and noticed <= failed and failed <= noticed | too
    return None if good else said


if __name__ == '__main__':
    why = why_not(sys.argv[1], sys.argv[2], names(sys.argv[3]), names(sys.argv[4]))
    if why:
        print(why)
    sys.exit(why is not None)
