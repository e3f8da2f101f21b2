// SPDX-License-Identifier: GPL-2.0-or-later
/* Build tree or installed? */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/paths.h"

/* The folder of the running program; "" when it can't be told. */
static const char *program_dir(void)
{
	static char dir[PATH_MAX];
	ssize_t length;
	char *slash;

	if (dir[0])
		return dir;
	length = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (length <= 0)
		return "";
	dir[length] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	return dir;
}

/* configure leaves config.status at the top of a build tree. */
bool vb_path_in_build_tree(void)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/config.status", program_dir());
	return !access(path, F_OK);
}

const char *vb_path_manifest_dir(void)
{
	return vb_path_in_build_tree() ? VB_SRCDIR "/kmod/variants" : VB_PKGDATADIR "/variants";
}

const char *vb_path_variant_dir(void)
{
	static char dir[PATH_MAX + 32];
	const char *given = secure_getenv("VFIO_BENCH_VARIANT_DIR");

	if (given && *given)
		return given;
	if (!vb_path_in_build_tree())
		return VB_LOCALSTATEDIR "/lib/vfio-bench/variants";
	snprintf(dir, sizeof(dir), "%s/variants", program_dir());
	return dir;
}

const char *vb_path_script_dir(void)
{
	return vb_path_in_build_tree() ? VB_SRCDIR "/scripts" : VB_PKGLIBEXECDIR;
}

const char *vb_path_job_dir(void)
{
	return vb_path_in_build_tree() ? VB_SRCDIR "/bench/job" : VB_PKGDATADIR "/job";
}

const char *vb_path_conformance(void)
{
	return vb_path_in_build_tree() ? VB_SRCDIR "/bench/conformance.ini" :
					 VB_PKGDATADIR "/conformance.ini";
}

const char *vb_path_gnuplot_dir(void)
{
	return vb_path_in_build_tree() ? VB_SRCDIR "/scripts/gnuplot" : VB_PKGDATADIR "/gnuplot";
}
