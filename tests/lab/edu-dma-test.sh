#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# edu-dma in the lab: gives the edu device at $LAB_EDU to vfio-pci and runs
# BUILD/tests/lab/edu-dma with every version of type1.  TAP on stdout.
#
#   scripts/lab --build BUILD -- tests/lab/edu-dma-test.sh BUILD

set -euo pipefail

build=${1:?usage: edu-dma-test.sh BUILD}
address=${LAB_EDU:?runs in the lab}
device=/sys/bus/pci/devices/$address
number=0
failed=0

# The program's own lines, numbered on, its plan left out.
renumber()
{
	local mode=$1 line

	while IFS= read -r line; do
		case $line in
		"ok "* | "not ok "*)
			number=$((number + 1))
			[[ $line == ok* ]] || failed=1
			printf '%s %d - %s: %s\n' "${line%%ok *}ok" "$number" "$mode" "${line#* - }"
			;;
		1..*)
			plan=1
			;;
		*)
			printf '%s\n' "$line"
			;;
		esac
	done
}

# It learns a device's bus number before the firmware gives it one.
if compgen -G "/sys/class/iommu/ivhd*" >/dev/null && [[ $address != 0000:00:* ]]; then
	echo "1..0 # SKIP QEMU's amd-iommu (7.2) translates for devices on bus 0 alone"
	exit 0
fi
echo vfio-pci >"$device/driver_override"
echo "$address" >/sys/bus/pci/drivers_probe
for mode in vfio_type1_iommu vfio_type1v2_iommu; do
	# VT-d's handler asks the rate limit (10 in 5 s) three times a fault, and
	# edu-dma wants to see three faults.
	((!number)) || sleep 6
	plan=0
	renumber "$mode" < <("$build/tests/lab/edu-dma" "$address" "$mode")
	if ((!plan)); then
		echo "Bail out! edu-dma ended early with $mode"
		exit 1
	fi
done
echo "1..$number"
exit $failed
