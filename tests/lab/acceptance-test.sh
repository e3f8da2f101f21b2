#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the suite promises, in the lab: counts, audits, the guard, the watchdog,
# crashes that are told as such, and broken modes that are caught. TAP; boots a
# guest for each group. Runs on the host, in the build folder, with the variants
# built.
#
#   SECONDS_EACH=60 tests/lab/acceptance-test.sh	longer concurrent runs
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${VFIO_BENCH_BUILD:-$PWD}
readonly top build
readonly SECONDS_EACH=${SECONDS_EACH:-8}
readonly ALL=stock,mainline,per-dma-ordered,per-request,per-request-retry
readonly SAFE=per-dma-ordered,per-request,per-request-retry	# no deadlock
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-bench-acceptance.XXXXXX")
number=0
failed=0

cleanup()
{
	rm -rf "$work"
}
trap cleanup EXIT

# check TEXT COMMAND...
check()
{
	local text=$1

	shift
	number=$((number + 1))
	if "$@"; then
		printf 'ok %d - %s\n' "$number" "$text"
	else
		printf 'not ok %d - %s\n' "$number" "$text"
		printf '# failed: %s\n' "${*@Q}"
		failed=$((failed + 1))
	fi
}

# lab_run NAME LAB-OPTION... -- RUN-ARGUMENT...: status in $status, output in
# $work/NAME.log, the result in $work/NAME/result.
lab_run()
{
	local name=$1 options=()

	shift
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	status=0
	out=$work/$name
	"$top/scripts/lab" --build "$build" --out "$out" "${options[@]}" -- \
		"$top/scripts/lab-run" "$@" --quiet >"$work/$name.log" 2>&1 || status=$?
	sed 's/^/# /' "$work/$name.log" | tail -n 40
}

is()
{
	[[ $1 == "$2" ]] || { printf '# %q, wanted %q\n' "$1" "$2"; return 1; }
}

verdict_is()
{
	is "$(cat "$out/verdict")" "$1"
}

# said TEXT: the run or the lab printed it.
said()
{
	grep -qF -- "$1" "$out.log"
}

# json PYTHON-EXPRESSION over runs, the list of result.json in order.
json()
{
	"$build/vfio-bench" report --json "$out/result" |
		python3 -c "
import json, sys
runs = json.load(sys.stdin)['runs']
def module(r, key): return sum(m[key] for m in r['module']['mdevs'])
def total(r, key): return sum(w[key] for w in r['workers'])
def audit(r): return {c['check']: c['verdict'] for c in r['audit']}
def section(r): return r['sections'][0]
def metric(r, s, m): return next(x for x in r['metrics'] if x['section'] == s and x['metric'] == m)
sys.exit(not ($1))"
}

# Per-vfio_dma: one callback for each pinned mapping; per-request: always one.
test_callbacks()
{
	lab_run span --exact --timeout 400 -- notify-span --variant "$ALL"
	check "notify-span on $ALL: clean audit" is "$status" 0
	check "callbacks a request: N/K per vfio_dma, 0 where nothing is pinned, 1 per request" json '
len(runs) == 40 and all(
	metric(r, "module", "callbacks_per_request")["min"] ==
	metric(r, "module", "callbacks_per_request")["max"] ==
	(1 if r["arm"] in ("per-request", "per-request-retry") else
	 section(r)["count"] // section(r)["pin_every"] if section(r)["pin_every"] else 0)
	for r in runs)'
	check "and the audit compared them" json 'all(audit(r)["callbacks"] == "ok" for r in runs)'
	check "every container was served by the arm, as its reference count showed" json '
all(r["variant"]["served_by"] == r["variant"]["module"] and
    r["variant"]["granularity_observed"] == r["variant"]["granularity_declared"] for r in runs)'
	check "per-request is cheaper where every mapping is pinned" json '
min(metric(r, "span", "request")["min"] for r in runs if r["arm"] == "mainline"
    and section(r)["count"] == 4096 and section(r)["pin_every"] == 1) >
min(metric(r, "span", "request")["min"] for r in runs if r["arm"] == "per-request"
    and section(r)["count"] == 4096 and section(r)["pin_every"] == 1)'
	check "stock and mainline are the same code: equal to 0.5%" json '
(lambda best: abs(best("stock") / best("mainline") - 1) < 0.005)(
	lambda arm: min(metric(r, "span", "request")["min"] for r in runs if r["arm"] == arm
		and section(r)["count"] == 4096 and not section(r)["pin_every"]))'
}

test_combined()
{
	lab_run combined --timeout $((SECONDS_EACH * 5 + 120)) -- combined \
		--variant "$ALL" --set "duration=${SECONDS_EACH}s"
	check "combined on $ALL, device and mdev at once: clean audit" is "$status" 0
	check "the guard takes turns on stock and mainline, and only there" json '
[r["guard"]["on"] for r in runs] == [True, True, False, False, False]'
	check "every worker was where it was asked to be" json '
all(w["requested"]["cpu"] == w["observed"]["cpu"] == w["observed"]["cpu_at_end"] and
    w["requested"]["node"] == w["observed"]["node"] and
    w["requested"]["mem_node"] == w["observed"]["mem_node"] and w["observed"]["pages_looked_at"] > 0
    for r in runs for w in r["workers"]) and
all({w["requested"]["node"] for w in r["workers"]} == {0, 1} for r in runs)'
	check "DMA bytes were moved and verified, pages pinned by kthreads and by request" json '
all(total(r, "dma_bytes") > 0 and module(r, "pinned_pages") > 0 and
    sum(p["pin_calls"] for p in r["module"]["pinners"]) > 0 for r in runs)'
	check "no late pin: the kernel's own count is back at the start" json '
all(audit(r)["foll_pins"] == audit(r)["kernel_log"] == "ok" for r in runs)'
	printf '# by arm: operations, pages pinned, DMA bytes verified\n'
	json 'print(*("# %s: %d steps, %d pages, %d bytes" % (r["arm"], total(r, "steps"),
		module(r, "pinned_pages"), total(r, "dma_bytes")) for r in runs), sep="\n") or True'
}

test_unmap_race()
{
	lab_run race --timeout 120 -- unmap-race --variant "$SAFE" \
		--set "duration=${SECONDS_EACH}s"
	check "two threads unmap one range at once on $SAFE: clean audit" \
		is "$status" 0
}

# An mdev opens and closes while another's pages are unmapped.
test_open_close()
{
	lab_run open-close-safe --timeout $((SECONDS_EACH * 3 + 60)) -- deadlock-open-close \
		--variant "$SAFE" --set "duration=${SECONDS_EACH}s"
	check "deadlock-open-close on $SAFE: clean audit" is "$status" 0
	check "deadlock-open-close on them: no guard, and both workers got on" json '
len(runs) == 3 and all(not r["guard"]["on"] and w["steps"] > 0 for r in runs for w in r["workers"])'

	lab_run open-close-guard --timeout $((SECONDS_EACH + 60)) -- deadlock-open-close \
		--variant mainline --set guard=on --set class=stress --set "duration=${SECONDS_EACH}s"
	check "deadlock-open-close on mainline with the guard: clean audit" is "$status" 0
	check "deadlock-open-close with the guard: it is on, and both workers got on" json '
len(runs) == 1 and all(r["guard"]["on"] and w["steps"] > 0 for r in runs for w in r["workers"])'
}

# test_deadlock NAME JOB VARIANT OTHER: one task in the callback, and one in OTHER.
test_deadlock()
{
	lab_run "$1" --timeout 60 -- "$2" --variant "$3"
	check "$2 on $3: exit 2" is "$status" 2
	check "$2 on $3: verdict hung, two tasks in state D" json '
runs[0]["status"] == "hung" and runs[0]["hung"]["tasks_in_d"] >= 2'
	check "$2 on $3: noticed within 15 s" noticed_within 15
	check "$2 on $3: numbers withheld" json 'runs[0]["withheld"] and "metrics" not in runs[0]'
	check "$2 on $3: stacks of both tasks are kept" stacks_tell "$4"
	check "$2 on $3: the kernel's own list of blocked tasks is kept" blocked_tasks_told
	check "$2 on $3: reboot needed, it says" said "reboot needed"
}

# The deadlock in one container, while a worker of another gets on.
test_deadlock_beside()
{
	lab_run beside --timeout 90 -- "$top/tests/lab/deadlock-beside.job" --variant mainline
	check "a deadlock beside a container that gets on: exit 2" is "$status" 2
	check "a deadlock beside it: verdict hung, noticed in time" json '
runs[0]["status"] == "hung" and runs[0]["hung"]["tasks_in_d"] >= 2 and
10 <= runs[0]["hung"]["idle_s"] <= 15'
	check "a deadlock beside it: the other did get on until then" other_got_on
}

# In the last 8 s worker 2's count of steps has grown, and no other's.
other_got_on()
{
	awk -F, '
		NR > 1 { time[NR] = last = $1; worker[NR] = $3; steps[NR] = $5 }
		END {
			for (i = 2; i <= NR; i++) {
				if (time[i] <= last - 8)
					continue
				if (!(worker[i] in from))
					from[worker[i]] = steps[i]
				grown[worker[i]] = steps[i] - from[worker[i]]
			}
			printf "# steps in the last 8 s: %d, %d, %d\n", grown[0], grown[1], grown[2]
			exit !(2 in grown && grown[2] > 0 && !grown[0] && !grown[1])
		}' "$out"/result/runs/*/intervals.csv
}

# By the times at which the workers' counts were written down, not by what the
# watchdog says of itself. A row is written each second until it has noticed; the
# last movement was after the row before the one that shows it.
noticed_within()
{
	awk -F, -v most="$1" '
		NR > 1 && !($1 in moved) { time[++n] = $1 }
		NR > 1 { moved[$1] += $5 + $6 + $7 + $8 }
		END {
			for (i = 1; i <= n; i++)
				if (moved[time[i]] != moved[time[last]])
					last = i
			least = time[n] - (last ? time[last] : 0)
			longest = time[n] + 1.2 - (last > 1 ? time[last - 1] : 0)
			printf "# nothing moved for %.1f s, noticed after %.1f s at most\n", least, longest
			exit !(n > 1 && least >= 8 && longest <= most)
		}' "$out"/result/runs/*/intervals.csv
}

# Two tasks in state D that wait for each other: one in the callback, on its way
# to release a pin, and one in $1.
stacks_tell()
{
	awk -v RS= -v other="$1" '
		!/state D/ { next }
		/vfio_iommu_type1_unpin_pages/ && /vb_callback/ { callback++; next }
		$0 ~ other { rest++ }
		END {
			printf "# state D: %d in the callback, %d in %s\n", callback, rest, other
			exit !(callback && rest)
		}' "$out"/result/runs/*/stacks.txt
}

blocked_tasks_told()
{
	awk '/sysrq: Show Blocked State/ { seen = 1 } seen && /state:D/ { n++ } END { exit !(n >= 2) }' \
		"$out/result/kernel.log"
}

# test_crash NAME TEXT JOB VARIANT RUN-ARGUMENT...: the kernel is to crash with TEXT.
test_crash()
{
	local name=$1 text=$2 job=$3 variant=$4

	shift 4
	lab_run "$name" --timeout 60 -- "$job" --variant "$variant" "$@"
	check "$job on $variant ($name): the lab exits 125" is "$status" 125
	check "$job on $variant ($name): verdict crashed" verdict_is crashed
	check "$job on $variant ($name): the console has '$text'" grep -qE "$text" "$out/console.log"
	check "$job on $variant ($name): so has what the lab printed" said "guest crashed"
}

test_busted()
{
	lab_run miscount --timeout 120 -- notify-span --variant "$ALL,per-dma-v13" \
		--set module_mode=busted-miscount --set count=256 --set pin_every=16
	check "busted-miscount on $ALL,per-dma-v13: exit 2" is "$status" 2
	check "busted-miscount: caught by the count of pins, numbers withheld, every time" json '
len(runs) == 6 and all(audit(r)["pins"] == "failed" and r["withheld"] and "metrics" not in r for r in runs)'
	check "busted-miscount: the kernel's own counts are clean" json '
all(audit(r)["foll_pins"] == audit(r)["kernel_log"] == "ok" for r in runs)'

	lab_run skip --timeout 120 -- notify-span --variant per-request \
		--set class=pathological --set module_mode=busted-skip-unpin --set count=256 --set pin_every=16
	check "busted-skip-unpin on per-request: exit 2" is "$status" 2
	check "busted-skip-unpin on per-request: caught by WARN, pins and the kernel's count" json '
all(audit(runs[0])[c] == "failed" for c in ("pins", "foll_pins", "kernel_log", "taint"))'
	check "busted-skip-unpin on per-request: the log names vfio_remove_dma" \
		grep -q 'WARNING.*vfio_remove_dma' "$out/result/kernel.log"
	for variant in mainline per-dma-ordered; do
		test_crash "skip-unpin-$variant" 'kernel BUG at .*vfio_iommu_type1' notify-span \
			"$variant" --set class=pathological --set module_mode=busted-skip-unpin \
			--set count=256 --set pin_every=16
	done
}

test_callbacks
test_combined
test_unmap_race
test_open_close
test_deadlock two-unmaps deadlock-unmap stock 'vfio_iommu_type1_ioctl'
test_deadlock open-close deadlock-open-close mainline \
	'vfio_iommu_type1_(un)?register_device|vfio_group_f?ops_unl_ioctl|vfio_device_f?ops_release'
test_deadlock_beside
test_crash v13 'kernel BUG at|BUG: |general protection|Oops' deadlock-unmap per-dma-v13
test_busted
printf '1..%d\n' "$number"
exit $((failed > 0))
