#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench compare' of two results as a mail and as a page: what a mail may
# have, that each number is the one of --json, and what differs between the two.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
source=${top_srcdir:?}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export VFIO_BENCH_FLOOR_DIR=$tmp/floor
export PYTHONPATH=$source/tests PYTHONDONTWRITEBYTECODE=1

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

null_job() {
	"$bench" run null --quiet --set duration=0s --set ops=200 --set warmup=0s --set threads=1,2 \
		--set oversubscribe=yes "$@" >"$tmp/log" 2>&1
}

# lines OLD NEW LINE: the result again, on a machine whose kernel's command line is LINE.
lines() {
	cp -r "$1" "$2" && python3 - "$2/meta.json" "$3" <<-'END'
		import sys
		import result
		meta = result.read(sys.argv[1])
		meta['machine']['kernel']['command_line'] = sys.argv[2]
		result.write(sys.argv[1], meta)
	END
}

# levels OLD NEW FACTOR: all times so many times as long.
levels() {
	cp -r "$1" "$2" && python3 - "$2/runs" "$3" <<-'END'
		import os, sys
		import result
		for i, name in enumerate(sorted(os.listdir(sys.argv[1]))):
		    path = '%s/%s/result.json' % (sys.argv[1], name)
		    run = result.read(path)
		    ns = int(10000 * float(sys.argv[2])) + 7 * i
		    for metric in run['metrics']:
		        metric.update(result.histogram([ns] * 20000), rate_per_s=1e9 / ns)
		    result.write(path, run)
	END
}

# form STATUS ARG...: compare's exit status; its output goes to out.
form() {
	local want=$1 status=0

	shift
	"$bench" compare "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { cat "$tmp/out" "$tmp/err"; echo "exit status $status, not $want"; return 1; }
}
said() { tr -s ' \n' ' ' <"$tmp/out" | tr -d '\134' | grep -qF -e "$1" || { cat "$tmp/out"; return 1; }; }
unsaid() { ! grep -n -e "$1" "$tmp/out"; }
refuses() { form 1 "${@:2}" && grep -qF -e "$1" "$tmp/err" && [[ ! -s $tmp/out ]]; }

mail_fits() {
	form 0 --lkml "$@" && [[ -s $tmp/out ]] && unsaid ' $' && ! LC_ALL=C grep -nE '.{76}' "$tmp/out" &&
		! LC_ALL=C grep -nP '[^\x20-\x7e]' "$tmp/out"
}

# numbers FORM A B: so many rows as --json has, each with its numbers.
numbers() {
	form 0 --json "${@:2}" && mv "$tmp/out" "$tmp/json" && form 0 "--$1" "${@:2}" &&
		python3 - "$1" "$tmp/json" "$tmp/out" <<-'END'
			import json, sys
			import report_forms as forms
			kind, everything, text = sys.argv[1], json.load(open(sys.argv[2])), open(sys.argv[3]).read()
			pages = kind == 'markdown'
			tables = forms.markdown_tables(text) if pages else forms.text_tables(text, everything)
			rows = forms.check_comparisons(tables, everything, pages)
			print('%d rows' % rows)
			sys.exit(rows < 4)
		END
}

check "a result" null_job --repeat 6 --output "$tmp/made"
levels "$tmp/made" "$tmp/a" 1
levels "$tmp/made" "$tmp/b" 1.07
mkdir "$tmp/boots-a" "$tmp/boots-b"
for i in 1 2 3 4 5 6; do
	levels "$tmp/made" "$tmp/boots-a/$i" "1.00$i"
	levels "$tmp/made" "$tmp/boots-b/$i" "0.90$i"
done

for pair in 'a b' 'b a' 'boots-a boots-b'; do
	read -r x y <<<"$pair"
	check "$pair: the mail is ASCII, of 75 columns" mail_fits "$tmp/$x" "$tmp/$y"
	check "$pair: --lkml says what --json says" numbers lkml "$tmp/$x" "$tmp/$y"
	check "$pair: --markdown says what --json says" numbers markdown "$tmp/$x" "$tmp/$y"
done

check "what is worse comes first" form 0 --lkml "$tmp/a" "$tmp/b"
check "and is told in a sentence" said '* worse: '
check "the mail has side A" said "A: $tmp/a "
check "the mail has side B" said "B: $tmp/b "
check "what the job does" said 'own cost for an operation'
check "both machines" test "$(grep -c '^kernel ' "$tmp/out")" = 2
check "the notes" said 'EACH SIDE IS ONE SESSION'
check "how it was compared" said 'Mann-Whitney test'
check "boots are counted" form 0 --lkml "$tmp/boots-a" "$tmp/boots-b"
check "on both sides" test "$(grep -c '^boots  *6; ' "$tmp/out")" = 2
check "a gate's exit status" form 5 --lkml --gate map.mean:5% "$tmp/a" "$tmp/b"
check "the page" form 0 --html "$tmp/a" "$tmp/b"
check "is one" said '</html>'
# shellcheck disable=SC2016
check "no two places of it have one name" bash -c \
	'! grep -oE " id=\"[^\"]*\"" "$1" | sort | uniq -d | grep .' - "$tmp/out"
check "a file" form 0 --lkml --output "$tmp/mail" "$tmp/a" "$tmp/b"
check "and nothing beside it" test ! -s "$tmp/out"
check "it is the mail" form 0 --lkml "$tmp/a" "$tmp/b"
check "to the byte" cmp "$tmp/mail" "$tmp/out"

check "a mail of one result" refuses "'vfio-bench report' makes them of one" --lkml "$tmp/a"
check "two forms" refuses 'two forms at once' --lkml --html "$tmp/a" "$tmp/b"
check "and JSON" refuses 'leave out --json' --lkml --json "$tmp/a" "$tmp/b"
check "a file of a table" refuses '--output is for a mail or a page' -o "$tmp/x" "$tmp/a" "$tmp/b"
check "a file that can't be" refuses 'give a file that can be written' --lkml \
	-o "$tmp/none/x" "$tmp/a" "$tmp/b"

lines "$tmp/a" "$tmp/la" 'root=x quiet mitigations=auto tsc_early_khz=1000 iommu=pt'
lines "$tmp/b" "$tmp/lb" 'root=x tsc_early_khz=2000 quiet mitigations=off iommu=pt debug'
lines "$tmp/b" "$tmp/lc" 'root=x quiet mitigations=auto tsc_early_khz=3 iommu=pt'
lines "$tmp/b" "$tmp/ld" 'root=x quiet iommu=pt mitigations=auto'
check "command lines that differ" form 0 "$tmp/la" "$tmp/lb"
check "their words that differ" said 'command_line: mitigations=auto | mitigations=off debug '
check "in the mail too" form 0 --lkml "$tmp/la" "$tmp/lb"
check "the same words" said 'command_line: mitigations=auto; mitigations=off debug '
check "the lab's calibration" form 0 "$tmp/la" "$tmp/lc"
check "is no difference" unsaid 'command_line'
check "words in another order" form 0 "$tmp/la" "$tmp/ld"
check "are one" said 'command_line: root=x quiet mitigations=auto iommu=pt | root=x quiet iommu=pt'
tap_end
