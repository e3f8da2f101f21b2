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
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/lab/kernel.sh
. "$top/tests/lab/kernel.sh"

exits_are_clean()
{
	job exits exit-teardown --set count=1,512 --set ops=4 &&
		holds exits 'c["mappings"] == 4 * s["count"]' &&
		holds exits 'metric["exit.exit"]["count"] == 4 and w[0]["verified"] == 16'
}

pinned_exits_are_clean()
{
	job pinned exit-pinned --set ops=4 --set count=128 --set pin_every=1,16 &&
		holds pinned 'c["pages_pinned_by_mdev"] == 4 * 128 // s["pin_every"]'
}

containers_come_and_go()
{
	job churn container-churn --set duration=1s --set count=64 &&
		holds churn 'metric["churn.container_open"]["count"] * 64 == c["mappings"] > 0'
}

mdevs_come_and_go()
{
	watch 'p:made mdev:mdev_device_create' '' 'p:gone mdev:mdev_device_remove' ''
	job mdevs mdev-create-remove --set duration=1s &&
		holds mdevs 'metric["churn.mdev_create"]["count"] * 2 == w[0]["verified"] > 0' &&
		holds mdevs "metric['churn.mdev_create']['count'] + len(r['module']['mdevs']) + 1 == $(hits made)" &&
		is "$(hits gone)" "$(hits made)"
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
	beside "$build/tests/lab/pin-toggle" -- fails "foreign-$1" "failed verified" "$@"
}

"$build/vfio-bench" bind "$LAB_EDU" >"$work/bind.log" 2>&1
check "processes end with their mappings, by themselves and killed" exits_are_clean
check "and with pages that an mdev has pinned" pinned_exits_are_clean
check "the kernel counts the pages that it unpins for them" kernel_unpins
check "pins of somebody else are noticed, and fail the run" foreign_pins_are_noticed exit-teardown \
	--set count=64 --set ops=20
check "containers come and go" containers_come_and_go
check "there too pins of somebody else fail the run" foreign_pins_are_noticed container-churn \
	--set duration=1s --set count=64
check "mdevs come and go beside spans" mdevs_come_and_go
check "no mdev is left" no_mdev_is_left
check "an fd that is passed on keeps all, its close ends all" fds_are_passed
check "pins of somebody else fail it" foreign_pins_are_noticed fd-pass --set ops=20
check "two threads can't have the group" refused threads "threads=1" exit-teardown --set threads=2
check "no pins through an fd that is passed without an mdev" refused mdevless "through an mdev" fd-pass \
	--set device=pci
unwatch
"$build/vfio-bench" unbind "$LAB_EDU" >"$work/bind.log" 2>&1
tap_end
