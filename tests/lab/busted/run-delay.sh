#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the lab's guest, exact mode, for busted-test.sh: a kernel whose unmap requests take a
# share longer, compared by 'vfio-bench ab' with itself without that share, so that what its
# clock reads cost is in both arms. Leaves in $LAB_OUT/NUMBER,BUSTED,VARIANT/ what ab came to.
#
#   tests/lab/busted/run-delay.sh NUMBER BUSTED VARIANT [NUMBER BUSTED VARIANT]...
#
# 4096 mappings: of few, which slab the kernel takes them from weighs as much.
set -euo pipefail

readonly bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
readonly out=${LAB_OUT:?run this in the lab}
readonly GATE=request.min:2.5%
readonly settings=(--set count=4096 --set duration=0s --set warmup=0s --set ops=3)

permille()
{
	case $1 in
	delay) echo 50 ;;
	delay-none) echo 0 ;;
	*) return 1 ;;
	esac
}

cell()
{
	local dir=$out/$1,$2,$3 status=0

	rm -rf "$dir"
	mkdir -p "$dir"
	"$bench" ab --arm A=busted-delay,param.delay_permille=0 \
		--arm "B=busted-delay,param.delay_permille=$(permille "$2")" --pairs 3 --gate "$GATE" \
		"${settings[@]}" --quiet --output "$dir/result" ab-span >"$dir/said" 2>&1 || status=$?
	echo "$status" >"$dir/status"
}

while (($#)); do
	cell "$1" "$2" "$3"
	shift 3
done
