#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# probe.sh DIR COMPILER FLAGS...: compile every probe of DIR and print vb_probe.h.
set -eu

dir=$1
shift
# A probe that fails says "this kernel hasn't got it": be sure that others don't.
echo '#include <linux/vfio.h>' | "$@" -fsyntax-only -x c - || exit 1
echo '/* SPDX-License-Identifier: GPL-2.0-only */'
echo '/* Written by probe.sh: what this kernel has. */'
for probe in "$dir"/*.c; do
	[ -e "$probe" ] || { echo "probe.sh: no probes in $dir" >&2; exit 1; }
	name=$(basename "$probe" .c)
	if "$@" -fsyntax-only "$probe" 2>/dev/null; then
		echo "#define VB_HAVE_$name 1"
	else
		echo "/* no VB_HAVE_$name */"
	fi
done
