#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RLIMIT_MEMLOCK at the edge, in the lab: what type1 and io_uring refused, by the
# kernel's own return values; what they charged, by VmLck and VmPin in /proc of the
# processes, read from outside; and that the processes had no privilege. A limit that
# somebody raises meanwhile has to fail the run. TAP; runs in the guest, with the
# build folder as argument.
#
#   scripts/lab --cpus 2 -- tests/lab/memlock-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: memlock-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/lab/kernel.sh
. "$top/tests/lab/kernel.sh"
readonly CASES=9 ENOMEM=-12
readonly ROUND=$((2 * CASES))	# with the limit N, and with 0

# Refusals in a round, limit N and limit 0: type1 by page 1, 1; at once 1, 1; beside
# io_uring in four orders 4, 0. io_uring alone 1, 1; beside type1 4, 0. An mdev 1, 1.
refusals()
{
	watch "r:answered vfio_iommu_type1:vfio_iommu_type1_ioctl ret=\$retval:s32" ret \
		"r:registered io_sqe_buffers_register ret=\$retval:s32" ret \
		"r:pinned vfio_iommu_type1:vfio_iommu_type1_pin_pages ret=\$retval:s32" ret \
		'p:charged __account_locked_vm inc=%dx:u8 bypass=%r8:u8' inc,bypass
	job edge memlock-edge --set count=16 --set ops=$ROUND &&
		counted answered $ENOMEM = 8 && counted registered $ENOMEM = 6 &&
		counted pinned $ENOMEM = 2 &&
		holds edge "c == {'cases': $ROUND, 'refusals_at_the_limit': 16}"
}

# The capability would be seen where the account is charged.
nobody_passes_the_limit()
{
	counted charged 1 1 = 0 && (($(hits charged 1 0) > 0))
}

# Rounds until each limit was seen to be reached, six times at most.
seen_from_outside()
{
	local try seen='' wanted=$'0 0 0 0\n64 64 64 0' held

	unwatch
	held=$(pages_held)
	for ((try = 0; try < 6; try++)); do
		around=(python3 "$top/tests/lab/watch-limits.py" "$work/seen")
		job "out$try" memlock-edge --set count=64 --set ops=$((2 * ROUND)) || return
		around=()
		cat "$work/seen"
		[[ $(awk '$3 > $1 || $4 > $1 || $5' "$work/seen") == '' ]] || return
		cat "$work/seen" >>"$work/all-seen"
		seen=$(sort -n "$work/all-seen" | awk '
			{ l[$1] = $3 > l[$1] + 0 ? $3 : l[$1] + 0; p[$1] = $4 > p[$1] + 0 ? $4 : p[$1] + 0 }
			END { for (i in l) print i, l[i], p[i], 0 }' | sort -n)
		[[ $seen != "$wanted" ]] || break
	done
	is "$seen" "$wanted" && is "$(pages_held)" "$held"
}

raised()
{
	around=(python3 "$top/tests/lab/watch-limits.py" --raise)
	fails raised "not refused" memlock-edge --set count=64 --set ops=$((2 * ROUND)) || return
	around=()
}

"$build/vfio-bench" bind "$LAB_EDU" >"$work/bind.log" 2>&1
check "type1, io_uring and an mdev refuse with ENOMEM as often as the limit was passed" refusals
check "none of the processes may pass it" nobody_passes_the_limit
check "VmLck and VmPin reach the limit, never pass it, and no page stays pinned" seen_from_outside
check "a limit that somebody raises fails the run" raised
around=()
check "all of the job" job whole memlock-edge
check "with the limit N, and 0" holds whole "c == {'cases': $ROUND, 'refusals_at_the_limit': 16}"
check "without a device: io_uring and the mdev alone" job mdev memlock-edge --set device=mdev \
	--set count=16 --set ops=4
check "refused are one buffer and one pin too many, at both limits" holds mdev \
	"c == {'cases': 4, 'refusals_at_the_limit': 4}"
"$build/vfio-bench" unbind "$LAB_EDU" >"$work/bind.log" 2>&1
tap_end
