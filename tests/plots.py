# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/cli/plots-test.sh holds plots, their data and the CSV against."""
import csv
import glob
import json
import math
import os
import re
import statistics
import subprocess
import sys
import xml.etree.ElementTree as ET

SVG = '{http://www.w3.org/2000/svg}'
COLOURS = ['rgb(0,114,178)', 'rgb(213,94,0)', 'rgb(0,158,115)', 'rgb(204,121,167)']
WANTED = {'count': 0, 'p50': 20, 'p90': 100, 'p99': 1000, 'p999': 10000}
QUANTILE = {'p50': 0.5, 'p90': 0.9, 'p99': 0.99, 'p999': 0.999}


def near(a, b, share=1e-9):
    assert abs(a - b) <= share * max(abs(a), abs(b), 1e-300), (a, b)


def runs(result):
    """Every result.json, in order; buckets included."""
    found = [json.load(open(p, encoding='utf-8'))
             for p in glob.glob(result + '/runs/*/result.json')]
    return sorted(found, key=lambda r: r['number'])


def edges(bucket):
    """Least and greatest value of a bucket, as uapi/vfio_bench.h lays them out."""
    shift = max((bucket >> 6) - 1, 0)
    mantissa = bucket - (shift << 6)
    return mantissa << shift, ((mantissa + 1) << shift) - 1


def quantile(metric, q):
    """Linear inside the bucket, never outside min..max: written anew, from the definition."""
    place, seen = q * metric['count'], 0
    for bucket, count in metric['buckets']:
        if seen + count < place:
            seen += count
            continue
        low, high = edges(bucket)
        low, high = max(low, metric['min']), min(high, metric['max'])
        return low + (place - seen) / count * (high - low)
    return metric['max']


def metric_of(run, section, name):
    return [m for m in run.get('metrics', ())
            if (m['section'], m['metric']) == (section, name)][0]


def blocks(path):
    """Rows of a .tsv by block, as dictionaries by its head line's words."""
    text = open(path, encoding='utf-8').read()
    head, rest = text.split('\n', 1)
    keys = head.split('\t')
    return [[dict(zip(keys, line.split('\t'))) for line in block.strip('\n').split('\n')]
            for block in rest.split('\n\n\n')]


def svg(path):
    """One file is fit for a page that has others, and says what it shows."""
    stem = os.path.basename(path)[:-4]
    text = open(path, encoding='utf-8').read()
    assert text.startswith('<svg'), text[:60]
    assert not re.search(r'https?://', text.replace('http://www.w3.org/2000/svg', '')), 'reference'
    assert '@import' not in text and 'url(' not in text.replace('url(#' + stem, '')
    root = ET.fromstring(text)
    assert root.tag == SVG + 'svg'
    box = [float(n) for n in root.get('viewBox').split()]
    assert len(box) == 4 and box[2] > 0 and box[3] > 0, box
    assert root.get('width') is None and root.get('height') is None
    ids = [e.get('id') for e in root.iter() if e.get('id')]
    assert len(ids) == len(set(ids)), 'an id twice'
    assert all(i.startswith(stem + '-') for i in ids), ids[:3]
    for e in root.iter():
        assert e.tag.startswith(SVG), e.tag
        assert e.tag[len(SVG):] not in ('script', 'foreignObject', 'image', 'a'), e.tag
        for name, value in e.attrib.items():
            assert not name.lower().startswith('on'), name
            if name.endswith('href'):
                assert value[0] == '#' and value[1:] in ids, value
    assert root.find(SVG + 'title').text and root.find(SVG + 'desc').text
    assert root.get('aria-labelledby').split() == [stem + '-title', stem + '-desc']
    return stem, root, text


def words(root):
    return ' '.join(''.join(e.itertext()) for e in root.iter(SVG + 'text'))


def png(path):
    data = open(path, 'rb').read(24)
    assert data[:8] == b'\x89PNG\r\n\x1a\n', path
    return int.from_bytes(data[16:20], 'big')


def folder(path, arms):
    """Every SVG is sound, has its arms' colours and an axis with a unit; a PNG is beside it."""
    ids = []
    found = sorted(glob.glob(path + '/*.svg'))
    assert found
    for name in found:
        stem, root, text = svg(name)
        ids += [e.get('id') for e in root.iter() if e.get('id')]
        if stem == 'topology':
            continue
        assert png(name[:-3] + 'png') == 880
        assert 'currentColor' in text and 'rgb(1,2,3)' not in text
        said = words(root)
        if not stem.startswith(('heatmap', 'numa', 'shift', 'pairs')) and \
                'module' not in stem:      # one arm may have no callbacks
            for i in range(int(arms)):
                assert COLOURS[i] in text, (stem, COLOURS[i])
        unit = {'percentile': r'\b(ns|µs|ms|s|instructions)\b.*percentile',
                'cumulative': r'share of operations.*|.*(ns|µs|ms|s|instructions)',
                'listeners': r'\b(ns|µs|ms|s|instructions)\b.*mdevs in the container',
                'threads': 'a second.*threads', 'saturation': 'steps a second, offered',
                'heatmap': r'(ns|µs|ms).*seconds', 'span': 'mappings pinned, of',
                'breakdown': r'(ns|µs|ms|s|instructions) a request, mean', 'pairs': 'difference, %',
                'shift': 'shift, %', 'numa': 'CPU down, memory across.*steps a second'}[stem.split('-')[0]]
        assert re.search(unit, said) or re.search(unit, ' '.join(reversed(said.split()))) or \
            all(re.search(part, said) for part in unit.split('.*')), (stem, said)
        assert re.search(r'\d+ (runs?|pairs)|runs? \d|median of \d', said), (stem, said)
    assert len(ids) == len(set(ids)), 'an id in two files'


def threads(result, path):
    """Throughput: the middle, lowest and highest of what the runs' result.json say."""
    for block in blocks(path + '/threads-null.tsv'):
        for row in block:
            values = sorted(metric_of(r, 'null', 'unmap')['rate_per_s'] for r in runs(result)
                            if r['sections'][0]['threads'] == int(row['threads']))
            assert len(values) == int(row['runs']) and len(values) < 6
            near(float(row['rate_per_s']), statistics.median(values))
            near(float(row['low']), values[0])
            near(float(row['high']), values[-1])


def percentiles(result, path):
    """Each point: the middle, lowest and highest of the runs' quantiles, and only good ones."""
    points = 0
    for count in '1', '2':
        mine = [metric_of(r, 'null', 'map') for r in runs(result)
                if r['label'] == 'threads=' + count]
        (block,) = blocks(path + '/percentile-null-map-threads-%s.tsv' % count)
        for row in block:
            q = float(row['quantile'])
            values = sorted(quantile(m, q) for m in mine)
            assert min(m['count'] for m in mine) * (1 - q) > 10 * (1 - 1e-6), q
            near(float(row['median_ns']), statistics.median(values), 1e-6)
            near(float(row['lowest_ns']), values[0], 1e-6)
            near(float(row['highest_ns']), values[-1], 1e-6)
            points += 1
    assert points > 60, points


def topology(result, path):
    """Workers stand under the CPUs on which they were found."""
    best = max(runs(result), key=lambda r: (len(r['workers']), -r['number']))
    tree = ET.parse(path + '/topology.xml').getroot()
    marked = {}
    for pu in tree.iter('object'):
        if pu.get('type') == 'PU':
            for misc in pu.findall('object'):
                marked[int(pu.get('os_index'))] = misc.get('name')
    cpus = {}
    for w in best['workers']:
        cpus.setdefault(w['observed']['cpu'], []).append('%d %s' % (w['worker'], w['section']))
    assert marked == {cpu: 'worker ' + ', '.join(who) for cpu, who in cpus.items()}, marked
    said = words(svg(path + '/topology.svg')[1])
    for text in marked.values():
        assert text in said, (text, said)
    assert 'memory of 0 ' in said


def in_csv(bench, result):
    """Every number of --json is in --csv and no other; withheld runs have a row of their own."""
    said = subprocess.run([bench, 'report', '--csv', result], capture_output=True, check=True)
    rows = list(csv.DictReader(said.stdout.decode().splitlines()))
    plain = json.loads(subprocess.run([bench, 'report', '--json', result], capture_output=True,
                                      check=True).stdout)
    assert len(plain['runs']) == len(runs(result))
    wanted = {}
    for run, full in zip(plain['runs'], runs(result)):
        key = (str(run['number']), str(run['cell']), run['label'], run['arm'], str(run['round']),
               str(run['position']), str(int(run['warmup'])), run['status'])
        if not run.get('metrics'):
            wanted[key + ('', '', '')] = ''
        for m in run.get('metrics', ()):
            place = key + (m['section'], m['metric'])
            for stat, name in (('count', 'count'), ('rate', 'rate_per_s'), ('min', 'min'),
                               ('max', 'max'), ('mean', 'mean')):
                wanted[place + (stat,)] = m[name]
            buckets = metric_of(full, m['section'], m['metric'])
            for stat, q in QUANTILE.items():
                if m['count'] >= WANTED[stat]:
                    wanted[place + (stat,)] = quantile(buckets, q)
    found = {}
    for row in rows:
        assert None not in row and None not in row.values(), row
        key = tuple(row[k] for k in ('run', 'cell', 'label', 'arm', 'round', 'position', 'warmup',
                                     'status', 'section', 'metric', 'stat'))
        assert key not in found, key
        found[key] = row['value']
    assert found.keys() == wanted.keys(), found.keys() ^ wanted.keys()
    for key, value in wanted.items():
        if value == '':
            assert found[key] == ''
        elif key[-1] in QUANTILE:
            near(float(found[key]), value)
        else:
            assert float(found[key]) == value, (key, found[key], value)
    units = {row['unit'] for row in rows if row['stat'] == 'p50'}
    assert units <= {'ns', 'callbacks', 'bytes', ''}, units


def span(result, path):
    """Callbacks and times of the notify_span plot are those of the runs."""
    rows = 0
    for name in glob.glob(path + '/span-*.tsv'):
        count = int(os.path.basename(name).split('-')[1].split('.')[0])
        for block in blocks(name):
            for row in block:
                mine = [r for r in runs(result) if r['arm'] == row['arm'] and r['status'] == 'ok' and
                        r['sections'][0]['count'] == count and
                        math.ceil(count / (r['sections'][0]['pin_every'] or math.inf)) ==
                        int(row['pins'])]
                calls = [metric_of(r, 'module', 'callbacks_per_request')['mean'] for r in mine]
                assert len(mine) == int(row['runs'])
                near(float(row['callbacks_lowest']), min(calls))
                near(float(row['callbacks_highest']), max(calls))
                rows += 1
    assert rows


def listeners(result, path):
    """Each point is of the runs with so many mdevs, on its arm, with the plot's other keys."""
    rows = 0
    for name in glob.glob(path + '/listeners-span-*.tsv'):
        pin_every = int(re.search(r'pin-every-(\d+)', name)[1])
        for block in blocks(name):
            for row in block:
                values = sorted(metric_of(r, 'span', 'request')['p50']
                                for r in runs(result) if r['arm'] == row['arm'] and
                                r['sections'][0]['pin_every'] == pin_every and
                                len(r['module']['mdevs']) == int(row['listeners']))
                assert len(values) == int(row['runs']) == 3
                near(float(row['ns']), statistics.median(values))
                near(float(row['low']), values[0])
                near(float(row['high']), values[-1])
                rows += 1
    assert rows == 12, rows


def breakdown(result, path):
    """Parts are sums over requests, and make the request's mean time."""
    (name,) = glob.glob(path + '/breakdown*.tsv')
    for row in blocks(name)[0]:
        mine = [r for r in runs(result)
                if r['arm'] == row['arm'] and r['module_mode'] == 'normal']
        total = statistics.mean(metric_of(r, 'span', 'request')['mean'] for r in mine)
        near(float(row['total_ns']), total)
        parts = [float(row[k + '_ns']) for k in ('before', 'callbacks', 'elsewhere', 'after')]
        near(sum(parts), total, 1e-6)
        near(parts[1], statistics.mean(
            metric_of(r, 'module', 'callback')['mean'] *
            metric_of(r, 'module', 'callback')['count'] /
            metric_of(r, 'span', 'request')['count'] for r in mine))


def pairs(result, path):
    """A point is a pair's difference, in percent of the first arm's median; all pairs are there."""
    names = glob.glob(path + '/pairs-null-unmap-mean-*.tsv')
    assert len(names) == 1, os.listdir(path)
    value = {(r['arm'], r['round']): metric_of(r, 'null', 'unmap')['mean']
             for r in runs(result) if not r['warmup'] and r['status'] == 'ok'}
    rows = blocks(names[0])[0]
    both = [number for arm, number in value if arm == 'A' and ('B', number) in value]
    assert sorted(int(row['round']) for row in rows) == sorted(both)
    assert [int(row['pair']) for row in rows] == list(range(1, len(rows) + 1))
    middle = statistics.median(value['A', int(row['round'])] for row in rows)
    for row in rows:
        a, b = (value[arm, int(row['round'])] for arm in 'AB')
        near(float(row['a']), a)
        near(float(row['b']), b)
        near(float(row['difference']), b - a, 1e-6)
        near(float(row['percent']), 100 * (b - a) / middle, 1e-6)


def heatmap(result, path):
    """Every operation of latency.csv is in one tile, and shares make the whole."""
    run = runs(result)[0]
    folder_of = '%s/runs/%03d-%s' % (result, run['number'], run['arm'])
    with open(folder_of + '/latency.csv', encoding='utf-8') as file:
        wanted = sum(int(row['count']) for row in csv.DictReader(file)
                     if (row['section'], row['metric']) == ('null', 'unmap'))
    rows = blocks(path + '/heatmap-null-unmap.tsv')[0]
    assert sum(int(row['count']) for row in rows) == wanted
    columns = {}
    for row in rows:
        assert float(row['low_ns']) < float(row['high_ns'])
        columns.setdefault((row['from_s'], row['to_s']), []).append(float(row['share']))
    for shares in columns.values():
        near(sum(shares), 1, 1e-4)
    ends = sorted((float(a), float(b)) for a, b in columns)
    assert len(ends) > 3 and all(x[1] <= y[0] + 1e-6 for x, y in zip(ends, ends[1:])), ends


def numa(result, path):
    rows = [row for block in blocks(path + '/numa-null.tsv') for row in block]
    for row in rows:
        rates = [w['steps'] / w['seconds'] for r in runs(result) for w in r['workers']
                 if (w['observed']['node'], w['observed']['mem_node']) ==
                 (int(row['cpu_node']), int(row['mem_node']))]
        near(float(row['steps_per_s']), statistics.median(rates))
        assert int(row['workers']) == len(rates)
    assert len(rows) == 4


if __name__ == '__main__':
    globals()[sys.argv[1]](*sys.argv[2:])
