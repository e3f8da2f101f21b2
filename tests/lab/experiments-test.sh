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

# holds NAME PYTHON: for all runs of the result: r, section s, counts c, metrics m by name.
holds()
{
	python3 - "$work/$1" "$2" <<-'END'
	import glob, json, sys
	seen = 0
	for path in sorted(glob.glob(sys.argv[1] + '/runs/*/result.json')):
	    r = json.load(open(path))
	    s = r['sections'][0]
	    c = r['workers'][0].get('counts', {})
	    m = {x['metric']: x for x in r.get('metrics', [])}
	    seen += 1
	    if not eval(sys.argv[2]):
	        sys.exit('%s: %s' % (path, sys.argv[2]))
	sys.exit(not seen)
	END
}

# session NAME PYTHON: for the whole: meta, the runs, and @kernel's and @pages' counts.
session()
{
	python3 - "$work/$1" "$2" "${kernel:-0}" "${pages:-0}" <<-'END'
	import glob, json, sys
	meta = json.load(open(sys.argv[1] + '/meta.json'))
	runs = [json.load(open(p)) for p in sorted(glob.glob(sys.argv[1] + '/runs/*/result.json'))]
	maps = sum(m['count'] for r in runs for m in r.get('metrics', []) if m['metric'] == 'map')
	mapped = sum(w.get('mapped_bytes', 0) for r in runs for w in r['workers'])
	skipped = meta.get('skipped', [])
	kernel, pages = int(sys.argv[3]), int(sys.argv[4])
	print(len(runs), maps, mapped, kernel, pages, skipped)
	sys.exit(not eval(sys.argv[2]))
	END
}

# experiment NAME RUNS JOB SETTING...: RUNS clean runs, and no mapping that the kernel did not see.
experiment()
{
	local name=$1 runs=$2 before pins

	shift 2
	before=$(removed)
	pins=$(pinned)
	job "$name" "$@" || return
	kernel=$(($(removed) - before))
	pages=$(($(pinned) - pins))
	holds "$name" 'r["status"] == "ok" and all(a["verdict"] == "ok" for a in r["audit"])' &&
		session "$name" "len(runs) == $runs and maps == kernel > 0 and (
			runs[0]['sections'][0]['backing'] == 'bar' or pages == mapped // 4096)"
}

alexw()
{
	experiment alexw 2 alexw-16g scale=512 ops=2 &&
		session alexw 'len(skipped) == 1 and "huge pages of 1024 MiB" in skipped[0]["reason"]' &&
		holds alexw 'r["scale"] == 512 and m["prefault"]["count"] == 2 == m["munmap"]["count"]' &&
		holds alexw 'r["huge_bytes"] == (s["size_bytes"] if s["backing"] == "anonymous" else 0)' &&
		holds alexw 'r["folios"]["sizes"].keys() == ({"2097152"} if s["backing"] == "anonymous" else {"4096"})' &&
		"$bench" report "$work/alexw" | grep -q 'skipped: .*huge pages of 1024 MiB' &&
		"$bench" report "$work/alexw" | grep -q 'published windows'
}

lizhe_16g()
{
	experiment lizhe16 3 lizhe-16g scale=512 ops=1 backing=anonymous,shmem,anonymous_hugetlb_2mb &&
		holds lizhe16 's["prefault"] == "memset" and s["thp"] == "always"'
}

lizhe_8g()
{
	experiment lizhe8 2 lizhe-8g scale=256 ops=2 &&
		holds lizhe8 'r["folios"]["sizes"].keys() == ({"4096"} if s["backing"] == "anonymous" else {"2097152"})'
}

# Untouched memory: the maps fault it in, and nothing is told of a prefault.
jordan_batch()
{
	experiment batch 8 jordan-batch scale=4096 ops=1 &&
		holds batch '"prefault" not in m and s["prefault"] == "none"'
}

# Every piece is mapped once, by whichever thread.
jordan_mt()
{
	experiment mt 12 jordan-mt size=2m scale=180 threads=1,2,4 oversubscribe=yes &&
		holds mt 'm["map"]["count"] == 16 == m["unmap"]["count"] and m["map_all"]["count"] == 1' &&
		holds mt 'len(r["workers"]) == s["threads"] and all(
			w["mapped_bytes"] == 32 << 20 >> (s["threads"].bit_length() - 1) for w in r["workers"])'
}

lewis()
{
	experiment lewis 2 lewis-1g backing=anonymous_hugetlb_2mb scale=256 ops=2 &&
		session lewis 'len(skipped) == 6 and sum("/dev/iommu" in x["reason"] or "iommufd" in x["reason"]
			for x in skipped) == 4'
}

bar()
{
	device=$LAB_BAR
	experiment bar 1 pfnmap-bar scale=128 ops=2 || return
	holds bar 's["size_bytes"] == 256 << 20 and r["folios"]["looked_at_bytes"] == 0' &&
		session bar 'pages == 0'
}

small_bar()
{
	device=$LAB_EDU
	experiment bar1 1 pfnmap-bar scale=32768 ops=2
}

unmap_chunk()
{
	experiment chunk 2 unmap-chunk scale=32768 ops=1
}

iova_16t()
{
	experiment iova 1 iova-16t scale=2048 &&
		holds iova 'm["map"]["count"] == 4096 == m["unmap"]["count"] and s["stride_bytes"] == 2 << 20' &&
		holds iova 'r["page_tables"]["known"] or "does not count" in r["page_tables"]["reason"]'
}

iommupt()
{
	experiment pt 6 iommupt size=4k,1m,2m ops=10
}

granule()
{
	job granule smmu-granule size=4k,1m,4m duration=100ms warmup=0s threads=1,3 &&
		holds granule 'r["status"] == "ok" and m["map"]["count"] == m["unmap"]["count"] > 0'
}

fragmented()
{
	experiment fragmented 1 map-fragmented scale=256 ops=3 remap_every=2 &&
		holds fragmented 'c["memory_got"] == 2 and c["rounds"] == 3 and m["request"]["count"] == 3'
}

checkerboard()
{
	experiment board 1 map-checkerboard scale=512 &&
		holds board 'm["map"]["count"] == 1024 and s["pattern"] == "interleaved" and s["buffers"] == 1'
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
"$bench" bind "$LAB_EDU" "$LAB_BAR" >"$work/bind.log" 2>&1
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
check "what does not fit is skipped, with the reason" too_large_is_skipped
"$bench" unbind "$LAB_EDU" "$LAB_BAR" >"$work/bind.log" 2>&1
echo 0 >"$tracing/events/kprobes/vb_removed/enable"
echo >"$tracing/kprobe_events"
tap_end
