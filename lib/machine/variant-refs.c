// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loaded type1 modules and their reference counts: a container takes a
 * reference of the driver that serves it (vfio_ioctl_set_iommu()).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/machine/module.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/variant-internal.h"
#include "lib/machine/variant.h"

static bool is_type1(const char *module)
{
	size_t length = strlen(VB_TYPE1_MODULE);

	return !strncmp(module, VB_TYPE1_MODULE, length) &&
	       (!module[length] || module[length] == '_');
}

/*
 * /proc/modules: "name size references users state address", the newest first.
 * A kernel without modules has no such file.
 */
static int read_modules(struct vb_variant_refs *refs)
{
	char path[PATH_MAX], line[1024], module[80];
	FILE *file;
	long count;
	int err;

	refs->count = 0;
	err = vb_sysfs_path(path, sizeof(path), "/proc/modules");
	if (err)
		return err;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%79s %*u %ld", module, &count) != 2 || !is_type1(module))
			continue;
		if (refs->count == sizeof(refs->entry) / sizeof(*refs->entry)) {
			err = -E2BIG;
			break;
		}
		strcpy(refs->entry[refs->count].module, module);
		refs->entry[refs->count++].refs = count;
	}
	fclose(file);
	return err;
}

int vb_variant_refs_read(struct vb_variant_refs *refs)
{
	return read_modules(refs);
}

bool vb_variant_refs_known(const char *module)
{
	enum vb_module_state state = vb_module_state(module);

	return state == VB_MODULE_LOADED || state == VB_MODULE_BUILTIN;
}

size_t vb_variant_loaded(char names[][80], size_t max)
{
	struct vb_variant_refs refs;
	size_t n = 0;

	if (read_modules(&refs))
		refs.count = 0;
	for (size_t i = 0; i < refs.count && n < max; i++)
		if (strcmp(refs.entry[i].module, VB_TYPE1_MODULE))
			strcpy(names[n++], refs.entry[i].module);
	if (n < max)
		names[n][0] = '\0';
	return n;
}

static long refs_of(const struct vb_variant_refs *refs, const char *module)
{
	for (size_t i = 0; i < refs->count; i++)
		if (!strcmp(refs->entry[i].module, module))
			return refs->entry[i].refs;
	return 0;
}

int vb_variant_refs_risen(const struct vb_variant_refs *before,
			  const struct vb_variant_refs *after, char *module, size_t size)
{
	const char *risen = NULL;

	for (size_t i = 0; i < after->count; i++) {
		if (after->entry[i].refs <= refs_of(before, after->entry[i].module))
			continue;
		if (risen)
			return -EEXIST;
		risen = after->entry[i].module;
	}
	if (!risen)
		return -ENOENT;
	if ((size_t)snprintf(module, size, "%s", risen) >= size)
		return -ENAMETOOLONG;
	return 0;
}
