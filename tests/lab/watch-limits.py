# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command and watches the processes of workload memlock_edge meanwhile.

  watch-limits.py FILE COMMAND...     FILE has for each limit (in pages): limit, processes,
				      most of VmLck, most of VmPin, in pages, and how
				      many of the processes had CAP_IPC_LOCK
  watch-limits.py --raise COMMAND...  gives each of them a limit that it does not know of

Exits with COMMAND's status.
"""
import os
import resource
import subprocess
import sys
import time

USER_BASE = 2000000000		# user ids that nobody is given: memlock_edge.c
CAP_IPC_LOCK = 1 << 14
PAGE_KB = 4


def status_of(pid):
    with open('/proc/%s/status' % pid) as f:
        return dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)


# Not the owner of /proc/PID: that is root, for who changed his user.
def is_one(status):
    return int(status['Uid'].split()[1]) >= USER_BASE


def look(pid, seen):
    status = status_of(pid)
    if not is_one(status):
        return
    limit = resource.prlimit(int(pid), resource.RLIMIT_MEMLOCK)[0] // (PAGE_KB * 1024)
    entry = seen.setdefault(limit, {'pids': set(), 'lck': 0, 'pin': 0, 'able': set()})
    entry['pids'].add(pid)
    entry['lck'] = max(entry['lck'], int(status['VmLck'].split()[0]) // PAGE_KB)
    entry['pin'] = max(entry['pin'], int(status['VmPin'].split()[0]) // PAGE_KB)
    if int(status['CapEff'], 16) & CAP_IPC_LOCK:
        entry['able'].add(pid)


def write(path, seen):
    with open(path, 'w') as f:
        for limit, e in sorted(seen.items()):
            print(limit, len(e['pids']), e['lck'], e['pin'], len(e['able']), file=f)


def raise_limit(pid):
    if is_one(status_of(pid)):
        resource.prlimit(int(pid), resource.RLIMIT_MEMLOCK, (1 << 40, 1 << 40))


def main():
    old = set(os.listdir('/proc'))
    seen = {}
    command = subprocess.Popen(sys.argv[2:])
    while command.poll() is None:
        time.sleep(0.0005)		# the processes need the CPU, too
        for pid in set(os.listdir('/proc')) - old:
            if not pid.isdigit():
                continue
            try:
                if sys.argv[1] == '--raise':
                    raise_limit(pid)
                else:
                    look(pid, seen)
            except (OSError, KeyError):		# it has ended
                pass
    if sys.argv[1] != '--raise':
        write(sys.argv[1], seen)
    sys.exit(command.returncode)


main()
