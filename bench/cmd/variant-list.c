// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench variant list, current. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/variant.h"
#include "bench/engine/paths.h"
#include "lib/machine/module.h"

static json_t *hazard_array(unsigned int hazards)
{
	json_t *list = json_array();

	for (unsigned int bit = 1; list && bit <= hazards; bit <<= 1)
		if (hazards & bit)
			json_array_append_new(list, json_string(vb_hazard_name(bit)));
	return list;
}

static int is_release(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

/* Kernel releases that @v was built for. */
static json_t *built_for(const struct variant_args *args, const struct vb_variant *v)
{
	json_t *list = json_array();
	struct dirent **entries;
	char path[PATH_MAX];
	int n = scandir(args->variant_dir, &entries, is_release, versionsort);

	for (int i = 0; i < n; i++) {
		int length = snprintf(path, sizeof(path), "%s/%s/%s/%s.ko", args->variant_dir,
				      entries[i]->d_name, v->name, v->module);

		if (length < (int)sizeof(path) && !access(path, F_OK))
			json_array_append_new(list, json_string(entries[i]->d_name));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return list;
}

/* The manifest's, or null for a variant without one. */
static json_t *kernels(const struct vb_variant *v)
{
	struct vb_manifest_error error;
	struct vb_manifest manifest;

	if (vb_manifest_read(vb_path_manifest_dir(), v->name, &manifest, &error))
		return json_null();
	return json_string(manifest.kernels);
}

static json_t *describe(const struct variant_args *args, const struct vb_variant *v)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s?, s:b}",
			 "name", v->name, "module", v->module, "summary", v->summary,
			 "granularity", vb_granularity_name(v->granularity),
			 "hazards", hazard_array(v->hazards), "kernels", kernels(v),
			 "built_for", built_for(args, v), "path", *v->path ? v->path : NULL,
			 "loaded", v->loaded);
}

static int print_json(json_t *object)
{
	int err = !object || json_dumpf(object, stdout, JSON_INDENT(2));

	json_decref(object);
	putchar('\n');
	return err || fflush(stdout) ? vb_fail(VB_EXIT_USAGE, "stdout: can't write") : VB_EXIT_OK;
}

static int list_as_json(const struct variant_args *args, const struct vb_variant *list,
			size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, describe(args, &list[i]));
	return print_json(json_pack("{s:o}", "variants", array));
}

/* "a, b" of an array of strings; "none". */
static void print_strings(const json_t *array)
{
	size_t n = json_array_size(array);

	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? ", " : "", json_string_value(json_array_get(array, i)));
	if (!n)
		fputs("none", stdout);
}

static void print_state(const struct vb_variant *v, const json_t *releases)
{
	if (!strcmp(v->name, "stock"))
		fputs(v->loaded ? "loaded" : "not loaded", stdout);
	else if (v->loaded)
		fputs("loaded", stdout);
	else if (*v->path)
		fputs("built", stdout);
	else if (json_array_size(releases)) {
		fputs("built for ", stdout);
		print_strings(releases);
	} else
		fputs("not built", stdout);
}

static void print_variant(const struct variant_args *args, const struct vb_variant *v)
{
	json_t *releases = built_for(args, v), *hazards = hazard_array(v->hazards);

	printf("%s: ", v->name);
	print_state(v, releases);
	printf(", notifies %s\n    %s\n    hazards on this kernel: ",
	       vb_granularity_name(v->granularity), v->summary);
	print_strings(hazards);
	putchar('\n');
	json_decref(releases);
	json_decref(hazards);
}

int variant_fail_list(const struct variant_args *args, int err)
{
	struct dirent **entries;
	struct vb_variant v;
	int n = scandir(vb_path_manifest_dir(), &entries, NULL, alphasort);
	int ret = VB_EXIT_OK;

	for (int i = 0; i < n; i++) {
		int found = vb_variant_find(entries[i]->d_name, vb_path_manifest_dir(),
					    args->variant_dir, &v);

		if (found && found != -ENOENT)
			ret = variant_fail_find(entries[i]->d_name, found);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ret ? ret : vb_fail(VB_EXIT_USAGE, "%s: %s", args->variant_dir, strerror(-err));
}

int variant_list(const struct variant_args *args)
{
	struct vb_variant *list;
	size_t count;
	int ret = vb_variant_list(vb_path_manifest_dir(), args->variant_dir, &list, &count);

	if (ret)
		return variant_fail_list(args, ret);
	if (args->json)
		ret = list_as_json(args, list, count);
	for (size_t i = 0; i < count && !args->json; i++)
		print_variant(args, &list[i]);
	free(list);
	return ret;
}

int variant_current(const struct variant_args *args)
{
	char module[1][80] = { "vfio_iommu_type1" }, name[80];
	enum vb_module_state state = vb_module_state(module[0]);
	bool variant = vb_variant_loaded(module, 1) > 0;
	bool any = variant || state == VB_MODULE_LOADED || state == VB_MODULE_BUILTIN;

	variant_name_of_module(module[0], name, sizeof(name));
	if (!variant)
		strcpy(name, "stock");
	if (args->json)
		return print_json(json_pack("{s:s?, s:s?}", "current", any ? name : NULL,
					    "module", any ? (variant ? module[0] :
							     "vfio_iommu_type1") : NULL));
	if (any)
		puts(name);
	else
		puts("none: vfio_iommu_type1 is not loaded ('vfio-bench variant load stock')");
	return VB_EXIT_OK;
}
