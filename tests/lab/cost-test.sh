#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the suite itself costs, counted in instructions: TAP on stdout.
#
#   scripts/lab --exact --build BUILD -- tests/lab/cost-test.sh
#
# The engine: map and unmap of one page (job self-cost), and many maps with one
# unmap of all (job map-bulk), against bare-loop, the same ioctls over the same
# window. The companion module: a callback with its counters and times, and with
# counters alone, against one that only unpins.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly build here
readonly bench=$build/vfio-bench
readonly STEPS=20000 PAGES=512 SPAN=4096 ROUNDS=24
readonly MAP_DMA=$((0x3b71)) UNMAP_DMA=$((0x3b72))	# linux/vfio.h
readonly IOCTLS=/sys/kernel/tracing/events/syscalls/sys_enter_ioctl
readonly LIMIT=1.04
number=0
failed=0
work=

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

# compute EXPRESSION [DIGITS]
compute()
{
	awk "BEGIN { printf \"%.${2:-1}f\", $1 }"
}

holds()
{
	awk "BEGIN { exit !($1) }"
}

# run NAME ARGUMENT...: one result directory; what it says on a failure is a comment.
run()
{
	local name=$1

	shift
	"$bench" run --quiet --device "$LAB_EDU" --output "$work/$name" "$@" >"$work/log" 2>&1 && return
	sed 's/^/# /' "$work/log"
	return 1
}

# value NAME KEY: the first number of that key in the result's JSON.
value()
{
	"$bench" report --json "$work/$1" |
		awk -v key="\"$2\":" '$1 == key { print $2 + 0; exit }'
}

# metric NAME METRIC KEY
metric()
{
	"$bench" report --json "$work/$1" | awk -v metric="\"$2\"," -v key="\"$3\":" '
		$1 == "\"metric\":" { inside = $2 == metric }
		inside && $1 == key { print $2 + 0; exit }'
}

share()
{
	printf '# %8.1f  %5.2f%%  %s\n' "$1" "$(compute "$1 / $bare * 100" 2)" "$2"
}

engine()
{
	local bare library histogram threads clock step

	"$build/tests/lab/bare-loop" "$LAB_EDU" $PAGES $STEPS >"$work/bare-loop" || return 1
	run engine "$here/../../bench/job/self-cost.job" --set count=$PAGES --set ops=$STEPS || return 1
	bare=$(awk '$1 == "bare" { print $2 }' "$work/bare-loop")
	library=$(awk '$1 == "clock" { print $2 }' "$work/bare-loop")
	histogram=$(awk -v base="$library" '$1 == "histogram" { print $2 - base }' "$work/bare-loop")
	threads=$(awk -v base="$bare" '$1 == "threads" { print $2 - base }' "$work/bare-loop")
	step=$(compute "$(value engine seconds) * 1e9 / $(value engine steps)" 2)
	clock=$(compute "4 * $(value engine clock_cost_ns)" 2)
	printf '# map and unmap of one page, instructions: bare loop %s, engine %s: ratio %s\n' \
		"$bare" "$step" "$(compute "$step / $bare" 4)"
	share "$(compute "$step - $bare")" "of the bare loop: all that the engine adds"
	share "$clock" "four readings of the clock"
	share "$histogram" "two entries in a histogram"
	share "$(compute "$step - $bare - $clock - $histogram")" \
		"the rest: loop, dispatch, counts, the supervisor's looks"
	printf '# not in it: %.1f, the C library around the clock; ' \
		"$(compute "$library - $bare - $clock")"
	printf '%.1f, files shared by threads\n' "$threads"
	holds "$step <= $LIMIT * $bare"
}

# bulk_bare ROUNDS
bulk_bare()
{
	"$build/tests/lab/bare-loop" "$LAB_EDU" $SPAN "$1" bulk >"$work/bare-bulk"
}

bulk_engine()
{
	rm -rf "$work/bulk"
	run bulk "$here/../../bench/job/map-bulk.job" --set count=$SPAN --set ops=$ROUNDS
}

bulk()
{
	local bare map unmap step

	bulk_bare $ROUNDS && bulk_engine || return 1
	bare=$(awk '$1 == "bulk" { print $2 }' "$work/bare-bulk")
	map=$(awk '$1 == "map" { print $2 }' "$work/bare-bulk")
	unmap=$(awk '$1 == "unmap" { print $2 }' "$work/bare-bulk")
	step=$(compute "$(value bulk seconds) * 1e9 / $(value bulk steps) / $SPAN" 2)
	printf '# %d maps and one unmap of all, instructions a mapping: ' $SPAN
	printf 'bare loop %s, engine %s: ratio %s\n' "$bare" "$step" "$(compute "$step / $bare" 4)"
	printf '# of it the map: bare loop %s, engine %s by its histogram; the unmap: %s, %s\n' \
		"$map" "$(compute "$(metric bulk map mean)" 2)" \
		"$unmap" "$(compute "$(metric bulk request mean) / $SPAN" 2)"
	holds "$bare > 0 && $step > 0 && $step <= $LIMIT * $bare"
}

# requests COMMAND...: what the kernel counts while COMMAND runs: "MAPS UNMAPS".
requests()
{
	local trigger="hist:keys=cmd if cmd == $MAP_DMA || cmd == $UNMAP_DMA" status=0

	echo "$trigger" >"$IOCTLS/trigger"
	"$@" >&2 || status=$?
	awk -v map=$MAP_DMA -v unmap=$UNMAP_DMA '
		$1 == "{" && $2 == "cmd:" { hits[$3] = $NF }
		END { print hits[map] + 0, hits[unmap] + 0 }' "$IOCTLS/hist"
	echo "!$trigger" >"$IOCTLS/trigger"
	return $status
}

# same_requests ROUNDS: the bare loop's, of so many rounds, are the engine's. Not timed.
same_requests()
{
	bare_requests=$(requests bulk_bare "$1") && engine_requests=$(requests bulk_engine) ||
		return 1
	printf '# the kernel counts maps and unmaps: bare loop %s, engine %s\n' "$bare_requests" \
		"$engine_requests"
	[[ $engine_requests == "$((ROUNDS * SPAN)) $ROUNDS" &&
		$bare_requests == "$engine_requests" ]]
}

# Both ran, and only the count is another one.
fewer_requests()
{
	bare_requests=
	! same_requests $((ROUNDS - 1)) &&
		[[ $bare_requests == "$(((ROUNDS - 1) * SPAN)) $((ROUNDS - 1))" ]]
}

# callback MODE: the request's ns for each of its mappings, all pinned.
callback()
{
	run "$1" notify-span --variant "$variant" --set module_mode="$1" --set count=$SPAN \
		--set pin_every=1 >&2 || return 1
	compute "$(metric "$1" request min) / $SPAN" 2
}

callbacks()
{
	local bare counting normal

	bare=$(callback bare) && counting=$(callback counting) && normal=$(callback normal) ||
		return 1
	printf '# unmap of a pinned mapping (%s, %d by one request), instructions: %s\n' "$variant" \
		$SPAN "$bare where the callback only unpins"
	printf '# callback bookkeeping: %s ns of %s (%s%%); counting, no clock: %s ns of %s (%s%%)\n' \
		"$(compute "$normal - $bare")" "$normal" "$(compute "($normal - $bare) / $normal * 100")" \
		"$(compute "$counting - $bare")" "$counting" \
		"$(compute "($counting - $bare) / $counting * 100")"
	printf '# one callback as the module times it: %s ns\n' "$(metric normal callback min)"
	holds "$bare > 0 && $bare <= $counting && $counting <= $normal"
}

if [[ ! -v LAB_EDU ]]; then
	echo "1..0 # SKIP not in the lab: run scripts/lab --exact -- ${BASH_SOURCE[0]}"
	exit 0
fi
if ! grep -qw vfio_bench.exact=1 /proc/cmdline; then
	echo "1..0 # SKIP counts instructions: run scripts/lab --exact"
	exit 0
fi
work=$(mktemp -d "$LAB_OUT/cost.XXXXXX")
variant=mainline
"$bench" variant list | grep -q "^mainline: built" || variant=stock
"$bench" bind "$LAB_EDU" | sed 's/^/# /'
check "map and unmap through the engine: at most $LIMIT times a bare loop" engine
check "$SPAN maps, one unmap through the engine: at most $LIMIT times a bare loop" bulk
[[ -e $IOCTLS/trigger ]] || mount -t tracefs tracefs /sys/kernel/tracing
check "both make the same requests, as the kernel counts them" same_requests $ROUNDS
check "a round that is missing is seen" fewer_requests
check "the callback's bookkeeping is known" callbacks
"$bench" unbind "$LAB_EDU" | sed 's/^/# /'
echo "1..$number"
((!failed))
