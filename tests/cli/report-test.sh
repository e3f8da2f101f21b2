#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 'vfio-bench report' on what runs leave: whole results, parts of them, none,
# and damaged ones, which are to be refused by file and key.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export PYTHONPATH=${top_srcdir:?}/tests PYTHONDONTWRITEBYTECODE=1	# result.py

# What the last run said.
tap_why() {
	cat "$tmp/out" "$tmp/err"
}

# run STATUS ARG...: report's exit status; what it says goes to out and err.
run() {
	local want=$1 status=0

	shift
	"$bench" report "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}

# says WORDS ARG...: on a good result; refuses: not one, and WORDS say why.
says() { run 0 "${@:2}" && grep -q -e "$1" "$tmp/out"; }
says_not() { run 0 "${@:2}" && ! grep -q -e "$1" "$tmp/out"; }
refuses() {
	run 1 "${@:2}" && grep -q -e "$1" "$tmp/err" && [[ $(wc -l <"$tmp/err") == 1 ]] &&
		[[ ! -s $tmp/out ]]
}
narrow() { run 0 "$1" && ! sed 1d "$tmp/out" | grep -E '.{101}'; }

null_job() {
	"$bench" run null --quiet --set duration=0s --set ops=200000 --set warmup=0s --set threads=1 "$@"
}

interrupt() {
	local pid status=0

	"$bench" run null --quiet --set duration=1m --set warmup=0s --output "$tmp/stopped" \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	for _ in {1..100}; do
		grep -sq ',measure,' "$tmp"/stopped.part/runs/*/intervals.csv && break
		sleep 0.1
	done
	kill "-$1" $pid
	wait $pid || status=$?
	echo "status $status"
	[[ $status == "$2" ]]
}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 not found"
	exit 0
fi

gate_help() {
	"$bench" report --help >"$tmp/help" && grep -qF -- "--gate=METRIC:PERCENT" "$tmp/help" &&
		! grep -qi "exit with 5" "$tmp/help" && "$bench" compare --help | grep -q "exit with 5"
}

check "a run of the null job" null_job --output "$tmp/null"
check "its report" says '^audit: 1 of 1 run clean$' "$tmp/null"
check "its times have units" says 'map  .* [0-9]* ns ' "$tmp/null"
check "its lines are not too long" narrow "$tmp/null"
check "as JSON" says '"arm_index": 0' --json "$tmp/null"
check "--help says of --gate what it does here" gate_help
check "no notify_span: no table" refuses '--tsv: no run in it has a section of notify_span' \
	--tsv "$tmp/null"
check "which directory?" refuses 'which result directory'
check "two directories" refuses 'one result directory at a time' "$tmp/null" "$tmp/null"
check "no such directory" refuses "No such file or directory: give a directory" "$tmp/none"
check "a directory of something else" refuses "meta.json: No such file" "$tmp"
check "a file" refuses 'Not a directory' "$tmp/null/meta.json"
check "an interrupted run" interrupt INT 3
check "it is called interrupted" says '0 of 1 run clean; 1 interrupted: in no table; 1 not run' \
	"$tmp/stopped"
check "and its numbers are not shown" says_not ' measured$' "$tmp/stopped"
check "and it is not called withheld" says_not 'withheld' "$tmp/stopped"
rm -rf "$tmp/stopped"
check "a killed run" interrupt KILL 137
check "what it left can be read" says '^audit: 0 of 0 runs clean; 2 not run$' "$tmp/stopped.part"

# made.py RESULT OUT MODE REPEAT: the notify_span table of a job on three arms, two of
# them of one name, made of the null job's result. What is odd in it is in its last rows.
cat >"$tmp/made.py" <<'END'
import copy, sys
import result

source, out, mode, repeat = sys.argv[1:]
arms = ['mainline', 'mainline', 'per-request']
meta = result.read(source + '/meta.json')
run = result.read(source + '/runs/000-null/result.json')
request = dict(run['metrics'][0], metric='request', section='span')
calls = dict(request, metric='callbacks_per_request', section='module', unit='callbacks')
rows, number, written = [(1024, 1), (1024, 0), (4096, 1), (4096, 16), (4096, 256)], 0, 0
for rep in range(int(repeat)):
    for count, pin_every in rows:
        for index, arm in enumerate(arms):
            r = copy.deepcopy(run)
            ns = count * 1000 * (1 + index) + rep * count
            r.update(number=number, arm=arm, arm_index=index, mode=mode, round=rep,
                     position=index, cell=rows.index((count, pin_every)),
                     label='count=%d pin_every=%s' % (count, pin_every or 'none'))
            r['sections'][0].update(workload='notify_span', section='span', count=count,
                                    pin_every=pin_every)
            called = count // pin_every if pin_every else 0
            if (pin_every, index, rep) == (256, 0, 1):
                called = 17
            r['metrics'] = [dict(request, **result.histogram([ns] * 1000)),
                            dict(calls, **result.histogram([called] * 1000))]
            if (pin_every, index) == (1, 0):
                r['audit'].append(dict(check='foll_pins', verdict='mark', text='one page'))
            if (pin_every, index) == (16, 1):
                r.update(status='failed', withheld=True)
                r['audit'].append(dict(check='pins', verdict='failed', text='one is missing'))
                del r['metrics']
            if (pin_every, index) == (16, 2):
                r['status'] = 'interrupted'
            if (pin_every, index) == (256, 1):
                r['module_mode'] = 'bare'
            number += 1
            if (pin_every, index) == (256, 2):
                continue    # never ran
            result.write_with_files('%s/runs/%03d-%s/result.json' % (out, number - 1, arm), r)
            written += 1
meta.update(arms=[{'name': arm, 'variant': arm, 'settings': []} for arm in arms], mode=mode,
            runs=number, runs_done=written)
result.write_with_files(out + '/meta.json', meta)
END

made() { python3 "$tmp/made.py" "$tmp/null" "$@"; }

all_made() { made "$tmp/six" timing 6 && made "$tmp/one" timing 1 && made "$tmp/exact" exact 2; }
check "tables of six runs, one run, exact" all_made
check "two arms of one name are two columns" says '| mainline  *| mainline #2  *| per-request' \
	"$tmp/six"
check "each with its own runs" \
	says '1024  every    |  *1002.5 .*| *2002.5  *1024  *+99.8% | *3002.5  *1024  *+199.5%' "$tmp/six"
check "their number and range" says '| n=6 1000.0..1005.0  *| n=6 2000.0..2005.0' "$tmp/six"
warm_up() {
	cp -r "$tmp/six" "$tmp/warmed"
	python3 - "$tmp/warmed/runs/000-mainline/result.json" <<-'END'
		import sys, result
		run = result.read(sys.argv[1])
		result.write(sys.argv[1], dict(run, warmup=True))
	END
	says '| n=5 1001.0..1005.0  *| n=6 2000.0..2005.0' "$tmp/warmed"
}
check "a warm-up run is not among them" warm_up
check "no difference of single runs' times" says '| *2000.0  *1024  *- |' "$tmp/one"
check "but one of instructions, of the best runs" says '| *2000.0  *1024  *+100.0% |' "$tmp/exact"
check "and their range" says '| n=2 1000.0..1001.0 ' "$tmp/exact"
check "what was withheld, and what was interrupted" \
	says '4096  1 in 16  |.* | *withheld  *| *interrupted *$' "$tmp/six"
check "what never ran" says '4096  1 in 256 |.*| *not run *$' "$tmp/six"
check "what was not counted" says '4096  1 in 256 |.*| *2002.5  *-  *+99.8% |' "$tmp/six"
check "callbacks that differ between runs" says '^- N=4096, pinned 1 in 256, mainline: its runs differ: 16 to 17 callbacks' \
	"$tmp/six"
check "marks" says '^- mark foll_pins, 12 of 84 runs, the first is run 0: one page' "$tmp/six"
check "why numbers are withheld" says '^- run 10, mainline #2, count=4096 pin_every=16: failed: pins: one is missing' "$tmp/six"
check "not too wide" narrow "$tmp/six"
check "as columns" says "^4096	256	1002.5	16..17	2002.5	-	-	-	$" --tsv "$tmp/six"
check "a mark on one run" says '^- mark foll_pins, 2 of 14 runs, the first is run 0' "$tmp/one"

# damage.py BENCH RESULT WORK types|COUNT: no damaged file crashes it, or is refused
# without being named. Every value of another type, missing, and bytes changed, with a
# checksum that is right; tests/unit/result-damage-test has those where it is not.
cat >"$tmp/damage.py" <<'END'
import json, os, random, shutil, subprocess, sys
import result

bench, source, work, kind = sys.argv[1:]
shutil.copytree(source, work)
run = sorted(os.listdir(work + '/runs'))[0]
files = {name: open(work + '/' + name, 'rb').read()
         for name in ('meta.json', 'runs/%s/result.json' % run)}
bad = tried = refused = 0

def attempt(name, data, what):
    global bad, tried, refused
    with open(work + '/' + name, 'wb') as f:
        f.write(data)
    for option in ([], ['--tsv'])[:1 if kind == 'types' else 2]:
        p = subprocess.run([bench, 'report', *option, work], capture_output=True, timeout=60)
        err, tried = p.stderr.decode('utf-8', 'replace'), tried + 1
        # a changed id is no fault of meta.json, until a run has another one
        told = err.startswith('vfio-bench: ') and err.count('\n') == 1 and (
            name in err or 'runs/' in name and os.path.dirname(name) in err or 'result.json: session: ' in err or 'result.json: arm_index: ' in err or
            # a changed name of a file in meta.json: that one is not there
            err.startswith('vfio-bench: %s/' % work) and ': No such file or directory: ' in err or
            '--tsv: no run' in err)
        refused += p.returncode == 1
        if not (p.returncode == 0 and not err or p.returncode == 1 and told):
            print('%s, %s: %d, %s' % (name, what, p.returncode, err[:2000]))
            bad += 1
    with open(work + '/' + name, 'wb') as f:
        f.write(files[name])

def paths(value, path=()):
    inner = value.items() if isinstance(value, dict) else \
            enumerate(value[:2]) if isinstance(value, list) else ()
    for key, below in inner:
        if key not in ('memory', 'mitigations', 'modules', 'checksum'):
            yield path + (key,)
            yield from paths(below, path + (key,))

def place(tree, path):
    for key in path[:-1]:
        tree = tree[key]
    return tree, path[-1]

def bytes_changed(data):
    body = bytearray(data[:data.rindex(b',\n "checksum"')])
    for _ in range(random.choice((1, 1, 3))):
        body[random.randrange(len(body))] ^= 1 << random.randrange(8)
    return result.sign(bytes(body) + b'\n}')

if kind == 'types':
    for name, data in files.items():
        for path in list(paths(json.loads(data))):
            for value in None, 'x', -1, 1 << 40, 1e300, [None], {}:
                tree = json.loads(data)
                inside, key = place(tree, path)
                inside[key] = value
                attempt(name, result.to_bytes(tree), '%s=%s' % (path, value))
            tree = json.loads(data)
            inside, key = place(tree, path)
            del inside[key]
            attempt(name, result.to_bytes(tree), '%s missing' % (path,))
else:
    random.seed(1)
    for i in range(int(kind)):
        name = random.choice(list(files))
        attempt(name, bytes_changed(files[name]), 'mutation %d' % i)
print('%d reports, %d refused' % (tried, refused))
sys.exit(bool(bad) or not refused)
END

# The folder is new each time.
damage() { python3 "$tmp/damage.py" "$bench" "$1" "$(mktemp -u "$tmp/damaged.XXXXXX")" "$2" >"$tmp/out"; }

check "$((${VB_MUTATIONS:-60})) damaged results of the null job" \
	damage "$tmp/null" "${VB_MUTATIONS:-60}"
check "$((${VB_MUTATIONS:-60})) damaged tables" damage "$tmp/one" "${VB_MUTATIONS:-60}"
check "every key with values of other types" damage "$tmp/one" types

# named KEY PYTHON: with PYTHON done to r the report is refused, and names KEY.
named() {
	rm -rf "$tmp/named"
	cp -r "$tmp/one" "$tmp/named"
	python3 - "$tmp/named/runs/000-mainline/result.json" "$2" <<-'END'
		import sys, result
		r = result.read(sys.argv[1])
		exec(sys.argv[2])
		result.write(sys.argv[1], r)
	END
	refuses "/runs/000-mainline/result.json: $1" "$tmp/named"
}

check "a count of 0 is named" named 'sections\[0\].count: at least one' "r['sections'][0]['count'] = 0"
check "a text for a number is named" named 'metrics\[1\].p50: a whole number' "r['metrics'][1]['p50'] = '1'"
check "an arm that is none is named" named 'arm_index: ' "r['arm_index'] = 16"
check "a run of another result is named" named 'session: the id in meta.json' "r['session'] = 'x'"
check "a run of another folder is named" named 'number: it belongs in the folder 007-mainline' \
	"r['number'] = 7"
check "buckets that are not the count are named" named 'metrics\[0\].count: not the sum' \
	"r['metrics'][0]['count'] += 1"
check "buckets that are not the minimum's are named" named 'metrics\[0\].min: min, max and' \
	"r['metrics'][0]['min'] //= 2"
check "buckets out of order are named" named 'metrics\[1\].buckets: not in ascending order' \
	"r['metrics'][1].update(count=2000, buckets=[[5, 1000], [5, 1000]])"
check "a metric twice is named" named 'metrics\[1\].metric: the section has it already' \
	"r['metrics'][1] = r['metrics'][0]"
check "a file elsewhere is named" named 'files.../x: a file of the same folder' \
	"r['files']['../x'] = dict(bytes=0, crc32='00000000')"
check "an older schema is named" named 'schema: 1, made by an older version' "r['schema'] = 1"
check "a newer schema is named" named 'schema: 3, made by a newer version' "r['schema'] = 3"
fifo() {
	rm -rf "$tmp/named"
	cp -r "$tmp/one" "$tmp/named"
	rm "$tmp/named/meta.json"
	mkfifo "$tmp/named/meta.json"
	refuses 'meta.json: not an ordinary file' "$tmp/named"
}
check "a pipe is not waited for" fifo
tap_end
