#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: whatever ends a run, nothing of it stays: no variant loaded, no
# mdev, no worker, no pin. TAP.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
out=${LAB_OUT:?not in the lab}

nothing_left()
{
	local try

	for ((try = 0; try < 100; try++)); do
		if [[ -z $(ls /sys/bus/mdev/devices) ]] && ! grep -q vfio_iommu_type1_ /proc/modules &&
			! pgrep -x vfio-bench >/dev/null; then
			return 0
		fi
		sleep 0.1
	done
	ls /sys/bus/mdev/devices
	grep vfio /proc/modules
	pgrep -ax vfio-bench
	return 1
}

held_pages()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { a = $2 } /nr_foll_pin_released/ { r = $2 } END { print a - r }' \
		/proc/vmstat
}

# start NAME DELAY [DURATION]
start()
{
	"$bench" run combined --device "$LAB_EDU" --variant per-request --set "duration=${3:-60s}" \
		--quiet -o "$out/$1" >"$out/$1.log" 2>&1 &
	pid=$!
	sleep "$2"
}

# Until then SIGINT is ignored, as in every job of a shell without job control.
handles_sigint()
{
	local caught try

	for ((try = 0; try < 600; try++)); do
		caught=$(sed -n 's/^SigCgt:\t*//p' "/proc/$pid/status") || return
		((0x$caught & 2)) && return
		sleep 0.1
	done
	return 1
}

# Its exit status in $status.
finish()
{
	status=0
	wait "$pid" 2>/dev/null || status=$?
}

# The supervisor's child that leads a session of its own.
janitor()
{
	local child

	for child in $(pgrep -P "$pid" -x vfio-bench); do
		if [[ $(ps -o sid= -p "$child") -eq $child ]]; then
			printf '%s\n' "$child"
		fi
	done
}

incomplete()
{
	grep -q "\"status\": \"$2\"" "$out/$1/meta.json" && "$bench" report "$out/$1" >/dev/null
}

# Without it nothing would be found, and nothing found is what the checks want.
for program in pgrep ps; do
	command -v $program >/dev/null || {
		echo "Bail out! $program is missing: apt-get install procps"
		exit 1
	}
done
"$bench" bind "$LAB_EDU" >/dev/null
before=$(held_pages)

for delay in 0.2 0.7 1.5 3; do
	start "kill-$delay" "$delay"
	kill -KILL "$pid"
	finish
	check "supervisor killed after $delay s: no variant, mdev or worker is left" nothing_left
	check "supervisor killed after $delay s: no page is left pinned" is "$(held_pages)" "$before"
done
check "what it wrote can be read and says that it is incomplete" incomplete kill-3.part running

start worker 3
kill -KILL "$(pgrep -P "$pid" -x vfio-bench | tail -n 1)"
finish
check "worker process killed: exit 2" is "$status" 2
check "worker process killed: nothing is left" nothing_left
check "worker process killed: no page is left pinned" is "$(held_pages)" "$before"
check "worker process killed: the audit names the signal" grep -q 'died of signal 9' "$out/worker.log"

start janitor 3 6s
victim=$(janitor)
check "there is one janitor" is "$(wc -w <<<"$victim")" 1
kill -KILL "$victim" || true
finish
check "janitor killed: the run goes on, exit 0" is "$status" 0
check "janitor killed: nothing is left" nothing_left
check "janitor killed: no page is left pinned" is "$(held_pages)" "$before"
[[ $status == 0 ]] || sed 's/^/# /' "$out/janitor.log"

start int 3
kill -INT "$pid"
finish
check "SIGINT: exit 3" is "$status" 3
check "SIGINT: nothing is left" nothing_left
check "SIGINT: the result is there and incomplete" incomplete int incomplete

start again 0
handles_sigint || true
sleep 0.5
kill -INT "$pid"
finish
check "SIGINT at the start: exit 3" is "$status" 3
check "SIGINT at the start: nothing is left" nothing_left
"$bench" run smoke --device "$LAB_EDU" --variant per-request --set duration=1s --quiet \
	-o "$out/after" >"$out/after.log" 2>&1 && status=0 || status=$?
check "the next run passes" is "$status" 0

"$bench" unbind "$LAB_EDU" >/dev/null
tap_end
