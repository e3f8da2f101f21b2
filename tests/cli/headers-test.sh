#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every header compiles alone, and twice, with the project's flags; the one of
# uapi/ without them as well, as a program of somebody else's would include it.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
: "${top_srcdir:?}" "${CC:=cc}"
# make check gives the flags; by hand the standard and the root are enough.
read -ra flags <<<"${VB_TEST_CFLAGS:--std=gnu11 -D_GNU_SOURCE -I$top_srcdir}"
read -ra cc <<<"$CC"

# compiles HEADER FLAG...
compiles() {
	printf '#include "%s"\n#include "%s"\nint vb_no_empty_file;\n' "$1" "$1" |
		"${cc[@]}" "${@:2}" -Wall -Wextra -Werror -Wno-unused-parameter \
			-fsyntax-only -x c -
}

cd "$top_srcdir"
mapfile -t headers < <(find lib bench uapi -name '*.h' | LC_ALL=C sort)
for header in "${headers[@]}"; do
	check "$header" compiles "$header" "${flags[@]}"
done
check "uapi/vfio_bench.h in strict C11" compiles uapi/vfio_bench.h -std=c11 -pedantic -I.
check "there are headers" test "${#headers[@]}" -gt 5
tap_end
