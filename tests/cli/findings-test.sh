#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doc/findings/ against what there is: every page is in the index, every command
# names a script, a job, settings, a variant and a kernel that exist, the fix is
# the variant that was measured and applies to the source that is installed, the
# cover letter is what its parts give. Nothing is booted.
# Functions are called through check.
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
readonly top=${top_srcdir:?} build=${top_builddir:?}
readonly doc=$top/doc/findings variants=$top/kmod/variants
fix=$(echo "$doc"/deadlock/*.patch)
readonly fix
work=$(mktemp -d "${TMPDIR:-/tmp}/findings-test.XXXXXX")
trap 'rm -rf "$work"' EXIT

# commands [PAGE...]: those of the pages (all): lines of blocks that begin with a script of
# the tree, joined where they go on.
commands()
{
	(($#)) || set -- "$doc"/*.md
	sed -e ':join' -e '/\\$/{N;s/ *\\\n */ /;b join' -e '}' "$@" | grep '^\.\./' | sed 's/ *#.*//'
}

every_page_has_its_command()
{
	local page

	for page in "$doc"/*.md; do
		commands "$page" | grep . >/dev/null || { echo "${page##*/} has none"; return 1; }
	done
}

every_page_is_in_the_index()
{
	local page

	for page in "$doc"/*.md; do
		page=${page##*/}
		[[ $page == README.md ]] || grep -qF "]($page)" "$doc/README.md" ||
			{ echo "$page is not"; return 1; }
	done
}

# Relative links of pages lead somewhere.
links_lead_somewhere()
{
	local page link

	for page in "$doc"/*.md; do
		while read -r link; do
			[[ -e $doc/$link ]] || { echo "${page##*/}: $link"; return 1; }
		done < <(grep -o ']([^)]*)' "$page" | sed 's/^](//; s/)$//' | grep -v '^https\?:')
	done
}

variant_exists()
{
	[[ $1 == stock || -d $variants/$1 ]] || { echo "no variant $1"; return 1; }
}

kernel_exists()
{
	[[ -e $top/scripts/kernels/$1.config ]] ||
		"$top/scripts/kernel-image" --list | grep -x "$1" >/dev/null ||
		{ echo "no kernel $1"; return 1; }
}

# planned run|ab ARGUMENT...: the program takes it. What it says of this machine, and of
# pairs that only exact mode may have, it says when it has understood job and settings.
planned()
{
	"$build/vfio-bench" "$@" --dry-run >"$work/plan" 2>&1 ||
		grep -E 'no such NUMA node|for an assigned PCIe device|is balanced every' "$work/plan" \
			>/dev/null || { cat "$work/plan"; return 1; }
}

# of_lab WORD...: what stands behind lab-run is a job with its settings; else it is a test.
of_lab()
{
	local command=run

	while [[ $1 != -- ]]; do
		shift
	done
	shift
	if [[ $1 != */lab-run ]]; then
		[[ $1 == tests/lab/* && -e $top/$1.c ]] || { echo "no test $1"; return 1; }
		return
	fi
	shift
	[[ $1 != ab ]] || { command=ab; shift; }
	planned "$command" "$@"
}

of_findings()
{
	local name=$1 words

	shift
	while (($#)); do
		case $1 in
		--variant) variant_exists "$2" || return 1 ;;
		--kernel) kernel_exists "$2" || return 1 ;;
		*) echo "what is $1?"; return 1 ;;
		esac
		shift 2
	done
	words=$("$top/scripts/findings" --build "$build" --dry-run "$name") || return 1
	read -ra words <<<"$words"
	planned run "${words[@]}"
}

understood()
{
	local words

	read -ra words <<<"$1"
	[[ -x $top/${words[0]#../} ]] || { echo "no ${words[0]}"; return 1; }
	case ${words[0]} in
	*/lab) of_lab "${words[@]}" ;;
	*/findings) of_findings "${words[@]:1}" ;;
	*/late-pins) "$top/scripts/late-pins" --help >/dev/null ;;
	esac
}

commands_are_understood()
{
	local command number=0

	while IFS= read -r command; do
		number=$((number + 1))
		understood "$command" || { echo "in: $command"; return 1; }
	done < <(commands)
	((number >= 15)) || { echo "only $number commands found"; return 1; }
}

every_finding_has_its_command()
{
	local name

	while read -r name; do
		commands | grep -E "/findings $name( |\$)" >/dev/null || { echo "$name has none"; return 1; }
	done < <("$top/scripts/findings" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')
}

diff_of()
{
	sed -n '/^diff --git/,$p' "$1"
}

fix_is_the_variant()
{
	diff -u <(diff_of "$variants/per-dma-ordered/type1-6.1.patch") <(diff_of "$fix")
}

builds()
{
	"$top/scripts/variant-build" --name deadlock-fix --kdir "$kdir" --out "$work/variants" "$fix"
}

letter_is_its_parts()
{
	VFIO_BENCH_BUILD=$build "$top/scripts/cover-letter" | diff -u "$doc/deadlock/cover-letter.txt" -
}

# in_mail FILE: ASCII, at most 75 columns.
in_mail()
{
	local text

	text=$(cat "$1") && [[ -n $text ]] && ! LC_ALL=C grep -nP '[^\x00-\x7f]|^.{76}' <<<"$text"
}

check "every page is in the index" every_page_is_in_the_index
check "links lead somewhere" links_lead_somewhere
check "README leads to the index" grep -qF '(doc/findings/README.md)' "$top/README.md"
check "every page has a command" every_page_has_its_command
check "every command is understood" commands_are_understood
check "every finding of scripts/findings has its command" every_finding_has_its_command
check "the fix is what was measured as per-dma-ordered" fix_is_the_variant
kdir=$("$top/scripts/kernel-image" --headers 2>/dev/null) || kdir=
if [[ -n $kdir ]] && compgen -G '/usr/src/linux-source-*' >/dev/null; then
	check "the fix applies without fuzz to the source that is installed, and compiles" builds
else
	skip "the fix applies" "no kernel source and headers are installed"
fi
check "the cover letter is what its parts give" letter_is_its_parts
check "the letter fits in a mail" in_mail "$doc/deadlock/cover-letter.txt"
check "so does the patch" in_mail <(sed '/^diff --git/,$d' "$fix")
tap_end
