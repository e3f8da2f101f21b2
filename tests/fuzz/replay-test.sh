#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each fuzz target reads its corpus, its seeds and the inputs that once broke something.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
fuzz=${top_srcdir:?}/tests/fuzz
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export TMPDIR=$tmp
export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# replay TARGET: no crash, and no fewer inputs than there are.
replay()
{
	local target=$1 inputs=$tmp/$1 seen

	mkdir "$inputs" "$inputs/corpus" "$inputs/seeds"
	[[ ! -e $fuzz/corpus/$target.tar.xz ]] || tar -C "$inputs/corpus" -xJf "$fuzz/corpus/$target.tar.xz"
	"$fuzz/seeds.py" "$top_srcdir" "$target" "$inputs/seeds"
	[[ ! -d $fuzz/regress/$target ]] || cp -r "$fuzz/regress/$target" "$inputs/regress"
	seen=$("${top_builddir:?}/tests/fuzz/$target-replay" "$inputs" 2>"$tmp/err") || {
		tail -n 60 "$tmp/err"
		return 1
	}
	is "$seen" "$(find "$inputs" -type f | wc -l) inputs"
	echo "$target: $seen"
}

for file in "$fuzz"/*-fuzz.c; do
	target=$(basename "$file" -fuzz.c)
	check "$target: corpus, seeds and regressions" replay "$target"
done
tap_end
