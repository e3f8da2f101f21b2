#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench doctor' about timing and interrupt remapping: a made-up machine with
# everything wrong, the same put right by the commands that doctor prints, and what
# it says of this one. tests/cli/bind-test.sh has its part about VFIO.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly bench=${top_builddir:?}/vfio-bench
work=$(mktemp -d)
readonly root=$work/machine
trap 'rm -rf "$work"' EXIT

tap_why() { cat "$work/out" "$work/err"; }

# put PATH TEXT: a file of the machine.
put()
{
	mkdir -p "$(dirname "$root/$1")"
	printf '%s\n' "$2" >"$root/$1"
}

run()
{
	local want=$1 status=0

	shift
	"$@" >"$work/out" 2>"$work/err" || status=$?
	is "$status" "$want"
}

# line VERDICT CHECK TEXT [NEXT]: that line is there, and NEXT in one of the two below it.
line()
{
	awk -v verdict="$1" -v name="$2" -v text="$3" -v next_text="${4-}" '
		$1 == verdict && $2 == name && index($0, text) { found = 1; left = 2; next }
		left && left-- && next_text != "" && index($0, next_text) { below = 1 }
		END { exit !(found && (next_text == "" || below)) }' "$work/out"
}

lacks() { ! grep -q "$1" "$work/out"; }

# Four threads on two cores, 0 with 2 and 1 with 10: workers go on 0 and 1.
make_machine()
{
	local cpu

	put sys/devices/system/cpu/online 0-2,10
	for cpu in 0 2; do
		put sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list 0,2
	done
	for cpu in 1 10; do
		put sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list 1,10
	done
	for cpu in 0 1 2 10; do
		put sys/devices/system/cpu/cpu$cpu/cpufreq/scaling_governor powersave
		put sys/devices/system/cpu/cpu$cpu/cpuidle/state0/name C10
		put sys/devices/system/cpu/cpu$cpu/cpuidle/state0/latency 890
		put sys/devices/system/cpu/cpu$cpu/cpuidle/state0/disable 0
	done
	put sys/devices/system/cpu/intel_pstate/no_turbo 0
	put sys/devices/system/cpu/isolated ''
	put sys/devices/system/clocksource/clocksource0/current_clocksource hpet
	put sys/devices/system/node/online 0-1
	put sys/kernel/mm/ksm/run 1
	put proc/sys/kernel/numa_balancing 1
	put proc/815/comm irqbalance
	put proc/stat 'procs_running 4'
	put proc/cpuinfo 'vendor_id : GenuineIntel'
	put proc/interrupts '  0:  94  IO-APIC   2-edge      timer'
	mkdir -p "$root"/sys/class/iommu/dmar0 "$root"/sys/kernel/iommu_groups/0 \
		"$root"/sys/module/{vfio,vfio_iommu_type1,vfio_pci} "$root/dev/vfio"
	touch "$root/dev/vfio/vfio"
}

mend_machine()
{
	local cpu

	for cpu in 0 1; do
		put sys/devices/system/cpu/cpu$cpu/cpufreq/scaling_governor performance
		put sys/devices/system/cpu/cpu$cpu/cpuidle/state0/disable 1
	done
	put sys/devices/system/cpu/intel_pstate/no_turbo 1
	put sys/devices/system/clocksource/clocksource0/current_clocksource tsc
	put sys/kernel/mm/ksm/run 0
	put proc/sys/kernel/numa_balancing 0
	rm "$root/proc/815/comm"
	put proc/stat 'procs_running 1'
	put proc/interrupts '  0:  94  IR-IO-APIC   2-edge      timer'
}

test_bad()
{
	check "marks alone don't fail" run 0 "$bench" doctor --root "$root"
	check "one worker on each core" grep -q '^Timing, as a worker on each of 2 cores' "$work/out"
	check "governor" line mark governor 'powersave on 2 of 2 CPUs' '-> cpupower frequency-set'
	check "turbo" line mark turbo on '-> echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo'
	check "smt" line ok smt 'no two'
	check "idle states" line mark idle_states 'C10, 890 us' '-> cpupower idle-set -D 10'
	check "clocksource" line mark clocksource 'hpet is not' '-> boot with tsc=reliable'
	check "irqbalance" line mark irqbalance runs '-> systemctl stop irqbalance'
	check "NUMA balancing" line mark numa_balancing on '-> sysctl kernel.numa_balancing=0'
	check "ksm" line mark ksm merged '-> echo 0 > /sys/kernel/mm/ksm/run'
	check "running tasks" line mark running_tasks '3.0 others' '-> top'
	check "no interrupt remapping" grep -q '^warning  IRQ remapping *off' "$work/out"
	check "a captured machine has no events" lacks '^[a-z]* *interrupts '
	check "marks are counted" run 0 "$bench" doctor --json --root "$root"
	check "JSON: as many" grep -q '"timing_marks": 8' "$work/out"
	check "JSON: the same list" python3 -c 'import json, sys
t = {x["check"]: x for x in json.load(open(sys.argv[1]))["timing"]}
assert t["governor"]["verdict"] == "mark" and t["governor"]["value"] == 2
assert t["idle_states"]["mend"] == "cpupower idle-set -D 10"
assert t["smt"]["verdict"] == "ok" and "mend" not in t["smt"]' "$work/out"
	check "--strict: status 3" run 3 "$bench" doctor --strict --root "$root"
}

test_mended()
{
	check "mended: --strict is content" run 0 "$bench" doctor --strict --root "$root"
	check "mended: says so" grep -q '^Nothing seen that would make times vary' "$work/out"
	check "mended: interrupts are remapped" grep -q '^ok *IRQ remapping *on' "$work/out"
	rm -r "$root/sys/class/iommu/dmar0"
	check "no IOMMU outweighs it" run 4 "$bench" doctor --strict --root "$root"
}

# This machine, whatever it is: each check once, with the events of a second.
test_here()
{
	"$bench" doctor --json >"$work/out" 2>"$work/err" || true
	check "here: every check, each once" python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
names = [x["check"] for x in d["timing"]]
assert len(names) == len(set(names)) == 26, names
assert d["timing_marks"] == sum(x["verdict"] == "mark" for x in d["timing"])' "$work/out"
}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi
make_machine
test_bad
mend_machine
test_mended
test_here
tap_end
