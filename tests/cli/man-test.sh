#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-bench(1) is what the tables say, and so is every command's --help.
set -euo pipefail

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
bench=${top_builddir:?}/vfio-bench
mkman=$top_builddir/doc/mkman
page=${top_srcdir:?}/doc/vfio-bench.1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

up_to_date() {
	"$mkman" >"$tmp/made.1" || return 1
	diff -u "$page" "$tmp/made.1" && return
	echo "the tables have changed: 'make man', and commit the page"
	return 1
}

# The options of a command as the page has them: "--NAME" or "--NAME=ARG".
options_of() {
	sed 's/\\-/-/g; s/\\f[BRI]//g' "$page" |
		awk -v head=".SS vfio-bench $1" '/^\.S[SH]/ { on = $0 == head; next }
			on && tag { print; tag = 0 } on && $0 == ".TP" { tag = 1 }' |
		sed 's/^-.*, --/--/'
}

# squeeze FILE: one line, single blanks, so that wrapping does not matter.
squeeze() { tr -s ' \n' ' ' <"$1"; }

helps() {
	local option

	"$bench" "$1" --help >"$tmp/help" || return 1
	options_of "$1" >"$tmp/options"
	test -s "$tmp/options" || { echo "the page has no options"; return 1; }
	while read -r option; do
		grep -qF -e " $option" "$tmp/help" || { echo "missing: $option"; return 1; }
	done <"$tmp/options"
	# and the page has all that --help has
	grep -oE '^ +(-[a-z], )?--[a-z-]+' "$tmp/help" | grep -oE -e '--[a-z-]+' >"$tmp/helped"
	while read -r option; do
		grep -qE -e "^$option(=|$)" "$tmp/options" || { echo "only in --help: $option"; return 1; }
	done < <(grep -vxE -e '--(help|usage)' "$tmp/helped")
}

# Nothing hidden is told.
hides() { ! grep -qF -e '--root' "$tmp/made.1"; }

all_keys() {
	local key

	"$bench" list keys >"$tmp/keys" || return 1
	while read -r key; do
		grep -qF "\\fB$key=\\fR" "$page" || { echo "missing: $key"; return 1; }
	done < <(sed -n 's/^  \([a-z_][a-z_]*\)  .*/\1/p' "$tmp/keys")
}

says() { "$bench" "$1" >"$tmp/out" && squeeze "$tmp/out" | grep -qE "$2"; }
refuses_nothing() {
	local status=0

	"$bench" >"$tmp/out" 2>&1 || status=$?
	[[ $status == 1 ]] && grep -q '^usage: ' "$tmp/out"
}

formats() {
	MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings --encoding=UTF-8 -l "$page" >"$tmp/page.txt" \
		2>"$tmp/warnings" || return 1
	cat "$tmp/warnings"
	[[ ! -s $tmp/warnings && -s $tmp/page.txt ]]
}

check "the page is what the tables say" up_to_date
check "the page has no hidden option" hides
commands=$("$bench" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
for command in $commands; do
	check "$command --help and the page have the same options" helps "$command"
done
check "the page has every job key" all_keys
check "--help names every command" test "$(wc -w <<<"$commands")" -ge 7
for word in --help -h help; do
	check "$word" says "$word" '^usage: vfio-bench COMMAND .* run .* variant '
done
for word in --version -V; do
	check "$word" says "$word" '^vfio-bench [0-9]+\.[0-9]+\.[0-9]+'
done
help_of() { "$bench" help "$1" >"$tmp/out" && "$bench" "$1" --help | diff - "$tmp/out"; }
check "help run is run --help" help_of run
no_help() { ! "$bench" help nothing 2>"$tmp/out" && grep -q "'nothing': no such command" "$tmp/out"; }
check "help for no command of ours" no_help
check "no command: the usage, and 1" refuses_nothing
if command -v man >/dev/null && command -v groff >/dev/null; then
	check "man formats the page without a warning" formats
else
	skip "man formats the page without a warning" "no man or no groff"
fi
tap_end
