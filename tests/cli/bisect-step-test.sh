#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/bisect-step: vfio-bench's exit status as 'git bisect run' takes it.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
step=${top_srcdir:?}/scripts/bisect-step

# becomes WANT OPTION... -- COMMAND...
becomes() {
	local want=$1 status=0

	shift
	"$step" "$@" >/dev/null 2>&1 || status=$?
	[[ $status == "$want" ]] || { echo "exit status $status, not $want"; return 1; }
}
exits() { printf 'exit %s' "$1"; }

# STATUS:WANT
for pair in 0:0 5:1 1:125 2:125 3:125 4:125 6:125 125:125 126:125 127:125 128:128 130:128 139:128; do
	check "$pair" becomes "${pair#*:}" -- bash -c "$(exits "${pair%:*}")"
done
check "a failed audit as bad" becomes 1 --incorrect=bad -- bash -c 'exit 2'
check "a regression stays bad" becomes 1 --incorrect=bad -- bash -c 'exit 5'
check "no command stops it" becomes 128 --
check "no -- stops it" becomes 128 true
check "no such command stops it" becomes 128 -- /nonexistent
check "no such option stops it" becomes 128 --incorrect=no -- true
check "help" becomes 0 --help

# Twenty commits, the thirteenth is the first bad one, every third can't be judged.
bisect() {
	local repo=$1/repo

	git init -q "$repo" && cd "$repo" &&
		git config user.name t && git config user.email t@example.org || return 1
	for i in {1..20}; do
		echo "$i" >n && git add n && git commit -q -m "commit $i" || return 1
	done
	cat >"$1/judge" <<-'END'
	#!/usr/bin/env bash
	read -r n <n
	((n % 3)) || exit 4
	((n < 13)) || exit 5
	END
	chmod +x "$1/judge"
	git bisect start HEAD HEAD~19 >/dev/null &&
		git bisect run "$step" -- "$1/judge" >"$1/log" 2>&1
	# Commit 12 could not be judged, so git may not know which of the two it is.
	git show -s --format=%s refs/bisect/bad | grep -x 'commit 13'
}

if command -v git >/dev/null; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	check "git bisect run finds the commit" bisect "$tmp"
fi
tap_end
