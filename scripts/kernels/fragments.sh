# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by scripts/kernel: which kernels there are, and which options each one asks for.
# Wants $fragments, the folder of this file.

: "${fragments:?}"

# Series that Debian has, oldest first, each a generation of VFIO; every one has a
# production kernel of its own, the kernels that look for faults are of one.
readonly SERIES_KNOWN=(5.10 6.1 6.12 7.2)
# shellcheck disable=SC2034	# for scripts/kernel
readonly SERIES_OF_CHECKS=6.1
readonly SERIES_FORM='[1-9][0-9]?\.[0-9]{1,3}'

# Kinds: the fragments that are no part of all kernels.
kinds()
{
	local file

	for file in "$fragments"/*.config; do
		file=${file##*/}
		[[ $file == base.config ]] || printf '%s\n' "${file%.config}"
	done
}

names()
{
	kinds | grep -vx production
	printf 'v%s\n' "${SERIES_KNOWN[@]}"
}

# Sets kind and series from a name: v6.12, debug, debug-7.2.
parse_name()
{
	local text=$1

	kind=${text%%-*}
	series=${text#"$kind"}
	series=${series#-}
	if [[ $text =~ ^v($SERIES_FORM)$ ]]; then
		kind=production
		series=${BASH_REMATCH[1]}
	elif [[ $kind == production || $kind == base || ! $kind =~ ^[a-z0-9]+$ ||
			! -r $fragments/$kind.config ]]; then
		return 1
	fi
	[[ ! $series || $series =~ ^$SERIES_FORM$ ]]
}

# The first sentence of a fragment's comment.
describe_kind()
{
	sed -n '3,/^[^#]/s/^# *//p' "$fragments/$1.config" | paste -sd ' ' |
		sed 's/\([.:]\) .*/\1/; s/[.:]$//'
}

describe_names()
{
	local each

	for each in $(kinds | grep -vx production); do
		printf '  %-8s %s\n' "$each" "$(describe_kind "$each")"
	done
	printf '  %-8s %s\n' "vSERIES" "$(describe_kind production)"
}

# Lines of the options that KIND asks for on SERIES: those of other series are left out, and
# what KIND says of an option that all kernels have is what counts.
options_of()
{
	awk -v series="$2" '
		function number(text,	part) {
			split(text, part, ".")
			return part[1] * 1000 + part[2]
		}
		/^\[/ {
			end = index($0, "]")
			split(substr($0, 2, end - 2), range, "\\.\\.")
			$0 = substr($0, end + 2)
			if (range[1] != "" && number(series) < number(range[1]) ||
					range[2] != "" && number(series) > number(range[2]))
				next
		}
		/^(# )?CONFIG_/ {
			option = $0
			sub(/^# /, "", option)
			sub(/[ =].*/, "", option)
			if (option in at)
				line[at[option]] = $0
			else
				line[at[option] = ++count] = $0
		}
		END {
			for (each = 1; each <= count; each++)
				print line[each]
		}' "$fragments/base.config" "$fragments/$1.config"
}

# Options in stdin that .config $1 has not as they ask for. "is not set" is true of an
# option that is not there at all.
missing_options()
{
	awk '
		FNR == NR {
			if ($0 ~ /^CONFIG_/) { split($0, part, "="); have[part[1]] = $0 }
			next
		}
		/^CONFIG_/ {
			split($0, part, "=")
			if (!(part[1] in have))
				print $0 ", and is not set"
			else if (have[part[1]] != $0)
				print $0 ", and is " have[part[1]]
		}
		/^# CONFIG_[A-Z0-9_]+ is not set$/ && ($2 in have) {
			print $2 " not set, and is " have[$2]
		}' "$1" -
}
