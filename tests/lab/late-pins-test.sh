#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scripts/late-pins on one variant, a boot for each vendor driver: TAP on stdout. Runs on
# the host, in the build folder or with VFIO_BENCH_BUILD set, where per-request is built.
# What the module counts as late, the kernel holds and warns of, page for page; boots
# that are there are not repeated; counts that disagree are told.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly build top
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/late-pins.XXXXXX")
trap 'rm -rf "$work"' EXIT

tap_why()
{
	cat "$work/log"
	tail -n 20 "$work"/out/boots/*/lab.log
}

# measure STATUS
measure()
{
	local status=0

	"$top/scripts/late-pins" --build "$build" --out "$work/out" --boots 1 --runs 2 \
		--variants per-request >"$work/log" 2>&1 || status=$?
	is "$status" "$1"
}

# holds EXPRESSION: in python3, of the boots by vendor driver.
holds()
{
	python3 - "$work/out/late-pins.json" "$1" <<-'END'
		import json, sys
		boots = {b['driver']: b for b in json.load(open(sys.argv[1]))}
		fence, none, churn, page = (boots[k] for k in ('fence', 'no fence', 'churn', 'one page'))
		if not eval(sys.argv[2]):
		    sys.exit('%s does not hold of %s' % (sys.argv[2], boots))
	END
}

# console NAME PATTERN: lines of that boot's console.
console()
{
	grep -cE "$2" "$work/out/boots/$1-per-request-0/console.log" || true
}

# The kernel's own words, read here once more.
warned()
{
	is "$(console no-fence 'WARNING: .* vfio_remove_dma\+')" "$(leaked)"
}

leaked()
{
	python3 -c "import json; print(next(b['leaked_pages'] for b in json.load(open(
		'$work/out/late-pins.json')) if b['driver'] == 'no fence'))"
}

boots()
{
	stat -c '%Y %n' "$work"/out/boots/*/console.log
}

same_without_a_boot()
{
	local before table

	before=$(boots) && table=$(<"$work/out/late-pins.md") && measure 0 &&
		is "$(boots)" "$before" && is "$(<"$work/out/late-pins.md")" "$table"
}

# miscounted DRIVER KEY: one more of it in that boot's counts, and back.
miscounted()
{
	local file=$work/out/boots/$1-per-request-0/measured.json

	cp "$file" "$work/kept"
	python3 - "$file" "$2" <<-'END'
		import json, sys
		path, key = sys.argv[1:]
		counts = json.load(open(path))
		counts[key] += 1
		json.dump(counts, open(path, 'w'))
	END
	measure 2 && mv "$work/kept" "$file" && grep -q "^${1/-/ }, per-request: " "$work/log"
}

check "a boot for each vendor driver" measure 0
check "with thousands of requests" holds 'fence["requests"] > 1000 and none["requests"] > 100'
check "behind a fence no pin is late, and some were kept out" \
	holds 'fence["late_pins"] == 0 and fence["pinned_pages"] > 0 and fence["verdict"] == "ok"'
check "without one pins are late" holds 'none["late_pins"] > 0 and churn["late_pins"] > 0'
check "those that stay leak, page for page, by the kernel's nr_foll_pin" \
	holds 'none["leaked_pages"] == none["late_pins"]'
check "and it warns of each" warned
check "of those that come and go, fewer leak" \
	holds '0 <= churn["leaked_pages"] <= churn["late_pins"]'
check "again: the same table, and no boot" same_without_a_boot
check "a page leaked more than the kernel warned of is told" miscounted no-fence leaked_pages
check "a late pin behind a fence is told" miscounted fence late_pins
tap_end
