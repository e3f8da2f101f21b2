#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What others published of a job, in reports: beside which runs it stands, that every
# form says what --json says, and that nothing is compared where nothing can be.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PYTHONPATH=${top_srcdir:?}/tests PYTHONDONTWRITEBYTECODE=1
export VFIO_BENCH_FLOOR_DIR=$tmp/floor

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

cat >"$tmp/told.job" <<'END'
[published]
hardware=an 8-way machine <b>|*_µ, 1 TiB
note=about 30% less with 2 MiB pages
row=v6.15 | threads=1: map.mean 294 ms, map.rate 500000 /s
row=v6.16-rc4, patched | threads=1 size=4k: null.unmap.p50 0.1 us
row=: map.max 1 us
row=threads=8: map.mean 3 s
row=: request.mean 3 s
[global]
description=what others measured
source=here
iommu_mode=null
duration=0s
warmup=0s
[null]
workload=map_unmap
threads=1, 2
count=256
ops=100000
END
grep -v '^row=v' "$tmp/told.job" >"$tmp/plain.job"

# What noise does to null jobs is not the matter here: exit 3.
measure() {
	local status=0

	"$bench" "$@" --quiet --set oversubscribe=yes >"$tmp/log" 2>&1 || status=$?
	((status == 0 || status == 3)) || { cat "$tmp/log"; return 1; }
}

# json RESULT PYTHON: p, what report --json has of the published figures, satisfies PYTHON.
json() {
	"$bench" report --json "$1" >"$tmp/json" &&
		python3 -c "import json, sys; p = json.load(open(sys.argv[1]))['published']
f = p and p['figures']
assert $2, p" "$tmp/json"
}

# numbers.py BENCH FOLDER FORM LEAST: at least so many rows are there and are the JSON's.
cat >"$tmp/numbers.py" <<'END'
import html.parser, sys
import report_forms as forms

bench, folder, form, least = sys.argv[1:]
everything = forms.load(bench, folder)
text = forms.report(bench, folder, *([] if form == 'text' else ['--' + form])).decode()

class Tables(html.parser.HTMLParser):
    """{caption: rows} of a page."""
    def __init__(self):
        super().__init__()
        self.tables, self.words, self.caption = {}, [], None
    def handle_starttag(self, tag, attrs):
        if tag in ('caption', 'td', 'th', 'tr'):
            self.words = []
        if tag == 'tr':
            self.row = []
    def handle_data(self, data):
        self.words.append(data)
    def handle_endtag(self, tag):
        said = ' '.join(''.join(self.words).split())
        if tag == 'caption':
            self.caption = said
        elif tag in ('td', 'th'):
            self.row.append(said)
        elif tag == 'tr':
            self.tables.setdefault(self.caption, []).append(self.row)

if form == 'markdown':
    rows = forms.check_published_table(forms.markdown_tables(text), everything)
elif form == 'html':
    page = Tables()
    page.feed(text)
    rows = forms.check_published_table(page.tables, everything)
else:
    rows = forms.check_published_text(text, everything)
print('%d rows' % rows)
sys.exit(rows < int(least))
END
numbers() { python3 "$tmp/numbers.py" "$bench" "$@"; }

# The last digit of one number is another: found.
lie_is_found() {
	sed "s/^text = .*/&\nold = '294 ms'\nassert old in text\ntext = text.replace(old, '295 ms')/" \
		"$tmp/numbers.py" >"$tmp/lie.py"
	! python3 "$tmp/lie.py" "$bench" "$@" 2>"$tmp/why" && grep -q "'295 ms' is shown" "$tmp/why"
}

# says TEXT ARG...: report, its lines put together
says() {
	"$bench" report "${@:2}" | tr -s ' \n' ' ' >"$tmp/said"
	grep -qF -e "$1" "$tmp/said" || { cat "$tmp/said"; return 1; }
}
says_not() { ! says "$@"; }

# change RESULT OUT PYTHON: a copy, with PYTHON done to m (meta.json) and each r (result.json).
change() {
	rm -rf "$2"
	cp -r "$1" "$2"
	python3 - "$2" "$3" <<-'END'
		import os, sys
		import result
		folder, change = sys.argv[1:]
		m = result.read(folder + '/meta.json')
		for name in sorted(os.listdir(folder + '/runs')):
		    path = '%s/runs/%s/result.json' % (folder, name)
		    r = result.read(path)
		    exec(change)
		    result.write(path, r)
		result.write(folder + '/meta.json', m)
	END
}

# refused KEY PYTHON: a result with PYTHON done to m is, and names KEY.
refused() {
	change "$tmp/one" "$tmp/bad" "$2" || return
	! "$bench" report "$tmp/bad" >"$tmp/said" 2>&1 && grep -qF "meta.json: $1" "$tmp/said"
}

mail_fits() {
	"$bench" report --lkml "$1" >"$tmp/mail" || return
	! LC_ALL=C grep -nE '.{76}' "$tmp/mail" && ! LC_ALL=C grep -nP '[^\x20-\x7e]' "$tmp/mail"
}

check "a job with published figures, three times" measure run "$tmp/told.job" --repeat 3 \
	--output "$tmp/one"
check "figures stand beside the runs that they are of" json "$tmp/one" \
	"[(x['label'], x['metric'], x['stat']) for x in f] == [
	('threads=1', 'map', 'mean'), ('threads=1', 'map', 'rate'), ('threads=1', 'map', 'max'),
	('threads=1', 'unmap', 'p50'), ('threads=2', 'map', 'max')]"
check "each with its version, its unit and its runs" json "$tmp/one" \
	"([x['version'] for x in f[:2]] == ['v6.15'] * 2 and f[3]['version'] == 'v6.16-rc4, patched' and
	f[1]['unit'] == '1/s' and f[0]['published'] == 294e6 and all(x['runs'] == 3 for x in f))"
check "the ratio is measured over published" json "$tmp/one" \
	"all(abs(x['ratio'] - x['median'] / x['published']) < 1e-9 for x in f)"
check "what is of no run here is counted" json "$tmp/one" "p['missing'] == 2"
check "and told" says '2 published figures are of no clean run of this result.' "$tmp/one"
for form in text lkml markdown html; do
	check "$form: its numbers are the JSON's" numbers "$tmp/one" $form 5
	check "$form: a lie is found" lie_is_found "$tmp/one" $form 5
done
check "the mail fits" mail_fits "$tmp/one"
check "both machines" says 'published on an 8-way machine' "$tmp/one"
check "what no row can hold" says 'published too about 30% less with 2 MiB pages' "$tmp/one"
check "the sizes are the job's" says "scale 1: the job's own sizes" "$tmp/one"

check "without versions" measure run "$tmp/plain.job" --output "$tmp/plain"
for form in text lkml markdown html; do
	check "$form: without versions" numbers "$tmp/plain" $form 2
done

check "a sixteenth of it" measure run "$tmp/told.job" --set scale=16 --output "$tmp/small"
check "is told" says 'scale 1/16 of the published windows' "$tmp/small"
check "with what was set" says 'set here scale=16, oversubscribe=yes' "$tmp/small"
check "in the JSON too" json "$tmp/small" "p['scale'] == 16 and len(f) == 5"
check "runs of two scales" measure run "$tmp/told.job" --set scale=1,4 --output "$tmp/scales"
check "are told" says 'scale differs between the runs' "$tmp/scales"
check "what is set counts for conditions" measure run "$tmp/told.job" --set size=8k --output "$tmp/set"
check "its figures are of no run" json "$tmp/set" "p['missing'] == 3 and len(f) == 4"

check "two arms" measure ab "$tmp/told.job" --arm a=null --arm b=null,threads=1 --set threads=1 \
	--pairs 5 --output "$tmp/ab"
check "each has the figures" json "$tmp/ab" \
	"([x['arm'] for x in f].count('a') == [x['arm'] for x in f].count('b') == 4 and
	all(x['runs'] == 5 for x in f))"
check "arms: the mail's numbers" numbers "$tmp/ab" lkml 8

check "exact mode" change "$tmp/one" "$tmp/exact" "m['mode'] = r['mode'] = 'exact'"
check "exact mode: not compared" says 'Not compared: exact mode counts instructions' "$tmp/exact"
check "exact mode: no ratio" says_not 'ratio: here' "$tmp/exact"
check "exact mode: none in the JSON" json "$tmp/exact" \
	"not p['compared'] and f and all(x['ratio'] is None for x in f)"
check "exact mode: no rate" json "$tmp/exact" \
	"[x['median'] for x in f if x['stat'] == 'rate'] == [None]"
for form in text lkml markdown html; do
	check "exact mode: $form: numbers" numbers "$tmp/exact" $form 5
done

check "numbers that are withheld" change "$tmp/one" "$tmp/held" \
	"r.update(status='failed', withheld=True); r.pop('metrics', None)"
check "are not beside anything" json "$tmp/held" "f == [] and p['missing'] == 6"
check "a result of a job without figures" measure run null --set threads=1 \
	--set duration=0s --set ops=1000 --set warmup=0s --output "$tmp/none"
check "has none" json "$tmp/none" "p is None"
check "and no such part" says_not 'Published beside measured' "$tmp/none"

check "damage: hardware" refused 'published.hardware: a text' "m['published']['hardware'] = 5"
check "damage: rows" refused 'published.rows: a list' "m['published']['rows'] = {}"
check "damage: a figure" refused 'published.rows[0].figures[0].value: a number' \
	"m['published']['rows'][0]['figures'][0]['value'] = 'x'"
check "damage: a run" refused 'published.rows[0].runs[0].cell: a whole number' \
	"m['published']['rows'][0]['runs'][0]['cell'] = -1"
tap_end
