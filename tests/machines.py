#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines that scripts/capture-machine wrote down, and what bind is to answer there.

    machines.py list                  names of those in tests/machines
    machines.py build MACHINE DIR     the machine as a folder, for bind --root
    machines.py expected MACHINE      "ADDRESS...<tab>ANSWER" per line
    machines.py table                 all of them as a table for doc/safety.md

MACHINE is a name, or a file that scripts/capture-machine wrote.

NAME.tree is a capture: "f PATH" with the file's lines below it, each after a tab;
"l PATH TARGET"; "d PATH". NAME.edit is another machine with changes: "from NAME", then
what is put in the place of files and links, and "- PATH" for what is taken away, with all
below it. NAME.expected says per PCI device what it is and what the answer must be:
"ADDRESS | WHAT | allowed" or "... | refused: TEXT", TEXT being a part of the message;
several addresses are given to one bind.
"""
import os
import re
import sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'machines')
DEVICES = '/sys/bus/pci/devices/'


def fail(text):
    sys.exit('machines.py: ' + text)


def locate(machine):
    for path in (machine, *(os.path.join(HERE, machine + e) for e in ('.tree', '.edit'))):
        if os.path.isfile(path):
            return path
    return fail('%s: no such machine; there are: %s' % (machine, ' '.join(names())))


def names():
    return sorted(os.path.splitext(n)[0] for n in os.listdir(HERE)
                  if n.endswith(('.tree', '.edit')))


def checked(path):
    """A capture comes from others: nothing is to be written beside DIR."""
    if not path.startswith('/') or '..' in path.split('/'):
        fail('%s: not a path of a machine' % path)
    return path


def remove(entries, path):
    gone = [p for p in entries if p == path or p.startswith(path + '/')]
    if not gone:
        fail('- %s: nothing there to take away' % path)
    for entry in gone:
        del entries[entry]


def parse(path):
    """{path: ('f', text) or ('l', target) or ('d', '')}"""
    entries, current = {}, None
    with open(path, encoding='utf-8') as file:
        for line in file:
            line = line.rstrip('\n')
            if line.startswith('\t') and current:
                entries[current] = ('f', entries[current][1] + line[1:] + '\n')
                continue
            current = None
            kind, _, rest = line.partition(' ')
            if not line or kind == '#':
                continue
            if kind == 'from':
                entries = parse(locate(rest))
            elif kind == '-':
                remove(entries, rest)
            elif kind == 'f':
                current = checked(rest)
                entries[current] = ('f', '')
            elif kind == 'd':
                entries[checked(rest)] = ('d', '')
            elif kind == 'l' and ' ' in rest:
                name, target = rest.split(' ', 1)
                entries[checked(name)] = ('l', target)
            else:
                fail('%s: not understood: %s' % (path, line))
    return entries


def build(entries, folder):
    """Links come last, so that no file is written through one."""
    os.makedirs(folder)
    for path, (kind, content) in sorted(entries.items(), key=lambda e: e[1][0] == 'l'):
        full = folder + path
        os.makedirs(full if kind == 'd' else os.path.dirname(full), exist_ok=True)
        if kind == 'f':
            with open(full, 'w', encoding='utf-8') as file:
                file.write(content)
        elif kind == 'l':
            if os.path.realpath(os.path.dirname(full)) != os.path.realpath(folder) + \
                    os.path.dirname(path):
                fail('%s: lies behind another link' % path)
            os.symlink(content, full)


def addresses(entries):
    return sorted(p[len(DEVICES):] for p in entries if p.startswith(DEVICES))


def read_expected(machine):
    """The title, how it was made, and [addresses, what, answer] for each line."""
    path = os.path.join(HERE, machine + '.expected')
    comments, lines = [], []
    with open(path, encoding='utf-8') as file:
        for line in file.read().splitlines():
            if line.startswith('#'):
                comments.append(line[1:].strip())
            elif line:
                fields = [field.strip() for field in line.split('|')]
                if len(fields) != 3 or not re.match('allowed$|refused: .', fields[2]):
                    fail('%s: not understood: %s' % (path, line))
                lines.append(fields)
    return comments[1], comments[2:], lines


def expected(machine):
    """Every device that there is, and no other, has an answer."""
    _, _, lines = read_expected(machine)
    alone = [fields[0] for fields in lines if ' ' not in fields[0]]
    if sorted(alone) != addresses(parse(locate(machine))):
        fail('%s: the devices and their answers are not the same ones: %s' % (
            machine, ' '.join(set(alone) ^ set(addresses(parse(locate(machine)))))))
    return lines


def table():
    """Devices of the lab itself are shown where an answer for one is new."""
    plain = addresses(parse(locate('plain')))
    shown = []
    for machine in ['plain'] + [name for name in names() if name != 'plain']:
        title, made, lines = read_expected(machine)
        print('\n### %s: %s\n\n%s\n' % (machine, title, '\n'.join(made)))
        print('| device | what it is | answer |\n| --- | --- | --- |')
        for line in lines:
            if line[0] not in plain or line not in shown:
                print('| %s |' % ' | '.join(line))
            shown.append(line)
    print()


def main(args):
    if args == ['list']:
        print('\n'.join(names()))
    elif args == ['table']:
        table()
    elif len(args) == 2 and args[0] == 'expected':
        for address, _, answer in expected(args[1]):
            print('%s\t%s' % (address, answer))
    elif len(args) == 3 and args[0] == 'build':
        build(parse(locate(args[1])), args[2])
    else:
        fail(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
