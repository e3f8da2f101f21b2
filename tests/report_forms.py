# SPDX-License-Identifier: GPL-2.0-or-later
"""The forms of a report, read back and held against the numbers of report --json.

A table is a list of rows; a row is a list of texts, of which one alone is the
heading of the rows that follow.  Each number that is shown has to be the JSON's,
rounded to as many digits as are shown, and each row of the JSON has to be there.
"""
import json
import re
import subprocess

UNITS = {'ns': 1, 'us': 1e3, 'ms': 1e6, 's': 1e9, '/s': 1, 'k/s': 1e3, 'M/s': 1e6, 'G/s': 1e9,
         'B': 1, 'KiB': 1 << 10, 'MiB': 1 << 20, 'GiB': 1 << 30, '': 1}
NUMBER = r'[+-]?\d+(?:\.\d+)?'


class Wrong(Exception):
    """A report says what the JSON does not."""


def report(bench, folder, *options):
    ran = subprocess.run([bench, 'report', *options, folder], capture_output=True, check=False)
    if ran.returncode:
        raise Wrong('report %s: %s' % (' '.join(options), ran.stderr.decode()))
    return ran.stdout


def load(bench, folder):
    return json.loads(report(bench, folder, '--json'))


def value(text, percent):
    """What a text like "9.53 us" says, and half of its last digit; @percent: what 1% is."""
    match = re.fullmatch('(%s) ?(%%|[a-zA-Z/]*)' % NUMBER, text)
    if not match or match[2] not in UNITS and match[2] != '%':
        raise Wrong('%r is no value' % text)
    digits = len(match[1].partition('.')[2])
    scale = percent if match[2] == '%' else UNITS[match[2]]
    return float(match[1]) * scale, 0.5001 * 10 ** -digits * scale


def same(text, number, what, percent=1):
    if number is None:
        if text != '-':
            raise Wrong('%s: %r is shown, the JSON has none' % (what, text))
        return
    shown, tolerance = value(text, percent)
    if abs(shown - number) > tolerance:
        raise Wrong('%s: %r is shown, the JSON says %r' % (what, text, number))


def same_range(text, low, high, what):
    if low is None:
        same(text, None, what)
        return
    match = re.fullmatch(r'(%s)\.\.(%s)(%%| ?[a-zA-Z/]*)' % (NUMBER, NUMBER), text)
    if not match:
        raise Wrong('%s: %r is no range' % (what, text))
    same(match[1] + match[3], low, what)
    same(match[2] + match[3], high, what)


def same_p(text, p, what):
    if p is not None and text == '<0.001':
        if p >= 0.0005:
            raise Wrong('%s: %r is shown, the JSON says %r' % (what, text, p))
        return
    same(text, p, what)


def shown(text):
    """A label as a report has it: what turns the direction of writing is gone."""
    return text.replace('\u202e', '?')


def row_name(decision, sections):
    stat = 'p99.9' if decision['stat'] == 'p999' else decision['stat']
    name = '%s %s' % (decision['metric'], stat)
    return '%s %s' % (decision['section'], name) if len(sections) > 1 else name


def check_row(row, decision, exact, what):
    """metric, A, B, shift, interval[, p], verdict"""
    if len(row) != (6 if exact else 7):
        raise Wrong('%s: %d cells: %r' % (what, len(row), row))
    share = 0.01    # of a metric that is a share the JSON has the fraction, the report percents
    same(row[1], decision['median_a'], what, share)
    same(row[2], decision['median_b'], what, share)
    # What has no percent (of a median of 0) stands in the metric's own unit.
    if decision['percent'] is None:
        same(row[3], decision['shift'], what, share)
    else:
        same(row[3], decision['percent'], what)
    if decision['percent_lo'] is None or decision['percent_hi'] is None:
        same_range(row[4], decision['shift_lo'], decision['shift_hi'], what)
    else:
        same_range(row[4], decision['percent_lo'], decision['percent_hi'], what)
    if not exact:
        adjusted = decision['primary'] and decision['p_holm'] is not None
        same_p(row[5], decision['p_holm'] if adjusted else decision['p'], what)
    if row[-1] != decision['finding']:
        raise Wrong('%s: %r is shown, the JSON says %r' % (what, row[-1], decision['finding']))


def wanted_rows(comparison, primary):
    """(cell's label, row's name, decision), in the order of the report."""
    sections = {d['section'] for c in comparison['cells'] for d in c['decisions']} - {'module'}
    return [(shown(cell['label']), row_name(d, sections), d) for cell in comparison['cells']
            for d in cell['decisions'] if d['primary'] == primary and d['shown']]


def check_table(rows, comparison, primary):
    """How many rows were held against the JSON."""
    wanted = wanted_rows(comparison, primary)
    what = '%s against %s' % (comparison['arm_b'], comparison['arm_a'])
    label = shown(comparison['cells'][0]['label'])
    found = []
    for row in rows:
        if len(row) == 1:
            label = row[0]
        else:
            found.append((label, row))
    if len(found) != len(wanted):
        raise Wrong('%s: %d rows, %d wanted' % (what, len(found), len(wanted)))
    for (label, row), (cell, name, decision) in zip(found, wanted):
        if (label, row[0]) != (cell, name):
            raise Wrong('%s: %r, wanted %r' % (what, (label, row[0]), (cell, name)))
        check_row(row, decision, comparison['mode'] == 'exact', '%s, %s %s' % (what, cell, name))
    return len(found)


def check_comparisons(tables, everything, exploratory):
    """tables: {caption: rows}.  How many rows were held against the JSON."""
    checked = 0
    for comparison in everything['comparisons']:
        for primary in (True, False) if exploratory else (True,):
            if not wanted_rows(comparison, primary):
                continue
            caption = "%s against %s: %s metrics, medians of the runs' values" % (
                comparison['arm_b'], comparison['arm_a'], 'primary' if primary else 'exploratory')
            if caption not in tables:
                raise Wrong('no table %r among %r' % (caption, list(tables)))
            checked += check_table(tables[caption], comparison, primary)
    return checked


METRIC_STATS = ('rate', 'min', 'p50', 'p99', 'p999', 'max')


def check_metrics(tables, everything):
    """The tables of a result that compares nothing: medians over the runs, and their range."""
    checked = 0
    if everything['comparisons']:
        return 0
    for m in everything['metrics']:
        if m['unit'] == 'bytes':
            continue
        caption = [c for c in tables if re.match(r'%s, %s\d+ runs?\b' % (
            re.escape(m['arm']), re.escape(m['label'] + ', ' if m['label'] else '')), c)]
        if not caption:
            continue
        name = '%s %s' % (m['section'], m['metric'])
        row = [r for r in tables[caption[0]] if r[0] == name]
        if len(row) != 1 or len(row[0]) != 8:
            raise Wrong('%s: %s: %r' % (caption, name, row))
        same(row[0][1], m['count'], name)
        for text, stat in zip(row[0][2:], METRIC_STATS):
            same(text, m[stat]['median'], '%s %s' % (name, stat))
        checked += 1
    return checked


PUBLISHED = "Published, and measured here: medians of the runs' values, and their lowest..highest"
RATIO = '; ratio: here / published'


def published_name(figure):
    stat = 'p99.9' if figure['stat'] == 'p999' else figure['stat']
    return '%s %s %s' % (figure['section'], figure['metric'], stat)


def check_published_row(cells, figure, compared, what):
    """published, here, range[, ratio]"""
    if len(cells) != (4 if compared else 3):
        raise Wrong('%s: %r' % (what, cells))
    same(cells[0], figure['published'], what)
    same(cells[1], figure['median'], what)
    same_range(cells[2], figure['lowest'], figure['highest'], what)
    if not compared:
        return
    if figure['ratio'] is not None and cells[3] == '<0.001':
        if figure['ratio'] >= 0.0005:
            raise Wrong('%s: %r is shown, the JSON says %r' % (what, cells[3], figure['ratio']))
        return
    same(cells[3], figure['ratio'], what)


def check_published_table(tables, everything):
    """Of Markdown or a page.  How many rows were held against the JSON."""
    published = everything['published']
    caption = PUBLISHED + (RATIO if published['compared'] else '')
    rows = [r for r in tables.get(caption, []) if len(r) > 1 and r[0] != 'metric']
    versions = any(f['version'] for f in published['figures'])
    if len(rows) != len(published['figures']):
        raise Wrong('%d rows of published figures, %d wanted' % (
            len(rows), len(published['figures'])))
    for row, figure in zip(rows, published['figures']):
        what = published_name(figure)
        if row[0] != what or versions and row[1] != (figure['version'] or '-'):
            raise Wrong('%r, wanted %s %r' % (row, what, figure['version']))
        check_published_row(row[2 if versions else 1:], figure, published['compared'], what)
    return len(rows)


def check_published_text(text, everything):
    """The same of plain text and mails, where a row may take two lines."""
    published, at = everything['published'], 0
    versions = any(f['version'] for f in published['figures'])
    words = ' '.join(text.split())
    one, between = r'(<?%s%s|-)' % (NUMBER, UNIT), r'(%s\.\.%s%s|-)' % (NUMBER, NUMBER, UNIT)
    for figure in published['figures']:
        what = published_name(figure)
        pattern = re.escape(what) + ' '
        if versions:
            pattern += re.escape(figure['version'] or '-') + ' '
        pattern += ' '.join([one, one, between] + ([one] if published['compared'] else []))
        match = re.compile(pattern + r'(?= |$)').search(words, at)
        if not match:
            raise Wrong('%s: no row' % what)
        check_published_row(match.groups(), figure, published['compared'], what)
        at = match.end()
    return len(published['figures'])


FINDINGS = 'better|worse|equivalent|identical|inconclusive|changed'
UNIT = r'(?: (?:[kMG]?/s|[num]?s|[KMG]iB|B)|%)?'
# The name may stand on the line above.
TEXT_ROW = re.compile(r' *(?P<name>\S.*?)??(?: +|^)(?P<a>%s%s|-) +(?P<b>%s%s|-) +(?P<shift>%s%s|-) +'
                      r'(?P<range>%s\.\.%s%s|-) +(?:(?P<p><?[\d.]+|-) +)?(?P<finding>%s) *' % (
                          NUMBER, UNIT, NUMBER, UNIT, NUMBER, UNIT, NUMBER, NUMBER, UNIT, FINDINGS))


def text_tables(text, everything):
    """The comparisons' tables in plain text, by caption; labels are those of the JSON."""
    tables, rows, above = {}, None, None
    labels = {shown(cell['label']) for c in everything['comparisons'] for cell in c['cells']}
    paragraphs = re.split(r'\n\n+', text)
    for at, paragraph in enumerate(paragraphs):
        caption = ' '.join(re.sub(r'\A[^\n]*\n-+\n', '', paragraph).split())
        if not re.search(r" metrics, medians of the runs' values$", caption):
            continue
        rows = tables[caption] = []
        for line in paragraphs[at + 1].splitlines():
            match = TEXT_ROW.fullmatch(line)
            if match:
                cells = [c for c in match.group('name', 'a', 'b', 'shift', 'range', 'p', 'finding')]
                cells[0] = (cells[0] or above or '').strip()
                rows.append([c for i, c in enumerate(cells) if i != 5 or c is not None])
            elif line.strip() in labels:
                rows.append([line.strip()])
            else:
                above = line
    return tables


def unquoted(cell):
    return re.sub(r'\\(.)', r'\1', cell).strip()


def markdown_tables(text):
    """Every table by its caption, the bold line above it; their columns are counted."""
    tables, caption, head, rows = {}, None, None, None
    for line in text.splitlines():
        if re.fullmatch(r'\*\*.*\*\*', line):
            caption = unquoted(line[2:-2])
        if not line.startswith('|'):
            head = None
            continue
        cells = re.split(r'(?<!\\)\|', line)[1:-1]
        if head is None:
            head, rows = len(cells), tables.setdefault(caption, [])
            continue
        if len(cells) != head:
            raise Wrong('%s: %d columns of %d: %s' % (caption, len(cells), head, line))
        if all(re.fullmatch(r' *-+:? *', c) for c in cells):
            continue
        cells = [unquoted(c) for c in cells]
        if re.fullmatch(r'\*\*.*\*\*', cells[0]) and not any(cells[1:]):
            cells = [cells[0][2:-2]]
        rows.append(cells)
    return tables
