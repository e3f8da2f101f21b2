# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the two bad-input tests: run the program with bad input and see
# one clear message, the right exit status, and nothing changed. The caller
# sets $bench, and $work, a folder that the cases may write to.

: "${bench:?}" "${work:?}"
# shellcheck source=tests/tap.sh
. "${BASH_SOURCE[0]%/*}/tap.sh"
status=0

# What the last run said.
tap_why()
{
	echo "exit status $status"
	cat "$work/out" "$work/err" "$work/why"
}

# What a refused command leaves as it was. Attributes that the kernel changes
# by itself are not among them.
snapshot()
{
	grep -so '^vfio[a-z0-9_]*' /proc/modules | sort || true
	ls /sys/bus/mdev/devices 2>/dev/null || true
	ls /dev/vfio 2>/dev/null || true
	find /sys/bus/pci/devices/*/driver -maxdepth 0 -printf '%p %l\n' 2>/dev/null || true
	grep -s . /sys/bus/pci/devices/*/driver_override || true
	find "$work/here" -mindepth 1 -printf '%p %s %T@\n' | sort
}

# Why what is on stderr is not one clear message with $1 in it; silent: it is.
complaint()
{
	[[ ! -s $work/out ]] || echo "something on stdout"
	(($(wc -l <"$work/err") == 1)) || echo "not one line on stderr"
	grep -q '^vfio-bench: ' "$work/err" || echo "no 'vfio-bench: ' in front"
	grep -qF -- "$1" "$work/err" || echo "not said: $1"
}

# refused STATUS TEXT COMMAND...
refused()
{
	local want=$1 text=$2 before after

	shift 2
	before=$(snapshot)
	status=0
	(cd "$work/here" && "$@") >"$work/out" 2>"$work/err" </dev/null || status=$?
	after=$(snapshot)
	{
		((status == want)) || echo "exit status $status, not $want"
		complaint "$text"
		[[ $before == "$after" ]] || diff <(echo "$before") <(echo "$after")
	} >"$work/why"
	[[ ! -s $work/why ]]
}

# bad NAME STATUS TEXT ARGUMENT...: the program refuses its arguments.
bad()
{
	check "$1" refused "$2" "$3" "$bench" "${@:4}"
}

# By a user who may nothing; where that one can run the program.
nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all "$@"
}

nobody_can()
{
	((EUID)) || nobody "$bench" --version >/dev/null 2>&1
}

bad_nobody()
{
	if ((EUID)); then
		bad "$@"
	elif nobody_can; then
		check "$1" refused "$2" "$3" nobody "$bench" "${@:4}"
	else
		skip "$1" "no other user can run the program here"
	fi
}
