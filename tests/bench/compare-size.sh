#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What 'vfio-bench compare' costs on two directories of many runs: seconds and
# memory. Goal: 100 runs each under 1 s and under 100 MiB. Prints, judges nothing.
#
# usage: tests/bench/compare-size.sh BUILD [RUNS]
set -euo pipefail

build=${1:?usage: compare-size.sh BUILD [RUNS]}
runs=${2:-100}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bench=$build/vfio-bench

for side in a b; do
	"$bench" run null --quiet --repeat "$runs" --set duration=0s --set ops=100000 --set warmup=0s \
		--set threads=1 --output "$tmp/$side" >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
done

measure() {
	local what=$1

	shift
	for _ in 1 2 3; do
		/usr/bin/time -f '%e s (%U s user, %S s system), %M KiB' -o "$tmp/time" "$@" >"$tmp/log" 2>&1 ||
			{ cat "$tmp/log"; exit 1; }
		printf '%s: %s\n' "$what" "$(tail -n 1 "$tmp/time")"
	done
}

printf '%s runs in each of two directories, %s\n' "$runs" "$(du -sh "$tmp/a" | cut -f1)"
measure 'compare' "$bench" compare "$tmp/a" "$tmp/b"
measure 'compare --all' "$bench" compare --all "$tmp/a" "$tmp/b"
measure 'compare --json' "$bench" compare --json "$tmp/a" "$tmp/b"
