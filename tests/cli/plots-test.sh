#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench report --plots' and '--csv': what is drawn, from which numbers, and what is
# said where something is missing. Results of the null backend, made ones, committed ones.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=$(realpath "${top_builddir:?}")/vfio-bench
tests=$(realpath "$(dirname "$0")/..")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

holds() { PYTHONPATH=$tests python3 "$tests/plots.py" "$@"; }

# plots STATUS RESULT FOLDER; what it says goes to out and err.
plots() {
	local status=0

	"$bench" report --plots "$3" "$2" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$1" ]] && return
	echo "exit status $status, not $1"
	cat "$tmp/out" "$tmp/err"
	return 1
}

says() { grep -q -e "$1" "$tmp/out" || { cat "$tmp/out"; return 1; }; }
says_not() { ! says "$@" >/dev/null || { cat "$tmp/out"; return 1; }; }

for needed in python3 gnuplot; do
	if ! command -v "$needed" >/dev/null; then
		echo "1..0 # SKIP $needed not found"
		exit 0
	fi
done

null_job() {
	"$bench" run null --quiet --repeat 3 --set duration=200ms --set warmup=0s \
		--set threads=1,2 --set oversubscribe=yes --output "$tmp/null"
}
# Several tries: a worker that gets no CPU in all its time leaves a run without numbers, status 3.
null_run() {
	for _ in 1 2 3 4 5; do
		rm -rf "$tmp/null"
		null_job && return
	done
	return 1
}
check "a run of the null job" null_run
check "its plots" plots 0 "$tmp/null" "$tmp/plots"
check "percentiles are drawn" says '/percentile-null-map-threads-1.svg: null map: percentiles'
check "and what was left out is named with a reason" \
	says '^left out: callbacks and cost by pins: no run in it has a section of notify_span$'
check "nothing failed" says_not 'gnuplot:'
check "SVGs are sound, in their arms' colours, with units" holds folder "$tmp/plots" 1
check "throughput is the runs'" holds threads "$tmp/null" "$tmp/plots"
check "percentiles are the runs'" holds percentiles "$tmp/null" "$tmp/plots"
if command -v lstopo-no-graphics >/dev/null; then
	check "the topology names the workers" holds topology "$tmp/null" "$tmp/plots"
else
	check "no lstopo is said" says "lstopo is not installed"
fi
check "the CSV is the JSON" holds in_csv "$bench" "$tmp/null"

check "tiles hold every operation" holds heatmap "$tmp/null" "$tmp/plots"

again() {
	mkdir -p "$tmp/again" && cp "$tmp/plots/threads-null".{tsv,gp} "$tmp/again" &&
		(cd "$tmp/again" && gnuplot -d threads-null.gp) && [[ -s $tmp/again/threads-null.png ]]
}
check "a script draws its plot again, elsewhere" again

# Made of the null result: the jobs that need a kernel.
made() { PYTHONPATH=$tests python3 "$tests/plots_made.py" "$1" "$tmp/null" "$tmp/$1"; }

check "a notify_span table on three arms" made span
check "its plots" plots 0 "$tmp/span" "$tmp/span-plots"
check "callbacks and cost by pins" says '/span-1024.svg: '
check "a request's parts" says '/breakdown-.*.svg: '
check "all sound, three colours" holds folder "$tmp/span-plots" 3
check "callbacks are the runs'" holds span "$tmp/span" "$tmp/span-plots"
check "the parts make the whole" holds breakdown "$tmp/span" "$tmp/span-plots"
check "the CSV of a result with withheld runs" holds in_csv "$bench" "$tmp/span"
withheld() { "$bench" report --csv "$tmp/span" | grep -c '^[^"]*,failed,,,,,$'; }
check "which have a row without numbers" withheld
check "workers on two nodes" made numa
check "are drawn" plots 0 "$tmp/numa" "$tmp/numa-plots"
check "as a matrix" says '/numa-null.svg: '
check "of their own numbers" holds numa "$tmp/numa" "$tmp/numa-plots"
check "soundly" holds folder "$tmp/numa-plots" 0
check "up to three listeners on two arms" made listeners
check "are drawn" plots 0 "$tmp/listeners" "$tmp/listeners-plots"
check "each pin_every by itself" says '/listeners-span-pin-every-16.svg: '
check "each point is its runs'" holds listeners "$tmp/listeners" "$tmp/listeners-plots"
check "soundly, in two colours" holds folder "$tmp/listeners-plots" 2
check "an offered load" made load
check "is drawn" plots 0 "$tmp/load" "$tmp/load-plots"
check "as a point of saturation" says '/saturation-null.svg: '
check "in sound SVG" holds folder "$tmp/load-plots" 1

ab_job() {
	"$bench" ab --quiet --accept-noise --pairs 6 --arm A=null --arm B=null,count=16 \
		--output "$tmp/ab" --set duration=0s --set ops=500000 --set warmup=0s --set threads=1 \
		null
}
check "two arms, six pairs" ab_job
check "their plots" plots 0 "$tmp/ab" "$tmp/ab-plots"
check "have the pairs" says '/pairs-null-unmap-mean-b.svg: unmap mean: B against A'
check "and how the distribution moved" says '/shift-null-unmap.svg: '
check "each pair's difference" holds pairs "$tmp/ab" "$tmp/ab-plots"
check "in both arms' colours" holds folder "$tmp/ab-plots" 2

# Names from a result are no commands, and no markup.
check "a result with hostile names" made hostile
check "is drawn" plots 0 "$tmp/hostile" "$tmp/hostile-plots"
check "into sound SVG" holds folder "$tmp/hostile-plots" 0
no_harm() { ! find / -xdev -maxdepth 3 -name 'vb-plots-harm*' 2>/dev/null | grep . &&
	[[ ! -e $tmp/hostile-plots/vb-plots-harm ]]; }
check "and nothing was run" no_harm

# A file that was changed is no source of a picture; the rest is made.
changed() {
	cp -r "$tmp/null" "$tmp/changed"
	sed -i 's/,unmap,/,UNMAP,/' "$tmp"/changed/runs/*/latency.csv
	sed -i 's/Machine/MACHINE/' "$tmp/changed/topology.xml"
}
check "files changed since" changed
check "are told from sound ones" plots 0 "$tmp/changed" "$tmp/changed-plots"
check "in the heatmap" says '^left out: latency over time: no run has a sound latency.csv'
check "and in the topology" says '^left out: The machine.*: Invalid argument: topology.xml'

# What is not there is told, and the rest is made.
mkdir "$tmp/bin"
without() {
	local path=$PATH status=0

	PATH=$tmp/bin plots "$1" "$tmp/null" "$tmp/without" || status=$?
	PATH=$path
	return $status
}
check "no gnuplot: status 4" without 4
check "each plot says why" says 'threads: gnuplot is not installed: install gnuplot-nox$'
check "and one message does" grep -qx 'vfio-bench: --plots: gnuplot is not installed.*' "$tmp/err"
check "no lstopo is told, too" says 'lstopo is not installed: install hwloc-nox'
check "no half a file is left" test -z "$(find "$tmp/without" -name '*.svg')"
printf '#!%s\necho "line 3: what?" >&2\nexit 1\n' "$(command -v sh)" >"$tmp/bin/gnuplot"
chmod +x "$tmp/bin/gnuplot"
check "a gnuplot that fails: its words" without 0
check "are in the list" says 'gnuplot: .*line 3: what?'
check "a folder that can't be made" plots 3 "$tmp/null" "$tmp/none/plots"
check "is named" grep -q "$tmp/none/plots: No such file" "$tmp/err"

for result in "$tests"/../results/*/meta.json; do
	[[ -e $result ]] || continue
	result=${result%/meta.json}
	if ! grep -q '"schema": 2' "$result/meta.json"; then
		skip "${result##*/}" "of an older schema"
		continue
	fi
	check "plots of ${result##*/}" plots 0 "$result" "$tmp/committed"
	check "are sound" holds folder "$tmp/committed" 0
	rm -rf "$tmp/committed"
done
tap_end
