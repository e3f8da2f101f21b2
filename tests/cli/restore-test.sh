#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench restore' on a made-up machine (--root): what it would do, as text and
# as JSON, and what it refuses. tests/lab/restore-test.sh has it really done.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly bench=${top_builddir:?}/vfio-bench
work=$(mktemp -d "${TMPDIR:-/tmp}/restore-test.XXXXXX")
readonly root=$work/machine
readonly journal=$root/run/vfio-bench/journal
readonly uuid=01234567-89ab-cdef-0123-456789abcdef
status=0

trap 'rm -rf "$work"' EXIT

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

# refuses TEXT COMMAND...: exit status 1, one line with TEXT on stderr, no other.
refuses()
{
	local text=$1

	shift
	run 1 "$@" && grep -qF -- "$text" "$work/err" && [[ ! -s $work/out ]] &&
		(($(wc -l <"$work/err") == 1))
}

# entry PID KIND WHAT BEFORE
entry()
{
	python3 - "1 begin $1.7.$RANDOM this-boot $1 7 $2 $3 $4" >>"$journal" <<-'END'
	import sys, zlib
	print('%08x %s' % (zlib.crc32(sys.argv[1].encode()), sys.argv[1]))
	END
}

machine()
{
	mkdir -p "$root/proc/sys/kernel/random" "$root/proc/sys/vm" "$root/run/vfio-bench" \
		"$root/proc/12" "$root/sys/bus/mdev/devices/$uuid" \
		"$root/sys/module/vfio_iommu_type1_per_request" \
		"$root/sys/kernel/tracing/instances/vfio_bench_11"
	chmod 700 "$root/run/vfio-bench"
	echo this-boot >"$root/proc/sys/kernel/random/boot_id"
	echo 1 >"$root/proc/sys/vm/some_setting"
	echo "12 (vfio-bench) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7 0" >"$root/proc/12/stat"
	(umask 077; : >"$journal")
	entry 11 mdev "$uuid" -
	entry 11 variant vfio_iommu_type1_per_request -
	entry 11 trace vfio_bench_11 -
	entry 11 setting /proc/sys/vm/some_setting 0
	entry 11 clock realtime 0
	entry 12 mdev "${uuid/0/f}" -
}

unchanged()
{
	cmp "$journal" "$work/journal" && [[ $(ls -A "$root/run/vfio-bench") == journal ]]
}

tells()
{
	local text

	run 0 "$bench" restore --root "$root" || return 1
	for text in "mdev $uuid: would be removed" \
		"variant module vfio_iommu_type1_per_request: would be unloaded" \
		"tracing instance vfio_bench_11: would be removed" \
		"/proc/sys/vm/some_setting: would be as it was" \
		"clock realtime: would be set back" \
		"mdev ${uuid/0/f}: left: vfio-bench (pid 12) is at work with it"; do
		grep -qxF "$text" "$work/out" || return 1
	done
	(($(wc -l <"$work/out") == 6)) && [[ ! -s $work/err ]]
}

tells_json()
{
	run 0 "$bench" restore --root "$root" --json && python3 - "$work/out" <<-'END'
	import collections, json, sys
	r = json.load(open(sys.argv[1]))
	assert r['dry_run'] is True and r['left'] == 0 and r['damaged_lines'] == 0
	assert collections.Counter(i['outcome'] for i in r['items']) == {'to-do': 5, 'alive': 1}
	assert r['items'][0]['kind'] == 'mdev' and r['items'][0]['pid'] == 12	# newest first
	END
}

all_too()
{
	mkdir -p "$root/sys/module/vfio_iommu_type1_my_idea"
	echo "vfio_iommu_type1_my_idea 16384 0 - Live 0x0" >"$root/proc/modules"
	run 0 "$bench" restore --root "$root" --all &&
		grep -q "vfio_iommu_type1_my_idea: would be unloaded" "$work/out" &&
		run 0 "$bench" restore --root "$root" && ! grep -q my_idea "$work/out"
}

# What nobody but root, or its owner, may have written.
in_others_folder()
{
	chmod 777 "$root/run/vfio-bench"
	refuses "root's folder alone" "$bench" restore --root "$root"
	local result=$?
	chmod 700 "$root/run/vfio-bench"
	return $result
}

torn_line()
{
	printf '12345678 1 begin' >>"$journal"
	run 0 "$bench" restore --root "$root" && grep -q "1 of its lines not whole" "$work/err"
}

other_version()
{
	printf '\n' >>"$journal"
	python3 -c 'import zlib; b = "9 begin x"; print("%08x %s" % (zlib.crc32(b.encode()), b))' >>"$journal"
	run 2 "$bench" restore --root "$root" && grep -q "another version" "$work/err"
}

nothing_to_do()
{
	run 0 "$bench" restore --root "$root" && grep -q "nothing is left" "$work/out"
}

as_nobody()
{
	if [[ $(id -u) == 0 ]]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

cp "$bench" "$work/vfio-bench"
chmod 755 "$work" "$work/vfio-bench"
machine
cp "$journal" "$work/journal"
check "says what it would do, newest first" tells
check "the same as JSON" tells_json
check "changes nothing" unchanged
check "--all" all_too
check "a torn line is told, and is no failure" torn_line
check "another version's line is a failure" other_version
check "not from a folder that others can write to" in_others_folder
check "not as an ordinary user" refuses "only root" as_nobody "$work/vfio-bench" restore
check "not with an argument" refuses "no such argument" "$bench" restore everything
check "no folder to look in" refuses "not a folder" "$bench" restore --root "$work/nothing"
rm -r "$root/run/vfio-bench"
check "nothing to do" nothing_to_do
tap_end
