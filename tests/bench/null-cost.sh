#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the engine itself costs on this machine: the null mode maps nothing, so
# an operation is two readings of the clock, an entry in a histogram, and the
# loop. A benchmark, no test: it wants two idle cores and waits for them, and
# its exit status says only that it ran. Runs in the build folder, or with
# VFIO_BENCH_BUILD set.
#
#   tests/bench/null-cost.sh [ROUNDS]
set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
readonly bench=$build/vfio-bench
readonly OPS=2000000		# steps of a worker, two operations each
readonly PATIENCE=60		# seconds to wait for idle cores, each time
readonly COST_LIMIT=1.25 SCALING_LIMIT=1.9
rounds=${1:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/null-cost.XXXXXX")

cleanup()
{
	rm -rf "$work"
}

# "BUSY ALL", in ticks of all cpus since boot
cpu_ticks()
{
	awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 + $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' \
		/proc/stat
}

# At most a twentieth of the time of all cpus went to others in the last half second.
wait_idle()
{
	local before after deadline=$((SECONDS + PATIENCE))

	before=$(cpu_ticks)
	while ((SECONDS < deadline)); do
		sleep 0.5
		after=$(cpu_ticks)
		if awk "BEGIN { split(\"$before $after\", t, \" \")
			exit !((t[3] - t[1]) * 20 <= t[4] - t[2]) }"; then
			return
		fi
		before=$after
	done
	echo "the cores are busy with something else: what follows is worth less"
}

# measure THREADS ROUND: "ns-per-operation clock-ns operations-per-second"
measure()
{
	local result=$work/$1-$2

	"$bench" run null --quiet --output "$result" --set threads="$1" --set count=256 \
		--set ops=$OPS --set duration=0s --set warmup=0s >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		return 1
	}
	"$bench" report --json "$result" | awk '
		$1 == "\"clock_cost_ns\":" { clock = $2 + 0 }
		$1 == "\"steps\":" { steps = $2 + 0 }
		$1 == "\"seconds\":" {
			workers++
			ns += ($2 + 0) * 1e9 / steps / 2
			rate += steps * 2 / ($2 + 0)
		}
		END { printf "%.3f %.3f %.0f\n", ns / workers, clock, rate }'
}

median()
{
	sort -g | awk '{ v[NR] = $1 }
		END { printf "%.3f\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# verdict VALUE OPERATOR LIMIT
verdict()
{
	awk "BEGIN { print ($1 $2 $3) ? \"met\" : \"not met\" }"
}

trap cleanup EXIT
[[ -x $bench ]] || {
	echo "null-cost: no $bench: run it in the build folder, or set VFIO_BENCH_BUILD" >&2
	exit 1
}
printf 'load average at the start: %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
for ((i = 0; i < rounds; i++)); do
	wait_idle
	measure 1 $i >>"$work/one"
	(($(nproc) > 1)) || continue
	wait_idle
	measure 2 $i >>"$work/two"
done
awk '{ printf "one worker:  %7.2f ns an operation, %6.2f two readings of the clock: %.3f\n",
	$1, 2 * $2, $1 / 2 / $2 }' "$work/one"
cost=$(awk '{ print $1 / 2 / $2 }' "$work/one" | median)
if [[ ! -s $work/two ]]; then
	printf 'median of %d: %s times two readings of the clock (at most %s: %s)\n' "$rounds" \
		"$cost" $COST_LIMIT "$(verdict "$cost" '<=' $COST_LIMIT)"
	echo "one cpu: two workers not measured"
	exit 0
fi
awk '{ printf "two workers: %12.0f operations a second\n", $3 }' "$work/two"
scaling=$(paste -d ' ' "$work/one" "$work/two" | awk '{ print $6 / $3 }' | median)
printf 'median of %d: %s times two readings of the clock (at most %s: %s)\n' "$rounds" "$cost" \
	$COST_LIMIT "$(verdict "$cost" '<=' $COST_LIMIT)"
printf 'median of %d: two workers do %s times the work of one (at least %s: %s)\n' "$rounds" \
	"$scaling" $SCALING_LIMIT "$(verdict "$scaling" '>=' $SCALING_LIMIT)"
