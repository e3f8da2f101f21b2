#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exact mode repeats itself: TAP on stdout. Runs on the host, in the build
# folder or with VFIO_BENCH_BUILD set: boots twice, notify-span on the stock
# module, and holds the two results against each other and against the figure
# that is known for one kernel.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" && pwd)
readonly build scripts
readonly bench=$build/vfio-bench
readonly SPAN=4096
readonly KNOWN_KERNEL=6.1.192 KNOWN_NS=2770	# counted before there was a suite
work=$(mktemp -d "${TMPDIR:-/tmp}/exact-repeat.XXXXXX")
number=0
failed=0

cleanup()
{
	rm -rf "$work"
}

# check TEXT COMMAND...: one test line, ok when COMMAND succeeds.
check()
{
	local text=$1

	shift
	number=$((number + 1))
	if "$@"; then
		printf 'ok %d - %s\n' "$number" "$text"
	else
		printf 'not ok %d - %s\n' "$number" "$text"
		failed=$((failed + 1))
	fi
}

skip()
{
	number=$((number + 1))
	printf 'ok %d - %s # SKIP %s\n' "$number" "$1" "$2"
}

# within VALUE WANTED FRACTION
within()
{
	awk -v value="$1" -v wanted="$2" -v fraction="$3" 'BEGIN {
		apart = value > wanted ? value - wanted : wanted - value
		exit !(value > 0 && wanted > 0 && apart <= fraction * wanted)
	}'
}

equal()
{
	[[ $1 == "$2" ]] || { printf '# %q is not %q\n' "$1" "$2"; return 1; }
}

# boot NUMBER: leaves the result directory NUMBER/result; the lab's status.
boot()
{
	local status=0

	"$scripts/lab" --exact --build "$build" --out "$work/$1" -- "$scripts/lab-run" \
		notify-span --quiet --set count=$SPAN --set pin_every=1,none \
		>"$work/$1.log" 2>&1 || status=$?
	((status)) || return 0
	if ((status == 4)); then
		printf '1..0 # SKIP %s\n' "$(head -n 1 "$work/$1.log")"
		exit 0
	fi
	sed 's/^/# /' "$work/$1.log"
	return $status
}

# cell NUMBER PIN_EVERY COLUMN: of the table in the result; 3: ns, 4: callbacks
cell()
{
	"$bench" report --tsv "$work/$1/result" |
		awk -F '\t' -v place="$2" -v column="$3" '$2 == place { print $column }'
}

# The guest's, as Debian names it: 6.1.192-1.
kernel_version()
{
	"$bench" report --json "$work/1/result" |
		sed -n 's/^ *"version": ".* Debian \([0-9.]*\).*/\1/p' | head -n 1
}

compare()
{
	local place first second kernel

	for place in none 1; do
		first=$(cell 1 $place 3)
		second=$(cell 2 $place 3)
		printf '# %d mappings, pinned: %-4s  %s ns and %s ns a mapping\n' $SPAN "$place" \
			"$first" "$second"
		check "two boots agree to 0.1%, pinned: $place" within "${first:-0}" "${second:-0}" 0.001
	done
	check "nothing pinned: no callback" equal "$(cell 1 none 4) $(cell 2 none 4)" "0 0"
	check "every entry pinned: $SPAN callbacks" equal "$(cell 1 1 4) $(cell 2 1 4)" "$SPAN $SPAN"
	kernel=$(kernel_version)
	if [[ $kernel == "$KNOWN_KERNEL" ]]; then
		check "nothing pinned: $KNOWN_NS ns a mapping, within 3%" within "$(cell 1 none 3)" \
			$KNOWN_NS 0.03
	else
		skip "nothing pinned: $KNOWN_NS ns a mapping, within 3%" \
			"known for kernel $KNOWN_KERNEL, this is ${kernel:-another}"
	fi
}

trap cleanup EXIT
check "the first boot's run" boot 1
check "the second boot's run" boot 2
((failed)) || compare
echo "1..$number"
((!failed))
