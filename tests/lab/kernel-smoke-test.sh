#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Is a kernel of scripts/kernel one to work with? In the guest, a minute: it is the one that
# was asked for, VFIO and what else it should have is there, a device's DMA goes through the
# IOMMU, the suite tells the IOMMU and its mode, a job of every ordinary workload runs, and
# the kernel has complained of nothing. TAP.
#
#   scripts/lab --kernel v7.2 --cpus 2 -- tests/lab/kernel-smoke-test.sh BUILD v7.2
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: kernel-smoke-test.sh BUILD KERNEL}
kernel=${2:?usage: kernel-smoke-test.sh BUILD KERNEL}
top=$(cd "$(dirname "$0")/../.." && pwd)
readonly build kernel top
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
readonly bench=$build/vfio-bench edu=${LAB_EDU:?run this in the lab}
release=$(uname -r)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -r cmdline </proc/cmdline

tap_why()
{
	[[ ! -s $work/log ]] || tail -n 20 "$work/log"
}

right_kernel()
{
	# the name, and a key where it was built from a tree
	[[ $release == *-"$kernel" || $release == *-"$kernel"-* ]] || is "$release" "...-$kernel"
}

has_option()
{
	zcat /proc/config.gz | grep -qx "CONFIG_$1=[ym]"
}

char_device()
{
	[[ -c $1 ]] || { echo "no $1"; return 1; }
}

# fact KEY: of the machine's IOMMU, as a result has it.
fact()
{
	python3 -c "import json, sys
print(json.load(open(sys.argv[1] + '/meta.json'))['machine']['iommu'].get(sys.argv[2]))" \
		"$work/null" "$1"
}

null_job()
{
	"$bench" run null --set duration=0s --set ops=10 --quiet --output "$work/null" >"$work/log" 2>&1
}

wanted_vendor()
{
	case $cmdline in
	*intel_iommu=*on*) echo intel ;;
	*allow_unsafe_interrupts=1*) echo virtio ;;
	*) echo amd ;;
	esac
}

tells_vendor()
{
	is "$(fact vendor)" "$(wanted_vendor)"
}

tells_mode()
{
	local wanted=lazy

	# AMD's driver goes without lazy mode under a hypervisor, whatever it was told.
	! dmesg | grep -q 'Using strict mode due to virtualization' || wanted=strict
	case $cmdline in
	*iommu.strict=1*) is "$(fact mode)" strict ;;
	*iommu.strict=0*) is "$(fact mode)" "$wanted" ;;
	*) [[ $(fact mode) == @(strict|lazy) ]] || is "$(fact mode)" "strict or lazy" ;;
	esac
}

tells_tables()
{
	local wanted=None

	case $cmdline in
	*sm_on*) wanted=scalable ;;
	*intel_iommu=*on*) wanted=legacy ;;
	esac
	is "$(fact tables)" "$wanted"
}

device_reaches_memory()
{
	"$build/tests/lab/edu-dma" "$edu" vfio_type1v2_iommu >"$work/log" 2>&1
}

# On the stock driver lockdep would report its deadlock, with reason: README.md.
smoke_job()
{
	local variant=stock

	[[ ! -e $build/variants/$release/per-dma-ordered ]] || variant=per-dma-ordered
	"$bench" run smoke --device "$edu" --variant "$variant" --quiet --output "$work/smoke" \
		>"$work/log" 2>&1
}

log_is_clean()
{
	! dmesg | grep -E 'WARNING: |BUG: |Oops|general protection|unchecked MSR|INFO: task' |
		sed 's/^/kernel: /'
}

check "it is the one asked for" right_kernel
check "VFIO is there" char_device /dev/vfio/vfio
if has_option IOMMUFD; then
	check "iommufd is there" char_device /dev/iommu
else
	skip "iommufd is there" "not in this kernel"
fi
check "a job without VFIO" null_job
check "the result tells the IOMMU's vendor" tells_vendor
check "and its mode" tells_mode
check "and its tables" tells_tables
check "edu goes to vfio-pci" "$bench" bind "$edu"
check "its DMA goes through the IOMMU" device_reaches_memory
if [[ -d /sys/module/vfio_bench ]]; then
	check "every ordinary workload" smoke_job
else
	skip "every ordinary workload" "no companion module for $release"
fi
check "edu goes back" "$bench" unbind "$edu"
check "the kernel's log is clean" log_is_clean
tap_end
