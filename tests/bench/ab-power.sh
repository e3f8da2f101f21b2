#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What does 'vfio-bench ab' see on this rig? In the lab, timing mode: mainline
# against itself (how often are equal arms said to differ?), then busted-delay,
# whose requests take a set share longer, against itself with a share of nothing,
# so that what its clock reads cost is in both arms (how often is it found?). A
# table on stdout. On an idle machine; a folder given with --out is gone on
# with, so that the series can be stopped at any time.
#
#   tests/bench/ab-power.sh [--exact] [--out DIR] [--again N] [--equal N] [--job JOB]
#
#   --exact    instructions for times: 3 pairs, a share of 0.5% alone, and 4096
#              mappings: of few, which slab the kernel takes them from weighs 5%
#   --equal N  comparisons of equal arms (default: 40; with --exact 20)
#   --again N  comparisons for each delay (default: 20)
#
# A benchmark: it fails only if something can't be run.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
readonly top
delays="20 50 100 200"
build=${VFIO_BENCH_BUILD:-$PWD}
out=
again=20
equal=
job=ab-span
pairs=10
exact=()
settings=()
same=equivalent

# In the guest: comparisons of arm B with A until there are so many of them.
guest_series()
{
	local out=$1 a=$2 b=$3 total=$4 pairs=$5 job=$6 number

	shift 6
	mkdir -p "$out"
	for ((number = 1; number <= total; number++)); do
		[[ ! -e $out/$number ]] || continue
		rm -rf "$out/$number.part"
		echo "$b against $a: comparison $number of $total" >&2
		"$VFIO_BENCH_BUILD/vfio-bench" ab --arm "A=$a" --arm "B=$b" --pairs "$pairs" \
			--output "$out/$number" --quiet "$@" "$job" >"$out/$number.txt" 2>"$out/$number.log" || {
			tail -n 5 "$out/$number.log" >&2
			return 1
		}
	done
}

if [[ ${1:-} == --guest ]]; then
	guest_series "$LAB_OUT/$2" "${@:3}"
	exit
fi

while (($#)); do
	case $1 in
	--exact)
		exact=(--exact) pairs=3 delays=5 same=identical
		settings=(--set count=4096 --set duration=0s --set warmup=0s --set ops=3)
		;;
	--out) out=${2:?}; shift ;;
	--again) again=${2:?}; shift ;;
	--equal) equal=${2:?}; shift ;;
	--job) job=${2:?}; shift ;;
	*) sed -n '4,18s/^# \{0,1\}//p' "$0" >&2; exit 1 ;;
	esac
	shift
done
equal=${equal:-$((${#exact[@]} ? 20 : 40))}
out=${out:-$(mktemp -d "${TMPDIR:-/tmp}/ab-power.XXXXXX")}
mkdir -p "$out"
out=$(cd "$out" && pwd)
self=$(realpath "$0")
export VFIO_BENCH_BUILD=$build

lab()
{
	"$top/scripts/lab" "${exact[@]}" --build "$build" --out "$out/lab" --timeout 3000 -- "$@"
}

# The guest's own $LAB_OUT is the lab's folder.
series()
{
	lab "$self" --guest "$@" "$pairs" "$job" "${settings[@]}" || exit 1
}

# How many comparisons of DIR have a line that matches.
count_saying()
{
	{ grep -lE "$2" "$1"/*.txt || true; } | wc -l
}

metrics()
{
	sed -n 's/^  \([a-z_0-9-]*\.[a-z_]*\.[a-z0-9]*\)  *[0-9].*/\1/p' "$out"/lab/*/1.txt | sort -u
}

row()
{
	local name=$1 dir=$2 total=$3 metric line

	for metric in $(metrics); do
		line="^  ${metric//./\\.} .*"
		printf '%-12s %-22s %11d %8d %8d %12d\n' "$name" "$metric" "$total" \
			"$(count_saying "$dir" "$line worse\$")" "$(count_saying "$dir" "$line better\$")" \
			"$(count_saying "$dir" "$line $same\$")"
	done
	printf '%-12s %-22s %11d %8d %8d\n' "$name" "either of them" "$total" \
		"$(count_saying "$dir" '^  [a-z].* worse$')" \
		"$(count_saying "$dir" '^  [a-z].* better$')"
}

series equal mainline mainline "$equal"
for delay in $delays; do
	series "delay-$delay" busted-delay,param.delay_permille=0 \
		"busted-delay,param.delay_permille=$delay" "$again"
done
printf '%-12s %-22s %11s %8s %8s %12s\n' arm metric comparisons worse better "$same"
row equal "$out/lab/equal" "$equal"
for delay in $delays; do
	row "+$((delay / 10)).$((delay % 10))%" "$out/lab/delay-$delay" "$again"
done
