#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Let each allocation and each system call of a command fail, one in each run of it.

usage: sweep.py --build DIR [--all] [--seconds S | --turns N] [--jobs N] [--seed N] [COMMAND:CLASS...]

DIR is a build folder, with sanitizers if leaks are to be seen (--enable-sanitizers).
Without --all the first call from each place is taken, as the call chain tells;
with --seconds as many of them as there is time for, in an order from the seed.  TAP.

A command may say what failed (exit status 1 to 4, a message), or go on without what it
can do without; then all it says or writes is what it is without a failure.  It is never
ended by a signal, never hangs, leaks nothing, and leaves no half result under its name.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = ['alloc', 'fd', 'io', 'task']
PATIENCE_S = 120
# As strerror() and the program have them.
REASONS = re.compile('out of memory|Cannot allocate memory|Too many open files|Input/output error|'
                     'No space left on device|Not enough space|Resource temporarily unavailable')
NULL = ['--quiet', '--set', 'duration=0s', '--set', 'ops=2000', '--set', 'warmup=0s',
        '--set', 'threads=1']

# OUT: what it writes; R, S: results that were made before.
COMMANDS = {
    'run': ['run', 'null', *NULL, '--set', 'samples=yes', '-o', 'OUT'],
    'ab': ['ab', 'null', *NULL, '--accept-noise', '--arm', 'A=null', '--arm', 'B=null,count=32',
           '--pairs', '1', '--warmup-rounds', '0', '--seed', '1', '-o', 'OUT'],
    'soak': ['soak', 'null', '--faults', 'none', '--repeat', '1', '--seed', '1', '--steady', '--cycle',
             '50ms', '--set', 'threads=1', '-o', 'OUT'],
    'report': ['report', 'R'],
    'report-html': ['report', '--html', 'R', '-o', 'OUT'],
    'report-json': ['report', '--json', 'R'],
    'report-csv': ['report', '--csv', 'R'],
    'report-lkml': ['report', '--lkml', 'R'],
    'compare': ['compare', '--all', 'R', 'R'],
    'compare-arms': ['compare', '--json', 'R'],
    'samples': ['samples', 'S'],
    'list': ['list'],
    'list-json': ['list', '--json'],
    'plan': ['run', 'null', *NULL, '--dry-run', '--json'],
    'variant': ['variant', 'list', '--json'],
}


def says_why(result):
    """Whether the reason stands somewhere in what was said, or in a report: perhaps on two lines."""
    said = result['out'] + result['err']
    for name in ('report.md', 'report.html', 'summary.txt', 'summary.html'):
        path = os.path.join(result['folder'], 'out', name)
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                said += file.read()
    return REASONS.search(' '.join(said.split()))


class Sweep:
    def __init__(self, args):
        self.args = args
        self.bench = os.path.join(os.path.abspath(args.build), 'vfio-bench')
        self.work = tempfile.mkdtemp(prefix='fault-inject.')
        self.local = threading.local()
        self.made = 0
        self.lock = threading.Lock()
        self.shim = os.path.join(self.work, 'shim.so')
        subprocess.run([os.environ.get('CC', 'cc'), '-D_GNU_SOURCE', '-std=gnu11', '-g', '-O1', '-shared',
                        '-fPIC', '-o', self.shim, os.path.join(HERE, 'shim.c')], check=True)
        self.supp = os.path.join(self.work, 'suppressions')
        with open(self.supp, 'w', encoding='ascii') as file:
            # The loader's own: LeakSanitizer tells them by the caller, and that is the shim.
            file.write('leak:ld-linux\n')

    def prepare(self):
        """The results that report, compare and samples read."""
        for name, extra in (('R', None), ('S', 'samples')):
            path = os.path.join(self.work, name)
            if extra:
                command = ['run', 'null', *NULL, '--set', 'samples=yes', '-o', path]
            else:
                command = ['ab', 'null', *NULL, '--accept-noise', '--arm', 'A=null', '--arm',
                           'B=null,count=32', '--pairs', '6', '--warmup-rounds', '0', '-o', path]
            done = subprocess.run([self.bench, *command], env=self.clean_env(), cwd=self.work,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            assert done.returncode == 0, done.stdout.decode()

    def clean_env(self):
        env = dict(os.environ, VFIO_BENCH_FLOOR_DIR=os.path.join(self.work, 'floor'))
        env.pop('LD_PRELOAD', None)
        return env

    def folder(self):
        """One for each thread."""
        if not hasattr(self.local, 'folder'):
            with self.lock:
                self.made += 1
                self.local.folder = os.path.join(self.work, f'turn-{self.made}')
            os.mkdir(self.local.folder)
        return self.local.folder

    def start(self, command, env, folder):
        words = [{'OUT': 'out', 'R': '../R', 'S': '../S'}.get(w, w) for w in COMMANDS[command]]
        for name in os.listdir(folder):
            if name.startswith('out'):
                path = os.path.join(folder, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        process = subprocess.Popen([self.bench, *words], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            status = 'hangs'
        # Whoever is left of its processes.
        try:
            os.killpg(process.pid, signal.SIGKILL)
            if status != 'hangs':
                err += b'\nleft a process behind\n'
        except ProcessLookupError:
            pass
        return status, out.decode(errors='replace'), err.decode(errors='replace')

    def turn(self, command, kind, nth, trace=None):
        """One run of the command in which call @nth of class @kind fails."""
        folder = self.folder()
        state = os.path.join(folder, 'state')
        with open(state, 'wb') as file:
            file.write(bytes(4096))
        env = dict(self.clean_env(), LD_PRELOAD=self.shim, VB_FAULT_CLASS=kind, VB_FAULT_NTH=str(nth),
                   VB_FAULT_STATE=state,
                   ASAN_OPTIONS='verify_asan_link_order=0:detect_leaks=1:exitcode=99:allocator_may_return_null=1',
                   UBSAN_OPTIONS='halt_on_error=1:exitcode=99:print_stacktrace=1',
                   LSAN_OPTIONS=f'suppressions={self.supp}:print_suppressions=0')
        if trace:
            env['VB_FAULT_TRACE'] = trace
        status, out, err = self.start(command, env, folder)
        with open(state, 'rb') as file:
            calls, hits, what, *where = struct.unpack('<QQ64s24Q', file.read(80 + 24 * 8))
        return {'status': status, 'out': out, 'err': err, 'calls': calls, 'hits': hits,
                'what': what.split(b'\0')[0].decode(), 'folder': folder,
                'where': [hex(address - 1) for address in where if address]}

    def shape(self, folder):
        """What a result holds: keys, files, and objects that say themselves what they lack."""
        done = subprocess.run([self.bench, 'report', '--json', 'out'], cwd=folder, env=self.clean_env(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            return f'the result can not be read: {done.stderr.decode()}'
        keys, told = set(), set()

        def walk(value, path):
            if isinstance(value, dict):
                if value.get('error'):
                    told.add(path)
                for key, item in value.items():
                    walk(item, f'{path}.{key}')
            elif isinstance(value, list):
                for item in value:
                    walk(item, f'{path}[]')
            elif not path.endswith('.mend'):  # there is one for what is marked only
                keys.add(path)

        tree = json.loads(done.stdout)
        walk(tree, '')
        files = sorted(re.sub(r'^\./', '', os.path.relpath(os.path.join(d, f), folder))
                       for d, _, names in os.walk(os.path.join(folder, 'out')) for f in names)
        return keys, files, told

    def product(self, command, result):
        """What a command that went well has said and written."""
        out = os.path.join(result['folder'], 'out')
        if command in ('run', 'ab'):
            return self.shape(result['folder'])
        if command == 'soak':
            return sorted(os.path.relpath(os.path.join(d, f), out)
                          for d, _, names in os.walk(out) for f in names)
        text = result['out']
        if os.path.isfile(out):
            with open(out, encoding='utf-8') as file:
                text += file.read()
        return re.sub(r'/tmp/\S*', '', text)

    def soak_leftover(self, folder):
        """What a soak that failed has left can be read."""
        for d, _, names in os.walk(os.path.join(folder, 'out')):
            for name in names:
                if name.endswith('.json'):
                    with open(os.path.join(d, name), encoding='utf-8') as file:
                        try:
                            json.load(file)
                        except ValueError as error:
                            return f'{name}: {error}'
        return ''

    def leftover(self, command, folder):
        """What a command that failed has left is refused, or read as what it is."""
        if command == 'soak':
            return self.soak_leftover(folder)
        for name in ('out', 'out.part'):
            path = os.path.join(folder, name)
            if not os.path.isdir(path):
                continue
            done = subprocess.run([self.bench, 'report', name], cwd=folder, env=self.clean_env(),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if done.returncode not in (0, 1):
                return f'report {name}: exit status {done.returncode}: {done.stderr.decode()}'
            if name == 'out' and done.returncode:
                return f'{name} is there and can not be read: {done.stderr.decode()}'
        return ''

    def judge(self, command, kind, result, want):
        """Why a turn was not as it has to be; '': it was."""
        status, err = result['status'], result['err']
        if 'Sanitizer' in err or 'runtime error' in err or status == 99:
            return 'a sanitizer complains'
        if 'left a process behind' in err:
            return 'it left a process behind'
        if status == 'hangs' or status < 0 or status > 4:
            return f'exit status {status}'
        if status:
            if 'vfio-bench: ' not in err and not says_why(result):
                return f'exit status {status} without a message'
            return self.leftover(command, result['folder'])
        product = self.product(command, result)
        if isinstance(product, str) and command in ('run', 'ab'):
            return product
        if command in ('run', 'ab'):
            lost = {key for key in want[0] - product[0]
                    if not any(key.startswith(path + '.') for path in product[2])}
            if kind != 'alloc':
                lost = {key for key in lost if not any(p.startswith(key) or key.startswith(p)
                                                       for p in product[0])}
            files = set(want[1]) - set(product[1])
            if (lost or files) and not says_why(result):
                return f'exit status 0, and missing: {sorted(lost)[:8]} {sorted(files)}'
        elif product != want and not says_why(result):
            return 'exit status 0, something else is said, and not why'
        return ''

    def points(self, command, kind):
        """Which calls are to fail, and how many there are."""
        trace = os.path.join(self.folder(), 'trace')
        if os.path.exists(trace):
            os.unlink(trace)
        first = self.turn(command, kind, 0, trace)
        assert first['status'] in (0, 4), (command, first)
        want = self.product(command, first)
        places = {}
        if os.path.exists(trace):
            with open(trace, encoding='ascii') as file:
                for line in file:
                    number, place, _ = line.split()
                    places.setdefault(place, int(number))
        return first['calls'], sorted(places.values()), want

    def sweep(self, command, kind, deadline_s):
        calls, places, want = self.points(command, kind)
        numbers = list(range(1, calls + 1)) if self.args.all else list(places)
        if deadline_s or not self.args.all:
            random.Random(self.args.seed).shuffle(numbers)
        visited, failed_clean, bad = 0, 0, []
        if self.args.turns:
            numbers = numbers[:self.args.turns]
        end = time.monotonic() + deadline_s if deadline_s else None

        def one(number):
            if end and time.monotonic() > end:
                return number, None, ''
            result = self.turn(command, kind, number)
            return number, result, self.judge(command, kind, result, want) if result['hits'] else ''

        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            for number, result, why in pool.map(one, numbers):
                if not result or not result['hits']:
                    continue
                visited += 1
                failed_clean += result['status'] != 0
                if why:
                    bad.append((number, result, why))
        return calls, len(places), visited, failed_clean, bad


def tell(bench, bad, limit):
    """The first few: what failed, who had called, and what was said then."""
    for number, result, why in bad[:limit]:
        print(f'# call {number}, {result["what"]}: {why}')
        callers = subprocess.run(['addr2line', '-f', '-s', '-p', '-e', bench, *result['where']],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        for line in callers.stdout.decode().splitlines()[:8]:
            print(f'#   by {line}')
        for line in (result['out'][-300:] + result['err'][:2000]).splitlines():
            print(f'#     {line}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--seconds', type=float, default=0)
    parser.add_argument('--turns', type=int, default=0)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--show', type=int, default=5)
    parser.add_argument('what', nargs='*')
    args = parser.parse_args()
    what = args.what or [f'{command}:{kind}' for command in COMMANDS for kind in CLASSES]
    sweep = Sweep(args)
    failed = total = 0
    try:
        sweep.prepare()
        print(f'1..{len(what)}')
        for number, item in enumerate(what, 1):
            command, kind = item.split(':')
            calls, places, visited, said, bad = sweep.sweep(command, kind, args.seconds / len(what))
            total += visited
            failed += bool(bad)
            print(f'{"not ok" if bad else "ok"} {number} - {item}: {calls} calls from {places} places, '
                  f'{visited} failed in turn: {said} times it said so, {visited - said} it did without')
            tell(sweep.bench, bad, args.show)
            if bad:
                print(f'# {len(bad)} bad')
            sys.stdout.flush()
        print(f'# {total} calls failed in turn, seed {args.seed}')
    finally:
        shutil.rmtree(sweep.work)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
