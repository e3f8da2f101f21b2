#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Replayed machines: what 'vfio-bench bind' answers for every PCI device of every machine
# in tests/machines, which scripts/capture-machine wrote down. Needs neither root nor
# hardware. And the tool itself: on this machine, and where a capture is made to do harm.

# Functions are called through check.
# shellcheck disable=SC2317

set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly bench=${top_builddir:?}/vfio-bench
readonly machines=${top_srcdir:?}/tests/machines.py
work=$(mktemp -d "${TMPDIR:-/tmp}/machines-test.XXXXXX")
status=0

trap 'rm -rf "$work"' EXIT

tap_why()
{
	echo "exit status $status"
	cat "$work/out" "$work/err" 2>/dev/null || true
}

# asks DIR ADDRESSES: what bind would do there.
asks()
{
	local addresses

	read -r -a addresses <<<"$2"
	status=0
	"$bench" bind --root "$1" "${addresses[@]}" >"$work/out" 2>"$work/err" || status=$?
}

# One line for each device that would be taken; of a refusal the reason alone.
answers()
{
	local count

	asks "$1" "$2"
	count=$(wc -w <<<"$2")
	case $3 in
	allowed)
		((status == 0)) && [[ ! -s $work/err ]] &&
			(($(grep -cE ': (would go from .* to|is bound to) vfio-pci, IOMMU group ' \
				"$work/out") == count))
		;;
	'refused: '*)
		((status == 1)) && [[ -s $work/err ]] && { ((count > 1)) || [[ ! -s $work/out ]]; } &&
			grep -qF -- "${3#refused: }" "$work/err"
		;;
	*) return 1 ;;
	esac
}

contents()
{
	(cd "$1" && find . -printf '%p %l %m %T@\n' -type f -exec cat {} + | sort)
}

unchanged()
{
	[[ $(contents "$1") == "$2" ]]
}

# Every device has its answer, and doctor says the same of those that are free.
test_machine()
{
	local name=$1 root=$work/$1 address answer before

	check "$name: every device has an answer" python3 "$machines" expected "$name"
	python3 "$machines" build "$name" "$root"
	before=$(contents "$root")
	while IFS=$'\t' read -r address answer; do
		check "$name: $address $answer" answers "$root" "$address" "$answer"
	done < <(python3 "$machines" expected "$name")
	check "$name: doctor" doctor_agrees "$name" "$root"
	check "$name: nothing has changed" unchanged "$root" "$before"
}

# lists LINE ADDRESS...: all of them, in order, or the first and how many more.
lists()
{
	local line=$1 more=0 shown

	shift
	if [[ $line =~ ^(.*)\ and\ ([0-9]+)\ more$ ]]; then
		line=${BASH_REMATCH[1]}
		more=${BASH_REMATCH[2]}
	fi
	shown=$(wc -w <<<"$line")
	is "$line" "${*:1:$shown}" && is $((shown + more)) $#
}

# doctor lists what is bound, or else what is free; each alone.
doctor_agrees()
{
	local address free=() bound=() line

	while read -r address; do
		asks "$2" "$address"
		((status)) || free+=("$address")
		! grep -q 'is bound' "$work/out" || bound+=("$address")
	done < <(python3 "$machines" expected "$1" | sed -n 's/^\([^ ]*\)\tallowed$/\1/p')
	"$bench" doctor --root "$2" >"$work/out" 2>"$work/err" || true
	line=$(grep ' PCI devices ' "$work/out")
	if ((${#bound[@]})); then
		lists "${line#*bound: }" "${bound[@]}"
	elif ((${#free[@]})); then
		lists "${line#*not in use: }" "${free[@]}"
	else
		[[ $line == *"none is free"* ]]
	fi
}

enough()
{
	(($(python3 "$machines" list | wc -l) >= 12))
}

table_is_current()
{
	diff <(sed -n '/^<!-- machines -->$/,/^<!-- \/machines -->$/p' "$top_srcdir/doc/safety.md" |
		sed '1d;$d') <(python3 "$machines" table)
}

# harmless LINE...: a capture with these lines is refused, and nothing is written beside it.
harmless()
{
	printf '%s\n' "$@" >"$work/bad.tree"
	rm -rf "$work/bad"
	mkdir -p "$work/beside"
	if python3 "$machines" build "$work/bad.tree" "$work/bad"; then
		echo "accepted"
		return 1
	fi
	[[ -z $(ls -A "$work/beside") ]]
}

captured()
{
	rm -f "$work/here.tree"
	"$top_srcdir/scripts/capture-machine" "$work/here.tree" &&
		python3 "$machines" build "$work/here.tree" "$work/here"
}

# Without what a capture replaces: names of volumes, shares, mount points, clients.
shown()
{
	local address

	for address in "$work/here"/sys/bus/pci/devices/*; do
		"$bench" bind --dry-run "$@" "${address##*/}" 2>&1 || true
	done | sed -E "/not root/d; s/ \([^)]*\)//; s/'[^']*'/'...'/; s/(your own login).*/\1/"
}

# Whoever holds a disk exclusively is not seen in a capture.
same_answers()
{
	local now

	now=$(shown)
	diff <(grep -v ' is held by ' <<<"$now") <(shown --root "$work/here" |
		grep -vFf <(sed -n 's/^\(vfio-bench: [^ ]* \).* is held by .*/\1/p' <<<"$now"))
}

test_capture()
{
	check "capture: this machine" captured
	if compgen -G "$work/here/sys/bus/pci/devices/*" >/dev/null; then
		check "capture: it answers as this machine does" same_answers
	else
		skip "capture: it answers as this machine does" "no PCI devices here"
	fi
	check "capture: no MAC address, no serial number" \
		bash -c "! grep -qiE '([0-9a-f]{2}:){5}[0-9a-f]{2}|serial' '$work/here.tree'"
	check "capture: nothing is overwritten" \
		bash -c "! '$top_srcdir/scripts/capture-machine' '$work/here.tree'"
	check "build: a path upwards" harmless "f /../beside/x" "	text"
	check "build: a file behind a link" harmless "l /sys $work/beside" "f /sys/x" "	text"
	check "build: a link behind a link" harmless "l /a $work/beside" "l /a/b c"
	check "build: nonsense" harmless "hello"
}

check "at least twelve machines" enough
while read -r name; do
	test_machine "$name"
done < <(python3 "$machines" list)
check "doc/safety.md has what is tested here" table_is_current
test_capture
tap_end
