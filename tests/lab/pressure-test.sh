#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pressure from the side, in the lab: does the kernel do what the workloads asked
# for, by its own counts (sectors read, pins, pages locked, swapped out, migrated,
# copied on write)? Where pages are pinned and where they are not, the same request
# has to end in two ways. And runs that have to fail: somebody else changes the file
# that is read, or pins pages of his own. TAP; runs in the guest, with the build
# folder as argument.
#
#   scripts/lab -- tests/lab/pressure-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: pressure-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/lab/kernel.sh
. "$top/tests/lab/kernel.sh"
readonly disk=$work/disk
readonly OPS=10 PAGES=512		# of the jobs below
readonly DONTNEED=4 PAGEOUT=21 COLLAPSE=25	# of madvise(2)

cleanup()
{
	umount "$disk" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

# A disk of the guest's own: a loop device over a file in memory.
make_disk()
{
	mkdir "$disk"
	truncate -s 32M "$work/image"
	mkfs.ext4 -q -O ^has_journal "$work/image"
	modprobe loop
	mount -o loop "$work/image" "$disk"
	loop=$(basename "$(awk -v at="$disk" '$2 == at { print $1 }' /proc/mounts)")
	head -c 1M /dev/urandom >"$disk/file"
	sync
}

sectors_read()
{
	awk '{ print $3 }' "/sys/block/$loop/stat"
}

# A read of 256 KiB is 512 sectors; reading the file system's own blocks takes a few.
reads_from_the_disk()
{
	local before after

	before=$(sectors_read)
	TMPDIR=$disk job sectors pressure-direct-read --set duration=1s || return
	after=$(sectors_read)
	holds sectors "w[0]['steps'] > 4 and 0 <= $((after - before)) - w[0]['steps'] * 512 < 1024" &&
		holds sectors 'c["unmapped_while_reading"] > 0'
}

# Without a disk, from the program's own file, which the host has: 9p's requests with
# pages of the reader in them.
reads_without_a_disk()
{
	watch 'p:direct 9pnet_virtio:p9_virtio_zc_request' ''
	job own pressure-direct-read --set duration=1s || return
	holds own "$(hits direct) >= w[0]['steps'] > 4" && holds own 'c["unmapped_while_reading"] > 0'
}

overwrite()
{
	while :; do
		dd if=/dev/urandom of="$disk/file" bs=256k count=1 conv=notrunc oflag=direct 2>/dev/null
	done
}

# Held twice, and nothing left.
pins_twice()
{
	local before after held

	held=$(pages_held)
	before=$(vmstat nr_foll_pin_acquired)
	job uring pressure-uring --set duration=0s --set ops=$OPS || return
	after=$(vmstat nr_foll_pin_acquired)
	is "$((after - before))" "$((2 * OPS * 256))" && is "$(pages_held)" "$held" &&
		holds uring "c == {'vfio_let_go_first': $OPS / 2, 'uring_let_go_first': $OPS / 2}"
}

# Shared memory: mlock leaves out parts of huge pages, which anonymous memory may be.
pages_are_locked()
{
	local before

	before=$(vmstat unevictable_pgs_mlocked)
	job lock pressure-mlock --set backing=shmem --set duration=0s --set ops=$OPS || return
	is "$(($(vmstat unevictable_pgs_mlocked) - before))" "$((OPS * 256))" &&
		holds lock "w[0]['verified'] == 2 * $OPS and w[0]['mapped_bytes'] == $OPS * 256 * 4096"
}

# side NAME WORKLOAD DEVICE ARG...: 2 MiB in 32 mappings.
side()
{
	local name=$1

	printf '%s\n' '[global]' duration=0s warmup=0s '[side]' "workload=$2" "device=$3" node=0 \
		size=64k count=32 ops=$OPS >"$work/$name.job"
	job "$name" "$work/$name.job" "${@:4}"
}

advised()
{
	watch 'p:advised do_madvise behavior=%cx:u32' behavior
	side "$1" memory_advise "$2" --set "advice=$1"
}

is_dropped()
{
	advised dontneed pci && (($(hits advised $DONTNEED) >= OPS)) &&
		holds dontneed "c == {'done': $OPS, 'refused': 0} and w[0]['observed']['mem_node'] == 0"
}

swap_on()
{
	modprobe zram
	echo 64M >/sys/block/zram0/disksize
	mkswap /dev/zram0 && swapon /dev/zram0
}

# swapped_out DEVICE: in $swapped, pages in a run that asks for pageout.
swapped_out()
{
	local before

	before=$(vmstat pswpout)
	advised pageout "$1" || return
	swapped=$(($(vmstat pswpout) - before))
	counted advised $PAGEOUT = $OPS && rm -r "$work/pageout"
}

written_out_if_free()
{
	swapped_out mdev && ((swapped >= OPS * PAGES)) && swapped_out pci && is "$swapped" 0
}

is_collapsed()
{
	advised collapse pci && counted advised $COLLAPSE = $OPS &&
		holds collapse "c['done'] + c['refused'] == $OPS"
}

moves_if_free()
{
	local before

	before=$(vmstat pgmigrate_success)
	side move-free memory_advise mdev --set advice=move || return
	(($(vmstat pgmigrate_success) - before >= OPS)) &&
		holds move-free "c == {'done': $OPS, 'refused': 0}" || return
	before=$(vmstat pgmigrate_fail)
	side move-held memory_advise pci --set advice=move || return
	(($(vmstat pgmigrate_fail) - before >= OPS)) && holds move-held "c == {'done': 0, 'refused': $OPS}"
}

is_compacted()
{
	watch 'p:compacted compact_node' ''
	side compact memory_advise pci --set advice=compact && (($(hits compacted) >= OPS)) &&
		holds compact "c == {'done': $OPS, 'refused': 0}"
}

# A page that is pinned is copied for the child at once, others when they are written to.
copied_early_if_held()
{
	watch 'p:cow wp_page_copy' ''
	side fork-free memory_fork mdev && (($(hits cow) >= OPS * PAGES)) || return
	watch 'p:cow wp_page_copy' ''
	side fork-held memory_fork pci && (($(hits cow) < OPS * PAGES)) &&
		holds fork-held "w[0]['verified'] == 3 * $OPS"
}

"$build/vfio-bench" bind "$LAB_EDU" >"$work/bind.log" 2>&1
check "direct_read: without a disk, by requests with the reader's pages" reads_without_a_disk
if command -v mkfs.ext4 >/dev/null; then
	make_disk
	check "from a disk: as many sectors as the reads have" reads_from_the_disk
	check "a file that changes fails the run" beside overwrite -- fails changed \
		"what an O_DIRECT read brought is not what the file holds" pressure-direct-read \
		--set duration=2s --set "direct_file=$disk/file"
	check "a file that is too short is told" refused short "less than size= bytes" \
		pressure-direct-read --set "direct_file=$disk/file" --set size=2m
else
	skip "direct_read from a disk" "no mkfs.ext4: apt-get install e2fsprogs"
fi
check "a file that can't be read so is told" refused tmpfs "can't be read with O_DIRECT" \
	pressure-direct-read --set "direct_file=$work/bind.log"
check "uring_buffers: the kernel counts each page pinned twice" pins_twice
check "pins of somebody else fail the run" beside "$build/tests/lab/pin-toggle" -- fails foreign \
	"the kernel does not hold each page as often as it was pinned" pressure-uring --set duration=2s
check "memory_lock: the kernel counts each page locked" pages_are_locked
check "memory_advise: what is dropped was where it was asked to be" is_dropped
if swap_on >"$work/swap.log" 2>&1; then
	check "pages that are not pinned are written out, others are not" written_out_if_free
	swapoff /dev/zram0
else
	skip "memory_advise, pageout" "no zram"
fi
check "collapse is asked for" is_collapsed
check "pages that are not pinned are migrated, others are not" moves_if_free
check "memory is compacted" is_compacted
check "memory_fork: pages that are pinned are copied early" copied_early_if_held
unwatch
check "pressure-memory: all of its runs" job all pressure-memory --set duration=500ms
"$build/vfio-bench" unbind "$LAB_EDU" >"$work/bind.log" 2>&1
tap_end
