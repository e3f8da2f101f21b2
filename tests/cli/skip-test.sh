#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Cells of a job's matrix that the machine can't have: left out, with the reason.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

tap_why() {
	cat "$tmp/err"
}

cat >"$tmp/cells.job" <<-END
	[global]
	duration=0s
	warmup=0s
	iommu_mode=null
	oversubscribe=yes

	[map]
	workload=map_unmap
	ops=5
	END

# run STATUS SETTING...: the job with these settings, into $tmp/result.
run() {
	local want=$1 status=0 settings=()

	shift
	while (($#)); do settings+=(--set "$1"); shift; done
	rm -rf "$tmp/result"
	"$bench" run "$tmp/cells.job" "${settings[@]}" --quiet -o "$tmp/result" \
		>"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}

# skips RUNS LABEL REASON: so many runs, one cell skipped, told on stderr and in the result.
skips() {
	grep -qF "skipped: $2: " "$tmp/err" || return
	python3 - "$tmp/result" "$@" <<-'END'
	import json, os, sys
	meta = json.load(open(sys.argv[1] + '/meta.json'))
	assert meta['runs'] == meta['runs_done'] == int(sys.argv[2]), meta['runs']
	assert [x['label'] for x in meta['skipped']] == [sys.argv[3]], meta['skipped']
	assert sys.argv[4] in meta['skipped'][0]['reason'], meta['skipped']
	assert meta['status'] == 'complete'
	END
}

a_mode() {
	run 0 iommu_mode=null,iommufd &&
		skips 1 iommu_mode=iommufd "can't be had" &&
		"$bench" report "$tmp/result" | grep -q "skipped: iommu_mode=iommufd: "
}
ability() {
	run 0 iommu_mode=null,iommufd_compat_type1v2 map.workload=dirty_track &&
		skips 1 iommu_mode=iommufd_compat_type1v2 "tracks dirty pages, which this mode can't"
}
no_mode_can() { run 4 iommu_mode=vfio_type1v2_iommu map.workload=iommufd_copy && grep -q "copies mappings" "$tmp/err"; }
all_modes() { run 4 iommu_mode=iommufd && grep -q "can't be had" "$tmp/err" && [[ ! -e $tmp/result ]]; }
memory() {
	run 0 size=4k,1t && skips 1 size=1t "MiB of memory are needed"
}
all_memory() { run 4 size=1t && grep -q "give a larger scale= than 1" "$tmp/err"; }
scale_helps() { run 0 size=1t scale=1048576 && grep -q '"scale": 1048576' "$tmp/result"/runs/*/result.json; }
huge_pages() { run 4 backing=anonymous_hugetlb_1gb size=1t && grep -q "huge pages of 1024 MiB" "$tmp/err"; }
cpus() { run 0 threads=1,1024 oversubscribe=no && skips 1 threads=1024 "has a worker"; }
# Nothing is left to be measured: the job is wrong, not the machine.
all_cpus() { run 1 threads=1024 oversubscribe=no; }
containers() {
	run 0 threads=2 containers=1,2,4 && skips 2 containers=4 "there are 2 windows" &&
		python3 - "$tmp/result/plan.json" <<-'END'
	import json, sys
	plans = json.load(open(sys.argv[1]))['plans']
	assert [[w['container'] for w in p['workers']] for p in plans] == [[0, 0], [0, 1]]
	END
}
each_has_books() {
	run 0 threads=3 containers=2 && python3 - "$tmp/result" <<-'END'
	import glob, json, sys
	r = json.load(open(glob.glob(sys.argv[1] + '/runs/*/result.json')[0]))
	assert r['status'] == 'ok' and len(r['workers']) == 3
	assert all(w['mapped_bytes'] == w['unmapped_bytes'] > 0 for w in r['workers'])
	END
}

check "a mode that the kernel has not" a_mode
check "no other mode: skipped as a whole" all_modes
check "what a mode can't" ability
check "no other mode that can" no_mode_can
check "memory that is not there" memory
check "no other size" all_memory
check "scale= brings it down, and the result says so" scale_helps
check "huge pages that are not there" huge_pages
check "threads for which there is no CPU" cpus
check "no other number of threads" all_cpus
check "windows are shared out over containers, each has one" containers
check "the books of all are in order" each_has_books
tap_end
