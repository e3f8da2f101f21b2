#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: a soak of real jobs with the faults mixed in, on a variant without the
# deadlock; what it does about a module that counts wrong, about SIGKILL for itself, and
# about another program that wants its device. TAP.
#
#   scripts/lab --cpus 2 --timeout 600 -- tests/lab/soak-test.sh BUILD
#
#   VB_SOAK_FOR=TIME      of the mixed soak (2m)
#   VB_SOAK_VARIANT=NAME  (per-dma-ordered)
#   VB_SOAK_SEED=N        (16)
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: soak-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
bench=$build/vfio-bench
out=${LAB_OUT:?not in the lab}
variant=${VB_SOAK_VARIANT:-per-dma-ordered}
for_time=${VB_SOAK_FOR:-2m}
seed=${VB_SOAK_SEED:-16}
last=mixed

tap_why()
{
	tail -n 20 "$out/$last.log"
	cat "$out/$last/failure/failure.txt" 2>/dev/null || true
}

# soak NAME STATUS ARG...: its directory is $out/NAME.
soak()
{
	local name=$1 want=$2 status=0

	last=$name
	shift 2
	"$bench" soak --device "$LAB_EDU" "$@" -o "$out/$name" >"$out/$name.log" 2>&1 || status=$?
	is "$status" "$want"
}

mixed()
{
	soak mixed 0 unmap-race:2 combined pin-batch open-close-unmap smoke --variant "$variant" \
		--for "$for_time" --seed "$seed" --cycle 1s..3s
}

# number KEY: of the last soak's status.
number()
{
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
		"$out/$last/status.json" "$1"
}

at_least()
{
	(($1 >= $2)) || { echo "$1, wanted at least $2"; return 1; }
}

# Those that only their own job shows: in a mix their cycles are of that.
own_faults()
{
	"$bench" list faults --json | python3 -c '
import json, sys
print("\n".join(f["name"] for f in json.load(sys.stdin)["faults"] if f["own_job"]))'
}

# With this seed each is drawn at least once.
own_jobs()
{
	soak own 0 smoke --faults "$(own_faults | paste -sd,)" --fault-rate 100 --variant "$variant" \
		--repeat 15 --seed 3 --cycle 1s..2s
}

each_injected()
{
	local fault failed=0

	for fault in $(own_faults); do
		grep -qE "^  $fault +[1-9][0-9]* injected, 0 failed" "$out/own.log" && continue
		echo "$fault: not once"
		failed=1
	done
	return "$failed"
}

# The module says that it unpinned a page less: the first cycle fails, and is kept.
caught()
{
	soak caught 2 notify-span --variant "$variant" --repeat 3 --faults none --cycle 1s --steady \
		--set count=64 --set pin_every=1 --set module_mode=busted-miscount --stop-on-failure
}

kept_whole()
{
	local f=$out/caught/failure

	test -s "$f/notify-span.job" -a -s "$f/run.log" -a -s "$f/stacks.txt" -a -e "$f/kernel.log" &&
		grep -q '^0,' "$f"/result/runs/*/last-ops.csv && grep -q "soak --replay" "$f/failure.txt"
}

again()
{
	local status=0

	last=again
	"$bench" soak --replay "$out/caught/failure" -o "$out/again" >"$out/again.log" 2>&1 || status=$?
	is "$status" 2
}

# Alarms all the time, of which none may fall between two cycles, nor be lost with the cycle that ^C
# cuts.
readonly ALARMS=100

noisy()
{
	local n pid status=0

	echo on >/proc/sys/kernel/printk_devkmsg
	last=noisy
	"$bench" soak null --set threads=1 --cycle 0.2s..0.3s --for 10m --faults none --seed 5 \
		-o "$out/noisy" >"$out/noisy.log" 2>&1 &
	pid=$!
	until [[ -s $out/noisy/state.json ]]; do sleep 0.05; done
	for ((n = 0; n < ALARMS; n++)); do
		echo "<3>BUG: soak-test asks whether this is seen, $n" >/dev/kmsg
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid" || status=$?
	is "$status" 2 && is "$(number kernel_log_alarms)" "$ALARMS"
}

nothing_left()
{
	local try

	for ((try = 0; try < 300; try++)); do
		[[ -n $(ls /sys/bus/mdev/devices) ]] || grep -q vfio_iommu_type1_ /proc/modules ||
			pgrep -x vfio-bench >/dev/null || return 0
		sleep 0.1
	done
	ls /sys/bus/mdev/devices
	pgrep -ax vfio-bench
	return 1
}

# start NAME: a soak of two cycles in $out/NAME, with its run in the measured part.
start()
{
	local try

	last=$1
	"$bench" soak --device "$LAB_EDU" combined --variant "$variant" --repeat 1 --faults none --steady \
		--cycle 15s --seed 3 -o "$out/$1" >"$out/$1.log" 2>&1 &
	pid=$!
	for ((try = 0; try < 600; try++)); do
		grep -qs '"at": "running"' "$out/$1/status.json" && return
		sleep 0.1
	done
	return 1
}

# The janitor of the soak $pid's run, which has left the run's session.
janitor()
{
	local child

	for child in $(pgrep -P "$(pgrep -P "$pid" -x vfio-bench)"); do
		[[ $(ps -o sid= -p "$child") -ne $child ]] || echo "$child"
	done
}

# One that never ends is no kernel that holds it: it is killed, and the soak goes on.
slow_janitor()
{
	local status=0

	start slow
	kill -STOP "$(janitor)"
	wait "$pid" || status=$?
	is "$status" 2 && is "$(number cycles) $(number failed)" "2 1" &&
		grep -q "still there" "$out/slow/failure/failure.txt"
}

# SIGKILL for the janitor, the run and the soak itself: nobody is left to put anything back.
nobody_left()
{
	local run

	start nobody
	run=$(pgrep -P "$pid" -x vfio-bench)
	kill -KILL "$(janitor)"
	kill -KILL -- "-$run"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true
	[[ -n $(ls /sys/bus/mdev/devices) ]] || { echo "nothing was left behind: shows nothing"; return 1; }
}

# What the kernel says while no soak is there is that of the cycle that was cut.
alarm_while_killed()
{
	local status=0

	start alarmed
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true
	echo "<3>BUG: soak-test asks whether this is seen" >/dev/kmsg
	"$bench" soak --resume "$out/alarmed" >"$out/alarmed.log" 2>&1 || status=$?
	is "$status" 2 && is "$(number cycles) $(number failed)" "2 1" &&
		grep -q "since the cycle that was cut" "$out/alarmed/failure/failure.txt" &&
		grep -q "whether this is seen" "$out/alarmed/failure/kernel.log"
}

second_soak()
{
	local status=0

	"$bench" soak --device "$LAB_EDU" combined --variant "$variant" --repeat 1 -o "$out/second" \
		>"$out/second.log" 2>&1 || status=$?
	is "$status" 1 && grep -q "another soak has it" "$out/second.log" && [[ ! -e $out/second ]]
}

# The variant that the soak's run has loaded serves: only the device can be in the way.
second_run()
{
	local status=0

	"$bench" run --device "$LAB_EDU" combined --variant "$variant" --acknowledge-others \
		--set duration=1s --quiet -o "$out/second-run" >"$out/second-run.log" 2>&1 || status=$?
	cat "$out/second-run.log"
	((status)) && grep -qE "open elsewhere|VFIO is in use" "$out/second-run.log"
}

# resumed NAME
resumed()
{
	local status=0

	last=$1
	"$bench" soak --resume "$out/$1" >"$out/$1.log" 2>&1 || status=$?
	is "$status" 0 && is "$(number cycles)" 2
}

"$bench" bind "$LAB_EDU" >"$out/bind.log"
check "$for_time of jobs and faults on $variant: all clean" mixed
tail -n 30 "$out/mixed.log" | sed 's/^/# /'
check "it did something" at_least "$(number operations)" 1
check "faults were injected" at_least "$(number faults_injected)" 1
check "no alarm in the kernel log" is "$(number kernel_log_alarms)" 0
check "its files agree" python3 "$top/tests/soak_files.py" "$out/mixed"
check "there is a summary" grep -q "nothing went wrong" "$out/mixed/summary.txt"
check "clean cycles leave nothing" is "$(find "$out/mixed/cycles" -mindepth 1 | wc -l)" 0
check "faults with a job of their own, mixed: all clean" own_jobs
check "each of them was injected" each_injected
check "its files agree" python3 "$top/tests/soak_files.py" "$out/own"
check "a module that counts wrong is caught" caught
check "the failure is kept whole" kept_whole
check "and --replay makes it again" again
check "no line of the kernel log falls between two cycles" noisy
check "another one starts" start killed
check "a second soak on the device is refused" second_soak
check "a second run on the device is refused" second_run
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
check "the soak killed: its run ends, and puts all back" nothing_left
check "--resume goes on to the end, no cycle lost or counted twice" resumed killed
check "its files agree" python3 "$top/tests/soak_files.py" "$out/killed"
check "a soak, its run and the janitor killed leave things behind" nobody_left
check "--resume puts them back, and is clean" resumed nobody
check "an alarm after SIGKILL is a failure of the cycle that was cut" alarm_while_killed
check "a janitor that never ends is killed, which is a failure, and no hang" slow_janitor
check "and the device can be given back" "$bench" unbind "$LAB_EDU"
tap_end
