#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scripts/lab matrix, but for the boots: results that are there already become one table and
# one plot, what is not there is skipped with its reason, another result is not taken for
# one. TAP.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-$PWD}
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
top=$(cd "$top" && pwd)
build=$(cd "$build" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export VFIO_BENCH_CACHE=$out/cache

matrix()
{
	"$top/scripts/lab" matrix "$@" --build "$build" --out "$out" >"$out/said" 2>"$out/errors"
}

tap_why()
{
	cat "$out/said" "$out/errors" 2>/dev/null || true
}

# exits STATUS TEXT ARG...: with this status, saying TEXT.
exits()
{
	local wanted=$1 text=$2 status=0

	shift 2
	matrix "$@" || status=$?
	is "$status" "$wanted" && grep -qF -- "$text" "$out/errors"
}

null_result()
{
	"$build/vfio-bench" run null --set duration=0s --set ops=200 --set threads=1 --quiet \
		--output "$out/$1"
}

value()
{
	"$build/vfio-bench" report --csv "$out/$1" | awk -F , '$11 == "map" && $12 == "mean" { printf "%.1f", $14 }'
}

both_are_in_the_table()
{
	matrix null --timing --kernels one,two && grep -qF 'null.map' "$out/matrix.md" || return
	python3 - "$out" <<-'END'
	import csv, subprocess, sys
	rows = list(csv.reader(open(sys.argv[1] + '/matrix.tsv'), delimiter='\t'))
	assert [r[0] for r in rows] == ['kernel', 'one', 'two'], rows
	text = open(sys.argv[1] + '/matrix.txt').read()
	first, second = float(rows[1][1]), float(rows[2][1])
	assert '(%+.1f%%)' % (100 * (second / first - 1)) in text, text
	END
}

as_the_report_has_it()
{
	local kernel place=1

	for kernel in one two; do
		place=$((place + 1))
		is "$(sed -n "${place}p" "$out/matrix.tsv" | cut -f 2 | xargs printf '%.1f')" "$(value "$kernel")" ||
			return
	done
}

drawn()
{
	grep -q '<svg' "$out/matrix.svg" && grep -q 'PNG' "$out/matrix.png"
}

# What the operations cost, from the cells of a request over 64 mappings and a smaller one.
single_operations()
{
	python3 - "$top/scripts/lab-matrix" <<-'END'
	import importlib.machinery, importlib.util, sys
	sys.dont_write_bytecode = True
	loader = importlib.machinery.SourceFileLoader('lab_matrix', sys.argv[1])
	lab = importlib.util.module_from_spec(importlib.util.spec_from_loader('lab_matrix', loader))
	loader.exec_module(lab)
	head = 'count\tpin_every\tstock\tstock callbacks\tother keys\n'
	table = head + '8\tnone\t9\t0\t\n8\t1\t19\t8\t\n64\tnone\t100\t0\t\n64\t1\t140\t64\t\n'
	def row(label, section, metric, value):
	    return {'stat': 'mean', 'warmup': '0', 'unit': 'ns', 'label': label, 'section': section,
	            'metric': metric, 'value': value}
	rows = [row('count=8 pin_every=1', 'span', 'map', '1'), row('count=8 pin_every=1', 'module', 'pin', '2'),
	        row('count=64 pin_every=1', 'span', 'map', '30'),
	        row('count=64 pin_every=1', 'module', 'pin', '50')]
	got = lab.per_mapping_of(rows, table)
	assert list(got.values()) == [30, 100, 140, 40, 50, 64], got
	# two cells of one key: no operation stands for both
	assert lab.per_mapping_of(rows, table + '64\t1\t150\t64\tmdevs=2\n') == {}
	END
}

check "no job" exits 1 "required: job" --kernels v6.1
check "a kernel named twice" exits 1 "each once" null --kernels v6.1,v6.1
check "none named" exits 1 "none named" null --kernels ,
check "no such option" exits 1 "--kernel" null --kernel v6.1
check "what is not built is skipped, with the reason" exits 4 "skipped: kernel: debug-9.7" \
	null --kernels debug-9.7
check "a result" null_result one
check "another" null_result two
check "both are in the table" both_are_in_the_table
check "the values are the report's" as_the_report_has_it
check "a job of another mode is not taken for it" exits 1 "something else" null --kernels one
check "nor another job" exits 1 "something else" smoke --timing --kernels one
if command -v gnuplot >/dev/null; then
	check "the plot is drawn" drawn
else
	skip "the plot is drawn" "no gnuplot"
fi
check "single operations, by subtraction" single_operations
tap_end
