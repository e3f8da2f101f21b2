#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What recording every operation costs, on the null backend with a worker on
# each of two CPUs and the writing thread on one of them. A benchmark, no test:
# its exit status says only that it ran. Off, io_uring and pwrite take turns in
# every round, so that what else the machine does falls on all. Runs in the
# build folder, or with VFIO_BENCH_BUILD set; samples go to TMPDIR.
#
#   tests/bench/samples-cost.sh [ROUNDS]
set -euo pipefail

build=${VFIO_BENCH_BUILD:-$PWD}
readonly bench=$build/vfio-bench
readonly SECONDS_EACH=3
rounds=${1:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/samples-cost.XXXXXX")
trap 'rm -rf "$work"' EXIT

# measure KEY=VALUE...: "operations-per-second samples-per-second lost-share bytes-per-second io"
measure()
{
	local set=() pair

	for pair; do
		set+=(--set "$pair")
	done
	rm -rf "$work/result"
	"$bench" run null --quiet --output "$work/result" --set threads=2 --set count=256 \
		--set duration=${SECONDS_EACH}s --set warmup=200ms "${set[@]}" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		return 1
	}
	python3 - "$work"/result/runs/000-*/result.json <<'END'
import json, sys

r = json.load(open(sys.argv[1]))
steps = sum(w['steps'] / w['seconds'] for w in r['workers'])
s = r.get('samples', {'written': 0, 'lost': 0, 'bytes': 0, 'io': 'off'})
all = s['written'] + s['lost']
print('%.0f %.0f %.6f %.0f %s' % (2 * steps, s['written'] / r['measured_s'],
      s['lost'] / all if all else 0, s['bytes'] / r['measured_s'], s['io'].replace(' ', '_')))
END
}

# median COLUMN FILE
median()
{
	awk -v c="$1" '{ print $c }' "$2" | sort -g |
		awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# compare TITLE KEY=VALUE...: the three ways, in turn
compare()
{
	local title=$1 round way ratio

	shift
	rm -f "$work"/way.*
	for ((round = 0; round < rounds; round++)); do
		measure "$@" samples=no >>"$work/way.off"
		measure "$@" samples=yes samples_io=uring >>"$work/way.uring"
		measure "$@" samples=yes samples_io=pwrite >>"$work/way.pwrite"
	done
	printf '%s\n' "$title"
	for way in off uring pwrite; do
		# of each round, then the middle: rounds differ more than ways
		ratio=$(paste -d ' ' "$work/way.off" "$work/way.$way" | awk '{ print $6 / $1 }' |
			tee "$work/ratio" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
		awk -v way="$way" -v ratio="$ratio" -v ops="$(median 1 "$work/way.$way")" \
			-v samples="$(median 2 "$work/way.$way")" -v lost="$(median 3 "$work/way.$way")" \
			-v bytes="$(median 4 "$work/way.$way")" -v io="$(awk 'END { print $5 }' "$work/way.$way")" \
			'BEGIN { printf "  %-7s %6.2f M operations/s (%.3f of off), %6.2f M samples/s written, " \
				"%7.4f%% lost, %4.0f MB/s (%s)\n",
				way, ops / 1e6, ratio, samples / 1e6, lost * 100, bytes / 1e6, io }'
	done
}

[[ -x $bench ]] || {
	echo "samples-cost: no $bench: run it in the build folder, or set VFIO_BENCH_BUILD" >&2
	exit 1
}
printf 'load average at the start: %s; %s CPUs; samples on %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)" \
	"$(nproc)" "$(stat -f -c %T "$work")"
# A step is two operations and, in an open loop, a service and a response time.
compare "1 million samples a second and worker (rate=250000, four samples a step):" rate=250000
compare "as fast as it goes (no operation takes less time than one that does nothing):"
