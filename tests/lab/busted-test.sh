#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tester is tested: vendor drivers and kernels that are wrong on purpose, each
# noticed by what is to notice it there (tests/lab/busted/matrix, doc/busted.md).
# TAP; runs on the host, in the build folder, with the variants built.
#
#   busted-test.sh [--runs N] [--out DIR] [--crashes N] [--only REGEX] [--table]
#
#   --runs N     runs of each cell (default: 1; all that don't crash share a boot)
#   --crashes N  runs of each that crashes a guest: a boot each (default: as --runs)
#   --only RE    cells of which "BUSTED VARIANT OUTCOME" matches
#   --out DIR    keep what was found there; what is there already is not run again
#   --table      the table of doc/busted.md, nothing is run
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/lab/busted
readonly top here
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
export VFIO_BENCH_BUILD=${VFIO_BENCH_BUILD:-$PWD}
runs=1
crashes=
only=.
out=
table=0
why=

tap_why()
{
	printf '%s\n' "$why"
}

matrix()
{
	grep -v '^#' "$here/matrix" | grep -E "$only" || true
}

# One line for each thing that is wrong: by variant, what notices it.
print_table()
{
	local busted variant outcome noticed

	# shellcheck disable=SC2016	# what is quoted so is code in markdown
	printf '| | variant | outcome | noticed by |\n| --- | --- | --- | --- |\n'
	while IFS=$'\t' read -r busted variant outcome noticed _; do
		[[ $noticed == - ]] || noticed="\`${noticed//,/\`, \`}\`"
		# shellcheck disable=SC2016
		printf '| `%s` | `%s` | %s | %s |\n' "$busted" "$variant" "$outcome" "${noticed/#-/}"
	done < <(matrix)
}

# lab DIR [LAB-OPTION...] -- COMMAND...: a boot, its output in DIR; its status in $status.
lab()
{
	local dir=$1

	status=0
	shift
	mkdir -p "$dir"
	"$top/scripts/lab" --build "$VFIO_BENCH_BUILD" --out "$dir" --timeout 900 "$@" \
		>"$dir/log" 2>&1 || status=$?
}

# Where the cells of an outcome are, that share a boot.
folder_of()
{
	case $1 in
	ab) echo exact ;;
	*) echo shared ;;
	esac
}

# cells_to_run NUMBER FOLDER: what has been found is not run again.
cells_to_run()
{
	local number=$1 folder=$2 busted variant outcome

	while IFS=$'\t' read -r busted variant outcome _; do
		[[ $outcome == crash || $(folder_of "$outcome") != "$folder" ||
			-e $out/$folder/$number,$busted,$variant/status ]] ||
			printf '%s %s %s\n' "$number" "$busted" "$variant"
	done < <(matrix)
}

# run_shared FOLDER SCRIPT LAB-OPTION...
run_shared()
{
	local folder=$1 script=$2 number cells

	shift 2
	for ((number = 1; number <= runs; number++)); do
		mapfile -t cells < <(cells_to_run "$number" "$folder" | tr ' ' '\n')
		((${#cells[@]} == 0)) || lab "$out/$folder" "$@" -- "$here/$script" "${cells[@]}"
	done
}

run_crash()
{
	local number=$1 busted=$2 variant=$3 dir=$out/$1,$2,$3

	[[ ! -e $dir/lab-status ]] || return 0
	rm -rf "$dir"
	lab "$dir" --cpus 2 -- "$here/run-cell.sh" "$number" "$busted" "$variant"
	echo "$status" >"$dir/lab-status"
}

# A crash is one when the lab says so, and the console why.
crashed()
{
	local dir=$1 text=$2

	[[ $(<"$dir/lab-status") == 125 && $(<"$dir/verdict") == crashed ]] &&
		grep -qF -- "$text" "$dir/console.log" && return
	echo "status $(<"$dir/lab-status"), $(<"$dir/verdict"), not '$text' on the console"
	return 1
}

# The gate was exceeded if that is to notice it, and else was not.
compared()
{
	local dir=$1 wanted=0 status

	[[ $2 == - ]] || wanted=5
	status=$(cat "$dir/status") || return
	((status == wanted)) || {
		echo "exit status $status, wanted $wanted"
		cat "$dir/said"
		return 1
	}
}

noticed_all()
{
	local busted=$1 variant=$2 outcome=$3 noticed=$4 too=$5 number times=$runs failed=0

	why=
	[[ $outcome != crash ]] || times=$crashes
	for ((number = 1; number <= times; number++)); do
		if [[ $outcome == crash ]]; then
			run_crash "$number" "$busted" "$variant"
			why+=$(crashed "$out/$number,$busted,$variant" "$noticed") || failed=$((failed + 1))
		elif [[ $outcome == ab ]]; then
			why+=$(compared "$out/exact/$number,$busted,$variant" "$noticed" 2>&1) ||
				failed=$((failed + 1))
		else
			why+=$("$here/judge.py" "$out/shared/$number,$busted,$variant" "$outcome" "$noticed" \
				"$too" 2>&1) || failed=$((failed + 1))
		fi
	done
	((failed == 0)) || why+=" ($failed of $times)"
	return $((failed > 0))
}

while (($#)); do
	case $1 in
	--runs) runs=${2:?}; shift ;;
	--crashes) crashes=${2:?}; shift ;;
	--only) only=${2:?}; shift ;;
	--out) out=${2:?}; shift ;;
	--table) table=1 ;;
	*) sed -n '4,17s/^# \{0,1\}//p' "$0" >&2; exit 1 ;;
	esac
	shift
done
if ((table)); then
	print_table
	exit
fi
crashes=${crashes:-$runs}
if [[ ! $out ]]; then
	out=$(mktemp -d "${TMPDIR:-/tmp}/busted.XXXXXX")
	trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
run_shared shared run-cell.sh --cpus 2
run_shared exact run-delay.sh --exact
while IFS=$'\t' read -r busted variant outcome noticed too; do
	times=$runs
	[[ $outcome != crash ]] || times=$crashes
	((times == 0)) || check "$busted on $variant: $outcome, ${noticed}: $times times" \
		noticed_all "$busted" "$variant" "$outcome" "$noticed" "$too"
done < <(matrix)
tap_end
