#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scripts/lab-ab: kernels booted in turn, compared with boots as the unit. TAP on
# stdout; runs on the host.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
readonly top build=${VFIO_BENCH_BUILD:?the build folder}
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
scratch=$(mktemp -d)
readonly scratch out=$scratch/out log=$scratch/log
trap 'rm -rf "$scratch"' EXIT

tap_why()
{
	tail -n 20 "$log"
}

lab_ab()
{
	"$top/scripts/lab-ab" --build "$build" "$@" >"$log" 2>&1 </dev/null
}

# refuses TEXT OPTION...: exit status 1, and a message with TEXT.
refuses()
{
	local status=0

	lab_ab "${@:2}" || status=$?
	((status == 1)) && grep -qF -- "$1" "$log"
}

# Two kernels that differ in what is on their command line; a cell that takes no time.
compare_two()
{
	lab_ab --exact --boots 1 --seed 1 --out "$out" --arm plain=debian \
		--arm lazy=debian,append=iommu.strict=0 "$@" -- \
		notify-span --set count=16 --set pin_every=1
}

booted_with()
{
	grep -q "\"command_line\": \".*$2" "$out/$1/000/meta.json"
}

# From two boots nothing can be decided; what differs is told all the same.
told()
{
	grep -qF 'n counts boots' "$log" && grep -qF 'machine.kernel.command_line' "$log" &&
		grep -qE 'request\.[a-z0-9]+ .* inconclusive' "$log"
}

check "one arm is too few" refuses 'give --arm twice' --arm A=debian -- null
check "an arm without a kernel" refuses 'NAME=KERNEL' --arm A= --arm B=debian -- null
check "an arm twice" refuses 'given twice' --arm A=debian --arm A=debian -- null
check "an unknown key" refuses "'speed=9'" --arm A=debian,speed=9 --arm B=debian -- null
check "no job" refuses 'no job' --arm A=debian --arm B=debian --
check "no boots" refuses '--boots 0' --boots 0 --arm A=debian --arm B=debian -- null
check "an unknown option" refuses '--frob' --frob --arm A=debian --arm B=debian -- null
check "the consoles' folder is no arm" refuses 'give another name' --arm boots=debian -- null
check "two kernels are booted and compared" compare_two
check "it says what differs, and that n counts boots" told
check "the first has its own command line" booted_with plain 'tsc=reliable'
check "the second has what was appended" booted_with lazy 'iommu.strict=0'
check "each has a whole result" grep -q '"status": "complete"' "$out/plain/000/meta.json" \
	"$out/lazy/000/meta.json"
rm -rf "$out/boots"
check "a second time nothing is booted" compare_two
check "nothing was" test -z "$(find "$out/boots" -mindepth 1 -print -quit)"
check "and it says the same" told
check "a regression beyond a gate is told by the exit status, or that it can't be" \
	test "$(compare_two --gate request.min:5% && echo 0 || echo $?)" = 3
tap_end
