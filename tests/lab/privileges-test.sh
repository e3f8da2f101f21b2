#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: what root is needed for, what is left of it while workers work, and
# that those who are not root get nothing. TAP on stdout.
#
#   scripts/lab -- tests/lab/privileges-test.sh [JOB...]
#
# With JOBs those are run as well, with root given up. Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=tests/lab/snapshot.sh
. "$(dirname "$0")/snapshot.sh"
readonly bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
: "${LAB_OUT:?not in the lab}"
readonly uid=1234 gid=2345
create=$(compgen -G "/sys/class/mdev_bus/vfio_bench*/mdev_supported_types/*/create")
readonly create
work=$(mktemp -d /tmp/privileges-test.XXXXXX)
chmod 711 "$work"
pid=
holder=

tap_why()
{
	tail -n 30 "$work"/*.log
}

# by_user NAME COMMAND-ARG...: as sudo starts it for a user.
by_user()
{
	local name=$1

	shift
	SUDO_UID=$uid SUDO_GID=$gid "$bench" "$@" --device "$LAB_EDU" --quiet -o "$work/$name" \
		>"$work/$name.log" 2>&1
}

# The holder is the supervisor's child that has a worker: after it gave root up.
find_holder()
{
	local end=$((SECONDS + 60)) child

	until ((SECONDS > end)); do
		for child in $(<"/proc/$pid/task/$pid/children"); do
			if grep -q "^Uid:.$uid" "/proc/$child/status" 2>/dev/null; then
				holder=$child
				return
			fi
		done
		sleep 0.05
	done
	return 1
}

# In every thread, whatever was there before.
nothing_left()
{
	local status all

	for status in "/proc/$holder"/task/*/status; do
		[[ $(awk '/^Uid:/ { print $2, $3, $4, $5 }' "$status") == "$uid $uid $uid $uid" ]] || return 1
		[[ $(awk '/^Gid:/ { print $2, $3, $4, $5 }' "$status") == "$gid $gid $gid $gid" ]] || return 1
		[[ $(awk '/^Groups:/ { print NF }' "$status") == 1 ]] || return 1
		(($(grep -cE '^Cap(Inh|Prm|Eff|Amb):\s0+$' "$status") == 4)) || return 1
		grep -qE '^NoNewPrivs:\s1' "$status" || return 1
	done
	all=("/proc/$holder"/task/*)
	((${#all[@]} > 1))
}

still_root()
{
	local child

	grep -qE '^Uid:\s0\s0\s0\s0' "/proc/$pid/status" || return 1
	for child in $(<"/proc/$pid/task/$pid/children"); do
		[[ $child == "$holder" ]] || grep -qE '^Uid:\s0\s0\s0\s0' "/proc/$child/status" || return 1
	done
}

# result NAME PYTHON: of the first run's result r.
result()
{
	python3 - "$work/$1" "$2" <<-'END'
	import glob, json, sys
	r = json.load(open(glob.glob(sys.argv[1] + '/runs/*/result.json')[0]))
	if not eval(sys.argv[2]):
	    sys.exit('%s: %s' % (sys.argv[2], r['privileges']))
	END
}

all_the_users()
{
	[[ -z $(find "$work/$1" ! -uid "$uid" -o ! -gid "$gid") ]]
}

nobody_else()
{
	[[ $(stat -c '%a %u %g' "$group") == '600 0 0' && $(stat -c '%a %u' /run/vfio-bench) == '700 0' ]]
}

gone()
{
	local end=$((SECONDS + 15))

	while pgrep -x vfio-bench >/dev/null || [[ -n $(ls /sys/bus/mdev/devices) ]]; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

killed()
{
	by_user killed run smoke --variant per-request --set duration=60s &
	pid=$!
	# by_user is a shell of its own around it.
	pid=$(pgrep -x -P "$pid" vfio-bench) || return 1
	find_holder || return 1
	kill -KILL "$pid"
	wait 2>/dev/null || true
	gone && [[ ! -e /proc/$holder ]]
}

test_dropped()
{
	local runner status=0

	# As long as it takes to look at it.
	by_user long run smoke --variant per-request --set duration=300s --set samples=yes & runner=$!
	until pid=$(pgrep -x -P "$runner" vfio-bench); do
		sleep 0.05
	done
	check "sudo: the workers run as the user" find_holder
	sleep 0.5
	check "sudo: no thread has a capability, a group or a way back" nothing_left
	check "sudo: the supervisor and the janitor stay root" still_root
	kill -INT "$pid"
	wait "$runner" || status=$?
	check "sudo: the user's result of a run that is interrupted" eval "is $status 3 && all_the_users long"
	check "sudo: a run passes" by_user dropped run smoke --variant per-request --set duration=1s --set samples=yes
	check "sudo: the result says so" result dropped \
		"r['privileges'] == {'dropped': True, 'uid': $uid, 'reason': ''} and r['status'] == 'ok'"
	check "sudo: what only root may look at is in it" result dropped "r['folios']['looked_at_bytes'] > 0 and not r['folios']['error']"
	check "sudo: the result is the user's" all_the_users dropped
	check "sudo: group and state are nobody else's" nobody_else
	check "sudo: killed, the workers die with the supervisor and nothing is left" killed
}

kept()
{
	local name=$1 reason=$2

	shift 2
	by_user "$name" "$@" && result "$name" "not r['privileges']['dropped'] and '$reason' in r['privileges']['reason']" &&
		all_the_users "$name"
}

no_sudo()
{
	local n=0 caller

	for caller in '' x 0 4294967295 -1 99999999999 '1 2'; do
		SUDO_UID=$caller SUDO_GID=1 "$bench" run map-bulk --device "$LAB_EDU" --quiet --set duration=100ms \
			--set warmup=0s --set size=4k --set count=16 -o "$work/root$n" >"$work/root.log" 2>&1 &&
			result "root$n" "not r['privileges']['dropped'] and r['privileges']['uid'] == 0" || return 1
		n=$((n + 1))
	done
}

memlock_of_caller()
{
	(ulimit -l 64 && by_user memlock run smoke --variant per-request --set duration=1s)
}

test_kept()
{
	check "kept where mdevs are made" kept churn mdev_churn run mdev-create-remove --variant per-request \
		--set duration=300ms
	check "kept where containers are opened" kept container container_churn run container-churn \
		--set duration=300ms
	check "kept where tracing is read" kept trace trace= run dma-fault --set ops=20
	check "without sudo, or with a caller that is none: root" no_sudo
	check "the caller's RLIMIT_MEMLOCK is not the workers'" memlock_of_caller
}

# as_user COMMAND...; as_userns COMMAND...: root in a namespace of a user's own.
as_user()
{
	setpriv --reuid=$uid --regid=$gid --clear-groups --no-new-privs -- "$@"
}

as_userns()
{
	setpriv --reuid=$uid --regid=$gid --clear-groups -- unshare --user --map-root-user --net --mount -- "$@"
}

refused()
{
	! "$@"
}

# What a user could try; the paths come as arguments, sh does the opening.
test_nothing_for()
{
	local who=$1 as=$2 path

	# Else all below would be refused for another reason.
	check "$who: can run a program" "$as" true
	# shellcheck disable=SC2016	# sh's own $1
	for path in "$group" "/dev/vfio/$mdev_group"; do
		check "$who: does not open $path" refused "$as" sh -c 'exec 3<>"$1"' sh "$path"
	done
	for path in /sys/kernel/debug /run/vfio-bench /sys/kernel/tracing/instances; do
		check "$who: does not look into $path" refused "$as" ls "$path"
	done
	# shellcheck disable=SC2016
	check "$who: makes no mdev" refused "$as" sh -c 'cat /proc/sys/kernel/random/uuid >"$1"' sh "$create"
	# shellcheck disable=SC2016
	check "$who: removes no mdev" refused "$as" sh -c 'echo 1 >"$1"' sh "/sys/bus/mdev/devices/$uuid/remove"
	# shellcheck disable=SC2016
	check "$who: changes no parameter" refused "$as" sh -c \
		'for f in /sys/module/vfio*/parameters/*; do { echo 1 >"$f"; } 2>/dev/null && exit 0; done; exit 1'
	check "$who: no run" refused "$as" "$bench" run smoke --device "$LAB_EDU" --quiet -o "$work/none"
	check "$who: no bind" refused "$as" "$bench" bind "$LAB_NVME"
	check "$who: no unbind" refused "$as" "$bench" unbind "$LAB_EDU"
	check "$who: no variant" refused "$as" "$bench" variant load per-request
	check "$who: nothing changed" test -e "/sys/bus/mdev/devices/$uuid" -a -e "$group"
}

# A sysfs of one's own shows the same files, and their owner.
own_sysfs()
{
	# shellcheck disable=SC2016
	as_userns sh -c 'mount -t sysfs none /mnt && test -e "/mnt/${1#/sys/}" &&
		! cat /proc/sys/kernel/random/uuid >"/mnt/${1#/sys/}"' sh "$create"
}

own_node()
{
	local major minor

	major=$((16#$(stat -c %t "$group"))) minor=$((16#$(stat -c %T "$group")))
	# shellcheck disable=SC2016
	as_userns sh -c 'mount -t tmpfs none /mnt && ! { mknod /mnt/n c "$1" "$2" && exec 3<>/mnt/n; }' sh \
		"$major" "$minor"
}

test_unprivileged()
{
	uuid=$(</proc/sys/kernel/random/uuid)
	echo "$uuid" >"$create"
	mdev_group=$(basename "$(readlink "/sys/bus/mdev/devices/$uuid/iommu_group")")
	test_nothing_for "a user" as_user
	test_nothing_for "root of a user namespace" as_userns
	check "root of a user namespace: no mdev by a sysfs of its own" own_sysfs
	check "root of a user namespace: no group by a node of its own" own_node
	# restore in a namespace: uid 0 there, whose folder /run/vfio-bench is not.
	check "root of a user namespace: no restore" refused as_userns "$bench" restore --all
	check "none of it changed anything" test -e "/sys/bus/mdev/devices/$uuid" -a -e "$group"
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
}

"$bench" bind "$LAB_EDU" >/dev/null
group=/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$LAB_EDU/iommu_group")")
before=$(held_pages)
test_unprivileged
test_dropped
test_kept
for job; do
	check "root given up: $job" by_user "$job" run "$job" --set duration=500ms --set warmup=0s
	check "root given up: $job: it was" result "$job" "r['privileges']['dropped']"
done
check "no page is left pinned" is "$(held_pages)" "$before"
rm -rf "$work"
tap_end
