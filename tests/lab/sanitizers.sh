#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program under a sanitizer in the lab: real containers, real devices, and nothing
# that the sanitizer complains of. TAP; runs in the guest. BUILD was configured with
# --enable-sanitizers=LIST, KBUILD is the one with the module and the variants.
#
#   scripts/lab --cpus 2 --mem 3G -- tests/lab/sanitizers.sh BUILD KBUILD
#
# About 2 minutes for each BUILD; not part of scripts/check, which has the null backend
# under sanitizers.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: sanitizers.sh BUILD KBUILD}
kbuild=${2:?usage: sanitizers.sh BUILD KBUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
bench=$build/vfio-bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Each complaint is a file of its own there, whichever process makes it.
export ASAN_OPTIONS=detect_leaks=1:log_path=$work/complaint:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1:log_path=$work/complaint:halt_on_error=1
export TSAN_OPTIONS=log_path=$work/complaint:exitcode=99:second_deadlock_stack=1
VFIO_BENCH_VARIANT_DIR=$(echo "$kbuild"/variants/[0-9]*)
export VFIO_BENCH_VARIANT_DIR

tap_why()
{
	tail -n 15 "$work/log"
}

no_complaints()
{
	local file

	for file in "$work"/complaint*; do
		[[ ! -e $file ]] || { head -n 60 "$file"; return 1; }
	done
}

# 3: marked, but done. A sanitizer slows everything.
program()
{
	local status=0

	"$bench" "$@" >"$work/log" 2>&1 || status=$?
	((status == 0 || status == 3)) || { echo "exit status $status"; return 1; }
	no_complaints
}

job()
{
	local name=$1

	shift
	program run "$name" --quiet --device "$LAB_EDU" --output "$work/$name" "$@" &&
		[[ -d $work/$name ]] && program report "$work/$name"
}

check "bind" program bind "$LAB_EDU"
check "notify-span, on stock and a variant" job notify-span --variant stock,per-dma-ordered \
	--set count=256 --set pin_every=1,none
check "combined" job combined --variant per-dma-ordered --set duration=5s --set warmup=0s
check "map, unmap, every operation recorded" job smoke --set duration=2s --set warmup=0s \
	--set samples=yes
check "unmap-race" job unmap-race --variant per-dma-ordered --set duration=3s --set warmup=0s
check "open-close-unmap" job open-close-unmap --variant per-dma-ordered --set duration=3s \
	--set warmup=0s
check "ab" program ab ab-span --quiet --device "$LAB_EDU" --arm A=stock --arm B=per-request \
	--pairs 1 --warmup-rounds 0 --accept-noise --set ops=3 --set duration=0s --output "$work/ab"
check "compare" program compare "$work/ab"
check "unbind" program unbind "$LAB_EDU"
tap_end
