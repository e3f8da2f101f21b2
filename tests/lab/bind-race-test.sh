#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A device that is put to use while bind is at work: TAP on stdout. Runs on the host, in the
# build folder or with VFIO_BENCH_BUILD set; the guest has a disk with a file system, one
# with swap space, and a network card. First at the worst moment, between bind's first
# check and its second, then at random ones.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly build top
readonly bench=$build/vfio-bench devices=/sys/bus/pci/devices
readonly races=${RACES:-10}
said=

on_host()
{
	local work status=0 disk="format=raw,if=none" port="pcie-root-port,bus=pcie.0"

	work=$(mktemp -d "${TMPDIR:-/tmp}/bind-race.XXXXXX")
	truncate -s 16M "$work/files"
	head -c 16M /dev/zero >"$work/swap"
	mkfs.ext4 -q "$work/files"
	mkswap "$work/swap" >/dev/null 2>&1
	VFIO_BENCH_LAB_QEMU="-device $port,id=x1,chassis=21,slot=21
		-device $port,id=x2,chassis=22,slot=22 -device $port,id=x3,chassis=23,slot=23
		-drive $disk,id=files,file=$work/files -device nvme,drive=files,serial=files,bus=x1
		-drive $disk,id=swap,file=$work/swap -device nvme,drive=swap,serial=swap,bus=x2
		-netdev user,id=n,restrict=on -device e1000e,netdev=n,bus=x3"
	export VFIO_BENCH_LAB_QEMU=${VFIO_BENCH_LAB_QEMU//[$'\n\t']/ }
	"$top/scripts/lab" --build "$build" --cpus 2 --timeout 300 --out "$work/out" -- \
		"${BASH_SOURCE[0]}" || status=$?
	rm -rf "$work"
	exit "$status"
}

tap_why()
{
	printf '%s\n' "$said"
}

# find_disk SERIAL: sets $disk to its node, $address to its controller's.
find_disk()
{
	local path serial tries

	for ((tries = 0; tries < 100; tries++)); do
		# While it comes back, files vanish under the eyes.
		for path in /sys/class/nvme/nvme*; do
			read -r serial <"$path/serial" || continue
			disk=$(compgen -G "$path/nvme*n1") || continue
			disk=/dev/${disk##*/}
			address=$(basename "$(readlink -f "$path/device")")
			[[ $serial != "$1" || ! -b $disk ]] || return 0
		done 2>/dev/null
		sleep 0.1
	done
	return 1
}

driver()
{
	local link

	link=$(readlink "$devices/$1/driver") && printf '%s\n' "${link##*/}"
}

untouched()
{
	is "$(driver "$1")" "$2" && is "$(<"$devices/$1/driver_override")" '(null)' &&
		is "$(ls -A /run/vfio-bench)" ''
}

# put_to_use ADDRESS DRIVER TEXT COMMAND: in the wrong moment; bind says TEXT.
put_to_use()
{
	local status=0

	said=$(VB_AT_OVERRIDE=$4 LD_PRELOAD=$build/tests/lab/at-override.so \
		"$bench" bind "$1" 2>&1) || status=$?
	is "$status" 1 && [[ $said == *"not taken: "*"$3"* ]] && untouched "$1" "$2"
}

# The same without anything happening: the preloaded library itself is no obstacle.
left_alone()
{
	said=$(VB_AT_OVERRIDE=true LD_PRELOAD=$build/tests/lab/at-override.so \
		"$bench" bind "$1" 2>&1) && is "$(driver "$1")" vfio-pci &&
		said=$("$bench" unbind "$1" 2>&1) && untouched "$1" "$2"
}

test_worst_moment()
{
	local address disk card name

	find_disk files
	check "nothing happens: taken, and given back" left_alone "$address" nvme
	find_disk files
	check "mounted after the first check" put_to_use "$address" nvme "is mounted (/mnt)" \
		"mount $disk /mnt"
	check "what was mounted can be written and read" works_on /mnt
	umount /mnt
	check "opened by a program after the first check" put_to_use "$address" nvme \
		"has $disk open" "sleep 1000 <$disk >/dev/null 2>&1 & echo \$! >/tmp/opener"
	kill "$(</tmp/opener)"
	find_disk swap
	check "swap space after the first check" put_to_use "$address" nvme "is swap space" \
		"swapon $disk"
	swapoff "$disk"
	card=$(compgen -G "$devices/*/net/*")
	name=${card##*/}
	card=${card#"$devices/"}
	check "interface up after the first check" put_to_use "${card%%/*}" e1000e \
		"$name is up" "busybox ip link set $name up"
	busybox ip link set "$name" down
}

works_on()
{
	echo text >"$1/file" && sync && echo 3 >/proc/sys/vm/drop_caches && is "$(<"$1/file")" text
}

# One mount against one bind: whoever comes second is refused, nothing is lost.
race()
{
	local mount status=0 mounted=0

	find_disk files || { echo "the disk does not come back"; return 1; }
	(sleep "0.$((RANDOM % 10))$((RANDOM % 10))"; exec mount "$disk" /mnt) &>/dev/null &
	mount=$!
	said=$("$bench" bind "$address" 2>&1) || status=$?
	wait "$mount" || mounted=$?
	case $status,$mounted in
	0,0)
		# Mounted after bind had begun to unbind.
		echo "both: $said"
		return 1
		;;
	1,0)
		refused=$((refused + 1))
		[[ $said == *"not taken: "* ]] && untouched "$address" nvme && works_on /mnt &&
			umount /mnt
		;;
	0,*)
		bound=$((bound + 1))
		said=$("$bench" unbind "$address" 2>&1) && untouched "$address" nvme
		;;
	*) return 1 ;;
	esac
}

all_races()
{
	local i

	for ((i = 0; i < races; i++)); do
		race || { echo "race $i: $said"; return 1; }
	done
}

log_clean()
{
	! dmesg | grep -E 'WARNING|BUG|Oops|general protection|blocked for more|I/O error'
}

grep -qw vfio_bench.lab=1 /proc/cmdline || on_host
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
refused=0 bound=0
modprobe -a nvme e1000e ext4
test_worst_moment
check "mount and bind at random moments, $races times" all_races
printf '# refused %d times, bound %d times\n' "$refused" "$bound"
check "the kernel's log has no complaint" log_clean
tap_end
