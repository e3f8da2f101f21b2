#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The job conformance in the lab: the kernel answers as is expected, its own return values
# are those that stand in the result, and a kernel that answers otherwise fails the run.
# TAP; runs in the guest, with the build folder as argument.
#
#   scripts/lab --cpus 2 -- tests/lab/conformance-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: conformance-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/lab/kernel.sh
. "$top/tests/lab/kernel.sh"
readonly EEXIST=-17 EPERM=-1 EFAULT=-14
variants=${VFIO_BENCH_VARIANT_DIR:-$build/variants}/$(uname -r)

both_modes()
{
	watch "r:answered vfio_iommu_type1:vfio_iommu_type1_ioctl ret=\$retval:s32" ret \
		"r:pinned vfio_iommu_type1:vfio_iommu_type1_pin_pages ret=\$retval:s32" ret
	job both conformance --set iommu_mode=vfio_type1_iommu,vfio_type1v2_iommu
}

# What promises of both modes answer: {PROMISE: ANSWER}; what has none is left out.
answers()
{
	holds "$1" "(lambda a: $2)({x['promise']: x['answer'] for x in r['conformance']['promises'] if 'answer' in x})"
}

# Version 2 is asked all but what is a notifier block's; without pins half of it is left.
is_asked()
{
	holds both "(c['hung'] == 0 and c['asked'] + c['not_asked'] == len(r['conformance']['promises']) and
		(c['not_asked'] == 5 if 'v2' in r['label'] else 60 < c['not_asked'] < 75))"
}

# One map twice, one that overlaps, and, with pins, one during an unmap.
kernel_says_so()
{
	counted answered $EEXIST = 5 && counted pinned $EPERM = 1 && counted pinned $EFAULT = 1
}

table()
{
	python3 "$top/scripts/conformance-table" --bench "$build/vfio-bench" "$@" >"$work/table" ||
		return
	grep -q '^| .unmap-head. | 0 | EINVAL |$' "$work/table" &&
		grep -q '^- .unmap-head.: 0, not EINVAL.*vfio_dma_do_unmap' "$work/table"
}

says()
{
	"$build/vfio-bench" report "$work/$1" >"$work/report" && grep -qE -- "$2" "$work/report"
}

# per-request tells of everything, and before it looks whether the request may be made.
other_answers()
{
	fails other "are not, 5 could" conformance --variant per-request \
		--set iommu_mode=vfio_type1v2_iommu
}

other_table()
{
	local status=0

	python3 "$top/scripts/conformance-table" --bench "$build/vfio-bench" "$work/other" \
		>"$work/table" || status=$?
	is "$status" 2 && grep -qF ' | **1** |' "$work/table" &&
		grep -q '.callback-cut-keeps-pins.: 0, expected 1: ' "$work/table"
}

"$build/vfio-bench" bind "$LAB_EDU" >"$work/bind.log" 2>&1
check "both versions of type1 answer as is expected" both_modes
check "version 2 is asked all but what is a notifier block's" is_asked
check "the kernel's return values are those answers" kernel_says_so
unwatch
check "the versions differ where they should" answers both \
	"(a['unmap-head'], a['pin-mapped']) == (('EINVAL', '0') if 'v2' in r['label'] else ('0', 'EACCES'))"
check "the report has the table" says both '^  unmap-head +EINVAL +0 +EINVAL$'
check "and the reasons" says both '^- unmap-head: 0, not EINVAL, where mode=vfio_type1_iommu'
check "the table of several kernels" table "$work/both"
if [[ -d $variants/per-request ]]; then
	check "a variant that answers otherwise fails the run" other_answers
	check "what it is, in the report" says other 'callback-none-pinned: 1, not 0'
	check "and in the table" other_table
else
	skip "a variant that answers otherwise" "per-request is not built in $variants"
fi
"$build/vfio-bench" unbind "$LAB_EDU" >"$work/bind.log" 2>&1
tap_end
