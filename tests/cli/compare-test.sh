#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench compare' on real results of the null backend, changed where a test
# wants a difference of a known size: verdicts, gates, floors, boots, bad input.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PYTHONPATH=${top_srcdir:?}/tests PYTHONDONTWRITEBYTECODE=1	# result.py
export VFIO_BENCH_FLOOR_DIR=$tmp/floor

# What the last run said.
tap_why() {
	cat "$tmp/out" "$tmp/err"
}

# run STATUS ARG...: compare's exit status; what it says goes to out and err.
run() {
	local want=$1 status=0

	shift
	"$bench" compare "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}

says() { run 0 "${@:2}" && grep -q -e "$1" "$tmp/out"; }
# refuses WORDS ARG...: bad input, one line that says so.
refuses() {
	run 1 "${@:2}" && grep -q -e "$1" "$tmp/err" && [[ $(wc -l <"$tmp/err") == 1 ]] &&
		[[ ! -s $tmp/out ]]
}
# fails STATUS WORDS ARG...: what a gate or an audit makes of it.
fails() { run "$1" "${@:3}" && grep -q -e "$2" "$tmp/err"; }

lacks() { ! grep -q -e "$1" "$tmp/out"; }

null_job() {
	"$bench" run null --quiet --set duration=0s --set ops=100 --set warmup=0s --set threads=1 "$@"
}

# level DIR NEW STEP NS...: the result again, in its runs every map and unmap taking
# the times given in turn, each round STEP ns longer.
level() {
	python3 - "$@" <<-'END'
	import os, shutil, sys
	import result
	old, new, step, values = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
	shutil.copytree(old, new)
	for i, name in enumerate(sorted(os.listdir(new + '/runs'))):
	    path = '%s/runs/%s/result.json' % (new, name)
	    run = result.read(path)
	    ns = int(values[i % len(values)]) + step * run['round']
	    for metric in run['metrics']:
	        metric.update(result.histogram([ns] * 20000), rate_per_s=1e9 / ns)
	    result.write(path, run)
	END
}

# change DIR PYTHON: run each result.json through PYTHON, as 'run' (number 'i').
change() {
	python3 - "$@" <<-'END'
	import os, sys
	import result
	for i, name in enumerate(sorted(os.listdir(sys.argv[1] + '/runs'))):
	    path = '%s/runs/%s/result.json' % (sys.argv[1], name)
	    run = result.read(path)
	    exec(sys.argv[2])
	    result.write(path, run)
	END
}

finding() {
	python3 - "$1" "$2" "$tmp/out" <<-'END'
	import json, sys
	name, want = sys.argv[1:3]
	with open(sys.argv[3], encoding='utf-8') as file:
	    tree = json.load(file)
	found = [d['finding'] for c in tree['comparisons'] for cell in c['cells']
	         for d in cell['decisions'] if '.'.join((d['section'], d['metric'], d['stat'])) == name]
	sys.exit(not found or any(f != want for f in found))
	END
}
finds() { run 0 --json "${@:3}" && finding "$1" "$2"; }
narrow() { run 0 --all "$@" && ! grep -E '.{101}' "$tmp/out"; }
exact() { sed -i 's/"timing"/"exact"/' "$1/meta.json" && sign "$1/meta.json"; }
sign() {
	python3 -c 'import sys, result; result.write(sys.argv[1], result.read(sys.argv[1]))' "$1"
}
store_floor() {
	"$bench" ab null --aa --arm A=null --pairs 6 --comparisons 2 --quiet --accept-noise \
		--set duration=0s --set ops=100 --set warmup=0s --set threads=1 --output "$tmp/aa" \
		>"$tmp/out" 2>"$tmp/err" && grep -q '^A/A: 2 comparisons of 6 pairs' "$tmp/out" &&
		grep -q '^kept for later' "$tmp/out"
}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

check "eight runs" null_job --repeat 8 --output "$tmp/made"
check "three runs" null_job --repeat 3 --output "$tmp/few"
check "another size" null_job --repeat 8 --set size=8k --output "$tmp/size"
check "another cell" null_job --repeat 1 --set threads=1,2 --set oversubscribe=yes \
	--output "$tmp/cells"
level "$tmp/made" "$tmp/a" 1 10000
level "$tmp/made" "$tmp/b" 1 10600
level "$tmp/made" "$tmp/near" 1 10050
level "$tmp/made" "$tmp/inside" 1 10250
level "$tmp/made" "$tmp/wide" 1 9000 10000 11000 12500
level "$tmp/few" "$tmp/a3" 1 10000
level "$tmp/few" "$tmp/b3" 1 10600
level "$tmp/size" "$tmp/size-b" 1 10600

check "6% more is worse" finds null.map.mean worse "$tmp/a" "$tmp/b"
check "and its rate, too" finds null.map.rate worse "$tmp/a" "$tmp/b"
check "the other way round it is better" finds null.unmap.mean better "$tmp/b" "$tmp/a"
check "half a percent is equivalent" finds null.map.mean equivalent "$tmp/a" "$tmp/near"
check "not with a margin of 0.1%" finds null.map.mean worse --margin 0.1% "$tmp/a" "$tmp/near"
check "with itself it is equivalent" finds null.map.mean equivalent "$tmp/a" "$tmp/a"
check "three runs tell nothing" finds null.map.mean inconclusive "$tmp/a3" "$tmp/b3"
check "n is shown" says '^n 8$' "$tmp/a" "$tmp/b"
check "two sessions are loudly told" says '^EACH SIDE IS ONE SESSION' "$tmp/a" "$tmp/b"
check "lines are not too long" narrow "$tmp/a" "$tmp/b"
check "exploratory metrics are counted" says 'exploratory ones: --all' "$tmp/a" "$tmp/b"

check "a gate that holds" run 0 --gate map.mean:7% "$tmp/a" "$tmp/b"
check "a gate that is exceeded" fails 5 'gate=map.mean:5%: worse: +6.0%' --gate map.mean:5% \
	"$tmp/a" "$tmp/b"
check "with its section" fails 5 worse --gate null.map.p99:5 "$tmp/a" "$tmp/b"
check "a rate" fails 5 worse --gate map.rate:5% "$tmp/a" "$tmp/b"
check "the second of two" fails 5 'gate=unmap.mean' --gate map.mean:9% --gate unmap.mean:5% \
	"$tmp/a" "$tmp/b"
check "too few runs to tell" fails 3 "can't tell" --gate map.mean:5% "$tmp/a3" "$tmp/b3"
check "what reaches beyond it can't tell" fails 3 "can't tell.*interval reaches beyond it" \
	--gate map.mean:5% "$tmp/a" "$tmp/wide"
check "a certain 2.5% inside the margin" fails 5 'worse: +2.5%' --gate map.mean:2% "$tmp/a" \
	"$tmp/inside"
check "better passes" run 0 --gate map.mean:0% "$tmp/b" "$tmp/a"

check "a different job is refused" refuses 'different jobs: job \[null\] size' "$tmp/a" "$tmp/size-b"
check "compared with --force" says 'THE JOBS DIFFER in 1 setting' --force "$tmp/a" "$tmp/size-b"
check "a gate on it" fails 5 worse --force --gate map.mean:5% "$tmp/a" "$tmp/size-b"
check "other cells are another job" refuses 'different jobs' "$tmp/a" "$tmp/cells"

cp -r "$tmp/a" "$tmp/ax"; cp -r "$tmp/b" "$tmp/bx"; cp -r "$tmp/near" "$tmp/nx"
for x in ax bx nx; do exact "$tmp/$x"; done
check "instructions are not times" refuses 'exact mode' "$tmp/a" "$tmp/bx"
check "exact mode: half a percent is found" finds null.map.mean worse "$tmp/ax" "$tmp/nx"
check "no p there" says 'shift \[range\]' "$tmp/ax" "$tmp/bx"
check "identical" finds null.map.mean identical "$tmp/ax" "$tmp/ax"
check "a quantile as a gate there" refuses 'gate=map.p99: exact mode.*gate mean or min' \
	--gate map.p99:2% "$tmp/ax" "$tmp/nx"
check "a gate in exact mode" fails 5 worse --gate map.mean:0.4% "$tmp/ax" "$tmp/nx"

cp -r "$tmp/b" "$tmp/failed"
change "$tmp/failed" 'run["status"] = "failed" if i == 2 else run["status"]'
check "a failed audit" fails 2 'whose audit failed' "$tmp/a" "$tmp/failed"
check "is told" grep -q '^1 run withheld by the audit' "$tmp/out"
cp -r "$tmp/b" "$tmp/untrusted"
change "$tmp/untrusted" 'run["status"] = "untrusted" if i == 2 else run["status"]'
check "an untrusted run" run 3 "$tmp/a" "$tmp/untrusted"
cp -r "$tmp/b" "$tmp/scarce"
change "$tmp/scarce" 'run["metrics"][0].update(result.histogram([10600] * 500))'
check "no quantile of 500 values" says 'p99 wants 1,000 values, the smallest run has 500' --all \
	"$tmp/a" "$tmp/scarce"
check "a gate on it can't tell" fails 3 'p99 wants' --gate map.p99:5% "$tmp/a" "$tmp/scarce"

cp -r "$tmp/b" "$tmp/half"
sed -i 's/"status": "complete"/"status": "incomplete"/' "$tmp/half/meta.json"
sign "$tmp/half/meta.json"
check "a session that was ended early" says '^1 SESSION NOT COMPLETE' "$tmp/a" "$tmp/half"
check "tells no gate" fails 3 'not complete' --gate map.mean:5% "$tmp/a" "$tmp/half"

mkdir "$tmp/empty" "$tmp/boots-a" "$tmp/boots-b" "$tmp/mixed"
for i in {0..6}; do
	level "$tmp/few" "$tmp/boots-a/$i" 1 $((10000 + i))
	level "$tmp/few" "$tmp/boots-b/$i" 1 $((10600 + 2 * i))
done
cp -r "$tmp/a" "$tmp/mixed/1"
check "boots" says 'n counts boots' "$tmp/boots-a" "$tmp/boots-b"
check "and no session stands for its side" lacks 'ONE SESSION'
check "seven of each" grep -q '^n 7$' "$tmp/out"
check "they tell" finds null.map.mean worse "$tmp/boots-a" "$tmp/boots-b"
check "boots of one side" refuses 'give the other side too' "$tmp/boots-a"

check "a noise floor" store_floor
check "and one of another job size" "$bench" ab null --arm A=null --arm B=null --pairs 6 --quiet \
	--accept-noise --set duration=0s --set ops=100 --set warmup=0s --set threads=1 \
	--set size=8k --output "$tmp/ab-size"
check "a floor is used on its job" says '^noise floor: ' "$tmp/aa"
check "not on another setting of it" fails 0 'other settings: not used' "$tmp/ab-size"
check "and refused when asked for" refuses '--floor: the floor of' --floor "$tmp/aa" "$tmp/ab-size"
check "nor between two sessions" says 'the noise floor is not used: it is of pairs' "$tmp/aa" "$tmp/aa"
check "where it is refused, too" refuses '--floor: it is of pairs in one session' --floor "$tmp/aa" \
	"$tmp/aa" "$tmp/aa"
plan() {
	local want=$1 status=0

	shift
	"$bench" ab null --arm A=null --arm B=null --dry-run "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}
foresees() { plan 0 --want 5% "$@" && grep -q "pairs see .*%; 5%" "$tmp/err"; }
refuses_plan() { plan 1 "${@:2}" && grep -q -e "$1" "$tmp/err" && [[ ! -s $tmp/out ]]; }
check "what pairs see by the stored floor" foresees
mv "$tmp/floor" "$tmp/floor-away"
check "by none nothing" plan 0 --want 5%
check "and it says so" grep -q 'no noise floor of this machine' "$tmp/err"
check "by --floor" foresees --floor "$tmp/aa"
check "--floor of no floor" refuses_plan "no result of 'ab --aa'" --want 5% --floor "$tmp/a"
check "--floor without --want" refuses_plan 'No such file' --floor "$tmp/none"
mv "$tmp/floor-away" "$tmp/floor"
check "a floor that is none" refuses "no result of 'ab --aa'" --floor "$tmp/a" "$tmp/aa"
check "a floor that isn't there" refuses 'No such file' --floor "$tmp/none" "$tmp/aa"
check "a file that is no floor" refuses 'no noise floor' --floor "$tmp/a/meta.json" "$tmp/aa"

rm -r "$tmp/floor"

check "which results?" refuses 'which results'
check "three" refuses 'two at a time' "$tmp/a" "$tmp/b" "$tmp/a"
check "one arm alone" refuses 'nothing to compare it with' "$tmp/a"
check "no such directory" refuses 'No such file' "$tmp/a" "$tmp/none"
check "no result in it" refuses 'no result' "$tmp/a" "$tmp/empty"
check "a file" refuses 'Not a directory' "$tmp/a/meta.json" "$tmp/b"
check "no such arm" refuses "no arm 'x' in it" --arm x "$tmp/a" "$tmp/b"
check "nor on the other side" refuses "no arm 'x' in it" --arm null=x "$tmp/a" "$tmp/b"
check "the arm by name" run 0 --arm null=null "$tmp/a" "$tmp/b"
for arm in '' '=' 'null=' '=null'; do
	check "--arm '$arm'" refuses 'give NAME' --arm="$arm" "$tmp/a" "$tmp/b"
done
for margin in '' 0 -1 x 3%% 101 nan inf 0x3 ' 3'; do
	check "--margin '$margin'" refuses 'give a percentage' --margin="$margin" "$tmp/a" "$tmp/b"
done
for gate in '' : map.mean map.mean: map.mean:x map.mean:-1 map:5 map.mena:5 .map.mean:5 \
	a.b.map.mean:5 map.mean:5,6; do
	check "--gate '$gate'" refuses '--gate=' --gate="$gate" "$tmp/a" "$tmp/b"
done
check "a gate on what no run has" fails 1 'no run has it' --gate request.mean:5% "$tmp/a" "$tmp/b"
check "an unknown option" refuses 'no such option' --nonsense "$tmp/a" "$tmp/b"
printf '#' >>"$tmp/b3/runs/000-null/result.json"
check "a damaged run" refuses 'result.json' "$tmp/a3" "$tmp/b3"
tap_end
