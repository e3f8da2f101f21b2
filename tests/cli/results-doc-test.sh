#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doc/results.md against results: every key that occurs is documented, with its
# type. Without arguments it makes a result of the null job; others can be given:
#   tests/cli/results-doc-test.sh DIR...
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
doc=${top_srcdir:?}/doc/results.md
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The rows of FILE's table as "KEY<TAB>TYPE", and "PATH<TAB>TYPE" of a JSON file
# held against them.
cat >"$tmp/keys.py" <<'END'
import json, re, sys

doc, section, path = sys.argv[1:]
rows, on = {}, False
for line in open(doc):
    if line.startswith('#'):
        on = line.startswith('## `%s`' % section) or (on and line.startswith('### '))
        table = on and line.startswith('## ')
    cells = [c.strip() for c in line.split('|')]
    if on and table and len(cells) == 5 and cells[1].startswith('`'):
        rows[cells[1].strip('`')] = cells[2].removesuffix(', optional').split(' or ')

def pattern(key):
    return re.compile(''.join(r'[^.\[\]]+' if c == '*' else re.escape(c) for c in key))

patterns = [(pattern(key), types) for key, types in rows.items()]
names = {str: 'text', bool: 'bool', int: 'int', float: 'real', list: 'list', dict: 'object',
         type(None): 'null'}
bad = set()

def check(path, value):
    types = rows.get(path) or next((t for p, t in patterns if p.fullmatch(path)), None)
    if types is None:
        bad.add('%s: not documented' % path)
    elif names[type(value)] not in types:
        bad.add('%s: is %s, documented as %s' % (path, names[type(value)], ' or '.join(types)))
    walk(path, value)

def walk(path, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            # names of mitigations, modules, errnos: a dot in one is no path
            check((path + '.' if path else '') + key.replace('.', '-'), inner)
    elif isinstance(value, list):
        for inner in value:
            walk(path + '[]', inner)

if not rows:
    bad.add('%s: no table' % section)
walk('', json.load(open(path)))
print('\n'.join(sorted(bad)))
sys.exit(bool(bad))
END

file_documented() { python3 "$tmp/keys.py" "$doc" "$1" "$2"; }

# in_table SECTION WORD: WORD stands in the first two columns of a table there.
in_table() {
	awk -v head="$1" -v word="\`$2\`" -F '|' '/^##/ { on = index($0, head) }
		on && (index($2, word) || index($3, word)) { found = 1 } END { exit !found }' "$doc"
}

# words_documented SECTION KEY FILE: every value of KEY in FILE.
words_documented() {
	local word

	while read -r word; do
		in_table "$1" "$word" || { echo "$word: not documented"; return 1; }
	done < <(sed -n "s/^ *\"$2\": \"\(.*\)\",*\$/\1/p" "$3" | sort -u)
}

intervals_documented() {
	local head column

	head=$(head -n 1 "$1")
	grep -qxF "$head" "$doc" || { echo "another head line: $head"; return 1; }
	for column in ${head//,/ }; do
		in_table 'intervals.csv' "$column" || { echo "no row: $column"; return 1; }
	done
	awk -F , -v n="$(tr ',' '\n' <<<"$head" | wc -l)" 'NF != n { exit 1 }' "$1"
}

# Every file is in the list of files.
files_documented() {
	local file

	while read -r file; do
		grep -qF "| \`${file/#runs\/*\//runs/NNN-ARM/}\` |" "$doc" ||
			{ echo "not documented: $file"; return 1; }
	done < <(cd "$1" && find . -type f -not -path './plots/*' -printf '%P\n')
}

check_result() {
	local dir=$1 title=$2 run

	check "$title: files" files_documented "$dir"
	check "$title: meta.json" file_documented meta.json "$dir/meta.json"
	check "$title: plan.json" file_documented plan.json "$dir/plan.json"
	for run in "$dir"/runs/*; do
		check "$title: ${run##*/}/result.json" file_documented result.json "$run/result.json"
		check "$title: ${run##*/}: metrics" \
			words_documented '### Metrics' metric "$run/result.json"
		check "$title: ${run##*/}: checks" \
			words_documented '### Checks' check "$run/result.json"
		check "$title: ${run##*/}/intervals.csv" intervals_documented "$run/intervals.csv"
	done
}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi
if (($#)); then
	for dir; do
		check_result "$dir" "$dir"
	done
else
	check "the null job runs" "${top_builddir:?}/vfio-bench" run null --quiet \
		--set duration=0s --set ops=1000 --set warmup=0s --set threads=1 --output "$tmp/null"
	check_result "$tmp/null" "null"
fi
tap_end
