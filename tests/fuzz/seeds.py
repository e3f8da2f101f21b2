#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inputs for a fuzz target to begin with, made of files of the tree.

usage: seeds.py TOP TARGET FOLDER
"""
import glob
import json
import os
import struct
import sys

SEPARATOR = b'\x1e'


def text_of(path):
    with open(path, 'rb') as file:
        return file.read()


def files(pattern):
    return sorted(glob.glob(pattern))


def job(top):
    """Every job file, the lists of other things beside it."""
    for path in files(f'{top}/bench/job/*.job'):
        yield text_of(path)


def manifest(top):
    for path in files(f'{top}/kmod/variants/*/manifest.ini'):
        yield text_of(path)


def klog(top):
    """Lines of the scanner's own table as a kernel's."""
    for path in files(f'{top}/results/*/kernel.log'):
        yield text_of(path)[:4096]
    with open(f'{top}/lib/machine/klog-scan.c', encoding='utf-8') as file:
        words = [line.split('"') for line in file if line.startswith('\t{ "')]
    for word in words:
        yield f'expected\n[   12.345678] [    T1] {" ".join(word[3::2])} x\n'.encode()


def journal(_top):
    """One of each kind, ended and not, of this version and another."""
    kinds = (('bind', '0000:41:00.0'), ('unbind', '0000:41:00.1'), ('variant', 'vfio_iommu_type1_x'),
             ('mdev', '01234567-89ab-cdef-0123-456789abcdef'), ('trace', 'vfio_bench_7'),
             ('setting', '/sys/kernel/mm/ksm/run'), ('clock', 'realtime'), ('process', '8.9'), ('uses', 'vfio_pci'))
    lines = [f'+1 begin 7.8.{number} boot 7 8 {kind} {what} {before}'
             for number, (kind, what) in enumerate(kinds) for before in ('-', 'nvme', '%2d%0a')]
    for line in lines:
        yield f'{line}\n'.encode()
    yield '\n'.join([*lines, *(f'+1 end 7.8.{number}' for number in range(0, 8, 2))]).encode()
    yield b'+2 begin x\n+1 end\n+1 begin\n00000000 1 end 7.8.0\nnothing\n\n+'


def shorten(obj, keys):
    """Without checksum, and lists of files: the target makes them."""
    for key in keys:
        obj.pop(key, None)
    return json.dumps(obj, separators=(',', ':')).encode()


def cut(run):
    """Less of everything: a small input is a fast one."""
    for key, most in (('noise', 2), ('audit', 3), ('workers', 1), ('metrics', 2)):
        if isinstance(run.get(key), list):
            run[key] = run[key][:most]
    for metric in run.get('metrics', []):
        buckets = metric.get('buckets')
        # They have to add up.
        if buckets and len(buckets) > 8:
            rest = sum(count for _, count in buckets[7:-1])
            metric['buckets'] = buckets[:7] + buckets[-1:]
            metric['buckets'][-1][1] += rest
    return run


def result(top):
    """A few runs of each result that is kept, read in some way."""
    ways = [b't', b'hg', b'jvs', b'dcx', b'tcxb']
    for number, folder in enumerate(files(f'{top}/results/*/meta.json')):
        folder = os.path.dirname(folder)
        meta = json.loads(text_of(f'{folder}/meta.json'))
        meta['machine'] = {key: meta['machine'][key] for key in ('kernel', 'cpu')}
        runs = files(f'{folder}/runs/*/result.json')
        for turn, how in enumerate(ways):
            path = runs[(number * 7 + turn) % len(runs)]
            meta['runs_done'] = 14 if b'x' in how else 1
            run = cut(json.loads(text_of(path)))
            parts = [how, b'm' + shorten(meta, ['checksum', 'files']),
                     b'r' + shorten(run, ['checksum', 'files'])]
            for letter, name in ((b'i', 'intervals.csv'), (b'l', 'latency.csv')):
                other = f'{os.path.dirname(path)}/{name}'
                if os.path.exists(other):
                    parts.append(letter + text_of(other)[:600].rpartition(b'\n')[0] + b'\n')
            yield SEPARATOR.join(parts)


def samples(_top):
    """Blocks of two workers, whole and torn."""
    text = json.dumps({'metrics': ['map', 'unmap'],
                       'workers': [{'section': 'a'}, {'section': 'b'}]}).encode()
    for flags in (0, 1, 2, 4):
        data = struct.pack('<BH', flags, len(text)) + text
        for worker, sequence, last in ((0, 0, 0), (1, 0, 0), (0, 1, 1), (1, 2, 1)):
            data += struct.pack('<IHHIIQQQI20x', 0x4c504d53, 1, last, worker, 2, sequence,
                                1000, sequence, 0)
            data += b'\2' + struct.pack('<IIIBBh', 10, 20, 1, 0, 0, 0)
            data += struct.pack('<IIIBBh', 10, 30, 2, 0, 1, -12)
        yield data


def args(top):
    """Command lines, those of the tests and documents."""
    lines = ['run null', 'run null --set duration=1s --quiet -o x', 'run -v a,b -r 3 j --dry-run --json',
             'ab j --arm a=mainline --arm b=per-request,count=4 --pairs 10 --gate span.request.mean:5',
             'ab --aa j --comparisons 3 --warmup-rounds 2 --want 3 --seed 5', 'ab --resume x.part',
             'ab j -a a=x -a b=y,size=4k --floor f --margin 2 --accept-noise --accept-loss',
             'compare a b --force --all', 'compare a --arm x=y --gate request.p99:3% --json',
             'compare a b --html --output x', 'compare a b --lkml -o -', 'report a --json', 'report a --csv -o x',
             'report a --plots x', 'report --write a', 'report --gate map.p50:1 --margin 5 --floor x a',
             'samples a --run 3 --csv', 'samples --json a', 'variant list --json', 'variant build --all',
             'variant build --name x --source y --kernel-dir z a.patch b.patch', 'variant load x --param a=1',
             'variant unload --all', 'variant current', 'bind 0000:41:00.0 -n', 'unbind --all',
             'bind --root x 0000:41:00.0 0000:41:00.1', 'unbind 0000:41:00.0', 'doctor --json --strict',
             'doctor --root x', 'list jobs --json', 'list', 'list workloads',
             'run j -d 0000:41:00.0 -d 0000:41:00.1 --noise-gate --variant-dir x --acknowledge-others']
    for line in lines:
        yield line.replace(' ', '\0').encode()


def floor(_top):
    entry = {'label': '', 'section': 'null', 'metric': 'map', 'stat': 'mean', 'primary': True,
             'percent': 1.5, 'comparisons': 20, 'different': 1, 'differences': [0.5, -1.5, 0.25]}
    yield json.dumps({'vfio_bench_floor': 2, 'from': 'x', 'job': 'null', 'mode': 'timing',
                      'machine': 'm', 'settings': '', 'pairs': 10, 'comparisons': 20,
                      'different': 1, 'significant': 1, 'entries': [entry]}).encode()


def main():
    top, target, folder = sys.argv[1:]
    for number, data in enumerate(globals()[target](top)):
        with open(f'{folder}/seed-{number:03d}', 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
