#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The published experiments, each as small as the lab: they run, their audits are
# clean, the kernel saw what they say that they did (mappings removed, pages pinned;
# each run holds VmLck and nr_foll_pin_* against its books, too), and what the lab
# does not have is skipped, with the reason. TAP; runs in the guest, with the build
# folder as argument.
#
#   scripts/lab -- tests/lab/experiments-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: experiments-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
readonly tracing=/sys/kernel/tracing HUGE=40
work=$(mktemp -d)
bench=$build/vfio-bench
last=bind
device=$LAB_EDU
trap 'rm -rf "$work"' EXIT

tap_why()
{
	tail -n 20 "$work/$last.log"
}

# job NAME JOB SETTING...: run it; its result is $work/NAME.
job()
{
	local name=$1 job=$2 settings=()

	last=$name
	shift 2
	while (($#)); do settings+=(--set "$1"); shift; done
	"$bench" run "$job" "${settings[@]}" --device "$device" --quiet --output "$work/$name" \
		>"$work/$name.log" 2>&1
}

removed()
{
	awk '$1 == "vb_removed" { print $2 }' "$tracing/kprobe_profile"
}

pinned()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk '$1 == "nr_foll_pin_acquired" { print $2 }' /proc/vmstat
}

# holds NAME PYTHON...: true of every run of the result: r, its section s, counts c, metrics m
# by name; of the session: meta, runs, skipped, maps and bytes mapped in all, and what the
# kernel counted meanwhile: removed mappings, pinned pages.
holds()
{
	local name=$1

	shift
	python3 - "$work/$name" "${kernel:-0}" "${pages:-0}" "$@" <<-'END'
	import glob, json, sys
	meta = json.load(open(sys.argv[1] + '/meta.json'))
	runs = [json.load(open(p)) for p in sorted(glob.glob(sys.argv[1] + '/runs/*/result.json'))]
	maps = sum(m['count'] for r in runs for m in r.get('metrics', []) if m['metric'] == 'map')
	mapped = sum(w.get('mapped_bytes', 0) for r in runs for w in r['workers'])
	skipped = meta.get('skipped', [])
	removed, pinned = int(sys.argv[2]), int(sys.argv[3])
	for r in runs:
	    s = r['sections'][0]
	    c = r['workers'][0].get('counts', {})
	    m = {x['metric']: x for x in r.get('metrics', [])}
	    for text in sys.argv[4:]:
	        if not eval(text):
	            sys.exit('%s: %s: %s' % (r['label'], text, (len(runs), maps, mapped, removed, pinned, skipped)))
	sys.exit(not runs)
	END
}

readonly CLEAN='r["status"] == "ok" and all(a["verdict"] == "ok" for a in r["audit"])'

# experiment NAME RUNS JOB SETTING... -- PYTHON...: RUNS clean runs of which the kernel saw
# every mapping and, unless it is a BAR, pinned every page.
experiment()
{
	local name=$1 runs=$2 before pins arguments=()

	shift 2
	while [[ $1 != -- ]]; do arguments+=("$1"); shift; done
	shift
	before=$(removed)
	pins=$(pinned)
	job "$name" "${arguments[@]}" || return
	kernel=$(($(removed) - before))
	pages=$(($(pinned) - pins))
	holds "$name" "$CLEAN" "len(runs) == $runs" 'maps == removed > 0' \
		'pinned == (0 if s["backing"] == "bar" else mapped // 4096)' "$@"
}

# One kind of memory is what it was asked to be: huge pages in full, or none.
alexw()
{
	experiment alexw 2 alexw-16g scale=512 ops=2 -- \
		'len(skipped) == 1 and "huge pages of 1024 MiB" in skipped[0]["reason"]' \
		'r["scale"] == 512 and m["prefault"]["count"] == 2 == m["munmap"]["count"]' \
		'r["huge_bytes"] == (s["size_bytes"] if s["backing"] == "anonymous" else 0)' \
		'r["folios"]["sizes"].keys() == ({"2097152"} if s["backing"] == "anonymous" else {"4096"})' ||
		return
	"$bench" report "$work/alexw" >"$work/report"
	grep -q 'skipped: .*huge pages of 1024 MiB' "$work/report" &&
		grep -q 'published windows' "$work/report"
}

lizhe_16g()
{
	experiment lizhe16 3 lizhe-16g scale=512 ops=1 backing=anonymous,shmem,anonymous_hugetlb_2mb -- \
		's["prefault"] == "memset" and s["thp"] == "always"'
}

lizhe_8g()
{
	experiment lizhe8 2 lizhe-8g scale=256 ops=2 -- \
		'r["folios"]["sizes"].keys() == ({"4096"} if s["backing"] == "anonymous" else {"2097152"})'
}

# Untouched memory: the maps fault it in, and nothing is told of a prefault.
jordan_batch()
{
	experiment batch 8 jordan-batch scale=4096 ops=1 -- \
		'"prefault" not in m and s["prefault"] == "none"'
}

# Every piece is mapped once, by whichever thread.
jordan_mt()
{
	experiment mt 8 jordan-mt size=2m scale=180 threads=1,4 oversubscribe=yes -- \
		'm["map"]["count"] == 16 == m["unmap"]["count"] and m["map_all"]["count"] == 1' \
		'[w["mapped_bytes"] for w in r["workers"]] == [(32 << 20) // s["threads"]] * s["threads"]'
}

lewis()
{
	experiment lewis 2 lewis-1g backing=anonymous_hugetlb_2mb scale=256 ops=2 -- \
		'len(skipped) == 6 and sum("iommu_mode=iommufd" in x["reason"] for x in skipped) == 4'
}

bar()
{
	device=$LAB_BAR
	experiment bar 1 pfnmap-bar scale=128 ops=2 -- \
		's["size_bytes"] == 256 << 20 and r["folios"]["looked_at_bytes"] == 0'
}

small_bar()
{
	device=$LAB_EDU
	experiment bar1 1 pfnmap-bar scale=32768 ops=2 -- 's["size_bytes"] == 1 << 20'
}

unmap_chunk()
{
	experiment chunk 2 unmap-chunk scale=32768 ops=1 -- 's["size_bytes"] == 32 << 20'
}

iova_16t()
{
	experiment iova 1 iova-16t scale=2048 -- \
		'm["map"]["count"] == 4096 == m["unmap"]["count"] and s["stride_bytes"] == 2 << 20' \
		'r["page_tables"]["known"] or "does not count" in r["page_tables"]["reason"]'
}

iommupt()
{
	experiment pt 6 iommupt size=4k,1m,2m ops=5 -- 'm["map"]["count"] == 5 == m["unmap"]["count"]'
}

granule()
{
	job granule smmu-granule size=4k,4m duration=200ms warmup=0s threads=1,3 &&
		holds granule 'r["status"] == "ok" and m["map"]["count"] == m["unmap"]["count"] > 0'
}

fragmented()
{
	experiment fragmented 1 map-fragmented scale=256 ops=3 remap_every=2 -- \
		'c["memory_got"] == 2 and c["rounds"] == 3 and m["request"]["count"] == 3'
}

checkerboard()
{
	experiment board 1 map-checkerboard scale=512 -- \
		'm["map"]["count"] == 1024 and s["pattern"] == "interleaved" and s["buffers"] == 1'
}

# Three containers with a device each; the third thread of four is in the first again.
containers()
{
	local status=0

	"$bench" run scaling --device "$LAB_EDU" --device "$LAB_NVME" --device "$LAB_BAR" --quiet \
		--set duration=200ms --set threads=1,4 --set containers=1,2,3 --set oversubscribe=yes \
		--output "$work/scaling" >"$work/scaling.log" 2>&1 || status=$?
	last=scaling
	((!status)) && holds scaling 'r["status"] == "ok" and m["map"]["count"] > 0' \
		'len(runs) == 4 and len(skipped) == 2 and len(meta["devices"]) == 3'
}

# Two containers with two mdevs each: every mdev hears of its own container's requests alone.
mdev_containers()
{
	last=mdevs
	"$bench" run notify-span --quiet --set device=mdev --set mdevs=2 --set containers=2 \
		--set threads=2 --set count=64 --set pin_every=1 --set ops=3 --set node=any \
		--set oversubscribe=yes --output "$work/mdevs" >"$work/mdevs.log" 2>&1 &&
		holds mdevs 'r["status"] == "ok" and [d["callbacks"] for d in r["module"]["mdevs"]] == [3 * 64] * 4'
}

# lacks WORDS JOB SETTING...: skipped as a whole, exit status 4, with a reason.
lacks()
{
	local words=$1 status=0

	shift
	job lacks "$@" || status=$?
	[[ $status == 4 && ! -e $work/lacks ]] && grep -qF -- "$words" "$work/lacks.log"
}

too_large_is_skipped()
{
	lacks "MiB of memory are needed" jordan-batch size=120g &&
		lacks "huge pages of 1024 MiB are needed" lewis-1g &&
		lacks "the largest BAR of $LAB_EDU has 1024 KiB" pfnmap-bar &&
		lacks "MiB of memory are needed" unmap-chunk backing=anonymous
}

every_row_is_listed()
{
	local name

	"$bench" list jobs >"$work/list"
	for name in alexw-16g lizhe-16g lizhe-8g jordan-batch jordan-mt lewis-1g pfnmap-bar \
			unmap-chunk iova-16t iommupt smmu-granule map-fragmented map-checkerboard \
			notify-span notify-listeners notify-race; do
		grep -A 4 "^  $name " "$work/list" | grep -q 'class .*source:' || return
	done
}

mount -t tracefs tracefs "$tracing" 2>/dev/null || true
echo 'p:vb_removed vfio_iommu_type1:vfio_remove_dma' >"$tracing/kprobe_events"
echo 1 >"$tracing/events/kprobes/vb_removed/enable"
for node in /sys/devices/system/node/node[01]; do
	echo "$HUGE" >"$node/hugepages/hugepages-2048kB/nr_hugepages"
done
"$bench" bind "$LAB_EDU" "$LAB_BAR" "$LAB_NVME" >"$work/bind.log" 2>&1
check "every row is listed, with class and source" every_row_is_listed
check "alexw-16g" alexw
check "lizhe-16g" lizhe_16g
check "lizhe-8g" lizhe_8g
check "jordan-batch" jordan_batch
check "jordan-mt" jordan_mt
check "lewis-1g" lewis
check "pfnmap-bar, 256 MiB" bar
check "pfnmap-bar, 1 MiB" small_bar
device=$LAB_EDU
check "unmap-chunk" unmap_chunk
check "iova-16t" iova_16t
check "iommupt" iommupt
check "smmu-granule" granule
check "map-fragmented" fragmented
check "map-checkerboard" checkerboard
check "several containers, a device each" containers
check "several containers, two mdevs each" mdev_containers
check "what does not fit is skipped, with the reason" too_large_is_skipped
"$bench" unbind "$LAB_EDU" "$LAB_BAR" "$LAB_NVME" >"$work/bind.log" 2>&1
echo 0 >"$tracing/events/kprobes/vb_removed/enable"
echo >"$tracing/kprobe_events"
tap_end
