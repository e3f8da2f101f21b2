# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the shell tests: TAP on stdout, ended by tap_end.

tap_number=0
tap_failed=0

# What a command says is kept in a file without a name, which needs no cleaning up.
tap_name=$(mktemp "${TMPDIR:-/tmp}/tap.XXXXXX")
exec {tap_fd}<>"$tap_name"
rm "$tap_name"
tap_said=/proc/self/fd/$tap_fd

# tap_why: more about a failure, on stdout; for a test to define anew.
tap_why()
{
	:
}

# check TEXT COMMAND...: one test line, ok when COMMAND succeeds; what it says is shown if not.
check()
{
	local text=$1

	shift
	tap_number=$((tap_number + 1))
	if "$@" >"$tap_said" 2>&1; then
		printf 'ok %d - %s\n' "$tap_number" "$text"
	else
		printf 'not ok %d - %s\n' "$tap_number" "$text"
		tap_failed=$((tap_failed + 1))
		{ printf 'failed: %s\n' "${*@Q}"; cat "$tap_said"; tap_why; } 2>&1 | sed 's/^/# /' || true
	fi
}

# skip TEXT REASON: one test line for what can't be tested here.
skip()
{
	tap_number=$((tap_number + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_number" "$1" "$2"
}

# is FOUND WANTED: the two are the same text; for check.
is()
{
	[[ $1 == "$2" ]] || { printf '%q, wanted %q\n' "$1" "$2"; return 1; }
}

# tap_end: the plan; fails when a check has failed.
tap_end()
{
	printf '1..%d\n' "$tap_number"
	((!tap_failed))
}
