// SPDX-License-Identifier: GPL-2.0-or-later
/* Which variants there are: manifests, and modules built for this kernel. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/machine/manifest.h"
#include "lib/machine/variant-internal.h"
#include "lib/machine/variant.h"

#define MAX_LOADED 32

/* The kernel's own module: mainline's code, as its package compiled it. */
static const char stock_manifest[] =
	"[variant]\n"
	"name = stock\n"
	"summary = the module that the kernel's package ships\n"
	"kernels = any\n"
	"granularity = per-vfio_dma\n"
	"callbacks = pinned-entries\n"
	"hazards = deadlock, stale-dma-read, crash-racing-pins\n"
	"hazard.deadlock.kernels = 6.0-\n"
	"hazard.stale-dma-read.kernels = 6.0-\n";

void vb_variant_module_name(const char *name, char *module, size_t size)
{
	if (!strcmp(name, "stock")) {
		snprintf(module, size, "%s", VB_TYPE1_MODULE);
		return;
	}
	snprintf(module, size, "%s_%s", VB_TYPE1_MODULE, name);
	for (; *module; module++)
		if (*module == '-')
			*module = '_';
}

static void apply_manifest(struct vb_variant *variant, const struct vb_manifest *manifest,
			   const char *release)
{
	unsigned int major, minor;

	snprintf(variant->summary, sizeof(variant->summary), "%s", manifest->summary);
	variant->granularity = manifest->granularity;
	variant->hazards = manifest->hazards;
	if (!vb_kernel_series(release, &major, &minor))
		variant->hazards = vb_manifest_hazards(manifest, major, minor);
}

static int apply_stock(struct vb_variant *variant, const char *release)
{
	struct vb_manifest_error error;
	struct vb_manifest manifest;
	int err = vb_manifest_parse(stock_manifest, strlen(stock_manifest), &manifest, &error);

	if (!err)
		apply_manifest(variant, &manifest, release);
	return err;
}

static bool find_built(struct vb_variant *variant, const char *built_dir, const char *release)
{
	struct stat st;
	int n = snprintf(variant->path, sizeof(variant->path), "%s/%s/%s/%s.ko", built_dir,
			 release, variant->name, variant->module);

	if (n >= 0 && (size_t)n < sizeof(variant->path) && !stat(variant->path, &st) &&
	    S_ISREG(st.st_mode))
		return true;
	variant->path[0] = '\0';
	return false;
}

static bool is_loaded(const char *module)
{
	char names[MAX_LOADED][80];
	size_t n = vb_variant_loaded(names, MAX_LOADED);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], module))
			return true;
	return false;
}

static int find_on(const char *release, const char *name, const char *manifest_dir,
		   const char *built_dir, struct vb_variant *variant)
{
	struct vb_manifest_error error;
	struct vb_manifest manifest;
	int err;

	memset(variant, 0, sizeof(*variant));
	if (!vb_variant_name_valid(name))
		return -ENOENT;
	strcpy(variant->name, name);
	vb_variant_module_name(name, variant->module, sizeof(variant->module));
	if (!strcmp(name, "stock")) {
		variant->loaded = vb_variant_refs_known(VB_TYPE1_MODULE);
		return apply_stock(variant, release);
	}
	find_built(variant, built_dir, release);
	variant->loaded = is_loaded(variant->module);
	err = vb_manifest_read(manifest_dir, name, &manifest, &error);
	if (!err) {
		apply_manifest(variant, &manifest, release);
		return 0;
	}
	if (err != -ENOENT || !*variant->path)
		return err;
	/* a user's patch: what it does is to be observed, what it breaks isn't known */
	err = apply_stock(variant, release);
	variant->granularity = VB_GRANULARITY_UNKNOWN;
	strcpy(variant->summary, "built from a patch of your own");
	return err;
}

int vb_variant_find(const char *name, const char *manifest_dir, const char *built_dir,
		    struct vb_variant *variant)
{
	struct utsname uts;

	if (uname(&uts))
		return -errno;
	return find_on(uts.release, name, manifest_dir, built_dir, variant);
}

struct names {
	char (*name)[VB_VARIANT_NAME_MAX];
	size_t count;
};

static int add_name(struct names *names, const char *name)
{
	void *grown;

	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->name[i], name))
			return 0;
	grown = realloc(names->name, (names->count + 1) * sizeof(*names->name));
	if (!grown)
		return -ENOMEM;
	names->name = grown;
	strcpy(names->name[names->count++], name);
	return 0;
}

/* Folders in @dir with a variant's name; none where there is no @dir. */
static int add_folders(struct names *names, const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int err = 0;

	if (!d)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (!err && (entry = readdir(d)))
		if (vb_variant_name_valid(entry->d_name))
			err = add_name(names, entry->d_name);
	closedir(d);
	return err;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int find_all(const struct names *names, const char *release, const char *manifest_dir,
		    const char *built_dir, struct vb_variant **list, size_t *count)
{
	struct vb_variant *all = calloc(names->count, sizeof(*all));
	size_t n = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < names->count; i++) {
		int err = find_on(release, names->name[i], manifest_dir, built_dir, &all[n]);

		if (err && err != -ENOENT) {
			free(all);
			return err;
		}
		n += !err;
	}
	*list = all;
	*count = n;
	return 0;
}

int vb_variant_list(const char *manifest_dir, const char *built_dir, struct vb_variant **list,
		    size_t *count)
{
	struct names names = { 0 };
	struct utsname uts;
	char built[PATH_MAX];
	int err;

	if (uname(&uts))
		return -errno;
	if (snprintf(built, sizeof(built), "%s/%s", built_dir, uts.release) >=
	    (int)sizeof(built))
		return -ENAMETOOLONG;
	err = add_name(&names, "stock");
	if (!err)
		err = add_folders(&names, manifest_dir);
	if (!err)
		err = add_folders(&names, built);
	/* stock, the control, stays first */
	if (!err)
		qsort(names.name + 1, names.count - 1, sizeof(*names.name), compare_names);
	if (!err)
		err = find_all(&names, uts.release, manifest_dir, built_dir, list, count);
	free(names.name);
	return err;
}
