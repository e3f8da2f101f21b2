#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the assigned devices do, in the lab: DMA that arrives and DMA that is refused,
# interrupts, resets, opens, accesses to regions, on the edu device and on the NVMe
# controller. The suite's counts are held against the kernel's own, by kprobe events;
# and each check is shown to fail where something is wrong. TAP; runs in the guest,
# with the build folder as argument.
#
#   scripts/lab --cpus 2 -- tests/lab/device-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: device-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
readonly build top
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
readonly bench=$build/vfio-bench tracing=/sys/kernel/tracing devices=/sys/bus/pci/devices
readonly edu=${LAB_EDU:?run this in the lab} nvme=${LAB_NVME:?run this in the lab}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The functions whose entries the kernel counts for us, whatever the suite says.
watch_kernel()
{
	local event

	echo >"$tracing/kprobe_events"
	for event in fault:dmar_fault irq:vfio_msihandler read:vfio_pci_core_read \
			write:vfio_pci_core_write reset:pci_try_reset_function; do
		echo "p:vbtest/${event%:*} ${event#*:}" >>"$tracing/kprobe_events"
	done
	echo 1 >"$tracing/events/vbtest/enable"
}

# hits EVENT: so far.
hits()
{
	awk -v event="$1" '$1 == event { print $2 }' "$tracing/kprobe_profile"
}

# job NAME STATUS DEVICE JOB ARG...: run it; its result is $work/NAME; what the kernel
# counted meanwhile is in $work/NAME.kernel.
job()
{
	local name=$1 want=$2 device=$3 status=0 event
	local -A before

	shift 3
	for event in fault irq read write reset; do
		before[$event]=$(hits "$event")
	done
	"${preload[@]}" "$bench" run "$@" --device "$device" --quiet --output "$work/$name" \
		>"$work/log" 2>&1 || status=$?
	for event in fault irq read write reset; do
		printf '%s=%d\n' "$event" $(($(hits "$event") - before[$event]))
	done >"$work/$name.kernel"
	is "$status" "$want"
}
preload=()

tap_why()
{
	tail -n 20 "$work/log"
}

# holds NAME PYTHON: of the result r, its first section's worker w with counts c, its
# metrics by name, its checks by name, and k, what the kernel counted.
holds()
{
	python3 - "$work/$1" "$2" <<-'END'
	import glob, json, sys
	paths = glob.glob(sys.argv[1] + '/runs/*/result.json')
	k = dict((name, int(n)) for name, n in (line.split('=') for line in open(sys.argv[1] + '.kernel')))
	for path in paths:
	    r = json.load(open(path))
	    w = r['workers'][0]
	    c = w.get('counts', {})
	    metric = {m['section'] + '.' + m['metric']: m['count'] for m in r.get('metrics', [])}
	    checks = {check['check']: check for check in r['audit']}
	    failed = {name for name in checks if checks[name]['verdict'] == 'failed'}
	    if not eval(sys.argv[2]):
	        sys.exit('%s: %s: %s, %s, %s, kernel %s, failed %s' % (path, sys.argv[2], c, metric,
	                 w['dma_bytes'], k, failed))
	sys.exit(len(paths) != 1)
	END
}

# disturbed NAME STATUS DEVICE JOB ARG...: while it runs, the device loses the right to
# reach memory (the bus master bit), as one does that has fallen from the bus; or what
# else $command in PCI's command register takes away.
command='\x02\x00'
disturbed()
{
	local pid status=0 device=$3

	job "$@" & pid=$!
	until compgen -G "$work/$1.part/runs/*/intervals.csv" >/dev/null && is_master "$device"; do
		sleep 0.1
	done
	sleep 1
	# shellcheck disable=SC2059
	printf "$command" | dd of="$devices/$device/config" bs=2 seek=2 conv=notrunc status=none
	wait "$pid" || status=$?
	return "$status"
}

is_master()
{
	(($(od -An -tu1 -j4 -N1 "$devices/$1/config") & 4))
}

dma_arrives()
{
	job dma 0 "$nvme" dma-nvme --set dma.ops=200 &&
		holds dma 'w["dma_bytes"] == 200 * 4096 and k["fault"] == 0' &&
		holds dma 'all(metric["map." + m] > 0 for m in ("map", "unmap"))'
}

dma_is_missed()
{
	disturbed lost 2 "$edu" dma-edu --set dma.ops=20 &&
		holds lost '"dma" in failed'
}

# The controller's queues are out of its reach, too: it never answers.
silence_is_noticed()
{
	disturbed silent 2 "$nvme" dma-nvme --set dma.ops=100000 &&
		holds silent '"ending" in failed'
}

# faults NAME DEVICE N: all of N attempts are refused.
faults()
{
	job "$1" 0 "$2" dma-fault --set ops="$3" &&
		holds "$1" "c['attempts'] == $3 and k['fault'] == $3 and r['trace']['faults'] == $3" &&
		holds "$1" "w['verified'] == 2 * $3 and w['dma_bytes'] > 0" &&
		holds "$1" "'lines on DMA of $2' in checks['kernel_log']['text']" &&
		dmesg | grep -q "DMA Write.*Request device \[${2#0000:}\] fault addr 0x1000"
}

# What is still mapped is written to: the bytes change, and no fault is told.
late_unmap_is_caught()
{
	preload=(env LD_PRELOAD="$build/tests/lab/late-unmap.so")
	job "late-$1" 2 "$2" dma-fault --set ops=3 || { preload=(); return 1; }
	preload=()
	holds "late-$1" 'k["fault"] == 0 and {"iommu_faults", "verified"} <= failed'
}

# A second device, of which the run knows nothing, is refused something meanwhile.
foreign_faults_are_caught()
{
	local pid status=0

	job foreign 2 "$nvme" dma-fault --set ops=0 --set duration=15s & pid=$!
	until compgen -G "$work/foreign.part/runs/*/intervals.csv" >/dev/null; do
		sleep 0.1
	done
	"$build/tests/lab/edu-dma" "$edu" >"$work/edu-dma.log" || true
	wait "$pid" || status=$?
	((status == 0)) &&
		holds foreign '"iommu_faults" in failed and k["fault"] > 3' &&
		holds foreign 'checks["iommu_faults"]["text"].endswith("found %d" % k["fault"])'
}

# irqs NAME DEVICE JOB: as many as the kernel's handler saw.
irqs()
{
	job "$1" 0 "$2" "${@:3}" --set warmup=0s --set duration=0s --set irq.ops=300 &&
		holds "$1" 'c["interrupts"] == k["irq"] == metric["irq.irq"] == 300' &&
		holds "$1" 'w["verified"] == 900'
}

lost_irq_is_noticed()
{
	disturbed deaf 2 "$edu" irq-idle --set warmup=0s --set duration=8s &&
		holds deaf '"verified" in failed and "did not come" in checks["verified"]["text"]'
}

# The kernel resets at the open, too.
resets()
{
	job "$1" 0 "$2" device-reset --set duration=0s --set reset.ops=5 &&
		holds "$1" 'c["resets"] == metric["reset.reset"] == 5 and k["reset"] == 6' &&
		holds "$1" 'w["dma_bytes"] > 0 and checks["dma"]["verdict"] == "ok"'
}

opens()
{
	job "$1" 0 "$2" device-open-close --set duration=0s --set churn.ops=3 &&
		holds "$1" 'c["opens"] == metric["churn.device_open"] == metric["churn.device_close"] == 3' &&
		holds "$1" 'k["reset"] == 3 and w["dma_bytes"] > 0'
}

# Two reads and a write are the suite's own: the command register, and the interrupt
# line as it was found.
regions()
{
	job "$1" 0 "$2" region-access --set warmup=0s --set duration=0s --set ops=500 &&
		holds "$1" 'c["config_reads"] + c["bar_reads"] + 2 == k["read"]' &&
		holds "$1" 'c["config_writes"] + c["bar_writes"] + 1 == k["write"]' &&
		holds "$1" 'c["mapped_writes"] == 500 and w["verified"] == 3000'
}

# The device's registers are gone: what is read is not what was written.
lost_registers_are_noticed()
{
	local command='\x00\x00'

	disturbed blind 2 "$edu" region-access --set warmup=0s --set duration=5s &&
		holds blind '"verified" in failed'
}

two_users_are_refused()
{
	local status=0

	"$bench" run dma-nvme --set dma.threads=2 --device "$nvme" >"$work/log" 2>&1 || status=$?
	is "$status" 1 && grep -q 'one thread at a time can' "$work/log"
}

"$bench" bind "$edu" "$nvme" >/dev/null
watch_kernel
check "nvme: what it writes arrives while others map and unmap" dma_arrives
check "edu: what does not arrive is missed" dma_is_missed
check "nvme: a controller that is silent ends the run" silence_is_noticed
check "nvme: DMA to what was unmapped is refused, each time, as the kernel counts" \
	faults nvme-faults "$nvme" 50
check "edu: the same" faults edu-faults "$edu" 5
check "nvme: an unmap that has no effect yet is caught, by bytes and by faults" \
	late_unmap_is_caught nvme "$nvme"
check "edu: the same" late_unmap_is_caught edu "$edu"
check "faults of another device are caught" foreign_faults_are_caught
check "nvme: an interrupt for each that was asked for, as the kernel counts" \
	irqs nvme-irq "$nvme" irq-idle
check "nvme: the same under load" irqs nvme-irq-load "$nvme" irq-load --set map.rate=none
check "edu: an interrupt for each that was asked for, as the kernel counts" \
	irqs edu-irq "$edu" irq-idle
check "edu: interrupts that don't come are noticed" lost_irq_is_noticed
check "nvme: resets, as the kernel counts, and DMA after them" resets nvme-reset "$nvme"
check "edu: the same" resets edu-reset "$edu"
check "nvme: opens, as the kernel counts, and DMA after them" opens nvme-open "$nvme"
check "edu: the same" opens edu-open "$edu"
check "nvme: accesses to its regions, as the kernel counts" regions nvme-regions "$nvme"
check "edu: the same" regions edu-regions "$edu"
check "edu: registers that are gone are noticed" lost_registers_are_noticed
check "a device with two users is refused" two_users_are_refused
echo 0 >"$tracing/events/vbtest/enable"
echo >"$tracing/kprobe_events"
"$bench" unbind "$edu" "$nvme" >/dev/null
tap_end
