# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by scripts/kernel: the companion module and the variants for a kernel that was
# built. What does not build for a kernel is told and left out: the kernel boots without.
# Wants what find_built sets, and modules, the module's folder.
# shellcheck disable=SC2154	# set there

# What did not build is not tried again until something of it changes.
modules_current()
{
	local stamp=$modules/.built

	cmp -s "$stamp" "$root/.complete" &&
		[[ -z $(find "$scripts/../kmod" "$scripts/../uapi" "$scripts/variant-build" \
			-newer "$stamp" -print -quit) ]]
}

# Variants whose manifest has a patch for this series, or needs none.
variants_for()
{
	local series=$1 manifest

	for manifest in "$scripts"/../kmod/variants/*/manifest.ini; do
		if grep -qE "^patch\.${series/./\\.} *=" "$manifest" ||
				! grep -q '^patch\.' "$manifest"; then
			basename "${manifest%/manifest.ini}"
		fi
	done
}

build_modules()
{
	local each

	cmp -s "$modules/.built" "$root/.complete" || rm -rf "$modules"
	mkdir -p "$modules"
	rm -f "$modules/vfio_bench.ko"
	# Named at the end, dated now: what is changed from here on is built next time.
	cp "$root/.complete" "$modules/.building"
	attempt "the companion module for $release" clean_make -C "$scripts/../kmod" \
		-j "$jobs" KDIR="$kdir" B="$modules" modules || true
	[[ $release =~ ^[0-9]+\.[0-9]+ ]]
	for each in $(variants_for "${BASH_REMATCH[0]}"); do
		attempt "variant $each for $release" "$scripts/variant-build" --name "$each" \
			--kdir "$kdir" --source "$tree" --out "$build/variants/$release" ||
			say "$release: going on without the variant $each"
	done
	mv "$modules/.building" "$modules/.built"
}

make_modules()
{
	local lock

	modules_current && return
	exec {lock}>"$modules.lock"
	flock "$lock"
	: >"$modules.log"
	modules_current || build_modules
	exec {lock}>&-
}
