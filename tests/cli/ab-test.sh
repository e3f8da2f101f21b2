#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench ab' on the null backend: order, seeds, warm-up, going on with what
# was killed, and bad input.

# Functions are called through check; what eval gets is expanded there.
# shellcheck disable=SC2016,SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export VFIO_BENCH_FLOOR_DIR=$tmp/floor	# nothing is kept of --aa here
cd "$tmp"

# What the last command said.
tap_why() {
	cat "$tmp/out" "$tmp/err"
}

common=(--quiet --accept-noise --set duration=5ms --set warmup=0s --set threads=1 --set count=16)

# ab STATUS ARG...: ab's exit status.
ab() {
	local want=$1 status=0

	shift
	"$bench" ab "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}

# bad WORDS ARG...: refused before anything is touched, with one line that has WORDS.
bad() {
	ab 1 "${@:2}" && grep -qF -e "$1" "$tmp/err" && [[ $(wc -l <"$tmp/err") == 1 ]] &&
		[[ ! -s $tmp/out ]] && [[ ! -e none && ! -e none.part ]]
}

# What is measured here is judged elsewhere: too little, or none of it, is no failure.
measure() {
	local status=0

	"$bench" ab null "${common[@]}" "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == 0 || $status == 3 ]] || { echo "exit status $status"; return 1; }
}

resume() {
	local status=0

	"$bench" ab --quiet --accept-noise "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == 0 || $status == 3 ]] || { echo "exit status $status"; return 1; }
}

# query EXPRESSION DIR...: true in python3, of the results' meta.json, plan.json, runs and jobs.
query() {
	python3 - "$@" <<-'END'
		import glob, json, sys
		result = []
		for path in sys.argv[2:]:
		    meta = json.load(open(path + '/meta.json'))
		    plan = json.load(open(path + '/plan.json'))
		    runs = [json.load(open(f)) for f in glob.glob(path + '/runs/*/result.json')]
		    runs.sort(key=lambda r: r['number'])
		    jobs = [open(f).read() for f in sorted(glob.glob(path + '/runs/*/job.ini'))]
		    result.append((meta, plan, runs, jobs))
		meta, plan, runs, jobs = result[0]
		turn = lambda x: tuple(x[k] for k in ('cell', 'arm_index', 'round', 'position', 'warmup', 'seed'))
		order = lambda plan: [turn(o) for o in plan['order']]
		ran = [turn(r) for r in runs]
		windows = lambda runs: [r['workers'][0]['requested'] for r in runs]
		value = eval('(' + sys.argv[1] + ')', globals())
		if value is not True:
		    print(value)
		    sys.exit(1)
	END
}

# begun DIR SIGNAL: a session that gets SIGNAL after a few runs; its exit status.
begun() {
	local pid status=0

	"$bench" ab null "${common[@]}" --set duration=30ms --arm A=null --arm B=null,count=32 --pairs 20 \
		--output "$1" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	for _ in {1..200}; do
		(($(find "$1.part/runs" -name result.json 2>/dev/null | wc -l) >= 3)) && break
		sleep 0.05
	done
	kill "-$2" $pid
	wait $pid || status=$?
	return "$status"
}

# ended STATUS DIR SIGNAL
ended() {
	local status=0

	begun "$2" "$3" || status=$?
	is "$status" "$1"
}

# forge FILE: the JSON file with the python3 statements of stdin done to d, and a checksum that fits.
forge() {
	python3 -c '
import json, sys, zlib
d = json.load(open(sys.argv[1]))
del d["checksum"]
exec(sys.argv[2])
text = json.dumps(d, indent=1)[:-2].encode()
open(sys.argv[1], "wb").write(text + b",\n \"checksum\": \"crc32:%08x\"\n}\n" % zlib.crc32(text))
' "$1" "$2"
}

# forged NAME FILE STATEMENTS WORDS: a copy of killed.part that is refused with WORDS.
forged() {
	rm -rf bent.part
	cp -a killed.part bent.part
	forge "bent.part/$1" "$2"
	bad "$3" --resume bent.part
}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

pair=(--arm A=null --arm "B=null,count=32")
check "two arms, four pairs" measure "${pair[@]}" --pairs 4 --seed 5 -o two
check "what ran is what was planned" query "order(plan) == ran" two
check "--dry-run" ab 0 null "${common[@]}" "${pair[@]}" --pairs 4 --seed 5 --dry-run --json
check "prints that order" query "order(json.load(open('out'))) == ran" two
check "AB BA or BA AB in each couple" query "all(r[i]['arm'] == r[i + 3]['arm'] != r[i + 1]['arm'] == r[i + 2]['arm']
	for r in [runs[2:]] for i in (0, 4))" two
check "one warm-up round, marked, before the others" query \
	"[(r['warmup'], r['round']) for r in runs] == [(True, 0)] * 2 +
	[(False, n) for n in (0, 0, 1, 1, 2, 2, 3, 3)]" two
check "meta.json has the arms with their settings" query "[(a['name'], a['variant'], a['settings'])
	for a in meta['arms']] == [('A', None, []), ('B', None, ['count=32'])]" two
check "and what was asked for" query "meta['command'] == 'ab' and meta['seed'] == 5 and
	meta['settings'] == ['duration=5ms', 'warmup=0s', 'threads=1', 'count=16'] and
	meta['ab'] == {'pairs': 4, 'comparisons': 1, 'warmup_rounds': 1, 'aa': False,
	'order': 'ABBA', 'block_rounds': 2, 'layout': 'random'}" two
check "each arm has its settings" query "all(r['sections'][0]['count'] == (32 if r['arm'] == 'B' else 16)
	for r in runs)" two
check "one layout for both arms of a round" query "len({(r['round'], r['warmup'], r['seed'],
	r['workers'][0]['requested']['iova']) for r in runs}) == 5" two
check "another in each round" query "len({w['iova'] for w in windows(runs)}) >= 4" two
check "a run's job.ini has its seed and layout" query "all('seed=%d' % r['seed'] in j.splitlines() and
	'layout=random' in j.splitlines() for r, j in zip(runs, jobs))" two
check "caches are swept outside the lab" query "all(r['cold_bytes'] > 0 for r in runs)" two
check "the same seed" measure "${pair[@]}" --pairs 4 --seed 5 -o again
check "gives the same order and layouts" query "order(plan) == order(result[1][1]) and
	windows(runs) == windows(result[1][2])" two again
check "another seed" measure "${pair[@]}" --pairs 4 --seed 6 -o other
check "gives others" query "order(plan) != order(result[1][1]) and
	{r['seed'] for r in runs}.isdisjoint({r['seed'] for r in result[1][2]})" two other
check "a run's job.ini as a job" eval '"$bench" run --quiet two/runs/004-*/job.ini -o one >out 2>err'
check "has the same windows" query "windows(result[1][2]) == windows(runs[4:5])" two one
check "layout=fixed, cold=no, no warm-up" measure --arm A=null --arm B=null --pairs 2 --warmup-rounds 0 \
	--set layout=fixed --set cold=no -o fixed
check "are as asked for" query "all(r['workers'][0]['requested']['iova'] == 0 and r['cold_bytes'] == 0 and
	not r['warmup'] for r in runs) and len(runs) == 4 and meta['ab']['layout'] == 'fixed'" fixed
check "a job with two cells" measure --set count=16,32 --arm A=null --arm B=null --pairs 4 --warmup-rounds 0 -o cells
check "has a couple of rounds of each in turn" query \
	"[r['cell'] for r in runs] == ([0] * 4 + [1] * 4) * 2 and order(plan) == ran" cells
check "three arms" measure --arm A=null --arm B=null --arm C=null --pairs 6 --warmup-rounds 0 -o three
check "each as often at each place, and after each other" query "
	all(sum((r['arm'], r['position']) == (a, p) for r in runs) == 2 for a in 'ABC' for p in range(3)) and
	all(sum((x['arm'], y['arm'], x['round']) == (a, b, y['round']) for x, y in zip(runs, runs[1:])) == 2
	for a in 'ABC' for b in 'ABC' if a != b) and
	(meta['ab']['order'], meta['ab']['block_rounds']) == ('Williams', 6)" three
check "pairs that don't balance" ab 0 null "${common[@]}" --arm A=null --arm B=null --arm C=null --pairs 4 --dry-run
check "are told, with a number that does" grep -q 'give a multiple of 6' err
check "--aa: five comparisons of one arm" measure --aa --pairs 2 --warmup-rounds 0 -o aa
check "under two names" query "[a['name'] for a in meta['arms']] == ['null-1', 'null-2'] and
	meta['ab']['aa'] and meta['ab']['comparisons'] == 5 and len(runs) == 20 and
	{r['round'] for r in runs} == set(range(10))" aa
check "--aa of an arm with settings" measure --aa --arm X=null,count=8 --pairs 1 --comparisons 2 -o aa2
check "which both have" query "[(a['name'], a['settings']) for a in meta['arms']] ==
	[('X-1', ['count=8']), ('X-2', ['count=8'])]" aa2

check "killed (SIGKILL) in the middle" ended 137 killed KILL
check "it is as far as it came" query "meta['status'] == 'running' and 3 <= len(runs) < 42" killed.part
check "another session is not put there" bad "killed.part: left by a run" null "${common[@]}" "${pair[@]}" -o killed
check "nor does it go on with another job" bad "another job" self-cost --resume killed.part
check "other arms" bad "other arms" --resume killed.part --arm A=null --arm B=null
check "other pairs" bad "other rounds" --resume killed.part --pairs 9
check "another seed" bad "another seed" --resume killed.part --seed 1
check "other settings" bad "other settings" --resume killed.part --set count=8
check "another name" bad "leave --output out" --resume killed.part --output none
check "another kernel" forged meta.json 'd["machine"]["kernel"]["release"] = "2.6.0"' "another kernel"
check "another machine" forged plan.json 'd["plans"][0]["workers"][0]["cpu"] = 999' "its plan was another one"
check "another order" forged meta.json 'd["seed"] += 1' "its plan was another one"
check "as 'run'" forged meta.json 'd["command"] = "run"' "made by 'run'"
check "a plan that is damaged" eval 'sed -i "s/anonymous/anonymuos/" bent.part/plan.json &&
	forge bent.part/meta.json "d[\"command\"] = \"ab\"" && bad "cut off or changed" --resume bent.part'
number=$(find killed.part/runs -name result.json | wc -l)
(cd killed.part/runs && find . -name result.json -exec sha256sum {} +) >before
check "it goes on" resume --resume killed.part
check "to its end" query "meta['status'] == 'complete' and len(runs) == meta['runs'] == meta['runs_done'] == 42" killed
check "in the order that it had" query "order(plan) == ran" killed
check "with the runs that it had" eval '(cd killed/runs && sha256sum --check --quiet) <before'
check "meta.json says from where" query "[r['number'] for r in meta['resumed']] == [$number]" killed
check "a complete one does not go on" bad "nothing left to do" --resume killed
check "interrupted: status 3" ended 3 stopped INT
check "it has its last name, and is incomplete" query "meta['status'] == 'incomplete' and len(runs) < 42" stopped
cp -a stopped copied
check "it goes on, all of it given again" measure --resume stopped --set duration=30ms "${pair[@]}" --pairs 20
check "to its end, and the interrupted run is made again" query "meta['status'] == 'complete' and
	order(plan) == ran and all(r['status'] != 'interrupted' for r in runs)" stopped
check "by its first name with a slash, too" resume --resume copied.part/
check "to the same end" query "meta['status'] == 'complete' and order(plan) == ran" copied
check "a folder that is none" bad "no result of a session" --resume nowhere

none=(--arm A=null --arm B=null -o none)
check "no job" bad "which job?" "${none[@]}"
check "two jobs" bad "one job at a time" null smoke "${none[@]}"
check "no such job" bad "no such job" nul "${none[@]}"
check "no arm" bad "which arms?" null -o none
check "one arm" bad "nothing to be compared with" null --arm A=null -o none
check "two arms of one name" bad "a second arm of that name" null --arm A=null "${none[@]}"
check "an arm without variant" bad "NAME=VARIANT" null --arm A --arm B=null -o none
check "a name that leaves the folder" bad "name '../A'" null --arm ../A=null --arm B=null -o none
check "an unknown key" bad "arm 'B': override: " null --arm A=null --arm B=null,cuont=3 -o none
check "a bad value" bad "arm 'B': override: " null --arm A=null --arm B=null,count=many -o none
check "an arm with more runs" bad "expands to 4 runs on it and to 2 on 'A'" null --arm A=null \
	--arm B=null,count=8,16 -o none
check "an arm whose runs have other labels" bad "have one label" null --arm A=null --arm B=null,threads=1,3 \
	--set oversubscribe=yes -o none
check "a variant for a job that uses none" bad "its variant is null" null --arm A=null --arm B=stock -o none
check "null for a job that needs one" bad "null is the variant of jobs with iommu_mode=null" smoke "${none[@]}"
check "no such variant" bad "variant 'newest': no such variant" smoke --arm A=stock --arm B=newest -o none
check "a parameter of what is not loaded" bad "takes no parameters" null --arm A=null,param.x=1 --arm B=null -o none
for option in gate=map.mean:5% margin=2% floor=none; do
	check "--aa with --$option" bad "leave --${option%%=*} out" null --aa --arm A=null "--$option" -o none
done
check "--aa with two arms" bad "give one --arm" null --aa "${none[@]}"
check "no pairs" bad "--pairs=0" null "${none[@]}" --pairs 0
check "half a pair" bad "--pairs=1.5" null "${none[@]}" --pairs 1.5
check "a negative number" bad "--comparisons=-1" null "${none[@]}" --comparisons=-1
check "too many warm-up rounds" bad "--warmup-rounds=101" null "${none[@]}" --warmup-rounds 101
check "too many runs" bad "more than 1000000 runs" null "${none[@]}" --pairs 10000 --comparisons 100
check "a seed that is none" bad "--seed=x" null "${none[@]}" --seed x
check "a layout that is none" bad "layout" null "${none[@]}" --set layout=sideways
check "--json without --dry-run" bad "give --dry-run too" null "${none[@]}" --json
tap_end
