#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ends and beginnings, in the lab: processes that end with mappings and pins,
# containers and mdevs that come and go, an fd that is passed on. The workloads
# hold what they do against the kernel's counts; here those checks are shown to
# run, and to fail when somebody else takes pins meanwhile. TAP; runs in the
# guest, with the build folder as argument.
#
#   scripts/lab -- tests/lab/lifecycle-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: lifecycle-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
work=$(mktemp -d)
bench=$build/vfio-bench
last=bind
trap 'rm -rf "$work"' EXIT

# job NAME JOB ARG...: run it; its result is $work/NAME.
job()
{
	local name=$1

	last=$name
	shift
	"$bench" run "$@" --device "$LAB_EDU" --quiet --output "$work/$name" >"$work/$name.log" 2>&1
}

tap_why()
{
	tail -n 20 "$work/$last.log"
}

# holds NAME PYTHON: for all runs of the result: r, its workers w, counts c.
holds()
{
	python3 - "$work/$1" "$2" <<-'END'
	import glob, json, sys
	seen = 0
	for path in sorted(glob.glob(sys.argv[1] + '/runs/*/result.json')):
	    r = json.load(open(path))
	    w = r['workers']
	    c = w[0].get('counts', {})
	    metric = {m['section'] + '.' + m['metric']: m for m in r.get('metrics', [])}
	    seen += 1
	    if not eval(sys.argv[2]):
	        sys.exit('%s: %s' % (path, sys.argv[2]))
	sys.exit(not seen)
	END
}

exits_are_clean()
{
	job exits exit-teardown --set count=1,512 --set ops=4 &&
		holds exits 'c["mappings"] == 4 * r["sections"][0]["count"]' &&
		holds exits 'metric["exit.exit"]["count"] == 4 and w[0]["verified"] == 16'
}

pinned_exits_are_clean()
{
	job pinned exit-pinned --set ops=4 --set count=128 --set pin_every=1,16 &&
		holds pinned 'c["pages_pinned_by_mdev"] == 4 * 128 // r["sections"][0]["pin_every"]'
}

containers_come_and_go()
{
	job churn container-churn --set duration=1s --set count=64 &&
		holds churn 'metric["churn.container_open"]["count"] * 64 == c["mappings"] > 0'
}

mdevs_come_and_go()
{
	job mdevs mdev-create-remove --set duration=1s &&
		holds mdevs 'metric["churn.mdev_create"]["count"] * 2 == w[0]["verified"] > 0'
}

no_mdev_is_left()
{
	[[ -z $(ls /sys/bus/mdev/devices) ]]
}

fds_are_passed()
{
	job pass fd-pass --set ops=4 &&
		holds pass 'c["fds_passed"] == 4 and w[0]["verified"] == 24'
}

# vmstat NAME: the kernel's count, with what its CPUs have not added up yet.
vmstat()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat
}

pages_held()
{
	echo $(($(vmstat nr_foll_pin_acquired) - $(vmstat nr_foll_pin_released)))
}

# held_again PAGES: an io_uring lets go of its buffers some time after its process's end.
held_again()
{
	local wanted=$1 end=$((SECONDS + 10))

	while (($(pages_held) != wanted)); do
		if ((SECONDS > end)); then
			printf '%d pages held, %d before\n' "$(pages_held)" "$wanted"
			return 1
		fi
		sleep 0.1
	done
}

# The teardown of a killed process is the kernel's: it counts what it unpins.
kernel_unpins()
{
	local before after

	before=$(vmstat nr_foll_pin_released)
	job unpins exit-teardown --set end=kill --set count=512 --set ops=4 || return
	after=$(vmstat nr_foll_pin_released)
	((after - before >= 4 * 512))
}

# Somebody else's pins come and go: what is held against the kernel's count is off.
foreign_pins_are_noticed()
{
	local pid status=0 before

	before=$(pages_held)
	"$build/tests/lab/pin-toggle" & pid=$!
	job foreign exit-teardown --set count=64 --set ops=20 || status=$?
	kill "$pid"
	wait "$pid" || true
	held_again "$before" || return
	[[ $status == 2 ]] && grep -q 'failed verified' "$work/foreign.log"
}

refused()
{
	local status=0

	job "$1" "${@:3}" || status=$?
	[[ $status == 1 ]] && grep -qF -- "$2" "$work/$1.log"
}

"$bench" bind "$LAB_EDU" >"$work/bind.log" 2>&1
check "processes end with their mappings, by themselves and killed" exits_are_clean
check "and with pages that an mdev has pinned" pinned_exits_are_clean
check "the kernel counts the pages that it unpins for them" kernel_unpins
check "pins of somebody else are noticed, and fail the run" foreign_pins_are_noticed
check "containers come and go" containers_come_and_go
check "mdevs come and go beside spans" mdevs_come_and_go
check "no mdev is left" no_mdev_is_left
check "an fd that is passed on keeps all, its close ends all" fds_are_passed
check "two threads can't have the group" refused threads "threads=1" exit-teardown --set threads=2
check "no pins through an fd that is passed without an mdev" refused mdevless "through an mdev" fd-pass \
	--set device=pci
"$bench" unbind "$LAB_EDU" >"$work/bind.log" 2>&1
tap_end
