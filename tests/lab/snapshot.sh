# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests that run in the guest: the machine's state as text, to be held
# against itself. Few processes: under emulation each costs.

# Values that change by themselves, or that tell nothing when read.
readonly volatile_sysctls='random|ns_last_pid|pty/|stat_refresh|compact_memory|drop_caches|sched_domain|cad_pid'

# Drivers, overrides, mdevs, modules with their users, tracing, settings, CPUs, mounts, the
# clock, memory that is held, processes of ours and open files of VFIO, what vfio-bench keeps.
snapshot()
{
	local link

	for link in /sys/bus/pci/devices/*; do
		[[ -e $link/driver ]] || printf '%s: no driver\n' "$link"
	done
	readlink /sys/bus/pci/devices/*/driver /sys/bus/pci/devices/*/iommu_group || true
	grep -H . /sys/bus/pci/devices/*/{driver_override,enable} /sys/devices/system/cpu/online || true
	ls /sys/bus/mdev/devices /dev/vfio /sys/kernel/tracing/instances
	awk '{ print $1, $3 }' /proc/modules | sort
	grep -H . /sys/kernel/tracing/{kprobe,synthetic,uprobe}_events /sys/kernel/tracing/tracing_on || true
	# No trailing newline, some can't be read.
	grep -rs '' /proc/sys/vm /proc/sys/kernel /sys/module/vfio*/parameters |
		grep -vE "^/proc/sys/(vm|kernel)/($volatile_sysctls)" | sort || true
	grep -E '^(HugePages|Hugetlb)' /proc/meminfo
	awk '$5 !~ "^/(proc|sys)" { print "mount", $5 }' /proc/self/mountinfo
	grep -sH . /sys/block/loop*/loop/backing_file || true
	clock_is_right || echo "the clock is off"
	find /run/vfio-bench -mindepth 1 ! -name restore.lock 2>/dev/null | sort || true
	users
	printf 'pages held: %d\n' "$(held_pages)"
	printf 'splats: %d\n' "$(dmesg | grep -cE 'WARNING|BUG|Oops|general protection|blocked for more|refcount')"
}

held_pages()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk '/nr_foll_pin_acquired/ { a = $2 } /nr_foll_pin_released/ { r = $2 } END { print a - r }' \
		/proc/vmstat
}

# Processes of ours, and files of VFIO that are open in any.
users()
{
	pgrep -x vfio-bench || true
	find /proc/[0-9]*/fd -lname '/dev/vfio/*' 2>/dev/null || true
}

# seconds: the wall clock's, less those since boot; only who sets the clock changes that.
wall_ahead()
{
	local up

	read -r up _ </proc/uptime
	seconds=$((EPOCHSECONDS - ${up%.*}))
}

# Nobody has set it by minutes since this file was sourced.
clock_is_right()
{
	local seconds

	wall_ahead
	((seconds - clock_begin < 60 && clock_begin - seconds < 60))
}

wall_ahead
clock_begin=$seconds
