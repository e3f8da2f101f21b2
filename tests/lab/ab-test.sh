#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench ab' with variants: TAP on stdout. Runs on the host, in the build
# folder or with VFIO_BENCH_BUILD set. Two variants alternate in one boot, proved
# by what served each container; a module's parameter reaches the kernel; a
# session whose machine was switched off goes on in another boot.

# Functions are called through check; what eval gets is expanded there.
# shellcheck disable=SC2016,SC2317

set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly build here
readonly scripts=$here/../../scripts
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/ab-lab.XXXXXX")
trap 'rm -rf "$work"' EXIT

tap_why()
{
	tail -n 30 "$work/log"
}

# boot [LAB OPTION...] -- COMMAND...: in the lab, its status in $status.
boot()
{
	status=0
	VFIO_BENCH_BUILD=$build "$scripts/lab" --build "$build" --out "$work/out" "$@" >"$work/log" 2>&1 ||
		status=$?
	if ((status == 4)); then
		printf '1..0 # SKIP %s\n' "$(head -n 1 "$work/log")"
		exit 0
	fi
}

# 0, or 3 and 5: the verdict of so few pairs is not what is tested here.
ended()
{
	boot "$@"
	[[ $status == 0 || $status == 3 || $status == 5 ]] || { echo "exit status $status"; return 1; }
}

# query EXPRESSION DIR: true in python3, of meta.json, plan.json and the runs.
query()
{
	python3 - "$@" <<-'END'
		import glob, json, sys
		path = sys.argv[2]
		meta = json.load(open(path + '/meta.json'))
		plan = json.load(open(path + '/plan.json'))
		runs = [json.load(open(f)) for f in glob.glob(path + '/runs/*/result.json')]
		runs.sort(key=lambda r: r['number'])
		turn = lambda x: tuple(x[k] for k in ('cell', 'arm_index', 'round', 'position', 'warmup', 'seed'))
		served = {r['arm']: set() for r in runs}
		for r in runs:
		    served[r['arm']].add(r['variant']['served_by'])
		def shortest(arm):
		    return min(m['min'] for r in runs if r['arm'] == arm for m in r['metrics'] if m['metric'] == 'request')
		value = eval('(' + sys.argv[1] + ')', globals())
		if value is not True:
		    print(value)
		    print([(r['arm'], r['status'], r['variant']['served_by']) for r in runs])
		    sys.exit(1)
	END
}

# Whole in the guest: what it loads, it removes.
cat >"$work/guest" <<END
#!/bin/bash
"$scripts/lab-run" "\$@"
status=\$?
ls /sys/bus/mdev/devices >"\$LAB_OUT/left"
grep -o '^vfio_iommu_type1_[a-z0-9_]*' /proc/modules >>"\$LAB_OUT/left"
exit \$status
END
chmod +x "$work/guest"

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

mkdir "$work/out"
check "two variants and stock, in the lab" ended -- "$work/guest" ab ab-span --quiet --accept-noise --pairs 6 \
	--arm A=mainline --arm B=per-request --arm C=stock --output two
check "each run was served by its arm's module" query "served == {'A': {'vfio_iommu_type1_mainline'},
	'B': {'vfio_iommu_type1_per_request'}, 'C': {'vfio_iommu_type1'}}" "$work/out/two"
check "in the order that was planned" query "[turn(o) for o in plan['order']] == [turn(r) for r in runs] and
	len(runs) == 21" "$work/out/two"
check "every audit is clean" query "all(r['status'] == 'ok' for r in runs)" "$work/out/two"
check "notified as declared" query "all(r['variant']['granularity_observed'] ==
	('per-request' if r['arm'] == 'B' else 'per-vfio_dma') for r in runs)" "$work/out/two"
check "nothing is left loaded, and no mdev" is "$(cat "$work/out/left" 2>&1)" ""
check "no sweep of caches in the lab, where it has no meaning" query "all(r['cold_bytes'] == 0 for r in runs)" \
	"$work/out/two"

check "a parameter of the module, in exact mode" ended --exact -- "$work/guest" ab ab-span --quiet --accept-noise \
	--pairs 3 --set duration=20ms --set warmup=5ms --arm A=busted-delay,param.delay_permille=0 \
	--arm B=busted-delay,param.delay_permille=100 --output slow
check "reaches the kernel: a request takes longer by it" query \
	"1.05 < shortest('B') / shortest('A') < 1.15" "$work/out/slow"
check "no warm-up round in exact mode" query "len(runs) == 6 and not any(r['warmup'] for r in runs) and
	meta['mode'] == 'exact'" "$work/out/slow"
check "one layout for both arms, another in each round" query "len({r['seed'] for r in runs}) == 3 and
	len({(r['round'], r['workers'][0]['requested']['iova']) for r in runs}) == 3" "$work/out/slow"

check "a parameter that the module does not have" eval 'boot -- "$work/guest" ab ab-span --quiet --arm A=mainline \
	--arm B=mainline,param.none_such=1 --output wrong; [[ $status == 1 ]]'
check "nothing is left of it" is "$(cat "$work/out/left" 2>&1)" ""

boot --timeout 12 -- "$scripts/lab-run" ab ab-span --quiet --accept-noise --pairs 500 --arm A=mainline \
	--arm B=per-request --output far
check "a machine that ends in the middle of a session" test -d "$work/out/far.part"
number=$(find "$work/out/far.part/runs" -name result.json 2>/dev/null | wc -l)
check "leaves the runs so far ($number)" test "$number" -gt 2
(cd "$work/out/far.part/runs" && find . -name result.json -exec sha256sum {} +) >"$work/before"
boot --timeout 12 -- "$scripts/lab-run" ab --quiet --accept-noise --resume far.part
check "it goes on in the next boot" query "[r['number'] for r in meta['resumed']] == [$number] and
	len(runs) > $number" "$work/out/far.part"
check "with the runs that it had" eval '(cd "$work/out/far.part/runs" && sha256sum --check --quiet) <"$work/before"'
check "in the order that was planned" query "[turn(o) for o in plan['order']][:len(runs)] ==
	[turn(r) for r in runs]" "$work/out/far.part"
tap_end
