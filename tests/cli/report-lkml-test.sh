#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench report' as a mail, as plain text and as Markdown: a mail has 75
# columns and ASCII, and every number in them is the one that --json has.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
source=${top_srcdir:?}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export VFIO_BENCH_FLOOR_DIR=$tmp/floor	# nothing is kept of --aa here
export PYTHONPATH=$source/tests PYTHONDONTWRITEBYTECODE=1

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

# What noise does to null jobs is not the matter here: exit 3.
measure() {
	local status=0

	"$bench" "$@" --quiet --set duration=0s --set ops=100000 --set warmup=0s >"$tmp/log" 2>&1 ||
		status=$?
	((status == 0 || status == 3)) || { cat "$tmp/log"; return 1; }
}

# numbers.py BENCH FOLDER FORM LEAST: at least so many rows are there and are the JSON's.
cat >"$tmp/numbers.py" <<'END'
import sys
import report_forms as forms

bench, folder, form, least = sys.argv[1:]
everything = forms.load(bench, folder)
text = forms.report(bench, folder, *([] if form == 'text' else ['--' + form])).decode()
if form == 'markdown':
    tables = forms.markdown_tables(text)
else:
    tables = forms.text_tables(text, everything)
rows = forms.check_comparisons(tables, everything, form == 'markdown')
if form == 'markdown':
    rows += forms.check_metrics(tables, everything)
print('%d rows' % rows)
sys.exit(rows < int(least))
END
numbers() { python3 "$tmp/numbers.py" "$bench" "$@"; }

mail_fits() {
	"$bench" report --lkml "$1" >"$tmp/mail" || return
	# characters, not bytes: what is no ASCII is found by the second
	[[ -s $tmp/mail ]] && ! grep -n ' $' "$tmp/mail" && ! LC_ALL=C grep -nE '.{76}' "$tmp/mail" && ! LC_ALL=C grep -nP '[^\x20-\x7e]' "$tmp/mail"
}

# The command in it is one line for a shell, and makes no other than the result's job.
reproduces() {
	local words

	mail_fits "$1" || return
	sed -n '/^To reproduce/,$p' "$tmp/mail" | sed '1,2d' >"$tmp/command"
	words=$(bash -c "vfio-bench() { printf '%s\n' \"\$@\"; }; . '$tmp/command'")
	[[ $words == "$2"$'\n'* ]] && grep -qx -e "$3" <<<"$words"
}

# The command with --dry-run --json: order, seeds and windows are those of the session.
remade() {
	"$bench" report --lkml "$1" | sed -n '/^To reproduce/,$p' | sed '1,2d' >"$tmp/command"
	sed -i '$ s/$/ --dry-run --json/' "$tmp/command"
	bash -c "vfio-bench() { '$bench' \"\$@\"; }; . '$tmp/command'" >"$tmp/remade.json" || return
	python3 - "$1/plan.json" "$tmp/remade.json" <<-'END'
		import json, sys
		had, made = (json.load(open(path)) for path in sys.argv[1:])
		had.pop('checksum')
		made.pop('checksum', None)
		assert len(had['order']) > 1 and any(p['workers'] for p in had['plans']), had
		for key in had:
		    assert had[key] == made[key], (key, had[key], made[key])
	END
}

# wider.py RESULT OUT: long names, marks of formats, and other alphabets wherever a file has text.
cat >"$tmp/wider.py" <<'END'
import os, shutil, sys
import result

source, out = sys.argv[1:]
shutil.copytree(source, out)
nasty = 'x=<b>|*`_µ→\u202e%s\\ --- ' + 'long' * 30
meta = result.read(out + '/meta.json')
meta['machine']['cpu']['model'] = nasty
meta['no_performance_label'] = [nasty, 'two']
meta['published'] = {'hardware': nasty, 'note': nasty, 'rows': [{'version': 'v6.15-rc1 and more', 'conditions': '', 'runs': [
    {'arm_index': 0, 'cell': 0}], 'figures': [{'section': '', 'metric': 'map', 'stat': 'mean',
    'value': 1e6, 'unit': 'ns'}]}]}
for name in sorted(os.listdir(out + '/runs')):
    path = '%s/runs/%s/result.json' % (out, name)
    run = result.read(path)
    run['label'] = (nasty + run['label'])[:170]
    run['audit'].append({'check': 'dma', 'verdict': 'mark', 'text': nasty + '\x1b[31m\nred'})
    result.write(path, run)
result.write(out + '/meta.json', meta)
END
widened() { python3 "$tmp/wider.py" "$1" "$2"; }

# A lie in the mail is found: the last digit of one number.
lie_is_found() {
	cat >"$tmp/lie.py" <<-'END'
		import sys
		import report_forms as forms
		everything = forms.load(*sys.argv[1:])
		text = forms.report(*sys.argv[1:], '--lkml').decode()
		tables = forms.text_tables(text, everything)
		rows = next(iter(tables.values()))
		row = next(r for r in rows if len(r) > 1)
		digits = row[1].split(' ')
		digits[0] = digits[0][:-1] + str((int(digits[0][-1]) + 2) % 10)
		row[1] = ' '.join(digits)
		try:
		    forms.check_comparisons(tables, everything, False)
		except forms.Wrong as wrong:
		    print(wrong)
		    sys.exit(0)
		sys.exit('%r passed' % row)
	END
	python3 "$tmp/lie.py" "$bench" "$1"
}

escapes_gone() {
	"$bench" report "$1" >"$tmp/text" && ! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$tmp/text" &&
		! grep -n $'\u202e' "$tmp/text"
}

# says TEXT ARG...: report, its lines put together; backslashes of Markdown left out
says() {
	"$bench" report "${@:2}" | tr -s ' \n' ' ' | tr -d '\134' >"$tmp/said"
	grep -qF -e "$1" "$tmp/said" || { cat "$tmp/said"; return 1; }
}

# The variants of the two arms, and what they are.
variants_of() {
	cp -r "$1" "$2" && python3 - "$2/meta.json" <<-'END'
		import sys
		import result
		meta = result.read(sys.argv[1])
		assert all(arm['summary'] is None for arm in meta['arms']), meta['arms']
		for arm, text in zip(meta['arms'], ('tells once for each vfio_dma', 'tells once')):
		    arm.update(variant='v-' + arm['name'], summary=text)
		result.write(sys.argv[1], meta)
	END
}

# Of many runs whose rate moved the mail has their number and the first.
few_moved() {
	"$bench" report --lkml "$1" >"$tmp/log" && (($(grep -cE '^- run [0-9]+, .*\[' "$tmp/log") <= 4))
}

# A report.md that is kept without plots/ is of report --markdown, which links none.
links_hold() {
	local file

	[[ -e $1/report.md ]] || return 0
	while read -r file; do
		[[ -s $1/$file ]] || { echo "no $file"; return 1; }
	done < <(grep -o '](plots/[^)]*)' "$1/report.md" | sed 's/.*(\(.*\))/\1/')
}

check "one run of the null job" measure run null --output "$tmp/one"
check "six pairs of it" measure ab null --arm a=null --arm b=null,size=8k --pairs 6 --output "$tmp/pairs"
check "three arms" measure ab null --set threads=1 --arm alpha=null --arm beta=null,size=8k \
	--arm gamma-with-a-long-name=null --pairs 6 --output "$tmp/three"
check "names that break tables" widened "$tmp/pairs" "$tmp/wide"

for of in one pairs three wide; do
	check "$of: the mail is ASCII, of 75 columns" mail_fits "$tmp/$of"
done
for form in lkml text markdown; do
	check "pairs: --$form says what --json says" numbers "$tmp/pairs" "$form" 4
	check "three: --$form says what --json says" numbers "$tmp/three" "$form" 4
done
check "wide: the table of --markdown keeps its columns" numbers "$tmp/wide" markdown 4
check "one: --markdown says what --json says" numbers "$tmp/one" markdown 2
check "a wrong digit is found" lie_is_found "$tmp/pairs"
check "no control characters, no turned text" escapes_gone "$tmp/wide"
check "one: the mail has a command" reproduces "$tmp/one" run ops=100000
check "pairs: the mail has a command" reproduces "$tmp/pairs" ab b=null,size=8k
check "pairs: the command makes the same session" remade "$tmp/pairs"
check "three: the command makes the same session" remade "$tmp/three"
check "a seeded session of its own shape" measure ab null --arm a=null,count=16,64 \
	--arm b=null,count=16,64,size=8k --set threads=1,2 --set seed=5 --set layout=random --pairs 3 \
	--warmup-rounds 2 --comparisons 2 --seed 20240731 --output "$tmp/seeded"
check "seeded: the mail has its seed" reproduces "$tmp/seeded" ab 20240731
check "seeded: the command makes the same session" remade "$tmp/seeded"
check "an arm against itself" measure ab null --aa --pairs 2 --output "$tmp/aa"
check "aa: the command makes the same session" remade "$tmp/aa"
check "two rounds of it, with a seed" measure run null --repeat 2 --set threads=1,2 --seed 99 \
	--output "$tmp/rounds"
check "rounds: the command makes the same session" remade "$tmp/rounds"

check "of a floor: an arm against itself" measure ab null --aa --arm x=null --set threads=1 \
	--pairs 6 --comparisons 2 --output "$tmp/floor-of"
rm -rf "$tmp/floor"
check "and two to hold against it" measure ab null --arm x=null --arm y=null --set threads=1 \
	--pairs 6 --output "$tmp/held"
variants_of "$tmp/held" "$tmp/told"
for form in --lkml --markdown --html; do
	check "$form says what the job does" says 'own cost for an operation' "$form" \
		"$tmp/one"
	check "$form says that no floor is known" says 'measures what equal arms' \
		"$form" "$tmp/held"
	check "$form says which floor was used" says '(2 A/A comparisons of 6 pairs)' "$form" \
		--floor "$tmp/floor-of" "$tmp/held"
	check "$form says what variants are" says 'v-x: tells once for each vfio_dma' "$form" \
		"$tmp/told"
done
check "--markdown says that max grows with operations" says 'The max of a run that lasts a set time' \
	--markdown "$tmp/pairs"

# Those of the repository, made in the lab.
for folder in "$source"/results/*/meta.json; do
	folder=${folder%meta.json}
	check "${folder#"$source/"}: the mail is ASCII, of 75 columns" mail_fits "$folder"
	check "${folder#"$source/"}: few of the runs that were not steady" few_moved "$folder"
	check "${folder#"$source/"}: what its report.md links is there" links_hold "$folder"
	check "${folder#"$source/"}: --lkml says what --json says" numbers "$folder" lkml 0
	check "${folder#"$source/"}: --markdown says what --json says" numbers "$folder" markdown 0
done
tap_end
