#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A soak of the null job: what it is asked wrongly, what it writes, that it goes on after
# SIGKILL without losing or repeating a cycle, that one seed gives one stream of cycles,
# that a failure is kept whole and can be made again, and is told
# after ^C and after a crash of the machine, too.
#   VB_KILLS=N    how often it is killed (4)
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
files=${top_srcdir:?}/tests/soak_files.py
other_boot=$top_srcdir/tests/soak_other_boot.py
kills=${VB_KILLS:-4}
tmp=$(mktemp -d)
trap clean_up EXIT
readonly CYCLES=7
quick=(--cycle 0.2s..0.3s --set threads=1)

clean_up() {
	local mounted

	while read -r _ _ _ _ mounted _; do
		[[ $mounted != "$tmp"/* ]] || umount -l "$(printf %b "${mounted//\\0/\\00}")" || true
	done </proc/self/mountinfo
	rm -rf "$tmp"
}

tap_why() { tail -n 20 "$tmp/out"; }

soak() { "$bench" soak "$@" >"$tmp/out" 2>&1; }

# ends STATUS ARGUMENT...: a soak's exit status.
ends() {
	local wanted=$1 status=0

	shift
	soak "$@" || status=$?
	is "$status" "$wanted"
}

# refuses TEXT ARGUMENT...: bad input, told in one line that has TEXT, and nothing is made.
refuses() {
	local text=$1

	shift
	ends 1 "$@" || return 1
	is "$(wc -l <"$tmp/out")" 1 && grep -qF -- "$text" "$tmp/out" && [[ ! -e $tmp/none ]]
}

json_file() { python3 -m json.tool "$1" >/dev/null; }

# column NAME FILE: its values, one a line.
column() {
	python3 - "$@" <<-'END'
	import csv, sys
	for path in sys.argv[2:]:
	    for row in csv.DictReader(open(path)):
	        print(row[sys.argv[1]])
	END
}

# The stream of cycles: what is the same for the same seed.
stream() {
	paste -d' ' <(column cycle "$1") <(column job "$1") <(column label "$1") <(column fault "$1") \
		<(column duration_s "$1") <(column stops "$1") <(column shuffle_s "$1")
}

bad_input() {
	check "no jobs" refuses "which jobs?" --for 1s -o "$tmp/none"
	check "no end" refuses "how long?" null -o "$tmp/none"
	check "two ends" refuses "how long?" null --for 1s --repeat 2 -o "$tmp/none"
	check "a time without unit" refuses "--for=10" null --for 10 -o "$tmp/none"
	check "a time of nothing" refuses "--for=0s" null --for 0s -o "$tmp/none"
	check "a time that is too long" refuses "--for=" null --for 9999999999h -o "$tmp/none"
	check "a time with a sign" refuses "--for=-1s" null --for=-1s -o "$tmp/none"
	check "a range the wrong way" refuses "--cycle=" null --for 1s --cycle 3s..2s -o "$tmp/none"
	check "half a range" refuses "--cycle=" null --for 1s --cycle 3s.. -o "$tmp/none"
	check "no such job" refuses "no such job" nonesuch --for 1s -o "$tmp/none"
	check "a job twice" refuses "given twice" null null:2 --for 1s -o "$tmp/none"
	check "a weight of nothing" refuses "weight" null:0 --for 1s -o "$tmp/none"
	check "no such fault" refuses "no such fault" null --for 1s --fault nonesuch -o "$tmp/none"
	check "no such fault among others" refuses "no such fault" null --for 1s \
		--faults sigterm,nonesuch -o "$tmp/none"
	check "a fault twice" refuses "given twice" null --for 1s --faults sigterm,sigterm -o "$tmp/none"
	check "--fault and --faults" refuses "one of them" null --for 1s --fault sigterm --faults all \
		-o "$tmp/none"
	check "a rate beyond 100" refuses "--fault-rate=101" null --for 1s --fault-rate 101 -o "$tmp/none"
	check "no such variant" refuses "no such variant" null --for 1s --variant nonesuch -o "$tmp/none"
	check "a bad setting" refuses "nonesuch" null --for 1s --set nonesuch=1 -o "$tmp/none"
	check "a directory that is there" refuses "exists" null --for 1s --faults none -o "$tmp"
	check "nothing to go on with" refuses "No such file" --resume "$tmp/none"
	check "settings beside --resume" refuses "leave jobs and settings out" null --resume "$tmp"
	check "a directory that is no soak's" refuses "state.json" --resume "$tmp"
	check "nothing to replay" refuses "failure.json" --replay "$tmp"
}

plain_soak() {
	check "a soak of three cycles" ends 0 null "${quick[@]}" --repeat 3 --faults none --seed 11 \
		-o "$tmp/a"
	check "its cycles are counted once, with one at the end" is \
		"$(column cycle "$tmp/a/cycles.csv" | paste -sd' ')" "0 1 2 3"
	check "all are clean" is "$(column verdict "$tmp/a/cycles.csv" | sort -u)" clean
	check "each did something" is "$(column operations "$tmp/a/cycles.csv" | grep -cx 0)" 0
	check "status.json is JSON" json_file "$tmp/a/status.json"
	check "and follows its schema" python3 "$files" "$tmp/a"
	check "clean cycles leave nothing" is "$(find "$tmp/a/cycles" -mindepth 1 | wc -l)" 0
	check "a soak that has ended does not go on" refuses "has ended" --resume "$tmp/a"
	check "but for a new end" ends 0 --resume "$tmp/a" --repeat 5
	check "from where it was" is "$(column cycle "$tmp/a/cycles.csv" | paste -sd' ')" "0 1 2 3 4 5"
}

# Kill it after so many ms, with all that it started or only itself.
kill_after() {
	local pid=$1 ms=$2 whom=$3

	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -KILL -- "$whom$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

# start ARGUMENT...: a soak in a process group of its own, its id in $started.
start() {
	setsid "$bench" soak "$@" >"$tmp/out" 2>&1 &
	started=$!
}

# Waits until the first cycle is counted, so that there is something to go on with.
begun() {
	local try

	for ((try = 0; try < 600; try++)); do
		[[ -s $1/state.json ]] && return
		sleep 0.05
	done
	return 1
}

killed_soak() {
	local n whom

	check "the whole stream, not killed" ends 0 null "${quick[@]}" --repeat "$CYCLES" --seed 12 \
		--faults sigterm,kill-worker -o "$tmp/whole"
	start null "${quick[@]}" --repeat "$CYCLES" --seed 12 --faults sigterm,kill-worker -o "$tmp/k"
	check "it begins" begun "$tmp/k"
	for ((n = 0; n < kills; n++)); do
		whom=$( ((n % 2)) && echo - || echo "")
		kill_after "$started" $((RANDOM % 1700)) "$whom"
		# killed between its last cycle and its end it has nothing left to do
		grep -q '"ended": true' "$tmp/k/state.json" && break
		check "state.json is whole after SIGKILL $((n + 1))" json_file "$tmp/k/state.json"
		start --resume "$tmp/k"
	done
	check "it goes on to its end" wait "$started"
	check "no cycle is lost or counted twice, and all are what the seed says" \
		diff <(stream "$tmp/whole/cycles.csv") <(stream "$tmp/k/cycles.csv")
	check "all are clean in both" is \
		"$(column verdict "$tmp/whole/cycles.csv" "$tmp/k/cycles.csv" | sort -u)" clean
	check "faults were injected" is "$(($(column injected "$tmp/k/cycles.csv" | grep -cx 1) > 0))" 1
	check "the totals are those of the cycles" python3 "$files" "$tmp/k"
}

# running DIR: until the run of a cycle is in its measured part.
running() {
	local try

	for ((try = 0; try < 600; try++)); do
		grep -qs '"at": "running"' "$1/status.json" && return
		sleep 0.1
	done
	return 1
}

# killed_in_cycle DIR ARGUMENT...: SIGKILL for the soak while its first cycle is on.
killed_in_cycle() {
	local dir=$1

	shift
	start null "${quick[@]}" --cycle 5s --repeat 1 --steady --faults none --seed 6 -o "$dir" "$@"
	check "it begins" running "$dir"
	kill_after "$started" 0 ""
}

# The machine went down with it: not to be made again until it is clean.
crashed_soak() {
	killed_in_cycle "$tmp/c"
	python3 "$other_boot" "$tmp/c/state.json"
	check "a soak that a crash has ended goes on: exit status 2" ends 2 --resume "$tmp/c"
	check "the cycle that was on has failed, and is not made again" is \
		"$(paste -d' ' <(column cycle "$tmp/c/cycles.csv") <(column verdict "$tmp/c/cycles.csv") | paste -sd,)" \
		"0 failed,1 clean"
	check "it is told why" grep -q "machine went down in this cycle" "$tmp/c/cycles.csv"
	check "and kept, with its job and what it said" test -s "$tmp/c/failure/null.job" -a \
		-e "$tmp/c/failure/run.log" -a -s "$tmp/c/failure/failure.json"
	check "but not the stacks of now" is "$(find "$tmp/c/failure" -name stacks.txt)" ""
	check "and the files agree" python3 "$files" "$tmp/c"
	start null "${quick[@]}" --for 100s --faults none -o "$tmp/o"
	begun "$tmp/o"
	kill -INT "$started"
	wait "$started" || true
	python3 "$other_boot" "$tmp/o/state.json"
	check "one that was interrupted before a reboot has no failure" ends 0 --resume "$tmp/o" --for 1s
}

# What a fault had mounted below the cycle's folder keeps no later cycle from its own.
mounted_soak() {
	local n

	killed_in_cycle "$tmp/m" --keep
	for n in cut cycles/000000; do
		mkdir -p "$tmp/m/$n/work/a disk"
		mount -t tmpfs none "$tmp/m/$n/work/a disk" 2>/dev/null && continue
		skip "what was mounted is unmounted" "nothing can be mounted here"
		return
	done
	check "a soak whose cycle left something mounted goes on" ends 0 --resume "$tmp/m"
	check "nothing is mounted any more" is "$(grep -c "$tmp" /proc/self/mountinfo)" 0
	check "and what was left is kept aside" test -s "$tmp/m/cut/null.job"
}

# A result that the fault had written to a disk of its own.
kept_result() {
	soak null "${quick[@]}" --repeat 1 --seed 8 --fault disk-full --keep -o "$tmp/d" || true
	if grep -qE "mounting a tmpfs|can't be" "$tmp/out"; then
		skip "the result on a full disk is kept" "no tmpfs can be mounted here"
		return
	fi
	check "the result on a full disk is kept" test -n "$(compgen -G "$tmp/d/*/000000/result*/*" ||
		compgen -G "$tmp/d/failure/result*/*")"
}

interrupted_soak() {
	local status=0

	start null "${quick[@]}" --for 100s --faults none -o "$tmp/i"
	begun "$tmp/i"
	sleep 1
	check "a second soak in its directory is refused" refuses "still at work" --resume "$tmp/i"
	kill -INT "$started"
	wait "$started" || status=$?
	check "interrupted: exit status 3" is "$status" 3
	check "which the status says" grep -q '"state": "interrupted"' "$tmp/i/status.json"
	check "and the files agree" python3 "$files" "$tmp/i"
}

# What hangs is why somebody presses ^C: it is told, counted and kept.
hung_and_interrupted()
{
	local status=0 holder

	start null "${quick[@]}" --cycle 60s --for 100s --limit 2s --faults none --seed 4 --steady -o "$tmp/h"
	running "$tmp/h"
	holder=$(pgrep -P "$started" -x vfio-bench)
	kill -STOP "$holder"
	kill -INT "$started"
	wait "$started" || status=$?
	check "^C of a soak whose run hangs: exit status 2" is "$status" 2
	check "the cycle is counted as failed" is "$(column verdict "$tmp/h/cycles.csv")" failed
	check "it is told why" grep -q "after it was told to" "$tmp/h/cycles.csv"
	check "and kept, with stacks" test -s "$tmp/h/failure/stacks.txt"
	check "and the files agree" python3 "$files" "$tmp/h"
}

# What may be done to a machine does not come out of a folder that may be another's.
refused_without_consent()
{
	local f=$tmp/told/failure consent="--accept-loss --acknowledge-others --variant-dir $tmp/built"

	mkdir "$tmp/built"
	# shellcheck disable=SC2086	# words
	check "a failure of a soak that may do more" ends 2 null "${quick[@]}" --repeat 1 --seed 13 \
		--faults none --limit 1ms --stop-on-failure $consent -o "$tmp/told"
	check "is not made again without asking" refuses "was told $consent" --replay "$f" -o "$tmp/none"
	check "nor with a part of it" refuses "was told --acknowledge-others: " --replay "$f" \
		--accept-loss --variant-dir "$tmp/built" -o "$tmp/none"
	check "the command that is kept has it" grep -qF "told/failure $consent" "$f/failure.txt"
	# shellcheck disable=SC2086
	check "and with it all is the same again" ends 2 --replay "$f" $consent -o "$tmp/consent"
}

# A run that is given no time is killed, which is a failure like any other.
failed_soak() {
	local f=$tmp/f/failure

	check "a run that does not end in time: exit status 2" ends 2 null "${quick[@]}" --repeat 2 \
		--seed 13 --faults none --limit 1ms --stop-on-failure -o "$tmp/f"
	check "the soak stops with it" is "$(column verdict "$tmp/f/cycles.csv" | paste -sd' ')" failed
	check "kept: what was run, and what it said" test -s "$f/null.job" -a -e "$f/run.log"
	check "kept: stacks and kernel log" test -s "$f/stacks.txt" -a -e "$f/kernel.log"
	check "kept: why, the seed and the command" grep -qE "seed 13|did not end" "$f/failure.txt"
	check "and the command repeats it" ends 2 --replay "$f" --repeat 2 -o "$tmp/again"
	check "with the same cycle" diff <(stream "$tmp/f/cycles.csv") \
		<(stream "$tmp/again/cycles.csv" | head -n 1)
	refused_without_consent
	check "as often as it is told to" is "$(column cycle "$tmp/again/cycles.csv" | paste -sd' ')" "0 0"
}

bad_input
failed_soak
plain_soak
killed_soak
interrupted_soak
hung_and_interrupted
crashed_soak
mounted_soak
kept_result
tap_end
