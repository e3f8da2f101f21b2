# SPDX-License-Identifier: GPL-2.0-or-later
"""Results for tests/cli/plots-test.sh, made of one of the null job: KIND FROM TO."""
import copy
import os
import shutil
import sys

import result

SPAN_ROWS = [(1024, 1), (1024, 16), (1024, 0), (4096, 1), (4096, 0)]


def metric(section, name, values, unit='ns', seconds=1):
    return dict(result.histogram(values), section=section, metric=name, unit=unit,
                rate_per_s=len(values) / seconds)


class Maker:
    def __init__(self, source, out):
        self.out = out
        self.source = source
        self.meta = result.read(source + '/meta.json')
        self.first = sorted(os.listdir(source + '/runs'))[0]
        self.template = result.read('%s/runs/%s/result.json' % (source, self.first))
        self.number = 0
        os.makedirs(out)
        for name in os.listdir(source):
            if name != 'runs' and name != 'meta.json':
                shutil.copy(os.path.join(source, name), out)

    def run(self, **changes):
        r = copy.deepcopy(self.template)
        r.update(number=self.number, **changes)
        folder = '%s/runs/%03d-%s' % (self.out, self.number, r['arm'])
        shutil.copytree('%s/runs/%s' % (self.source, self.first), folder)
        if r.get('withheld'):
            r.pop('metrics', None)
        result.write_with_files(folder + '/result.json', r)
        self.number += 1

    def end(self, arms, **changes):
        self.meta.update(arms=[{'name': a, 'variant': None, 'settings': []} for a in arms],
                         runs=self.number, runs_done=self.number, **changes)
        result.write_with_files(self.out + '/meta.json', self.meta)


def span(make):
    """notify_span on three arms; the modules' parts of a request where callbacks are timed."""
    arms = ['mainline', 'per-dma-ordered', 'per-request']
    for index, (cell, (count, pin_every)) in ((i, c) for c in enumerate(SPAN_ROWS)
                                              for i in range(3)):
        for repeat in range(2):
            calls = 1 if index == 2 else count // pin_every if pin_every else 0
            request = [count * (2500 + 100 * index) + 60 * calls + 1000 * k + repeat
                       for k in range(30)]
            section = dict(make.template['sections'][0], section='span', workload='notify_span',
                           count=count, pin_every=pin_every)
            metrics = [metric('span', 'request', request),
                       metric('module', 'callbacks_per_request', [calls] * 30, 'callbacks')]
            if calls:
                metrics += [metric('module', 'callback', [50 + index] * (30 * calls)),
                            metric('module', 'request_to_first_callback', [700] * 30),
                            metric('module', 'last_callback_to_request_end', [900] * 30)]
            bad = (count, pin_every, index, repeat) == (4096, 0, 1, 1)
            make.run(arm=arms[index], arm_index=index, cell=cell, round=repeat, position=index,
                     label='count=%d pin_every=%s' % (count, pin_every or 'none'),
                     module_mode='normal' if (count, pin_every) == (1024, 16) else 'counting',
                     sections=[section], metrics=metrics, withheld=bad,
                     status='failed' if bad else 'ok')
    make.end(arms)


def numa(make):
    """One worker on each pair of nodes, slower where they differ."""
    for repeat in range(2):
        workers = []
        for node in 0, 1:
            for mem_node in 0, 1:
                w = copy.deepcopy(make.template['workers'][0])
                w['worker'] = len(workers)
                w['observed'].update(node=node, mem_node=mem_node)
                w['steps'] = 100000 + 1000 * repeat - 30000 * (node != mem_node)
                workers.append(w)
        make.run(round=repeat, workers=workers)
    make.end(['null'])


def load(make):
    """Response times that run away where more is offered than is done."""
    for cell, rate in enumerate((1000, 5000, 20000, 80000)):
        for repeat in range(2):
            done = min(rate, 30000)
            response = [900 + 10 * k + (500000 * k if rate > done else 0) for k in range(2000)]
            section = dict(make.template['sections'][0], section='null', arrival='fixed',
                           rate_per_s=rate, saturated=rate > done)
            make.run(cell=cell, round=repeat, label='rate=%d' % rate, sections=[section],
                     metrics=[metric('null', 'response', response, seconds=2000 / done),
                              metric('null', 'service', range(900, 2900), seconds=2000 / done)])
    make.end(['null'])


COUNTERS = ('pinned_pages', 'unpinned_pages', 'callback_unpinned_pages', 'fenced_pins', 'late_pins')


def listeners(make):
    """notify_span with 1 to 3 mdevs, dearer with each where each mapping is told of."""
    for cell, (pin_every, mdevs) in enumerate((k, m) for k in (1, 16) for m in (1, 2, 3)):
        for index, arm in enumerate(('mainline', 'per-request')):
            for repeat in range(3):
                request = [100000 + 3000 * (1 - index) * mdevs // pin_every + 10 * repeat + k
                           for k in range(9)]
                section = dict(make.template['sections'][0], section='span',
                               workload='notify_span', count=64, pin_every=pin_every)
                make.run(arm=arm, arm_index=index, cell=cell, round=repeat,
                         label='mdevs=%d pin_every=%d' % (mdevs, pin_every), sections=[section],
                         module={'mdevs': [dict.fromkeys(COUNTERS, 0)] * mdevs, 'pinners': []},
                         metrics=[metric('span', 'request', request)])
    make.end(['mainline', 'per-request'])


def hostile(make):
    """What a shell, gnuplot, XML or a file name could stumble over."""
    arm = "a'; system 'touch vb-plots-harm'; `touch vb-plots-harm`\"$(touch vb-plots-harm)<svg>&"
    for repeat in range(3):
        make.run(arm=arm, arm_index=0, round=repeat,
                 label='"); system("touch vb-plots-harm") <script>alert(1)</script> {/Bold x}_^')
    make.end([arm])


if __name__ == '__main__':
    kind, source, out = sys.argv[1:]
    globals()[kind](Maker(source, out))
