#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program under sanitizers and valgrind, on the null backend: the unit tests, runs,
# reports, and some of the calls that can fail, one in each run of it. TAP.
#
#   tests/cli/sanitizers-test.sh FOLDER
#
# Builds in FOLDER/asan and FOLDER/tsan, where two builds stay.
#   VB_FAULT_TURNS=N     how many calls are made to fail of each command and kind (25)
#   VB_SEED=N            which ones (1)
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

folder=$(realpath -m "${1:?usage: sanitizers-test.sh FOLDER}")
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VFIO_BENCH_FLOOR_DIR=$work/floor
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1
export TSAN_OPTIONS=exitcode=99:halt_on_error=1
null=(run null --quiet --set duration=0s --set ops=5000 --set warmup=0s --set threads=2)
# Left out: what takes long under a sanitizer; workload-pressure-test, for AddressSanitizer
# makes mlock() do nothing; fault-test, which itself frees nothing.
readonly LEFT_OUT='^(result-damage-test|stats-series-test|workload-pressure-test|fault-test)$'

build()
{
	mkdir -p "$folder/$1"
	cd "$folder/$1"
	[[ -e Makefile ]] || "$top/configure" CFLAGS="-g -O1" --enable-sanitizers="$2" --disable-kmod
	make -j"$(nproc)"
}

unit_tests()
{
	local tests

	# shellcheck disable=SC2016	# make's variable
	tests=$(printf 'include Makefile\nlist:\n\t@echo $(TESTS)\n' | make -s -C "$folder/asan" -f - list |
		tr ' ' '\n' | grep -E '^tests/(unit|fuzz)/' |
		while read -r test; do
			[[ $(basename "$test" .sh) =~ $LEFT_OUT ]] || echo "$test"
		done)
	make -C "$folder/asan" -j"$(nproc)" check TESTS="$(tr '\n' ' ' <<<"$tests")"
}

# run BUILD NAME OPTION...: 3 is marked, but done.
run()
{
	local status=0

	"$folder/$1/vfio-bench" "${null[@]}" --output "$work/$1-$2" "${@:3}" || status=$?
	((status == 0 || status == 3)) && [[ -d $work/$1-$2 ]]
}

ab()
{
	"$folder/$1/vfio-bench" ab null --quiet --accept-noise --arm A=null --arm B=null,count=32 --pairs 6 \
		--warmup-rounds 0 --set duration=0s --set ops=2000 --set warmup=0s --set threads=1 \
		--output "$work/$1-ab"
}

# readers BUILD [COMMAND...]: everything that reads results.
readers()
{
	local bench=("${@:2}" "$folder/$1/vfio-bench") form

	for form in '' --json --csv --html --markdown --lkml; do
		"${bench[@]}" report ${form:+"$form"} "$work/asan-ab" >"$work/out"
	done
	"${bench[@]}" compare --all "$work/asan-ab" "$work/asan-ab" >"$work/out"
	"${bench[@]}" compare --json "$work/asan-ab" >"$work/out"
	"${bench[@]}" samples "$work/asan-samples" >"$work/out"
	"${bench[@]}" list --json >"$work/out"
}

valgrind_of()
{
	valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect "$@"
}

# A build without sanitizers: valgrind can't read theirs.
valgrind_run()
{
	local status=0

	valgrind_of "$top_builddir/vfio-bench" "${null[@]}" --set ops=500 --set samples=yes \
		--output "$work/valgrind" || status=$?
	((status == 0 || status == 3)) && [[ -d $work/valgrind ]]
}

valgrind_readers()
{
	local command

	for command in "report $work/asan-ab" "compare $work/asan-ab" "samples $work/asan-samples" "list jobs"; do
		# shellcheck disable=SC2086	# words
		valgrind_of "$top_builddir/vfio-bench" $command >"$work/out" || return
	done
}

failures()
{
	"$top/tests/fault-inject/sweep.py" --build "$folder/asan" --jobs "$(nproc)" \
		--turns "${VB_FAULT_TURNS:-25}" --seed "${VB_SEED:-1}" run:alloc run:fd run:io run:task \
		report:alloc report:fd report:io compare:alloc samples:alloc list:alloc
}

top_builddir=${top_builddir:-$PWD}
check "a build with address and undefined-behaviour sanitizers" build asan address,undefined
check "unit tests and fuzz targets" unit_tests
check "a run" run asan run
check "every operation recorded" run asan samples --set samples=yes
check "ab" ab asan
check "report, compare, samples, list" readers asan
check "calls that fail, one in each run" failures
check "a build with the thread sanitizer" build tsan thread
check "a run" run tsan run
check "every operation recorded, by a thread of its own" run tsan samples --set samples=yes
check "ab" ab tsan
if command -v valgrind >/dev/null; then
	check "a run under valgrind" valgrind_run
	check "report, compare, samples, list" valgrind_readers
else
	skip "valgrind" "not installed"
fi
tap_end
