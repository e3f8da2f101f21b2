#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel or the machine makes of bad input: TAP on stdout. Runs in the
# lab's guest: scripts/lab -- tests/lab/bad-input-test.sh, from the build
# folder; once more with --append intel_iommu=off, for what is without IOMMU.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

if ! grep -qw vfio_bench.lab=1 /proc/cmdline; then
	echo "1..0 # SKIP not in the lab: run scripts/lab -- ${BASH_SOURCE[0]}"
	exit 0
fi

readonly build=${VFIO_BENCH_BUILD:-$PWD}
readonly bench=$build/vfio-bench
readonly devices=/sys/bus/pci/devices
readonly parameter=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
work=$(mktemp -d /tmp/bad-input.XXXXXX)
mkdir "$work/here"
chmod 755 "$work"
chmod 1777 "$work/here"
touch "$work/out" "$work/err" "$work/why"
top=$(dirname "${BASH_SOURCE[0]}")/..
# shellcheck source=tests/bad-input.sh
. "$top/bad-input.sh"

printf '[w]\nworkload=map_unmap\ndevice=pci\nsize=64k\ncount=16\n' >"$work/here/pci.job"
readonly pci=(run ./pci.job --set duration=100ms --set warmup=0s)
readonly small=("${pci[@]}" --set size=4k --set count=1)
readonly mdev=(run unmap-race --set mem_node=any --set duration=100ms --set warmup=0s)

group_of()
{
	local link

	link=$(readlink "$devices/$1/iommu_group") || return 0
	printf '%s\n' "${link##*/}"
}

driver_of()
{
	local link

	link=$(readlink "$devices/$1/driver") || return 0
	printf '%s\n' "${link##*/}"
}

# Runs: what is refused below is refused for the reason given.
works()
{
	status=0
	: >"$work/why"
	(cd "$work/here" && "$bench" "$@" -o good) >"$work/out" 2>"$work/err" || status=$?
	rm -rf "$work/here/good" "$work/here/good.part"
	((status == 0))
}

# to_vfio ADDRESS: by hand, as a user may who knows nothing of groups.
to_vfio()
{
	echo vfio-pci >"$devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

from_vfio()
{
	echo "$1" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo >"$devices/$1/driver_override"
}

test_device()
{
	bad "device: none such" 1 "0000:fe:1f.7: no such PCI device" "${pci[@]}" -d 0000:fe:1f.7
	bad "device: not bound" 1 "not bound to vfio-pci but to no driver: 'vfio-bench bind $LAB_EDU'" \
		"${pci[@]}" -d "$LAB_EDU"
	bad "device: at a host driver" 1 "not bound to vfio-pci but to pcieport" \
		"${pci[@]}" -d "$(port)"
	bad "device: none given" 1 "give --device ADDRESS" "${pci[@]}"
	bad "device: not bound, the plan" 1 "not bound" "${pci[@]}" -d "$LAB_EDU" --dry-run
	to_vfio "$LAB_EDU"
	exec 5<>"/dev/vfio/$(group_of "$LAB_EDU")"
	bad "device: its group is open elsewhere" 1 "is open elsewhere: end the program" \
		"${pci[@]}" -d "$LAB_EDU"
	exec 5>&-
	bad_nobody "device: not root" 1 "permission denied: run with sudo" \
		"${pci[@]}" -d "$LAB_EDU"
	bad "device: no DMA driver for it" 1 "has no driver that makes it do DMA" \
		run smoke -d "$(plain_device)"
	check "device: bound, it works" works "${pci[@]}" -d "$LAB_EDU"
}

port()
{
	basename "$(dirname "$(grep -l '^0x0604' $devices/*/class | head -n 1)")"
}

# One that is there for its BAR: the suite has no driver for it.
plain_device()
{
	[[ $(driver_of "$LAB_BAR") == vfio-pci ]] || to_vfio "$LAB_BAR"
	printf '%s\n' "$LAB_BAR"
}

# Two functions of one device, in one group; the chipset's SATA has a driver.
find_pair()
{
	local address

	disks=$(basename "$(dirname "$(grep -l '^0x010601' $devices/*/class | head -n 1)")")
	peer=
	for address in "$devices/${disks%.*}".*; do
		address=${address##*/}
		if [[ $address != "$disks" && -z $(driver_of "$address") &&
				$(group_of "$address") == "$(group_of "$disks")" ]]; then
			peer=$address
		fi
	done
	[[ $peer ]]
}

test_group()
{
	local disks peer

	if ! find_pair || [[ $(driver_of "$disks") ]] || ! modprobe ahci; then
		skip "group: another device is bound" "no two free devices in one group"
		skip "group: another device has a host driver" "no two free devices in one group"
		skip "group: the one with the host driver" "no two free devices in one group"
		return
	fi
	rmmod ahci
	to_vfio "$peer"
	bad "group: another device of it is bound" 1 \
		"$disks: not bound to vfio-pci but to no driver" "${pci[@]}" -d "$disks"
	modprobe ahci
	bad "group: another device of it has a host driver" 1 \
		"$peer: $disks of its IOMMU group $(group_of "$peer") has the host driver ahci: bind" \
		"${pci[@]}" -d "$peer"
	bad "group: the one that has the host driver" 1 "$disks: not bound to vfio-pci but to ahci" \
		"${pci[@]}" -d "$disks"
	rmmod ahci
	from_vfio "$peer"
}

# As root, but within RLIMIT_MEMLOCK: what KIB COMMAND...
limited()
{
	local kib=$1

	shift
	(
		ulimit -l "$kib"
		exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock "$@"
	)
}

test_memlock()
{
	local kib

	for kib in 0 4 1020; do
		check "memlock: $kib KiB" refused 1 \
			"RLIMIT_MEMLOCK is $kib KiB and the job maps 1024 KiB: raise it" \
			limited $kib "$bench" "${pci[@]}" -d "$LAB_EDU"
	done
	check "memlock: enough, it works" limited_works 4096
}

limited_works()
{
	status=0
	(cd "$work/here" && limited "$1" "$bench" "${pci[@]}" -d "$LAB_EDU" -o good) \
		>"$work/out" 2>"$work/err" || status=$?
	rm -rf "$work/here/good" "$work/here/good.part"
	((status == 0))
}

test_entry_limit()
{
	local before

	before=$(<$parameter)
	echo 15 >$parameter
	bad "dma_entry_limit: 15 for 16 mappings" 1 "vfio_iommu_type1 allows 15 a container" \
		"${pci[@]}" -d "$LAB_EDU"
	bad "dma_entry_limit: of all sections together" 1 "512 mappings at once" \
		"${mdev[@]}" --set count=512
	echo 20 >$parameter
	check "dma_entry_limit: 20 suffice" works "${pci[@]}" -d "$LAB_EDU"
	echo "$before" >$parameter
	bad "dma_entry_limit: the kernel's own" 1 "allows 65535 a container: ask for fewer" \
		"${pci[@]}" -d "$LAB_EDU" --set count=65536 --set size=4k
}

test_mdev()
{
	check "mdev: it works" works "${mdev[@]}"
	bad_nobody "mdev: not root" 1 "making an mdev needs root: run with sudo" "${mdev[@]}"
	rmmod vfio_bench
	bad "mdev: no companion module" 4 "load the companion module" "${mdev[@]}"
	bad "mdev: no companion module, named result" 4 "load the companion module" \
		"${mdev[@]}" -o result
	bad "mdev: no companion module, two in a list" 4 "load the companion module" \
		"${mdev[@]}" --set pin_every=1,2 --repeat 2
	insmod "$build/kmod/vfio_bench.ko"
	check "mdev: it works again" works "${mdev[@]}"
}

built()
{
	compgen -G "$build/variants/$(uname -r)/$1/*.ko" >/dev/null
}

test_variant()
{
	export VFIO_BENCH_VARIANT_DIR=$work/none
	bad "variant: not built" 1 "variant 'mainline': not built for this kernel: 'vfio-bench variant" \
		"${mdev[@]}" -v mainline
	bad "variant: one of two not built" 1 "'mainline': not built" "${mdev[@]}" -v stock,mainline
	mkdir -p "$work/none/$(uname -r)/junk"
	echo junk >"$work/none/$(uname -r)/junk/vfio_iommu_type1_junk.ko"
	bad "variant: no module in its file" 1 "variant 'junk': loading " "${mdev[@]}" -v junk
	unset VFIO_BENCH_VARIANT_DIR
	if ! built mainline || ! built per-dma-ordered; then
		skip "variant: another one is loaded" "mainline and per-dma-ordered are not built"
		return
	fi
	bad "variant: more mappings than it takes" 1 "vfio_iommu_type1_mainline allows 65535" \
		"${mdev[@]}" -v mainline --set count=65536
	chown 65534 "/dev/vfio/$(group_of "$LAB_EDU")"
	bad_nobody "variant: not root, though the device is one's own" 1 \
		"variant 'mainline': loading it needs root" "${small[@]}" -d "$LAB_EDU" -v mainline
	chown 0 "/dev/vfio/$(group_of "$LAB_EDU")"
	exec 5<>/dev/vfio/vfio
	bad "variant: VFIO is in use" 1 "VFIO is in use by " "${mdev[@]}" -v mainline
	check "variant: VFIO is in use, acknowledged" works "${mdev[@]}" -v mainline \
		--acknowledge-others
	exec 5>&-
	"$bench" variant load mainline >"$work/out"
	bad "variant: another one is loaded" 1 \
		"variant 'per-dma-ordered': vfio_iommu_type1_mainline is loaded" \
		"${mdev[@]}" -v per-dma-ordered
	bad "variant: stock, and one is loaded" 1 "variant 'stock': vfio_iommu_type1_mainline" \
		"${mdev[@]}" -v stock
	bad "variant: none named, and one is loaded" 1 "is loaded and would serve" "${mdev[@]}"
	bad "variant: two, and one of them is loaded" 1 "'per-dma-ordered': vfio_iommu_type1_mainl" \
		"${mdev[@]}" -v mainline,per-dma-ordered
	check "variant: the one that is loaded works" works "${mdev[@]}" -v mainline
	"$bench" variant unload mainline >"$work/out"
	check "variant: none loaded, it works" works "${mdev[@]}"
}

test_placement()
{
	bad "node: none such" 1 "node=2: this machine has no such NUMA node" \
		"${pci[@]}" -d "$LAB_EDU" --set node=2
	bad "mem_node: none such" 1 "mem_node=2: this machine has no such NUMA node" \
		"${pci[@]}" -d "$LAB_EDU" --set mem_node=2
	bad "pinner_node: none such" 1 "pinner_node=2: no such node" \
		run combined -d "$LAB_EDU" --set map.pinner_node=2
	bad "threads: more than there are CPUs" 1 "or set oversubscribe=yes" \
		"${pci[@]}" -d "$LAB_EDU" --set threads=16
}

test_output()
{
	mkdir "$work/here/ro"
	mount -t tmpfs -o ro none "$work/here/ro"
	bad "output: a read-only place" 1 "Read-only file system: give another --output" \
		"${pci[@]}" -d "$LAB_EDU" -o ro/result
	umount "$work/here/ro"
	rmdir "$work/here/ro"
	mkdir "$work/here/old"
	bad "output: exists" 1 "old: exists already" "${mdev[@]}" -o old
	bad "output: exists, with a variant" 1 "old: exists already" "${mdev[@]}" -v stock -o old
	rmdir "$work/here/old"
}

test_no_iommu()
{
	bad "no IOMMU: a device" 4 "$LAB_EDU: in no IOMMU group: the IOMMU is off" \
		"${pci[@]}" -d "$LAB_EDU"
	bad "no IOMMU: the plan" 4 "in no IOMMU group" "${pci[@]}" -d "$LAB_EDU" --dry-run
	bad "no IOMMU: all at once" 4 "in no IOMMU group" run combined -d "$LAB_EDU" -o result
	bad "no IOMMU: bind" 1 "turn the IOMMU on" bind "$LAB_EDU"
	check "no IOMMU: an mdev needs none" works "${mdev[@]}"
}

log_clean()
{
	dmesg | grep -E 'WARNING|BUG|Oops|general protection|blocked for more' >"$work/why" ||
		return 0
	return 1
}

modprobe -a vfio_iommu_type1 vfio-pci
if [[ $(group_of "$LAB_EDU") ]]; then
	test_device
	test_group
	test_memlock
	test_entry_limit
	test_mdev
	test_variant
	test_placement
	test_output
else
	test_no_iommu
fi
check "the kernel's log has no complaint" log_clean
tap_end
