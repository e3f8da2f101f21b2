#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: a container that is closed while its last group is, by the kernel's own
# kprobes, on a kernel that does not keep the two apart (5.12 to 6.2); and that a run which
# is killed never closes them so. TAP.
#
#   scripts/lab --cpus 2 --timeout 300 -- tests/lab/close-race-test.sh BUILD
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: close-race-test.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
readonly bench=$build/vfio-bench tracing=/sys/kernel/tracing ROUNDS=4 KILLS=5
readonly edu=${LAB_EDU:?run this in the lab}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tap_why()
{
	tail -n 20 "$work/log"
	grep -v '^#' "$tracing/trace" | tail -n 20
}

trace_closes()
{
	cat >"$tracing/kprobe_events" <<-END
	p:asked vfio_iommu_type1:vfio_iommu_type1_notify data=%di:x64
	r:answered vfio_iommu_type1:vfio_iommu_type1_notify
	p:freeing vfio_iommu_type1:vfio_iommu_type1_release data=%di:x64
	r:freed vfio_iommu_type1:vfio_iommu_type1_release
	END
	echo 1 >"$tracing/events/kprobes/enable"
}

# Rounds in which type1 was still at work in a container's data when these were freed.
count_used_after()
{
	awk '
		/ asked: / { in_use = $NF }
		/ freeing: / { data = $NF }
		/ freed: / { if (in_use == data) dead = 1 }
		/ answered: / { n += dead; dead = 0; in_use = "" }
		END { print n + 0 }' "$tracing/trace"
}

events()
{
	grep -c " $1: " "$tracing/trace" || true
}

closed_at_once()
{
	echo >"$tracing/trace"
	"$bench" run close-race --set ops=$ROUNDS --quiet --output "$work/race" >"$work/log" 2>&1 &&
		is "$(events freed)" "$ROUNDS" && (($(count_used_after) > 0))
}

each_is_counted()
{
	python3 - "$work/race" "$ROUNDS" <<-'END'
	import glob, json, sys
	path, = glob.glob(sys.argv[1] + '/runs/*/result.json')
	assert json.load(open(path))['workers'][0]['counts']['closed_at_once'] == int(sys.argv[2])
	END
}

# In its measured part, all of its processes but the janitor, which ignores what it can.
kill_a_run()
{
	local out=$1 try pid

	"$bench" run smoke --device "$edu" --set duration=30s --quiet --output "$out" >"$work/log" 2>&1 &
	pid=$!
	for ((try = 0; try < 300; try++)); do
		if (($(events asked) + $(events freed) > 0)); then
			echo "its container was closed before it was killed"
			return 1
		fi
		(($(cat "$out.part"/runs/*/intervals.csv 2>/dev/null | wc -l) > 2)) && break
		sleep 0.1
	done
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true
	for ((try = 0; try < 300; try++)); do
		(($(events freed) > 0)) && ! pgrep -x vfio-bench >/dev/null && return
		sleep 0.1
	done
	echo "its container is not closed"
	return 1
}

never_when_killed()
{
	local i

	for ((i = 0; i < KILLS; i++)); do
		echo >"$tracing/trace"
		kill_a_run "$work/killed-$i" || return
		is "$(events asked)" 0 || return
	done
}

"$bench" bind "$edu" >/dev/null
if grep -q ' vfio_iommu_type1_notify\b' /proc/kallsyms; then
	trace_closes
	check "closed at once: type1 is at work in what was freed" closed_at_once
	check "each round is counted" each_is_counted
	check "a run that is killed, $KILLS times: its container goes after its groups" never_when_killed
	echo 0 >"$tracing/events/kprobes/enable"
	echo >"$tracing/kprobe_events"
else
	skip "closed at once" "this kernel's type1 is not asked when a container is closed"
fi
"$bench" unbind "$edu" >/dev/null
tap_end
