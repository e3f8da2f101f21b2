// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench variant build: scripts/variant-build, once for each variant. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/cmd/variant.h"
#include "bench/engine/paths.h"

extern char **environ;

/* What all variants of one call are built for and from. */
struct target {
	char kernel_dir[PATH_MAX];
	char release[128];
	char out[PATH_MAX];
	const char *source;
};

/* It becomes a folder's name. */
static bool is_release(const char *release)
{
	return *release && *release != '.' && !strchr(release, '/');
}

/* "6.1.0-56-amd64" of: #define UTS_RELEASE "6.1.0-56-amd64" */
static int read_release(const char *kernel_dir, char release[128])
{
	char path[PATH_MAX + 64], line[256];
	int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/include/generated/utsrelease.h", kernel_dir);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "#define UTS_RELEASE \"%127[^\"]\"", release) == 1;
	fclose(file);
	return found && is_release(release) ? 0 : -ENOENT;
}

static void default_kernel_dir(char *dir, size_t size)
{
	struct utsname uts;

	uname(&uts);
	snprintf(dir, size, "/lib/modules/%s/build", uts.release);
	if (access(dir, F_OK) && *VB_KDIR)
		snprintf(dir, size, "%s", VB_KDIR);
}

static int find_target(const struct variant_args *args, struct target *target)
{
	int n;

	if (args->kernel_dir)
		snprintf(target->kernel_dir, sizeof(target->kernel_dir), "%s", args->kernel_dir);
	else
		default_kernel_dir(target->kernel_dir, sizeof(target->kernel_dir));
	if (read_release(target->kernel_dir, target->release))
		return vb_fail(VB_EXIT_USAGE, "%s: no kernel headers there: install linux-headers "
			       "for the kernel, or give --kernel-dir", target->kernel_dir);
	n = snprintf(target->out, sizeof(target->out), "%s/%s", args->variant_dir,
		     target->release);
	if (n >= (int)sizeof(target->out))
		return vb_fail(VB_EXIT_USAGE, "%s: too long a path", args->variant_dir);
	target->source = args->source;
	return VB_EXIT_OK;
}

/* No shell is in between, so no name of a file can mean more than its name. */
static int run_script(char *const argv[])
{
	pid_t pid;
	int status, err;

	fflush(stdout);
	err = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return vb_fail(VB_EXIT_USAGE, "%s: %s", argv[0], strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return vb_fail(VB_EXIT_USAGE, "%s: %s", argv[0], strerror(errno));
	/* it has said what was wrong */
	return WIFEXITED(status) && !WEXITSTATUS(status) ? VB_EXIT_OK : VB_EXIT_USAGE;
}

static int build(const struct target *target, const char *name, const char *const *patches,
		 unsigned int nr_patches)
{
	char script[PATH_MAX];
	const char *argv[VB_VARIANT_MAX_ARGS + 16];
	unsigned int n = 0;

	snprintf(script, sizeof(script), "%s/variant-build", vb_path_script_dir());
	argv[n++] = script;
	argv[n++] = "--name";
	argv[n++] = name;
	argv[n++] = "--kdir";
	argv[n++] = target->kernel_dir;
	argv[n++] = "--out";
	argv[n++] = target->out;
	argv[n++] = "--variants";
	argv[n++] = vb_path_manifest_dir();
	if (target->source) {
		argv[n++] = "--source";
		argv[n++] = target->source;
	}
	argv[n++] = "--";
	for (unsigned int i = 0; i < nr_patches; i++)
		argv[n++] = patches[i];
	argv[n] = NULL;
	return run_script((char *const *)(uintptr_t)argv);
}

static bool is_patch(const char *arg)
{
	const char *dot = strrchr(arg, '.');

	return strchr(arg, '/') || (dot && (!strcmp(dot, ".patch") || !strcmp(dot, ".diff")));
}

/* "0001-My Idea_v2.patch" -> "0001-my-idea-v2". */
static void name_of_patch(const char *path, char name[VB_VARIANT_NAME_MAX])
{
	const char *base = strrchr(path, '/'), *end;
	size_t n = 0;

	base = base ? base + 1 : path;
	end = strrchr(base, '.');
	if (!end || end == base)
		end = base + strlen(base);
	for (; base < end && n < VB_VARIANT_NAME_LONGEST; base++) {
		unsigned char c = (unsigned char)*base;

		if (c < 128 && isalnum(c))
			name[n++] = (char)tolower(c);
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n && name[n - 1] == '-')
		n--;
	name[n] = '\0';
}

static int build_patches(const struct variant_args *args, const struct target *target)
{
	char name[VB_VARIANT_NAME_MAX];

	for (unsigned int i = 0; i < args->nr_args; i++) {
		if (!is_patch(args->arg[i]))
			return vb_fail(VB_EXIT_USAGE, "variant build: '%s': names and patch files "
				       "don't mix", args->arg[i]);
		if (access(args->arg[i], R_OK))
			return vb_fail(VB_EXIT_USAGE, "%s: %s", args->arg[i], strerror(errno));
	}
	if (!args->name)
		name_of_patch(args->arg[0], name);
	else if (strlen(args->name) >= sizeof(name))
		name[0] = '\0';
	else
		strcpy(name, args->name);
	if (!vb_variant_name_valid(name))
		return vb_fail(VB_EXIT_USAGE, "'%s': no name for a variant (small letters, digits, "
			       "single '-', at most %d characters): give --name",
			       args->name ? args->name : args->arg[0], VB_VARIANT_NAME_LONGEST);
	return build(target, name, args->arg, args->nr_args);
}

static int check_shipped(const struct variant_args *args, const char *name)
{
	struct vb_manifest_error error;
	struct vb_manifest manifest;
	int err;

	if (!strcmp(name, "stock"))
		return vb_fail(VB_EXIT_USAGE, "variant 'stock' is the kernel's own: there is "
			       "nothing to build ('mainline' is the same code, built here)");
	err = vb_variant_name_valid(name) ?
	      vb_manifest_read(vb_path_manifest_dir(), name, &manifest, &error) : -ENOENT;
	if (err == -ENOENT)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': no such variant ('vfio-bench variant "
			       "list' names them); a patch file ends in .patch, or has a '/' in "
			       "its path", name);
	return err ? variant_fail_find(name, err) : VB_EXIT_OK;
}

static int build_named(const struct variant_args *args, const struct target *target)
{
	int ret = VB_EXIT_OK;

	for (unsigned int i = 0; i < args->nr_args && !ret; i++)
		ret = check_shipped(args, args->arg[i]);
	for (unsigned int i = 0; i < args->nr_args && !ret; i++)
		ret = build(target, args->arg[i], NULL, 0);
	return ret;
}

/* Has the variant something for this kernel?  A user's own has no manifest. */
static bool has_patch_for(const char *name, const struct target *target)
{
	struct vb_manifest_error error;
	struct vb_manifest manifest;
	unsigned int major, minor;

	if (!strcmp(name, "stock") ||
	    vb_manifest_read(vb_path_manifest_dir(), name, &manifest, &error))
		return false;
	if (vb_kernel_series(target->release, &major, &minor) ||
	    vb_kernels_include(manifest.kernels, major, minor))
		return true;
	printf("%s: not for kernel %s (it is for %s)\n", name, target->release, manifest.kernels);
	return false;
}

static int build_all(const struct variant_args *args, const struct target *target)
{
	struct vb_variant *list;
	unsigned int failed = 0;
	size_t count;
	int err = vb_variant_list(vb_path_manifest_dir(), args->variant_dir, &list, &count);

	if (err)
		return variant_fail_list(args, err);
	for (size_t i = 0; i < count; i++)
		if (has_patch_for(list[i].name, target))
			failed += build(target, list[i].name, NULL, 0) != VB_EXIT_OK;
	free(list);
	return failed ? vb_fail(VB_EXIT_USAGE, "variant build: %u failed", failed) : VB_EXIT_OK;
}

int variant_build(const struct variant_args *args)
{
	struct target target;
	struct utsname uts;
	int ret;

	if (!args->nr_args == !args->all)
		return vb_fail(VB_EXIT_USAGE, "variant build: names, patch files, or --all");
	if (args->name && (args->all || !is_patch(args->arg[0])))
		return vb_fail(VB_EXIT_USAGE, "--name=%s: only what is made of patch files can be "
			       "named", args->name);
	ret = find_target(args, &target);
	if (ret)
		return ret;
	if (args->all)
		ret = build_all(args, &target);
	else if (is_patch(args->arg[0]))
		ret = build_patches(args, &target);
	else
		ret = build_named(args, &target);
	if (!ret && !uname(&uts) && strcmp(uts.release, target.release))
		vb_warn("built for kernel %s; this one is %s", target.release, uts.release);
	return ret;
}
