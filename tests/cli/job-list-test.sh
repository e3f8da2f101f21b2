#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 'vfio-bench list': every list, as text and as JSON, and bad arguments.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What the last run said.
tap_why() {
	cat "$tmp/out" "$tmp/err"
}

# run STATUS ARG...: run vfio-bench, keep its output, check its status.
run() {
	local want=$1 status=0

	shift
	"$bench" "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}

lists() { run 0 list "$1" && grep -q -- "$2" "$tmp/out"; }
refuses() {
	run 1 "${@:2}" && grep -q -- "$1" "$tmp/err" && [[ ! -s $tmp/out ]]
}
# json KIND PYTHON: the list as JSON, @d its parsed form, satisfies PYTHON.
json() {
	run 0 list ${1:+"$1"} --json &&
		python3 -c "import json,sys; d=json.load(open(sys.argv[1])); assert $2" "$tmp/out"
}

for job in "${top_srcdir:?}"/bench/job/*.job; do
	job=$(basename "$job" .job)
	check "jobs: $job" lists jobs "^  $job "
done
check "jobs: class, runs and source" lists jobs 'class standard, 8 runs, source: LKML'
check "jobs: pathological ones say so" lists jobs 'class pathological, 1 run,'
for workload in "$top_srcdir"/bench/workload/*.c; do
	workload=$(basename "$workload" .c)
	[[ $workload == list ]] || check "workloads: $workload" lists workloads "^  $workload  *[[:alpha:]]"
done
for fault in "$top_srcdir"/bench/fault/*.c; do
	fault=$(basename "$fault" .c)
	[[ $fault == list ]] || check "faults: $fault" lists faults "^  $fault  *[[:alpha:]]"
done
check "iommus: null" lists iommus '^  null  *[[:alpha:]]'
check "iommus: type1 v2" lists iommus '^  vfio_type1v2_iommu  *[[:alpha:]]'
check "devices: edu and its ids" lists devices '1234:11e8'
check "devices: none" lists devices '^  none  *[[:alpha:]]'
check "keys: limits and default" lists keys 'size, 4k..1t; default: 4k'
check "keys: what must be given" lists keys 'must be given'
check "no argument: everything" run 0 list
for kind in jobs workloads iommus devices keys faults; do
	check "no argument: $kind" grep -q "^$kind:$" "$tmp/out"
done

narrow() { run 0 list && ! grep -E '.{101}' "$tmp/out"; }
check "no line is longer than 100 columns" narrow
headings() {
	run 0 list keys && [[ $(grep -n '^[^ ]' "$tmp/out" | cut -d : -f 2) == \
		$'[global]\na section of workers, [NAME]' ]]
}
check "keys: two headings" headings

if command -v python3 >/dev/null; then
	check "JSON: all kinds" json "" \
		"sorted(d) == ['devices', 'faults', 'iommus', 'jobs', 'keys', 'workloads']"
	check "JSON: one kind" json jobs "list(d) == ['jobs']"
	check "JSON: jobs are sorted and complete" json jobs \
		"[j['name'] for j in d['jobs']] == sorted(j['name'] for j in d['jobs']) and all(
		j['summary'] and j['source'] and j['class'] and j['path'] for j in d['jobs'])"
	check "JSON: the matrix of notify-span" json jobs \
		"[j['runs'] for j in d['jobs'] if j['name'] == 'notify-span'] == [8]"
	check "JSON: the key without default" json keys \
		"[k['name'] for k in d['keys'] if k['default'] is None] == ['workload']"
	check "JSON: edu does DMA" json devices \
		"[i['dma'] for i in d['devices'] if i['name'] == 'edu'] == [True]"
	check "JSON: reasons are null or text" json "" \
		"all(i['unavailable'] is None or i['unavailable'] for k in d for i in d[k]
		if k != 'keys')"
else
	skip "JSON" "python3 not found"
fi

check "unknown list" refuses "'job': no such list: give jobs, workloads" list job
check "two lists" refuses "'keys': it takes no such argument" list jobs keys
check "unknown option" refuses "--xml: no such option" list --xml
check "an argument for --json" refuses "doesn't allow an argument" list --json=yes
check "--help" run 0 list --help
check "--help names the lists" grep -q 'jobs|workloads|iommus|devices|keys|faults' "$tmp/out"
full() {
	local status=0

	"$bench" list keys >/dev/full 2>"$tmp/err" || status=$?
	[[ $status == 1 ]] && grep -q "can't write" "$tmp/err"
}
check "a full disk is told" full

tap_end
