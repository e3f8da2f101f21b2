#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What counts faults can't be fooled: a soak that died is a failure of its fault, and of those
# after it none is passed over; a table with a row missing or failed is no good table. A script
# takes vfio-bench's place.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

top=${top_srcdir:?}
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/vfio-bench" <<'END'
#!/bin/sh
case "$1 $3" in
"soak dies") exit 137 ;;
"soak "*) printf '  %-20s 1 injected, 0 failed\n' "$3" >&2 ;;
esac
END
chmod +x "$work/vfio-bench"

# faults NAME...: fault-test.sh on them; what it said in $work/said.
faults()
{
	LAB_EDU=0000:00:00.0 "$top/tests/lab/fault-test.sh" "$work" 1 "$@" >"$work/said"
}

all_is_well()
{
	faults one two && grep -q '^ok 2 - two' "$work/said"
}

dead_soak()
{
	! faults dies two && grep -q '^not ok 1 - dies' "$work/said" &&
		grep -q '^ok 2 - two' "$work/said" && grep -q '^1\.\.2$' "$work/said"
}

# Results of all: 5 of each that the table has.
make_state()
{
	local name

	rm -rf "$work/state" "$work/boots"
	mkdir "$work/state" "$work/boots"
	for name in $("$top/scripts/fault-table" "$work/state" | sed -n 's/^| [^|]* | \([a-z-]*\) | .*/\1/p'); do
		case $name in
		deadlock | panic) printf '%s 1\n%s 2\n' "$name" "$name" >>"$work/boots/done" ;;
		name | ---) ;;
		*) echo 5 0 >"$work/state/$name" ;;
		esac
	done
	cat >"$work/sweep" <<'END'
1..5
ok 1 - run:alloc: 90 calls from 20 places, 20 failed in turn: 19 times it said so, 1 it did without
ok 2 - run:fd: 9 calls from 9 places, 9 failed in turn: 9 times it said so, 0 it did without
ok 3 - report-html:alloc: 9 calls from 8 places, 8 failed in turn: 8 times it said so, 0 it did without
ok 4 - run:io: 9 calls from 7 places, 7 failed in turn: 7 times it said so, 0 it did without
ok 5 - run:task: 9 calls from 3 places, 3 failed in turn: 3 times it said so, 0 it did without
# 47 calls failed in turn, seed 1
END
}

# table STATUS TEXT...: its exit status, and lines that have to be in it.
table()
{
	local wanted=$1 status=0 text

	shift
	"$top/scripts/fault-table" "$work/state" "$work/boots" "$work/sweep" >"$work/table" || status=$?
	is "$status" "$wanted" || return 1
	for text; do
		grep -qF -e "$text" "$work/table" || { cat "$work/table"; printf 'no line: %s\n' "$text"; return 1; }
	done
}

whole_table()
{
	make_state
	table 0 '| sweep.py, alloc | 28 | 0 |' '| sweep.py, task | 3 | 0 |' '| panic | 2 | 0 |' \
		'| kill-pin | 5 | 0 |'
}

row_missing()
{
	make_state
	rm "$work/state/rmmod-in-use"
	table 1 '| rmmod-in-use | 0 | 0 |' 'not shown: rmmod-in-use'
}

row_failed()
{
	make_state
	echo 5 1 >"$work/state/rmmod-in-use"
	table 1 '| rmmod-in-use | 5 | 1 |' 'failed: rmmod-in-use'
}

boot_failed()
{
	make_state
	mkdir "$work/boots/panic-7"
	table 1 '| panic | 3 | 1 |'
}

sweep_missing()
{
	make_state
	sed -i '/:task/d' "$work/sweep"
	table 1 'not shown: sweep.py, task'
}

sweep_failed()
{
	make_state
	sed -i 's/^ok 2/not ok 2/; /:fd:/a # call 7, open: it hung\n# 3 bad' "$work/sweep"
	table 1 '| sweep.py, fd | 9 | 3 |' '| sweep.py, alloc | 28 | 0 |' 'failed: sweep.py, fd'
}

# Each fault that the program has is a row.
all_faults()
{
	local name

	make_state
	table 0
	for name in $("$VFIO_BENCH" list faults --json | python3 -c '
import json, sys
print("\n".join(f["name"] for f in json.load(sys.stdin)["faults"]))'); do
		grep -q "| $name |" "$work/table" || { printf 'no row: %s\n' "$name"; return 1; }
	done
}

VFIO_BENCH=${top_builddir:?}/vfio-bench
check "faults that are shown" all_is_well
check "a soak that dies is a failure, and the next fault is shown all the same" dead_soak
check "the table of all faults" whole_table
check "the table, one not shown" row_missing
check "the table, one failed" row_failed
check "the table, a boot failed" boot_failed
check "the table, a class of calls not shown" sweep_missing
check "the table, a class of calls failed" sweep_failed
check "each fault of the program is in the table" all_faults
tap_end
