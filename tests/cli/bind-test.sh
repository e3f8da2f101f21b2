#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench bind', 'unbind' and 'doctor' on a made-up machine (--root), and
# their bad input: one clear message, the right exit status, nothing changed.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly bench=${top_builddir:?}/vfio-bench
work=$(mktemp -d "${TMPDIR:-/tmp}/bind-test.XXXXXX")
readonly root=$work/machine
status=0

trap 'rm -rf "$work"' EXIT

# What the last run said.
tap_why()
{
	echo "exit status $status"
	cat "$work/out" "$work/err"
}

# Run a command; its exit status must be $1.
run()
{
	local want=$1

	shift
	status=0
	"$@" >"$work/out" 2>"$work/err" || status=$?
	((status == want))
}

# refuses TEXT ARGUMENT...: exit status 1, one line with TEXT on stderr, no other.
refuses()
{
	local text=$1

	shift
	run 1 "$bench" "$@" && grep -qF -- "$text" "$work/err" && [[ ! -s $work/out ]] &&
		(($(wc -l <"$work/err") == 1))
}

# argp's own complaints have a second line.
misused()
{
	run 1 "$bench" "$@" && [[ -s $work/err && ! -s $work/out ]]
}

says()
{
	local text=$1

	shift
	run 0 "$bench" "$@" && grep -qF -- "$text" "$work/out" && [[ ! -s $work/err ]]
}

# device ADDRESS CLASS GROUP [DRIVER]
device()
{
	local place=$root/sys/devices/pci0000:00/$1

	mkdir -p "$place" "$root/sys/bus/pci/devices"
	echo "$2" >"$place/class"
	echo '(null)' >"$place/driver_override"
	ln -s "../../../devices/pci0000:00/$1" "$root/sys/bus/pci/devices/$1"
	if [[ -n $3 ]]; then
		mkdir -p "$root/sys/kernel/iommu_groups/$3/devices"
		ln -s "../../../kernel/iommu_groups/$3" "$place/iommu_group"
		ln -s "../../../../devices/pci0000:00/$1" \
			"$root/sys/kernel/iommu_groups/$3/devices/$1"
	fi
	[[ -z ${4:-} ]] || ln -s "../../../bus/pci/drivers/$4" "$place/driver"
}

make_machine()
{
	mkdir -p "$root"/{proc/self,proc/net,run,sys/class/{block,net,iommu}}
	echo '22 1 0:21 / /proc rw - proc proc rw' >"$root/proc/self/mountinfo"
	echo 'Filename Type Size Used Priority' >"$root/proc/swaps"
	echo 'Iface Destination' >"$root/proc/net/route"
	device 0000:00:01.0 0x060400 1 pcieport
	device 0000:00:02.0 0x010802 2 nvme
	device 0000:00:03.0 0x088000 3 some-driver
	device 0000:00:03.1 0x040300 3 snd_hda_intel
	device 0000:00:04.0 0x088000 '' some-driver
	device 0000:00:05.0 0x088000 5 some-driver
	device 0000:00:06.0 0x088000 6 vfio-pci
	mkdir -p "$root/sys/class/block" "$root/sys/dev/block" \
		"$root/sys/devices/pci0000:00/0000:00:02.0/nvme0n1/holders"
	ln -s ../../devices/pci0000:00/0000:00:02.0/nvme0n1 "$root/sys/class/block/nvme0n1"
	ln -s ../../devices/pci0000:00/0000:00:02.0/nvme0n1 "$root/sys/dev/block/259:0"
	echo '23 1 259:0 / / rw - ext4 /dev/root rw' >>"$root/proc/self/mountinfo"
}

contents()
{
	(cd "$root" && find . -printf '%p %l %m %T@\n' -type f -exec cat {} + | sort)
}

unchanged()
{
	[[ $(contents) == "$before" ]]
}

test_addresses()
{
	local bad

	for bad in 41:00.0 0000:41:00 0000:41:00.8 0000:41:20.0 0000:AB:00.0 0000:41:00.0x \
			000:41:00.0 ' ' '' /sys/bus/pci ../0000:00:05.0 '0000:00:05.0;id' \
			$'0000:00:05.0\t' 1234567:00:05.0 nvme0n1; do
		check "bind: address '$(printf %q "$bad")'" \
			refuses "not a PCI address" bind --dry-run "$bad"
	done
	check "unbind: bad address" refuses "not a PCI address" unbind --dry-run 5:0.0
}

test_usage()
{
	check "bind: no address" refuses "no device given" bind --dry-run
	check "unbind: no address" refuses "no device given" unbind --dry-run
	check "unbind: --all and an address" \
		refuses "give one of the two" unbind --dry-run --all 0000:00:05.0
	check "bind: an address twice" \
		refuses "given twice" bind --root "$root" 0000:00:05.0 0000:00:05.0
	check "bind: unknown option" misused bind --force 0000:00:05.0
	check "bind: no folder to look in" refuses "not a folder" bind --root "$work/no" 0000:00:05.0
	check "doctor: an argument" misused doctor now
	check "doctor: unknown option" misused doctor --mend
}

test_devices()
{
	check "bind: no such device" refuses "no such device" bind --root "$root" 0000:00:1f.0
	check "bind: root disk" refuses "the system runs from it" bind --root "$root" 0000:00:02.0
	check "bind: bridge" refuses "a bridge" bind --root "$root" 0000:00:01.0
	check "bind: no IOMMU group" refuses "turn the IOMMU on" bind --root "$root" 0000:00:04.0
	check "bind: peer with a host driver" \
		refuses "0000:00:03.1: it has the host driver snd_hda_intel" \
		bind --root "$root" 0000:00:03.0
	check "bind: both of a group" says "would go from snd_hda_intel to vfio-pci" \
		bind --root "$root" 0000:00:03.0 0000:00:03.1
	check "bind: free device" says "0000:00:05.0: would go from some-driver to vfio-pci" \
		bind --root "$root" 0000:00:05.0
	check "bind: bound already" says "is bound to vfio-pci" bind --root "$root" 0000:00:06.0
	check "unbind: not bound" says "is not bound" unbind --root "$root" 0000:00:05.0
	check "unbind: bound by somebody else" \
		refuses "somebody else" unbind --root "$root" 0000:00:06.0
	check "unbind: no such device" \
		refuses "no such device" unbind --root "$root" 0000:00:1f.0
	check "unbind: nothing to do" says "nothing is bound" unbind --root "$root" --all
}

as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

refuses_nobody()
{
	run 1 as_nobody "$bench" "$@" && grep -qF "needs root" "$work/err" &&
		(($(wc -l <"$work/err") == 1))
}

test_not_root()
{
	local command

	for command in bind unbind; do
		if ((EUID)); then
			check "$command: not root" refuses "needs root" $command 0000:00:05.0
		elif as_nobody "$bench" --version >"$work/out" 2>"$work/err"; then
			check "$command: not root" refuses_nobody $command 0000:00:05.0
		else
			skip "$command: not root" "no other user can run it here"
		fi
	done
}

test_doctor()
{
	check "doctor: no IOMMU" run 4 "$bench" doctor --root "$root"
	check "doctor: says so" grep -q "^VFIO can't work here" "$work/out"
	check "doctor: JSON, no IOMMU" run 4 "$bench" doctor --json --root "$root"
	check "doctor: JSON says so" grep -q '"vfio_works": false' "$work/out"
	touch "$root/sys/class/iommu/dmar0"
	mkdir -p "$root"/sys/module/{vfio,vfio_iommu_type1,vfio_pci} "$root/dev/vfio"
	touch "$root"/sys/module/vfio_pci/initstate "$root/dev/vfio/vfio"
	check "doctor: all that is needed" run 0 "$bench" doctor --root "$root"
	check "doctor: says so" grep -q '^VFIO can work here' "$work/out"
	check "doctor: finds the IOMMU" grep -q '^ok  *IOMMU  *on: dmar0$' "$work/out"
	check "doctor: finds a built-in module" grep -q '^ok  *vfio  *built into' "$work/out"
	check "doctor: finds a loaded module" grep -q '^ok  *vfio-pci  *loaded' "$work/out"
	check "doctor: finds the bound device" grep -q 'bound: 0000:00:06.0$' "$work/out"
}

make_machine
before=$(contents)
test_addresses
test_usage
test_devices
test_not_root
check "nothing has changed" unchanged
test_doctor
tap_end
