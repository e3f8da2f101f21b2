#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The table in doc/busted.md is what the test has for its matrix, and the matrix is sound.
set -euo pipefail

top=${top_srcdir:?}
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"

in_doc() { sed -n '/^<!-- made by/,/^<!-- end/{/^<!--/d;p}' "$top/doc/busted.md"; }
table() { "$top/tests/lab/busted-test.sh" --table; }
rows() { grep -v '^#' "$top/tests/lab/busted/matrix"; }
the_same() { diff <(table) <(in_doc); }

# What is for the audit, or crashes.
audited()
{
	rows | awk -F '\t' '$3 != "ab"'
}

# Every mode and fault on every variant, once.
whole()
{
	local wrong variants
	wrong=$(audited | cut -f1 | sort -u | wc -l)
	variants=$(audited | cut -f2 | sort -u | wc -l)

	(($(audited | cut -f1,2 | sort -u | wc -l) == wrong * variants)) &&
		(($(audited | wc -l) == wrong * variants)) && ((variants == 3 && wrong >= 12))
}

# A delay that has to be found, and beside it none, where nothing may be.
delay_covered()
{
	is "$(rows | awk -F '\t' '$3 == "ab" { print $1, $4 }')" $'delay-none -\ndelay gate'
}

# A check that does not exist can't fail.
checks_exist()
{
	local name

	for name in $(audited | awk -F '\t' '$3 != "crash" { print $4 "," $5 }' | tr ',' '\n' | sort -u); do
		[[ $name == - ]] || grep -qE "\"$name\"" "$top"/bench/engine/audit*.c || {
			echo "no check is named $name"
			return 1
		}
	done
}

# The module's modes are all there: those that are wrong on purpose, but for the one that
# lockdep alone can notice (doc/findings/).
modes_covered()
{
	local mode

	while read -r mode; do
		[[ $mode == lock ]] || rows | cut -f1 | grep -qx -- "$mode" || { echo "not in the matrix: $mode"; return 1; }
	done < <(sed -n 's/.*{ "busted-\([a-z-]*\)", VB_MODE.*/\1/p' "$top/bench/engine/job_keys.c")
}

check "doc/busted.md has the matrix as it is" the_same
check "each thing that is wrong, on each variant, once" whole
check "a delay and none are for ab" delay_covered
check "each check that is named exists" checks_exist
check "each mode of the module that is wrong is in it" modes_covered
tap_end
