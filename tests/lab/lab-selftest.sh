#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab tests itself: TAP on stdout, five boots. Run it in the build folder,
# or with VFIO_BENCH_BUILD set, so that kernels already fetched are used.

# Functions are called through check, and one of them in the guest.
# shellcheck disable=SC2317

set -euo pipefail

# The tests change folders.
export VFIO_BENCH_BUILD=${VFIO_BENCH_BUILD:-$PWD}

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" && pwd)/lab
readonly lab
readonly PLAN=27
# A panic or a hang is bounded by boot, the time limit and QEMU's end.
readonly TROUBLE_LIMIT_S=60

work=$(mktemp -d "${TMPDIR:-/tmp}/lab-selftest.XXXXXX")
number=0
failed=0

cleanup()
{
	rm -rf "$work"
}

# check TEXT COMMAND...: one test line, ok when COMMAND succeeds.
check()
{
	local text=$1

	shift
	number=$((number + 1))
	if "$@"; then
		printf 'ok %d - %s\n' "$number" "$text"
	else
		printf 'not ok %d - %s\n' "$number" "$text"
		printf '# failed: %s\n' "${*@Q}"
		failed=$((failed + 1))
	fi
}

skip()
{
	number=$((number + 1))
	printf 'ok %d - %s # SKIP %s\n' "$number" "$1" "$2"
}

equal()
{
	[[ $1 == "$2" ]] || { printf '# %q is not %q\n' "$1" "$2"; return 1; }
}

has_line()
{
	grep -qx -- "$1" "$2"
}

has()
{
	grep -q -- "$1" "$2"
}

# run NAME OPTION... -- COMMAND...: leaves NAME.{status,seconds,stdout,stderr}
run()
{
	local name=$1 status=0 start=$SECONDS

	shift
	"$lab" --out "$work/$name" "$@" >"$work/$name.stdout" 2>"$work/$name.stderr" || status=$?
	printf '%d\n' "$status" >"$work/$name.status"
	printf '%d\n' $((SECONDS - start)) >"$work/$name.seconds"
}

result()
{
	cat "$work/$1" 2>/dev/null || true
}

diagnose()
{
	sed 's/^/# /' "$work/$1.stderr"
}

test_usage()
{
	local case options
	local -a cases=("" "--" "true" "--iommu arm -- true"
		"--iommu-mode fast -- true" "matrix" "matrix null --kernels v6.1,v6.1" "--cpus 0 -- true" "--mem 1G2 -- true"
		"--timeout 1s -- true" "--exact --cpus 2 -- true" "--frob -- true" "--kernel nosuch -- true")
	local refused=0

	for case in "${cases[@]}"; do
		read -ra options <<<"$case"
		run usage "${options[@]}"
		if [[ $(result usage.status) == 1 && -s $work/usage.stderr ]]; then
			refused=$((refused + 1))
		else
			printf '# not refused: lab %s\n' "$case"
		fi
	done
	check "bad options are refused with status 1" equal "$refused" "${#cases[@]}"
}

# Runs in the guest; what it finds is judged on the host.
guest_facts()
{
	local device=/sys/bus/pci/devices/$LAB_EDU
	# Not a fault: the companion module is out of tree and not signed.
	local harmless=$((1 << 12 | 1 << 13))

	echo "stdout line"
	echo "stderr line" >/dev/stderr
	printf '%q\n' "$@" >"$LAB_OUT/arguments"
	{
		echo "folder $PWD"
		echo "variable $VFIO_BENCH_SELFTEST"
		echo "edu $(<"$device/vendor") $(<"$device/device")"
		echo "edu node $(<"$device/numa_node")"
		echo "edu group members $(compgen -G "$device/iommu_group/devices/*" | wc -l)"
		echo "online nodes $(</sys/devices/system/node/online)"
		echo "tainted $(($(</proc/sys/kernel/tainted) & ~harmless))"
		echo "clock $(</sys/devices/system/clocksource/clocksource0/current_clocksource)"
		echo "modules $(modprobe -n vfio-pci && echo found)"
		if [[ -c /dev/vfio/vfio ]]; then echo "vfio there"; fi
		if grep -qw vfio_bench.lab=1 /proc/cmdline; then echo "marked as a lab"; fi
		if touch "$1/escaped" /usr/escaped /tmp/escaped; then echo "root writable"; fi
	} >"$LAB_OUT/facts"
	sleep 100 &
	exit 7
}

test_command()
{
	local -a arguments=("$work" "two words" "it's" '"' $'new\nline' '' '*' "\$HOME" "\\" '--' '-n')
	local facts=$work/command/facts here=$work/a\ folder,\ here

	mkdir "$here"
	VFIO_BENCH_SELFTEST="a 'b'" run warm -- true
	if [[ $(result warm.status) == 4 ]]; then
		printf '1..0 # SKIP %s\n' "$(head -n 1 "$work/warm.stderr")"
		exit 0
	fi
	printf '1..%d\n' $PLAN
	check "true gives status 0" equal "$(result warm.status)" 0
	check "its verdict is ok" equal "$(result warm/verdict)" ok
	cd "$here"
	VFIO_BENCH_SELFTEST="a 'b'" run command -- bash -c "$(declare -f guest_facts)
guest_facts \"\$@\"" bash "${arguments[@]}"
	cd "$OLDPWD"
	# The first run may have fetched a kernel. Told, not tested: machines differ.
	printf '# a whole trip, boot to power-off: %s s\n' "$(result command.seconds)"
	check "the command's status is passed on" equal "$(result command.status)" 7
	check "its verdict is failed" equal "$(result command/verdict)" failed
	check "stdout comes back alone" equal "$(result command.stdout)" "stdout line"
	check "stderr comes back alone" equal "$(result command.stderr)" "stderr line"
	check "arguments arrive unchanged" equal "$(result command/arguments)" \
		"$(printf '%q\n' "${arguments[@]}")"
	check "the current folder is kept" has_line "folder $here" "$facts"
	check "VFIO_BENCH_ variables pass" has_line "variable a 'b'" "$facts"
	check "edu is at \$LAB_EDU" has_line "edu 0x1234 0x11e8" "$facts"
	check "edu is on node 1" has_line "edu node 1" "$facts"
	check "edu has an iommu group of its own" has_line "edu group members 1" "$facts"
	check "two nodes are online" has_line "online nodes 0-1" "$facts"
	check "the kernel is not tainted" has_line "tainted 0" "$facts"
	check "the clock is the tsc" has_line "clock tsc" "$facts"
	check "the kernel's modules can be loaded" has_line "modules found" "$facts"
	check "vfio is loaded" has_line "vfio there" "$facts"
	check "the command line marks a lab" has_line "marked as a lab" "$facts"
	check "the guest may write anywhere" has_line "root writable" "$facts"
	check "nothing of that reaches the host" \
		test ! -e "$work/escaped" -a ! -e /usr/escaped -a ! -e /tmp/escaped
}

# Both at once: labs must not meet in names, ports or folders.
test_trouble()
{
	local hang

	run hang --timeout 3 -- sleep 1000 &
	hang=$!
	# The variable is the guest's.
	# shellcheck disable=SC2016
	run panic -- bash -c 'echo c >/proc/sysrq-trigger; sleep 1000'
	wait $hang
	check "a panic gives status 125 within $TROUBLE_LIMIT_S s" equal \
		"$(result panic.status) $(($(result panic.seconds) <= TROUBLE_LIMIT_S))" "125 1"
	check "its verdict is crashed" equal "$(result panic/verdict)" crashed
	check "the panic's message is shown" has "Kernel panic" "$work/panic.stderr"
	check "a hang gives status 124 within $TROUBLE_LIMIT_S s" equal \
		"$(result hang.status) $(($(result hang.seconds) <= TROUBLE_LIMIT_S))" "124 1"
	check "its verdict is timeout" equal "$(result hang/verdict)" timeout
}

write_loop()
{
	cat >"$work/loop.c" <<-'END'
	#include <stdint.h>
	#include <stdio.h>
	#include <time.h>

	static uint64_t now_ns(void)
	{
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC_RAW, &t);
		return t.tv_sec * 1000000000ull + t.tv_nsec;
	}

	/* The median of several rounds: a timer interrupt is no repeatable part. */
	int main(void)
	{
		enum { ROUNDS = 31 };
		uint64_t round_ns[ROUNDS];

		for (int i = 0; i < ROUNDS; i++) {
			uint64_t start_ns = now_ns(), spent_ns;
			int at = i;

			for (int k = 0; k < 20000; k++)
				now_ns();
			spent_ns = now_ns() - start_ns;
			for (; at > 0 && round_ns[at - 1] > spent_ns; at--)
				round_ns[at] = round_ns[at - 1];
			round_ns[at] = spent_ns;
		}
		printf("%llu\n", (unsigned long long)round_ns[ROUNDS / 2]);
	}
	END
	"${CC:-cc}" -O1 -o "$work/loop" "$work/loop.c" 2>/dev/null
}

test_exact()
{
	local first second apart

	if ! write_loop; then
		skip "two exact boots agree to 0.1%" "no C compiler"
		return
	fi
	run exact1 --exact -- "$work/loop"
	run exact2 --exact -- "$work/loop"
	first=$(result exact1.stdout)
	second=$(result exact2.stdout)
	printf '# exact mode: %s ns, %s ns\n' "$first" "$second"
	apart=$((first > second ? first - second : second - first))
	check "two exact boots agree to 0.1%" test "${first:-0}" -gt 0 -a $((apart * 1000)) -le "${first:-0}"
}

trap cleanup EXIT
test_command
test_trouble
test_exact
test_usage
((!failed)) || for name in warm command panic hang exact1 exact2; do
	[[ ! -s $work/$name.stderr ]] || diagnose "$name"
done
exit $((failed > 0))
