#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults that cost a boot each: the deadlock of mainline, and a panic. TAP on stdout. Runs on
# the host, in the build folder or with VFIO_BENCH_BUILD set, where mainline is built.
#
#   tests/lab/boot-faults-test.sh [N [STATE]]
#
# N boots of each (default: 1). With STATE, a folder, what was shown there is not shown again:
# a line in STATE/done for each boot, what the boots that failed left beside it.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

repeat=${1:-1}
build=${VFIO_BENCH_BUILD:-$PWD}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly repeat build top
readonly CRASHED=125
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
state=${2:-}
if [[ -z $state ]]; then
	state=$(mktemp -d "${TMPDIR:-/tmp}/boot-faults.XXXXXX")
	trap 'rm -rf "$state"' EXIT
fi
mkdir -p "$state"
touch "$state/done"

tap_why()
{
	tail -n 30 "$out/lab.log"
}

# boot FAULT SEED: a guest in which the soak does that alone; its status in $status.
boot()
{
	local fault=$1 seed=$2

	rm -rf "$out"
	mkdir -p "$out"
	status=0
	# shellcheck disable=SC2016	# the guest's variables
	"$top/scripts/lab" --cpus 2 --timeout 400 --build "$build" --out "$out" -- bash -c '
		bench=$1/vfio-bench
		"$bench" bind "$LAB_EDU" >/dev/null
		sync
		exec "$bench" soak --fault "$2" --seed "$3" --repeat 1 --steady --cycle 0.5s..2s \
			--keep --quiet --device "$LAB_EDU" --output "$LAB_OUT/soak"
	' boot "$build" "$fault" "$seed" >"$out/lab.log" 2>&1 || status=$?
}

# The run's result: where its cycle left it, or where the soak keeps what failed.
result()
{
	find "$out/soak" -name 'result*' -type d ! -path '*/plots/*' -prune | head -n 1
}

# The result as it is on the host: noticed in time, stacks and log saved, marked.
deadlock()
{
	boot deadlock "$1"
	is "$status" 2 || return
	# The soak tells that it hung; what the fault required has been judged in the guest.
	grep -q 'reboot needed' "$out/lab.log" || return
	python3 - "$(result)" <<-'END'
	import glob, json, os, sys
	run, = glob.glob(sys.argv[1] + '/runs/*')
	r = json.load(open(run + '/result.json'))
	assert r['status'] == 'hung' and r['hung']['tasks_in_d'] >= 2, r['hung']
	assert 0 < r['hung']['idle_s'] <= 15, r['hung']
	stacks = open(run + '/stacks.txt').read()
	assert stacks.count('vfio_') >= 2, stacks[:2000]
	assert os.path.getsize(sys.argv[1] + '/kernel.log')
	assert json.load(open(sys.argv[1] + '/meta.json'))['status'] == 'incomplete'
	END
}

panic()
{
	boot panic "$1"
	is "$status" "$CRASHED" && is "$(<"$out/verdict")" crashed || return
	grep -q 'Kernel panic - not syncing' "$out/console.log" || return
	# The oops on the lab's own output, for whoever sees no more than that.
	grep -q 'sysrq' "$out/lab.log" && grep -q 'guest crashed' "$out/lab.log" || return
	# What was running when it crashed is there, and is not taken for a whole result.
	grep -q '"status": "running"' "$(result)/meta.json"
}

# once FAULT NUMBER
once()
{
	local fault=$1 number=$2 before=$tap_failed

	if grep -qx "$fault $number" "$state/done"; then
		check "$fault, boot $number: shown before" true
		return
	fi
	out=$state/$fault-$number
	check "$fault, boot $number" "$fault" "$number"
	if ((tap_failed == before)); then
		echo "$fault $number" >>"$state/done"
		rm -rf "$out"
	fi
}

for ((i = 1; i <= repeat; i++)); do
	once deadlock "$i"
	once panic "$i"
done
tap_end
