# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests that run in the guest: what the kernel counts by itself, with
# which a workload's own counts are held together. Wants tests/tap.sh, $build, $work.

: "${build:?}" "${work:?}"
readonly tracing=/sys/kernel/tracing
# VFIO_IOMMU_MAP_DMA and its like, as numbers (linux/vfio.h); the flags are written out.
# shellcheck disable=SC2034	# for those who source this
readonly MAP=$((0x3b71)) UNMAP=$((0x3b72)) DIRTY=$((0x3b75))
last=none
around=()		# a command, with arguments, that runs the program

# job NAME JOB ARG...: run it on the edu device; its result is $work/NAME.
job()
{
	local name=$1

	last=$name
	shift
	"${around[@]}" "$build/vfio-bench" run "$@" --device "${LAB_EDU:?run this in the lab}" --quiet \
		--output "$work/$name" >"$work/$name.log" 2>&1
}

# fails NAME TEXT JOB ARG...: the run's audit does, and TEXT is what it says.
fails()
{
	local name=$1 text=$2 status=0

	shift 2
	job "$name" "$@" || status=$?
	is "$status" 2 && grep -qF -- "$text" "$work/$name.log"
}

# refused NAME TEXT JOB ARG...: it is not run, or ends by itself, and says TEXT.
refused()
{
	local name=$1 text=$2 status=0

	shift 2
	job "$name" "$@" || status=$?
	((status)) && grep -qF -- "$text" "$work/$name.log"
}

tap_why()
{
	tail -n 20 "$work/$last.log" || true
}

# holds NAME PYTHON: for all runs of the result: r, its workers w, the first one's
# counts c, its section s, the module's counters of all mdevs m, metrics by
# SECTION.METRIC.
holds()
{
	python3 - "$work/$1" "$2" <<-'END'
	import collections, glob, json, sys
	seen = 0
	for path in sorted(glob.glob(sys.argv[1] + '/runs/*/result.json')):
	    r = json.load(open(path))
	    w, s = r['workers'], r['sections'][0]
	    c = w[0].get('counts', {})
	    metric = {x['section'] + '.' + x['metric']: x for x in r.get('metrics', [])}
	    m = collections.Counter()
	    for mdev in r.get('module', {}).get('mdevs', []):
	        m.update({k: v for k, v in mdev.items() if isinstance(v, int)})
	    seen += 1
	    if not eval(sys.argv[2]):
	        sys.exit('%s: %s; counts %s, verified %s, module %s' %
	                 (path, sys.argv[2], c, w[0].get('verified'), dict(m)))
	sys.exit(not seen)
	END
}

# vmstat NAME: the kernel's count, with what its CPUs have not added up yet.
vmstat()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat
}

pages_held()
{
	echo $(($(vmstat nr_foll_pin_acquired) - $(vmstat nr_foll_pin_released)))
}

# held_again PAGES: an io_uring lets go of its buffers some time after its process's end.
held_again()
{
	local wanted=$1 end=$((SECONDS + 10))

	while (($(pages_held) != wanted)); do
		if ((SECONDS > end)); then
			printf '%d pages held, %d before\n' "$(pages_held)" "$wanted"
			return 1
		fi
		sleep 0.1
	done
}

# beside COMMAND... -- COMMAND...: the second, while the first goes on; what that
# pinned is gone afterwards.
beside()
{
	local first=() before pid status=0

	while [[ $1 != -- ]]; do
		first+=("$1")
		shift
	done
	shift
	before=$(pages_held)
	"${first[@]}" & pid=$!
	"$@" || status=$?
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	held_again "$before" && return "$status"
}

# watch DEFINITION [KEYS]...: count these events from now on (kprobe_events' own form);
# with KEYS by their values.
watch()
{
	local name

	unwatch
	while (($#)); do
		echo "$1" >>"$tracing/kprobe_events"
		name=${1%% *}
		name=${name#*:}
		[[ -z $2 ]] || echo "hist:keys=$2" >"$tracing/events/kprobes/$name/trigger"
		echo 1 >"$tracing/events/kprobes/$name/enable"
		shift 2
	done
}

# A trigger file that is truncated has none.
unwatch()
{
	local trigger

	for trigger in "$tracing"/events/kprobes/*/trigger; do
		[[ ! -e $trigger ]] || : >"$trigger"
	done
	[[ ! -e $tracing/events/kprobes ]] || echo 0 >"$tracing/events/kprobes/enable"
	echo >"$tracing/kprobe_events"
}

# What is asked of type1 (its ioctls, by command and flags), answered, and removed.
watch_type1()
{
	watch "p:asked $1:vfio_iommu_type1_ioctl cmd=%si:u32 flags=+u4(%dx):u32" cmd,flags \
		"r:answered $1:vfio_iommu_type1_ioctl ret=\$retval:s32" ret \
		"p:removed $1:vfio_remove_dma" ''
}

# hits EVENT [VALUE...]: how often it came, with these values of its keys.
hits()
{
	local event=$1

	shift
	if ((!$#)); then
		awk -v name="$event" '$1 == name { print $2 }' "$tracing/kprobe_profile"
		return
	fi
	# A negative number is shown as 64 bits without a sign.
	awk -v wanted="$(printf "%u " "$@")" '
		/hitcount:/ {
			split($0, half, "}")
			line = half[1]; values = ""
			gsub(/[{,}]/, " ", line)
			n = split(line, word, " ")
			for (i = 1; i <= n; i++)
				if (word[i] !~ /:$/)
					values = values word[i] " "
			if (values == wanted)
				print $NF, found++
		}
		END { if (!found) print 0 }' "$tracing/events/kprobes/$event/hist" | awk '{ print $1; exit }'
}

# counted EVENT [VALUE...] = NUMBER
counted()
{
	local wanted=${*: -1} found

	found=$(hits "${@:1:$#-2}")
	[[ $found == "$wanted" ]] || {
		printf '%s: %s, wanted %s\n' "${*:1:$#-2}" "$found" "$wanted"
		return 1
	}
}
