#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A session of the null job that is killed at a random moment, with all its
# processes: what it leaves can be read, holds the runs that had ended and no
# other, and is not called complete unless it is.
#   VB_KILLS=N    how often (200)
#   VB_SEED=N     of the moments; printed
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
kills=${VB_KILLS:-200}
seed=${VB_SEED:-$((EPOCHSECONDS % 32768))}
# Each some 20 ms where nothing else runs; counted, as a starved worker does nothing in a time.
readonly RUNS=8
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
nothing=0 empty=0 running=0 complete=0 ended_runs=0

# What the last session said.
tap_why() {
	cat "$tmp/out"
}

# session [DELAY-MS]: a session in a process group of its own, killed after so long.
session() {
	local pid

	setsid "$bench" run null --quiet --set duration=0s --set ops=100000 --set warmup=0s \
		--set threads=1 --repeat "$RUNS" --output "$tmp/result" >"$tmp/out" 2>&1 &
	pid=$!
	(($#)) || { wait "$pid"; return; }
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
	kill -KILL -- "-$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

results_in() { find "$1/runs" -name result.json | wc -l; }

# says DIR STATUS: the report can be made, and of the runs that are there.
says() {
	local dir=$1 status=$2 runs

	"$bench" report "$dir" >"$tmp/report" 2>&1 || { cat "$tmp/report"; return 1; }
	runs=$(results_in "$dir")
	grep -qE "^job .*, $runs runs?, $status\$" "$tmp/report" ||
		{ echo "wanted $runs runs, $status"; grep ^job "$tmp/report"; return 1; }
	grep -qE "^audit: $runs of $runs runs? clean" "$tmp/report" || { cat "$tmp/report"; return 1; }
	((runs == RUNS)) || grep -qF "; $((RUNS - runs)) not run" "$tmp/report" ||
		{ echo "$runs of $RUNS runs, and the rest is not told"; return 1; }
	ended_runs=$((ended_runs + runs))
}

# What was killed before its first file is no result, and nothing is in it.
is_empty() {
	[[ -z $(find "$1" -type f -not -name '.*') ]] || { find "$1"; return 1; }
	! "$bench" report "$1" >"$tmp/report" 2>&1
}

look() {
	if [[ -d $tmp/result ]]; then
		complete=$((complete + 1))
		[[ ! -e $tmp/result.part ]] && says "$tmp/result" complete &&
			[[ $(results_in "$tmp/result") == "$RUNS" ]] &&
			[[ -z $(find "$tmp/result" -name '.*') ]]
	elif [[ -e $tmp/result.part/meta.json ]]; then
		running=$((running + 1))
		# all was done but the last rename
		if grep -q '"status": "complete"' "$tmp/result.part/meta.json"; then
			says "$tmp/result.part" complete
		else
			says "$tmp/result.part" running
		fi
	elif [[ -d $tmp/result.part ]]; then
		empty=$((empty + 1))
		is_empty "$tmp/result.part"
	else
		nothing=$((nothing + 1))
	fi
}

# One that nobody kills: how long a session takes here.
undisturbed() {
	local from=${EPOCHREALTIME/./}

	session && look && ((complete == 1)) || return
	whole_ms=$(((${EPOCHREALTIME/./} - from) / 1000))
	complete=0 ended_runs=0
}

# some COUNT: so many kills, and each leaves what it may.
some() {
	local delay

	for ((n = 0; n < $1; n++)); do
		rm -rf "$tmp/result" "$tmp/result.part"
		delay=$((RANDOM % (whole_ms + whole_ms / 10 + 1)))
		session "$delay"
		look || { echo "killed after $delay ms:"; find "$tmp"/result*; return 1; }
	done
}

whole_ms=0
printf '# seed %d\n' "$seed"
RANDOM=$seed
check "a session that ends by itself" undisturbed
((whole_ms)) || { tap_end; exit 1; }
printf '# it took %d ms\n' "$whole_ms"
for ((at = 0; at < kills; at += 20)); do
	count=$((kills - at < 20 ? kills - at : 20))
	check "kills $((at + 1)) to $((at + count))" some "$count"
done
printf '# %d had nothing yet, %d a folder without a file, %d were running, %d complete; %d runs in all\n' \
	"$nothing" "$empty" "$running" "$complete" "$ended_runs"
check "many of them were killed between the first file and the last" test $((running * 4)) -gt "$kills"
tap_end
