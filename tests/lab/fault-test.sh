#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: each fault that does not cost a boot, alone, on its own job, N times
# (default: 1; a run that ended before its fault came is none). TAP. More of them:
#
#   scripts/lab --cpus 2 --timeout 36000 -- tests/lab/fault-test.sh BUILD 200 [FAULT...]
#
# With LAB_STATE=FOLDER, below $LAB_OUT, what was shown there is not shown again.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

build=${1:?usage: fault-test.sh BUILD [N [FAULT...]]}
repeat=${2:-1}
faults=("${@:3}")
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
bench=$build/vfio-bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
state=${LAB_STATE:+${LAB_OUT:?not in the lab}/$LAB_STATE}
[[ -z $state ]] || mkdir -p "$state"

# All but those that end the guest.
all_faults()
{
	"$bench" list faults --json | python3 -c '
import json, sys
print("\n".join(f["name"] for f in json.load(sys.stdin)["faults"] if not f["ends_guest"]))'
}

tap_why()
{
	tail -n 20 "$work/log"
}

# more FAULT N: the soak, N cycles of it; adds what was injected and failed to the counts.
more()
{
	local status=0 counts before=$failed

	rm -rf "$work/soak"
	"$bench" soak --fault "$1" --repeat "$2" --steady --cycle 0.2s..0.3s --quiet \
		--device "${LAB_EDU:?no edu device}" --variant per-dma-ordered --output "$work/soak" \
		>"$work/log" 2>&1 || status=$?
	counts=$(sed -nE "s/^  $1 +([0-9]+) injected, ([0-9]+) failed.*/\1 \2/p" "$work/log")
	# A soak that did not come to its end counts nothing.
	if [[ ! $counts ]]; then
		failed=$((failed + 1))
		return
	fi
	injected=$((injected + ${counts% *}))
	failed=$((failed + ${counts#* }))
	# 3: nothing was injected. The rest is a failure, the fault's or not.
	if ((status && status != 3 && failed == before)); then
		failed=$((failed + 1))
	fi
}

# keep FAULT: the counts, and what the last failure left.
keep()
{
	[[ $state ]] || return 0
	echo "$injected $failed" >"$state/$1"
	if ((failed)) && ! grep -q ' 0 failed' "$work/log"; then
		mkdir -p "$state/failures"
		rm -rf "$state/failures/$1"
		cp -r "$work/soak" "$state/failures/$1"
	fi
}

shown()
{
	local idle=0 before

	injected=0
	failed=0
	if [[ $state && -e $state/$1 ]]; then
		read -r injected failed <"$state/$1"
	fi
	while ((injected < repeat && idle < 5)); do
		before=$injected
		more "$1" $((repeat - injected > 50 ? 50 : repeat - injected))
		keep "$1"
		idle=$((injected > before ? 0 : idle + 1))
	done
	printf '%d injected, %d failed\n' "$injected" "$failed"
	((injected >= repeat && !failed))
}

"$bench" bind "$LAB_EDU" >/dev/null
((${#faults[@]})) || mapfile -t faults < <(all_faults)
for fault in "${faults[@]}"; do
	if [[ $fault == fail-nth && ! -e /proc/self/fail-nth ]]; then
		skip "$fault" "this kernel has no fail-nth"
		continue
	fi
	check "$fault, $repeat of them" shown "$fault"
done
"$bench" unbind "$LAB_EDU" >/dev/null
tap_end
