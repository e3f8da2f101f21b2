#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Noise on purpose: a program that spins on the worker's CPU has to be marked, the
# gate has to close, and the result has to say the same as the command did. What a
# quiet run finds depends on the machine: there only the findings' form is tested.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
spinner=
trap '[[ ! $spinner ]] || kill "$spinner"; rm -rf "$tmp"' EXIT

tap_why() { cat "$tmp/said"; }

# run STATUS DIR ARGUMENT...: the null job, one worker.
run()
{
	local wanted=$1 dir=$2 status=0

	shift 2
	"$bench" run null --quiet --set duration=1s --set warmup=0s --set threads=1 \
		--output "$tmp/$dir" "$@" 2>"$tmp/said" || status=$?
	is "$status" "$wanted"
}

# of FILE PYTHON: an expression over f, the file, and n, its noise by check.
of()
{
	python3 -c 'import json, sys
f = json.load(open(sys.argv[1]))
n = {x["check"]: x for x in f["noise"]}
value = eval(sys.argv[2])
print(value)
sys.exit(value is not True)' "$tmp/$1" "$2"
}

if ! command -v python3 >/dev/null || ! command -v taskset >/dev/null; then
	echo "1..0 # SKIP python3 or taskset not found"
	exit 0
fi

settings='"governor", "turbo", "smt", "idle_states", "clocksource", "irqbalance",
	"numa_balancing", "ksm", "isolation"'
events='"interrupts", "ipis", "timer_ticks", "softirqs", "involuntary_switches", "waiting",
	"other_load", "smt_siblings", "steal", "throttling", "smi", "page_migration",
	"compaction", "thp_collapse", "numa_scans", "swap"'

check "noise alone does not change the exit status" run 0 plain
check "meta.json: settings" of plain/meta.json "list(n) == [$settings, 'running_tasks']"
check "meta.json: the gate was off, and one run was watched" of plain/meta.json \
	"f['noise_gate']['gating'] == 'off' and f['noise_gate']['runs'] == 1"
result=plain/runs/000-null/result.json
check "result.json: settings, then events" of $result "list(n) == [$settings, $events]"
check "result.json: unknown has no value, all else has one" of $result \
	"all((x['value'] is None) == (x['verdict'] == 'unknown') for x in f['noise'])"
check "result.json: marks are counted" of $result \
	"f['noise_marks'] == sum(x['verdict'] == 'mark' and x['kind'] == 'event' for x in f['noise'])"
check "the kernel's tick is seen" of $result "n['timer_ticks']['value'] > 0"
cpu=$(of $result "f['workers'][0]['requested']['cpu']" || true)

taskset -c "$cpu" sh -c 'while :; do :; done' &
spinner=$!
check "a spinning neighbour: with --noise-gate the status is 3" run 3 spun --noise-gate
result=spun/runs/000-null/result.json
# Not by involuntary switches: with many more that want the CPU there are few of them a second.
check "it is told" grep -q 'noise waiting: .*CPU' "$tmp/said"
check "and why the status is 3" grep -q 'noise: 1 of 1 runs is marked' "$tmp/said"
check "waiting for the CPU is marked" of $result "n['waiting']['verdict'] == 'mark'"
check "involuntary switches are counted" of $result "n['involuntary_switches']['value'] > 0"
check "the load of others is marked" of $result "n['other_load']['verdict'] == 'mark'"
check "numbers are not withheld" of $result "f['withheld'] is False and len(f['metrics']) > 0"
check "meta.json: the gate is closed" of spun/meta.json \
	"f['noise_gate']['closed'] and f['noise_gate']['marked'] == 1 and f['exit_code'] == 3"
check "the same without --noise-gate" run 0 told
check "meta.json: closed, and it changed nothing" of told/meta.json \
	"f['noise_gate']['closed'] and f['exit_code'] == 0"
# Two workers on each CPU: what they do to each other is what was asked for.
check "threads that share CPUs" run 0 crowd --set oversubscribe=yes --set "threads=$(($(nproc) * 2))"
check "their switches are expected" of crowd/runs/000-null/result.json \
	"n['waiting']['verdict'] == 'ok' and 'expected: workers share' in n['waiting']['text']"
tap_end
