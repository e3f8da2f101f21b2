#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bind and unbind on real sysfs: TAP on stdout. Runs in the lab's guest:
# scripts/lab -- tests/lab/bind-test.sh, from the build folder.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
readonly devices=/sys/bus/pci/devices
readonly state=/run/vfio-bench
status=0
said=

# What the last run said.
tap_why()
{
	echo "exit status $status"
	printf '%s\n' "$said"
}

# Run the program; its exit status must be $1.
run()
{
	local want=$1

	shift
	status=0
	said=$("$bench" "$@" 2>&1) || status=$?
	((status == want))
}

driver_of()
{
	local link

	link=$(readlink "$devices/$1/driver") || return 0
	printf '%s\n' "${link##*/}"
}

# is_at ADDRESS DRIVER OVERRIDE
is_at()
{
	[[ $(driver_of "$1") == "$2" && $(<"$devices/$1/driver_override") == "$3" ]]
}

group_file()
{
	local link

	link=$(readlink "$devices/$1/iommu_group")
	printf '/dev/vfio/%s\n' "${link##*/}"
}

says()
{
	[[ $said == *"$1"* ]]
}

binds()
{
	run 0 bind "$1" && is_at "$1" vfio-pci vfio-pci && [[ -c $(group_file "$1") ]]
}

unbinds()
{
	run 0 unbind "$1" && is_at "$1" "$2" '(null)' && [[ ! -e $(group_file "$1") ]]
}

refuses()
{
	run 1 bind "$1" && says "$2" && is_at "$1" "$3" '(null)' && [[ ! -e $state/bind-$1 ]]
}

private()
{
	[[ $(stat -c '%a %u %F' "$1") == "$2 0 "* ]]
}

test_edu()
{
	check "edu: dry run changes nothing" dry_run "$LAB_EDU"
	check "edu: bind" binds "$LAB_EDU"
	check "edu: only root reads the state" private "$state" 700
	check "edu: only root opens the group" private "$(group_file "$LAB_EDU")" 600
	check "edu: bind again" binds "$LAB_EDU"
	check "edu: says that it is bound already" says already
	check "edu: unbind refused while a program has the group open" open_refused "$LAB_EDU"
	check "edu: unbind leaves no driver and no override" unbinds "$LAB_EDU" ''
	check "edu: unbind again" unbinds "$LAB_EDU" ''
	check "edu: nothing left in the state folder" state_empty
}

dry_run()
{
	run 0 bind --dry-run "$1" && is_at "$1" '' '(null)' && [[ ! -e $state ]]
}

open_refused()
{
	local result=0

	exec 5<>"$(group_file "$1")"
	{ run 1 unbind "$1" && says "open" && is_at "$1" vfio-pci vfio-pci; } || result=1
	exec 5>&-
	return $result
}

state_empty()
{
	[[ -d $state && -z $(ls -A "$state") ]]
}

test_nvme()
{
	local namespace

	if ! modprobe nvme || ! wait_for_disk; then
		skip "nvme: bind and unbind" "its own driver brings no disk up on this IOMMU"
		dmesg --clear	# that failure is not bind's
		return
	fi
	namespace=$(cd "$devices/$LAB_NVME/nvme" && echo nvme*/nvme*n1)
	namespace=${namespace##*/}
	check "nvme: bind takes it from its driver" binds "$LAB_NVME"
	check "nvme: its disk is gone" test ! -e "/sys/class/block/$namespace"
	check "nvme: unbind gives it back to nvme" unbinds "$LAB_NVME" nvme
	check "nvme: unbind again" run 0 unbind "$LAB_NVME"
	wait_for_disk
	test_holder
	test_exclusive
	test_half_way
	test_module_gone
	check "both: bind" run 0 bind "$LAB_EDU" "$LAB_NVME"
	check "both: unbind --all" run 0 unbind --all
	check "both: edu as before" is_at "$LAB_EDU" '' '(null)'
	check "both: nvme as before" is_at "$LAB_NVME" nvme '(null)'
	check "both: one that can't be taken keeps the other" together_refused
}

wait_for_disk()
{
	local tries=100

	until compgen -G "/sys/class/block/nvme*n1" >/dev/null; do
		((tries--)) || return 1
		sleep 0.1
	done
}

# An array without metadata: the lab's disk forgets what is written to it.
test_holder()
{
	local disk name=md_bind

	disk=$(basename "$(compgen -G "/sys/class/block/nvme*n1")")
	if ! modprobe md_mod 2>/dev/null || ! make_array "$name" "$disk" 2>/dev/null; then
		skip "nvme: refused as part of an array" "no md array can be made here"
		return
	fi
	check "nvme: refused as part of an array" refuses "$LAB_NVME" "$name" nvme
	echo clear >"/sys/block/$name/md/array_state"
}

make_array()
{
	local md=/sys/block/$1/md

	echo "$1" >/sys/module/md_mod/parameters/new_array
	echo none >"$md/metadata_version"
	echo 1 >"$md/raid_disks"
	cat "/sys/class/block/$2/dev" >"$md/new_dev"
}

# Held by a program, as a mount in another namespace would hold it.
test_exclusive()
{
	local disk holder

	if ! command -v python3 >/dev/null; then
		skip "nvme: refused while held exclusively" "no python3 to open with O_EXCL"
		return
	fi
	disk=$(compgen -G "/dev/nvme*n1")
	coproc python3 -c "
import os, sys
os.open('$disk', os.O_RDONLY | os.O_EXCL)
print('held', flush=True)
sys.stdin.read()"
	holder=$COPROC_PID
	read -r -u "${COPROC[0]}"
	check "nvme: refused while held exclusively" refuses "$LAB_NVME" "is held" nvme
	kill "$holder"
	wait "$holder" 2>/dev/null || true
}

# What a bind that was killed after its second write leaves behind.
test_half_way()
{
	printf 'vfio-bench bind 1\ndriver=nvme\noverride=\n' >"$state/bind-$LAB_NVME"
	echo vfio-pci >"$devices/$LAB_NVME/driver_override"
	echo "$LAB_NVME" >/sys/bus/pci/drivers/nvme/unbind
	check "nvme: unbind mends a bind that was killed" unbinds "$LAB_NVME" nvme
	wait_for_disk
}

test_module_gone()
{
	run 0 bind "$LAB_NVME"
	rmmod nvme
	check "nvme: unbind loads a driver that was unloaded" unbinds "$LAB_NVME" nvme
	wait_for_disk
}

shared_device()
{
	local link

	for link in /sys/bus/virtio/devices/*/driver; do
		if [[ $(readlink "$link") == */9pnet_virtio ]]; then
			link=$(readlink -f "${link%/driver}/..")
			printf '%s\n' "${link##*/}"
			return
		fi
	done
}

together_refused()
{
	run 1 bind "$LAB_NVME" "$(shared_device)" && is_at "$LAB_NVME" nvme '(null)' && state_empty
}

test_refusals()
{
	local bridge

	check "9p: the root file system's device is refused" \
		refuses "$(shared_device)" "shared file system" virtio-pci
	bridge=$(grep -l '^0x0604' $devices/*/class | head -n 1)
	bridge=$(basename "${bridge%/class}")
	check "bridge: refused" refuses "$bridge" "a bridge" pcieport
	check "no such device: refused" run 1 bind 0000:fe:1f.7
	check "no such device: message" says "no such device"
	check "bound by somebody else: not unbound" foreign_stays
}

foreign_stays()
{
	local result=0

	echo vfio-pci >"$devices/$LAB_EDU/driver_override"
	echo "$LAB_EDU" >/sys/bus/pci/drivers_probe
	{ run 1 unbind "$LAB_EDU" && says "somebody else" && is_at "$LAB_EDU" vfio-pci vfio-pci; } ||
		result=1
	echo "$LAB_EDU" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo >"$devices/$LAB_EDU/driver_override"
	return $result
}

test_doctor()
{
	check "doctor: VFIO can work" run 0 doctor
	check "doctor: knows the lab" says "this is the lab"
	check "doctor: JSON" run 0 doctor --json
	check "doctor: JSON says so" says '"vfio_works": true'
}

log_clean()
{
	said=$(dmesg | grep -E 'WARNING|BUG|Oops|general protection|blocked for more') || return 0
	return 1
}

if ! grep -qw vfio_bench.lab=1 /proc/cmdline; then
	echo "1..0 # SKIP not in the lab: run scripts/lab -- ${BASH_SOURCE[0]}"
	exit 0
fi
test_edu
test_nvme
test_refusals
test_doctor
check "the kernel's log has no complaint" log_clean
tap_end
