#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: vfio-bench is killed (SIGKILL) at random moments of what changes the
# machine; 'vfio-bench restore' puts it back, and the machine's state is what it was.
# TAP on stdout, one line for each repetition.
#
#   scripts/lab --timeout 3000 -- tests/lab/restore-test.sh [REPETITIONS [SEED]]
#
# What is killed in turn: the program alone; with it its janitor; all its processes;
# and as the second, the restore as well, which is then run again. A soak is killed when
# its fault has changed the machine, too: nobody but restore knows of that.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=tests/lab/snapshot.sh
. "$(dirname "$0")/snapshot.sh"
readonly bench=${VFIO_BENCH_BUILD:-$PWD}/vfio-bench
readonly out=${LAB_OUT:?not in the lab}
readonly repetitions=${1:-15} seed=${2:-1}
readonly journal=/run/vfio-bench/journal
work=$(mktemp -d /tmp/restore-test.XXXXXX)
RANDOM=$seed
pid=
last=
declare -A length_us

# A pause without a process.
exec {never}<> <(:)
nap()
{
	read -rt "$1" -u "$never" || true
}

tap_why()
{
	cat "$work/restore.log" "$work/last.log" 2>/dev/null | tail -n 40 || true
	printf 'seed %s, last: %s\n' "$seed" "$last"
}

readonly short=(--quiet --set duration=50ms --set warmup=0s --device "$LAB_EDU")

# What is killed. Each begins at the state that begin_NAME leaves.
scenario_run()
{
	exec "$bench" run smoke "${short[@]}" --variant per-request -o "$work/r"
}

scenario_churn()
{
	exec "$bench" run mdev-create-remove "${short[@]}" --variant per-dma-ordered -o "$work/r"
}

scenario_ab()
{
	exec "$bench" ab notify-span "${short[@]}" --set count=256 --arm A=mainline --arm B=per-request \
		--pairs 3 -o "$work/r"
}

scenario_trace()
{
	exec "$bench" run dma-fault "${short[@]}" --variant per-request -o "$work/r"
}

scenario_bind()
{
	exec "$bench" bind "$LAB_NVME" "$LAB_BAR"
}

scenario_unbind()
{
	exec "$bench" unbind "$LAB_NVME"
}

scenario_load()
{
	exec "$bench" variant load per-request
}

scenario_unload()
{
	exec "$bench" variant unload per-request
}

# soak FAULT [VARIANT]
soak()
{
	exec "$bench" soak --fault "$1" ${2:+--variant "$2"} --repeat 1 --steady --cycle 0.3s --quiet \
		--device "$LAB_EDU" -o "$work/r"
}

scenario_soak()
{
	soak entry-limit per-request
}

readonly scenarios=(run bind ab churn soak unbind trace load run unload)

begin_with()
{
	case $1 in
	unbind) "$bench" bind "$LAB_NVME" ;;
	unload) "$bench" variant load per-request ;;
	esac >"$work/begin.log" 2>&1
}

# Back at the beginning, from one of the two states that a scenario may end in.
end_with()
{
	case $1 in
	bind) "$bench" unbind "$LAB_NVME" "$LAB_BAR" ;;
	unbind) "$bench" unbind "$LAB_NVME" ;;
	load | unload) "$bench" variant unload --all ;;
	esac >"$work/end.log" 2>&1
}

start()
{
	rm -rf "$work"/r*
	("scenario_$1" >"$work/last.log" 2>&1 </dev/null) & pid=$!
}

# us: now, in microseconds.
now_us()
{
	us=${EPOCHREALTIME/[.,]/}
}

# The journal is there, or the program has gone.
wait_for_journal()
{
	until [[ -e $journal ]] || ! kill -0 "$pid" 2>/dev/null; do
		nap 0.002
	done
}

# Until then nothing is changed; unload only takes back.
wait_for_begin()
{
	[[ $1 == unload ]] || wait_for_journal
}

# Undisturbed: how long it takes from its first entry on, and what it leaves.
calibrate()
{
	local from status=0 name=$1

	begin_with "$name" && snapshot >"$work/begun.$name"
	start "$name"
	wait_for_begin "$name"
	now_us; from=$us
	wait "$pid" || status=$?
	now_us; length_us[$name]=$((us - from))
	snapshot >"$work/done.$name"
	end_with "$name" || status=100
	snapshot >"$work/now"
	# Of so few pairs nothing can be said, and says so: not what this is about.
	[[ $status == 0 || $name == ab ]] && cmp "$work/before" "$work/now"
}

# all_of PID: it, stopped, and its children.
all_of()
{
	local of

	kill -STOP "$1" 2>/dev/null || return 0
	of=$(<"/proc/$1/task/$1/children") || of=
	printf '%s %s\n' "$1" "$of"
}

# The one among PIDs that leads a session of its own.
janitor_among()
{
	local p stat

	for p; do
		stat=$(<"/proc/$p/stat") 2>/dev/null || continue
		read -r -a stat <<<"${stat##*)}"
		[[ ${stat[3]} != "$p" ]] || printf '%s\n' "$p"
	done
}

kill_them()
{
	local victims

	read -r -a victims <<<"$(all_of "$pid")"
	case $1 in
	alone) victims=("$pid") ;;
	janitor | restore) mapfile -t -O 1 victims < <(janitor_among "${victims[@]:1}") ;;
	esac
	kill -KILL "${victims[@]}" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

restore()
{
	local status=0

	: >"$work/restore.log"
	if [[ $1 == restore ]]; then
		"$bench" restore >>"$work/restore.log" 2>&1 & pid=$!
		nap "0.$(printf '%03d' $((RANDOM % 300)))"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	fi
	"$bench" restore >>"$work/restore.log" 2>&1 || status=$?
	((status == 0))
}

# A process that was killed is there until its parent has seen it, and pins go a
# moment later than the process: 10 s for both.
same_as()
{
	local end=$((SECONDS + 10)) file

	while :; do
		snapshot >"$work/now"
		for file; do
			! cmp -s "$file" "$work/now" || return 0
		done
		((SECONDS < end)) || break
		nap 0.2
	done
	diff "$1" "$work/now"
}

# killed NAME WHAT DELAY_US: the machine is as before, or, of what users ask for, as after:
# then the kill came when all was done.
killed()
{
	local name=$1 what=$2 delay=$3 bad=0

	begin_with "$name" || return 1
	start "$name"
	wait_for_begin "$name"
	nap "$((delay / 1000000)).$(printf '%06d' $((delay % 1000000)))"
	kill_them "$what"
	# What a soak's run still works with, for a moment, restore would leave.
	[[ $name != soak ]] || wait_for_end
	restore "$what" || return 1
	case $name in
	bind | unbind | load | unload) same_as "$work/begun.$name" "$work/done.$name" || bad=1 ;;
	esac
	# Also after a failure, which is not to be the next one's.
	end_with "$name"
	((!bad)) && same_as "$work/before"
}

# All of vfio-bench has ended. A clock that is set back and forth is no measure here.
wait_for_end()
{
	local i

	for ((i = 0; i < 150; i++)); do
		pgrep -x vfio-bench >/dev/null || return 0
		nap 0.2
	done
	echo "processes of the soak are still there"
	return 1
}

# fault_seen NAME: what it changes is changed.
fault_seen()
{
	case $1 in
	cpu-offline | node-without-cpus) [[ $(</sys/devices/system/cpu/online) != "$cpus_online" ]] ;;
	entry-limit) (($(<"$stock_limit") < 10000)) || [[ -e /sys/module/vfio_iommu_type1_per_request ]] ;;
	clock-step) ! clock_is_right ;;
	io-error) [[ $(</proc/"$pid"/mountinfo) == */r/*/below* ]] ;;
	esac 2>/dev/null
}

# in_fault alone|all NAME [VARIANT]: the soak is killed when its fault is seen. What is mounted goes
# with it; the rest is left, and restore puts it back.
in_fault()
{
	local what=$1

	shift
	rm -rf "$work"/r*
	(soak "$@" >"$work/last.log" 2>&1 </dev/null) & pid=$!
	until fault_seen "$1"; do
		kill -0 "$pid" 2>/dev/null || { echo "the soak ended, and nothing was seen of the fault"; return 1; }
		nap 0.002
	done
	kill_them "$what"
	wait_for_end || return 1
	if [[ $1 != io-error ]] && ! fault_seen "$1"; then
		echo "nothing was left to be put back"
		return 1
	fi
	restore "$what" || return 1
	same_as "$work/before"
}

repeat()
{
	local i name what delay kinds=(alone janitor all restore)

	for ((i = 0; i < repetitions; i++)); do
		name=${scenarios[i % ${#scenarios[@]}]}
		what=${kinds[RANDOM % 4]}
		delay=$(((RANDOM * 32768 + RANDOM) % (length_us[$name] + length_us[$name] / 8 + 1)))
		last="$name $what $delay us"
		check "$name, killed $what after $delay of ${length_us[$name]} us" killed "$name" "$what" "$delay"
		if grep -qE 'removed|unloaded|back at|as it was' "$work/restore.log"; then
			put_back=$((put_back + 1))
		fi
	done
}

for program in pgrep find; do
	command -v $program >/dev/null || {
		echo "Bail out! $program is missing: apt-get install procps findutils"
		exit 1
	}
done
modprobe nvme || true
modprobe -a loop ext4 || true
readonly stock_limit=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
cpus_online=$(</sys/devices/system/cpu/online)
readonly cpus_online
"$bench" bind "$LAB_EDU" >/dev/null
"$bench" run smoke "${short[@]}" --variant per-request -o "$work/r" >/dev/null 2>&1 || true
snapshot >"$work/before"
cp "$work/before" "$out/snapshot"
for name in run churn ab trace soak bind unbind load unload; do
	check "$name: undisturbed it leaves the machine as it was" calibrate "$name"
done
check "a soak, killed in entry-limit, of a variant" in_fault alone entry-limit per-request
check "a soak, killed with its run in entry-limit, of stock" in_fault all entry-limit
check "a soak, killed in cpu-offline" in_fault alone cpu-offline per-request
check "a soak, killed with its run in node-without-cpus" in_fault all node-without-cpus per-request
check "a soak, killed in clock-step" in_fault alone clock-step per-request
check "a soak, killed in io-error" in_fault alone io-error per-request
put_back=0
repeat
# A restore that never finds anything to do would pass all of the above.
check "restore had something to put back ($put_back of $repetitions)" test "$put_back" -ge $((repetitions / 10))
check "the journal is gone" test ! -e "$journal"
rm -rf "$work"/r*
check "the next run passes" "$bench" run smoke --quiet --set duration=500ms --device "$LAB_EDU" \
	--variant per-request -o "$work/r"
rm -rf "$work"
tap_end
