#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every point at which the kernel can fail in opening, attaching, mapping, unmapping,
# pinning, in each ioctl of the companion module, in making an mdev and in loading the
# module: tests/lab/fail-nth.c. TAP; runs in the guest, on a kernel with fault injection.
#
#   scripts/lab --kernel faults --timeout 3000 -- tests/lab/fail-nth-test.sh BUILD [GROUP]
set -euo pipefail

build=${1:?usage: fail-nth-test.sh BUILD [GROUP]}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [[ ! -e /sys/kernel/debug/failslab ]]; then
	echo "1..0 # SKIP this kernel has no fault injection: scripts/kernel build faults"
	exit 0
fi
# Only what is asked for is to be swept, with nobody else in the container.
"$build/vfio-bench" bind "${LAB_EDU:?run this in the lab}" >"$log" 2>&1 || {
	sed 's/^/# /' "$log"
	echo "Bail out! cannot bind $LAB_EDU"
	exit 1
}
# lockdep has a word to say about stock's locks (README.md), and would say no other.
if [[ -e /proc/lockdep ]]; then
	insmod "$build/variants/$(uname -r)/per-dma-ordered/vfio_iommu_type1_per_dma_ordered.ko"
	echo "# on the variant per-dma-ordered"
fi
exec "$build/tests/lab/fail-nth" "$LAB_EDU" "$build/kmod/vfio_bench.ko" ${2:+"$2"}
