#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the lab's guest, for busted-test.sh: runs cells of its matrix, one after the
# other, and leaves of each what it came to in $LAB_OUT/NUMBER,BUSTED,VARIANT/.
#
#   tests/lab/busted/run-cell.sh NUMBER BUSTED VARIANT [NUMBER BUSTED VARIANT]...
set -euo pipefail

readonly bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
readonly out=${LAB_OUT:?run this in the lab}

# probe_calls VARIANT DEVICES: the calls into drivers that the probe before a run makes, of
# all devices of the container.
probe_calls()
{
	case $1 in
	per-request) echo "$2" ;;
	*) echo $((2 * $2)) ;;
	esac
}

# A vendor driver's bug is a mode of the companion module, one of type1 a variant
# with a parameter. Sets variant, parameters and settings.
prepare()
{
	settings=(--set device=mdev --set count=16 --set pin_every=1 --set ops=3)
	parameters=()
	case $1 in
	miscount | skip-unpin | double-unpin | unpin-after-return | sleep)
		variant=$2
		settings+=(--set class=pathological --set "module_mode=busted-$1")
		return
		;;
	none) ;;
	lost-listener)
		parameters=(--param "fault=$1")
		settings+=(--set mdevs=2)
		;;
	stale-listener)
		parameters=(--param fault=stale --param "after=$(probe_calls "$2" 2)")
		settings+=(--set mdevs=2)
		;;
	wide-later) parameters=(--param fault=wide --param "after=$(probe_calls "$2" 1)") ;;
	*) parameters=(--param "fault=$1") ;;
	esac
	variant=busted-$2
}

cell()
{
	local dir=$out/$1,$2,$3 status=0

	rm -rf "$dir"
	mkdir -p "$dir"
	prepare "$2" "$3"
	"$bench" variant load "${parameters[@]}" "$variant" >"$dir/said" 2>&1
	"$bench" run notify-span --variant "$variant" "${settings[@]}" --quiet --output "$dir/result" \
		>>"$dir/said" 2>&1 || status=$?
	"$bench" variant unload --all >>"$dir/said" 2>&1 || true
	echo "$status" >"$dir/status"
}

while (($#)); do
	cell "$1" "$2" "$3"
	shift 3
done
