#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What workloads ask of type1, in the lab: kprobe events count type1's ioctls by
# command and flags, their answers, and the mappings that it removes; the companion
# module counts pins and callbacks. A workload's own counts have to be those. And
# runs that have to fail: broken modes, limits that are wrong. TAP; runs in the
# guest, with the build folder as argument, for whose kernel the variants are built.
#
#   scripts/lab -- tests/lab/type1-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: type1-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/lab/kernel.sh
. "$top/tests/lab/kernel.sh"
readonly limit=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
# The probe of the granularity, before each run with an mdev: 4 maps, 1 unmap.
readonly PROBED=4
readonly ALL=2 DIRTY_BITMAP=1 VADDR=4 READ_WRITE=3		# flags of UNMAP and MAP
readonly START=1 STOP=2 GET=4					# of DIRTY
readonly EBUSY=-16 EEXIST=-17 EINVAL=-22 ENOSPC=-28

# job, with the kernel's counts of it alone.
watched()
{
	watch_type1 vfio_iommu_type1
	job "$@"
}

one_by_one()
{
	watched one "$map_one" --set ops=200 && counted asked $MAP $READ_WRITE = 200 &&
		counted asked $UNMAP 0 = 200 && counted removed = 200 &&
		holds one 'w[0]["requests"] == 200 and w[0]["mapped_bytes"] == 200 * 4096'
}

spans()
{
	watched span notify-span --set count=64 --set pin_every=4 --set ops=5 &&
		counted asked $MAP $READ_WRITE = $((5 * 64 + PROBED)) &&
		counted asked $UNMAP 0 = $((5 + 1)) && counted removed = $((5 * 64 + PROBED)) &&
		holds span 'w[0]["requests"] == 5'
}

# Without a probe: each thread maps in turn, both unmap.
races()
{
	local rounds

	watched race unmap-race --set duration=1s --set warmup=0s --set mem_node=any || return
	rounds=$(python3 -c 'import glob, json, sys
r = json.load(open(glob.glob(sys.argv[1] + "/runs/*/result.json")[0]))
print(sum(w["mapped_bytes"] for w in r["workers"]) // r["sections"][0]["size_bytes"])' "$work/race")
	((rounds)) && counted removed = $((rounds + PROBED))
}

# Beside unmaps that the guard keeps apart from it. Two mdevs are opened before.
mdevs_register()
{
	watch 'p:registered vfio_iommu_type1:vfio_iommu_type1_register_device' '' \
		'p:unregistered vfio_iommu_type1:vfio_iommu_type1_unregister_device' ''
	job opens deadlock-open-close --set guard=on --set class=stress --set duration=1s \
		--set warmup=0s || return
	holds opens "metric['open.mdev_open']['count'] + 2 == $(hits registered)" &&
		is "$(hits unregistered)" "$(hits registered)"
}

everything_goes()
{
	watched all unmap-all --set count=64 --set pin_every=1 --set ops=5 &&
		counted asked $UNMAP $ALL = 5 && counted removed = $((5 * 64 + PROBED)) &&
		holds all 'c["mappings_removed"] == 5 * 64 == m["callbacks"] == m["pinned_pages"]'
}

everything_at_once()
{
	job all-once unmap-all --variant per-request --set count=64 --set pin_every=1 --set ops=5 &&
		holds all-once 'm["callbacks"] == w[0]["requests"] == 10 and m["pinned_pages"] == 5 * 64'
}

parts_are_refused()
{
	watched v2 unmap-split --set iommu_mode=vfio_type1v2_iommu --set count=8 --set ops=5 &&
		counted answered $EINVAL = 40 && counted removed = 5 &&
		holds v2 'c == {"parts_refused": 40, "parts_empty": 0}'
}

parts_take_all()
{
	watched v1 unmap-split --set iommu_mode=vfio_type1_iommu --set count=8 --set ops=5 &&
		counted answered $EINVAL = 0 && counted asked $UNMAP 0 = 45 && counted removed = 5 &&
		holds v1 'c == {"parts_refused": 0, "parts_empty": 35}'
}

# Five bitmaps are asked for in a step, one of them too early; one comes with the
# unmap. Each page that is pinned is in three of them, and was pinned twice.
dirty_pages()
{
	watched "dirty$1" dirty-track --set device=mdev --set "size=$1" --set count=64 \
		--set pin_every=4 --set ops=3 &&
		counted asked $DIRTY $START = 3 && counted asked $DIRTY $STOP = 3 &&
		counted asked $DIRTY $GET = 15 && counted asked $UNMAP $DIRTY_BITMAP = 3 &&
		holds "dirty$1" 'c["bitmaps"] == 15 and c["dirty_pages"] == 144 == m["pinned_pages"] * 3 / 2'
}

no_other_page()
{
	holds dirty256k 'c["pages_overreported"] == 0'
}

all_is_dirty()
{
	job dirty-pci dirty-track --set device=both --set size=4k --set count=64 --set pin_every=4 \
		--set ops=3 && holds dirty-pci 'c["dirty_pages"] == c["bitmaps"] * 64 == 15 * 64'
}

addresses_are_updated()
{
	watched vaddr vaddr-update --set count=8 --set ops=3 &&
		counted asked $UNMAP $VADDR = 3 && counted asked $MAP $VADDR = $((3 * 8 + 3)) &&
		counted answered $EINVAL = 3 && counted removed = $((3 * 8)) &&
		holds vaddr 'c["updates"] == 24 and c["dma_copies"] == 6 and w[0]["dma_bytes"] > 0'
}

addresses_stay()
{
	watched busy vaddr-busy --set device=mdev --set ops=5 &&
		counted asked $UNMAP $VADDR = 5 && counted answered $EBUSY = 5 &&
		counted removed = $((5 * 64 + PROBED)) && holds busy 'c["refused"] == 5'
}

small_limit()
{
	echo 100 >"$limit"
	watched limit entry-limit --set count=128 --set ops=3 &&
		counted answered $ENOSPC = 3 && counted answered $EEXIST = 9 &&
		counted removed = $((3 * 101)) && holds limit 'c == {"limit": 100, "maps_refused": 3}'
}

limit_beyond_reach()
{
	refused reach "the container takes 100 more mappings: give count= above that" entry-limit \
		--set count=50
}

default_limit()
{
	echo 65535 >"$limit"
	watched default entry-limit --set ops=1 && counted answered $ENOSPC = 1 &&
		counted removed = 65536 && holds default 'c["limit"] == 65535'
}

cat >"$work/map-one.job" <<-END
	[global]
	duration=0s
	warmup=0s
	[one]
	workload=map_unmap
	device=pci
	count=16
END
map_one=$work/map-one.job

"$build/vfio-bench" bind "$LAB_EDU" >"$work/bind.log" 2>&1
check "map_unmap: the kernel saw as many maps, unmaps and removals" one_by_one
check "notify_span: and here, one request for all of a span" spans
check "unmap_race: what two threads unmap at once goes once" races
check "mdev_open_close: type1 registers an mdev for each open, and forgets it" mdevs_register
check "unmap_all: one request with the flag for all, a callback for each pinned page" everything_goes
check "and one callback for each request where the kernel notifies so" everything_at_once
check "unmap_split, version 2: the kernel answers EINVAL to each part" parts_are_refused
check "version 1: nothing is refused, the first part takes all" parts_take_all
check "dirty_track: bitmaps asked for, and bits of the pages that the module pinned" dirty_pages 4k
check "the same with mappings that share no word of a bitmap" dirty_pages 256k
check "there no other page is dirty" no_other_page
check "with a PCI device all pages are dirty" all_is_dirty
check "vaddr_update: one request, a map for each mapping, one too many refused" addresses_are_updated
check "vaddr_busy: the kernel answers EBUSY each time, and removes all mappings after" addresses_stay
check "entry_limit: the kernel answers ENOSPC at the limit" small_limit
check "a limit that count= does not reach is told" limit_beyond_reach
check "its job, at the kernel's default" default_limit
unwatch
check "unmap_all: a module that miscounts fails the run" fails miscount "failed pins" unmap-all \
	--set module_mode=busted-miscount --set count=64 --set pin_every=1
check "dirty_track: the same" fails miscount-dirty "failed pins" dirty-track \
	--set module_mode=busted-miscount --set device=mdev --set size=256k --set count=64 \
	--set pin_every=4
check "vaddr_busy: the same" fails miscount-busy "failed pins" vaddr-busy \
	--set module_mode=busted-miscount --set device=mdev
check "vaddr_update: an mdev in the container is told" refused mdev "give device=pci" vaddr-update \
	--set device=both
"$build/vfio-bench" unbind "$LAB_EDU" >"$work/bind.log" 2>&1
tap_end
