#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Recorded operations, open loop and intervals, on the null backend: what one
# run says in one place holds against what it says in another. No absolute time.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# run NAME KEY=VALUE...: one run with one worker, unless said otherwise
run() {
	local name=$1 set=() pair

	shift
	for pair; do
		set+=(--set "$pair")
	done
	rm -rf "${tmp:?}/$name"
	"$bench" run null --quiet --output "$tmp/$name" --set threads=1 --set warmup=0s \
		"${set[@]}" 2>"$tmp/$name.log" || { cat "$tmp/$name.log"; return 1; }
}

# holds NAME EXPRESSION...: python3, with r: the run's result, s: what samples --json says of
# it, m: metrics by name, w: the first worker, latency: counts of latency.csv by metric
holds() {
	local name=$1

	shift
	"$bench" samples "$tmp/$name" --json >"$tmp/samples.json" 2>/dev/null || echo '[{}]' >"$tmp/samples.json"
	python3 - "$tmp/$name" "$tmp/samples.json" "$@" <<'END'
import collections, csv, glob, json, sys

run = glob.glob(sys.argv[1] + '/runs/000-*')[0]
r = json.load(open(run + '/result.json'))
s = json.load(open(sys.argv[2]))[0]
m = {e['metric']: e for e in r['metrics']}
w = r['workers'][0]
latency = collections.Counter()
for row in csv.DictReader(open(run + '/latency.csv')):
    latency[row['metric']] += int(row['count'])
total = sum(e['count'] for e in r['metrics'])
audit = {c['check']: c['verdict'] for c in r['audit']}
for text in sys.argv[3:]:
    if not eval(text):
        sys.exit('not so: %s; samples %s; latency %s' % (text, r.get('samples'), dict(latency)))
END
}

# With so few operations a ring never fills.
FEW=(samples=yes duration=0s ops=20000)

same_as_histograms() {
	holds "$1" "r['samples']['lost'] == 0" "r['samples']['written'] == total == 40000" \
		"audit['samples'] == 'ok'" "s['samples'] == total" "s['workers_ended'] == 1" \
		"all(m[e['metric']][k] == e[k] for e in s['metrics']
			for k in ('count', 'min', 'p50', 'p90', 'p99', 'p999', 'max'))"
}

csv_has_all() {
	"$bench" samples "$tmp/few" --csv >"$tmp/few.csv"
	python3 - "$tmp/few.csv" "$tmp"/few/runs/000-*/result.json <<'END'
import csv, json, sys

rows = list(csv.DictReader(open(sys.argv[1])))
metrics = {e['metric']: e for e in json.load(open(sys.argv[2]))['metrics']}
for name, e in metrics.items():
    v = [int(r['duration_ns']) for r in rows if r['metric'] == name]
    assert (len(v), min(v), max(v)) == (e['count'], e['min'], e['max']), name
ends = [int(r['start_ns']) + int(r['duration_ns']) for r in rows]
assert ends == sorted(ends)
# the window is walked page by page, each mapped and then unmapped
assert [r['metric'] for r in rows[:4]] == ['map', 'unmap'] * 2
pages = [int(r['iova'], 16) // 4096 for r in rows if r['metric'] == 'map']
assert all(b - a == 1 or b < a for a, b in zip(pages, pages[1:])) and len(set(pages)) == 256
assert {r['result'] for r in rows} == {'0'}
END
}

# refused PATTERN [ARGUMENT...]: of the result "bad", with exit status 1
refused() {
	local pattern=$1 status=0

	shift
	"$bench" samples "$tmp/bad" "$@" >"$tmp/out" 2>&1 || status=$?
	if ! grep -qE -- "$pattern" "$tmp/out" || ((status != 1)); then
		echo "status $status, wanted /$pattern/:"
		cat "$tmp/out"
		return 1
	fi
}

damage() {
	rm -rf "$tmp/bad"
	cp -r "$tmp/few" "$tmp/bad"
	file=$(echo "$tmp"/bad/runs/000-*/samples.bin)
}

flipped_bit() {
	damage
	printf 'x' | dd of="$file" bs=1 seek=$((65536 * 3 + 4711)) conv=notrunc status=none
	refused 'samples.bin: at byte 196608: the block.s checksum'
}

cut() {
	damage
	truncate -s "$1" "$file"
	refused "$2"
}

all_accounted_for() {
	holds full "r['samples']['written'] + r['samples']['lost'] == total" \
		"s['samples'] == r['samples']['written']" "s['lost'] == r['samples']['lost']" \
		"r['samples']['lost'] == sum(r['samples']['lost_by_worker'])" \
		"audit['samples'] == ('mark' if r['samples']['lost'] else 'ok')" \
		"r['samples']['complete'] == (r['samples']['lost'] == 0)"
}

# A run is killed once there is something in its file.
killed() {
	local pid file=$tmp/killed.part/runs/000-null/samples.bin

	"$bench" run null --quiet --output "$tmp/killed" --set threads=1 --set warmup=0s \
		--set samples=yes --set duration=1h 2>/dev/null &
	pid=$!
	until [[ -s $file ]] && (($(stat -c %s "$file") > 1000000)); do
		kill -0 "$pid" || return 1
		sleep 0.05
	done
	kill -KILL "$pid"
	wait "$pid" || true
	"$bench" samples "$file" --json >"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err"; return 1; }
	grep -q '0 of 1 workers came to their end' "$tmp/err" &&
		awk '$1 == "\"samples\":" { n = $2 + 0 } END { exit !(n > 4092) }' "$tmp/out"
}

# report_says NAME PATTERN...
report_says() {
	local pattern

	"$bench" report "$tmp/$1" >"$tmp/report"
	for pattern in "${@:2}"; do
		grep -qE "$pattern" <(tr -s '\n ' ' ' <"$tmp/report"; cat "$tmp/report") ||
			{ echo "not in it: $pattern"; cat "$tmp/report"; return 1; }
	done
}

# told_on_request: SIGUSR1 has every worker's counts on stderr, and the run goes on to its end.
told_on_request() {
	local pid status=0

	"$bench" run null --output "$tmp/told" --set threads=1 --set warmup=0s --set duration=1h \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	for _ in {1..300}; do
		! grep -q 'worker 0 \[null\] .* steps' "$tmp/err" || break
		! grep -sq ',measure,' "$tmp"/told.part/runs/*/intervals.csv || kill -USR1 "$pid" || break
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid" || status=$?
	grep -q 'worker 0 \[null\] tid [0-9]* cpu [0-9]* node [0-9]*: [0-9]* steps' "$tmp/err" &&
		is "$status" 3
}

# swept NAME RATE PATTERN...: as kept
swept() {
	local try

	for try in 1 2 3 4 5; do
		run "$1" duration=1s "$2" || return 1
		report_says "$1" "${@:3}" && return
		echo "try $try"
	done
	return 1
}

# kept ARRIVAL RATE DURATION EXPRESSION...: gaps so long that a worker sleeps in them, and
# several tries: on a busy machine it may have to wait for its CPU.
kept() {
	local name=$1 try

	for try in 1 2 3 4 5; do
		run "$name" arrival="$name" "$2" "$3" || return 1
		holds "$name" "${@:4}" "not r['sections'][0]['saturated']" "audit['rate'] == 'ok'" \
			"r['sections'][0]['arrival'] == '$name'" && return
		echo "try $try"
	done
	return 1
}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi
check "a run with samples=yes" run few "${FEW[@]}"
check "every operation is in samples.bin, and the percentiles are the histograms'" \
	same_as_histograms few
check "--csv: every operation, in order, with its page" csv_has_all
check "a run with samples_io=pwrite" run pwrite "${FEW[@]}" samples_io=pwrite
check "as complete as with io_uring" same_as_histograms pwrite
check "it says how it was written" holds pwrite "r['samples']['io'] == 'pwrite'"
check "a run faster than the recorder" run full samples=yes duration=1s
check "what was written and what was lost make up all operations" all_accounted_for
check "a changed byte: refused, with the place" flipped_bit
check "cut in a block: refused" cut 300000 'samples.bin: 300000 bytes, .* cut off'
check "cut between blocks: refused" cut $((65536 * 3)) 'samples.bin: 196608 bytes, .* cut off'
check "cut to nothing: refused" cut 0 'samples.bin: 0 bytes, .* cut off'

check "a run without samples" run bad duration=0s ops=1000
check "has none to show" refused 'no run has samples: run the job with --set samples=yes'
check "--run of no run" refused 'no such run has samples' --run 7
check "--run takes a number" refused '--run=x: give' --run x

check "what a killed run leaves can be read, and says that it is not all" killed
check "a run with rate=" kept fixed rate=100 duration=1s \
	"0.95 <= w['achieved_per_s'] / 100 <= 1.05" "0.95 <= w['offered_per_s'] / 100 <= 1.05"
# 600 steps: 5 standard deviations of their number are 20%
check "a Poisson process: the rate asked for, as far as chance lets it" kept poisson rate=200 \
	duration=3s "abs(w['offered_per_s'] / 200 - 1) < 0.2"
for name in fixed poisson; do
	check "$name: response times are service times and what came before" holds $name \
		"m['service']['count'] == m['response']['count'] == w['steps']" \
		"all(m['response'][k] >= m['service'][k] for k in ('min', 'p50', 'p90', 'p99', 'max', 'mean'))"
done
check "a rate that nothing can keep" run absurd duration=300ms rate=10000000
check "is told as such" holds absurd "r['sections'][0]['saturated']" "audit['rate'] == 'mark'" \
	"w['achieved_per_s'] < 0.95 * w['offered_per_s']" \
	"m['response']['p50'] > 10 * m['service']['p50']"
check "SIGUSR1: what each worker has done so far" told_on_request
check "a closed loop says that it is one" holds full "r['sections'][0]['arrival'] == 'closed'" \
	"'response' not in m" "'offered_per_s' not in w"

check "a sweep of rates: the report names the highest that was kept" swept sweep \
	rate=50..10000000*200000 'highest rate kept: 50(\.0)?/s a worker' '10\.0 M/s .* no$'
check "a sweep that is kept: saturation lies above" swept low rate=20..40*2 \
	'every rate was kept, up to 40(\.0)?/s a worker'
check "the report says whether runs were steady" report_says full \
	'(no change point in 1 of 1|not steady|within 3% of one another)'
check "the report of a run that is too short says so" report_says few 'Too few intervals'

for name in few full fixed absurd; do
	check "latency.csv of '$name' adds up to the histograms" holds "$name" \
		"all(latency[k] == m[k]['count'] for k in m)" "set(latency) == set(m)"
done
# On a busy machine some are missed: what they had is in the next one. No more than one begins in
# each 50th of the duration (of a second), however long the run is kept from its end; the rest is one more.
check "50 intervals a run, at most" holds full \
	"(lambda ends: 25 <= len(ends) <= (ends[-1] - ends[0]) * 50 + 2)(sorted({
	float(l.split(',')[0]) for l in open(run + '/intervals.csv') if ',measure,' in l}))"
tap_end
