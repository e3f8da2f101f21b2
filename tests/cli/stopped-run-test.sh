#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The process that holds the container is stopped (SIGSTOP) by one who then goes, as a soak
# does that is killed: a run that is asked to end does so, and is not taken for hung.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

tap_why()
{
	cat "$tmp/out"
}

# The child of $1 that has worker threads, once they are there.
holder_of()
{
	local child children tasks

	for ((i = 0; i < 600; i++)); do
		mapfile -t children < <(cat /proc/"$1"/task/*/children 2>/dev/null | tr -s ' ' '\n')
		for child in "${children[@]}"; do
			tasks=$(find "/proc/$child/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)
			((tasks < 2)) || { echo "$child"; return; }
		done
		sleep 0.1
	done
	return 1
}

is_stopped()
{
	for ((i = 0; i < 100; i++)); do
		[[ $(awk '$1 == "State:" { print $2 }' "/proc/$1/status") == T ]] && return
		sleep 0.1
	done
	return 1
}

# ends SIGNAL: the run's exit status is that of an interruption, and its result says so.
ends()
{
	local run holder status=0

	rm -rf "$tmp"/result*
	"$bench" run null --quiet --set duration=600s --set threads=1 --output "$tmp/result" \
		>"$tmp/out" 2>&1 &
	run=$!
	if ! { holder=$(holder_of "$run") && kill -STOP "$holder" && is_stopped "$holder"; }; then
		kill -KILL "$run"
		return 1
	fi
	kill "-$1" "$run"
	wait "$run" || status=$?
	((status == 3)) || { echo "exit status $status"; return 1; }
	[[ ! -d /proc/$holder ]] || { echo "the process is still there"; return 1; }
	grep -q '"status": "incomplete"' "$tmp"/result*/meta.json
}

check "SIGTERM while its process is stopped: interrupted, not hung" ends TERM
check "SIGINT while its process is stopped: likewise" ends INT
tap_end
