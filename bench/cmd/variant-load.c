// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench variant load, unload. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/cmd/variant.h"
#include "bench/engine/paths.h"
#include "lib/machine/bind-state.h"
#include "lib/machine/journal.h"
#include "lib/machine/vfio-users.h"

#define MAX_LOADED 16

static int need_root(const char *action)
{
	if (!geteuid())
		return VB_EXIT_OK;
	return vb_fail(VB_EXIT_USAGE, "variant %s: only root changes modules: use sudo", action);
}

static int check_others(const struct variant_args *args, const char *name)
{
	char users[256];

	if (!vb_vfio_in_use(users, sizeof(users)))
		return VB_EXIT_OK;
	if (args->acknowledge_others) {
		vb_warn("VFIO is in use by %s: whatever they open from now on gets '%s'", users,
			name);
		return VB_EXIT_OK;
	}
	return vb_fail(VB_EXIT_USAGE, "variant '%s': VFIO is in use by %s, and their new "
		       "containers would get the variant: end them first, or say "
		       "--acknowledge-others", name, users);
}

static int check_loaded(const struct vb_variant *v, bool *already)
{
	char modules[2][80], name[80];

	*already = false;
	if (!vb_variant_loaded(modules, 2))
		return VB_EXIT_OK;
	*already = !strcmp(modules[0], v->module);
	if (*already)
		return VB_EXIT_OK;
	variant_name_of_module(modules[0], name, sizeof(name));
	return vb_fail(VB_EXIT_USAGE, "variant '%s': '%s' is loaded, one at a time: 'vfio-bench "
		       "variant unload %s' first", v->name, name, name);
}

static int fail_load(const struct vb_variant *v, int err)
{
	const char *what = *v->path ? v->path : v->module;

	switch (-err) {
	case ENODATA:
		return vb_fail(VB_EXIT_USAGE, "--param %s: %s has no such parameter: 'modinfo -p' "
			       "names those it has", v->params, what);
	case EOPNOTSUPP:
		return vb_fail(VB_EXIT_USAGE, "--param %s: stock is the kernel's own module: its "
			       "parameters are set when it is loaded, not here", v->params);
	case ENOEXEC:
	case EINVAL:
	case ERANGE:
		if (*v->params)
			return vb_fail(VB_EXIT_USAGE, "%s with --param %s: refused (dmesg says "
				       "more): give a value of the right kind, or build it again",
				       what, v->params);
		return vb_fail(VB_EXIT_USAGE, "%s: not for this kernel (dmesg says more): build it "
			       "again: 'vfio-bench variant build %s'", what, v->name);
	case EKEYREJECTED:
	case ENOKEY:
		return vb_fail(VB_EXIT_USAGE, "%s: the kernel wants modules signed with a key that "
			       "it trusts: sign it, or turn Secure Boot off", what);
	case EPERM:
		return vb_fail(VB_EXIT_USAGE, "%s: the kernel allows no module to be loaded "
			       "(lockdown, or kernel.modules_disabled)", what);
	case ENOSYS:
		return vb_fail(VB_EXIT_USAGE, "%s: this kernel has no modules", what);
	case ENOENT:
		return vb_fail(VB_EXIT_USAGE, "vfio_iommu_type1: this kernel has no such module, "
			       "or its modules are not installed");
	default:
		return vb_fail(VB_EXIT_USAGE, "%s: loading failed: %s", what, strerror(-err));
	}
}

static int fail_not_built(const struct vb_variant *v)
{
	struct utsname uts;

	uname(&uts);
	return vb_fail(VB_EXIT_USAGE, "variant '%s' is not built for kernel %s: 'vfio-bench "
		       "variant build %s'", v->name, uts.release, v->name);
}

/* Killed half way it is unloaded by 'vfio-bench restore'; once loaded it stays.  An enum vb_exit. */
static int load_noted(struct vb_variant *v)
{
	char entry[VB_JOURNAL_ID_SIZE] = "";
	int ret = 0;

	if (strcmp(v->name, "stock"))
		ret = vb_journal_begin(VB_JOURNAL_VARIANT, v->module, NULL, entry);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': can't be noted in " VB_STATE_DIR ": %s: it must be "
			       "root's folder alone", v->name, strerror(-ret));
	ret = vb_variant_load(v);
	vb_journal_end(entry);
	return ret ? fail_load(v, ret) : VB_EXIT_OK;
}

int variant_load(const struct variant_args *args)
{
	struct vb_variant v;
	bool already;
	int ret;

	if (!args->nr_args)
		return vb_fail(VB_EXIT_USAGE, "variant load: which one? 'vfio-bench variant list' "
			       "names them");
	ret = vb_variant_find(args->arg[0], vb_path_manifest_dir(), args->variant_dir, &v);
	if (ret)
		return variant_fail_find(args->arg[0], ret);
	if (strcmp(v.name, "stock") && !*v.path)
		return fail_not_built(&v);
	ret = need_root("load");
	if (!ret)
		ret = check_loaded(&v, &already);
	if (ret)
		return ret;
	if (*args->params && (already || !strcmp(v.name, "stock")))
		return vb_fail(VB_EXIT_USAGE, "--param %s: %s is loaded already, parameters are given when "
			       "a module is loaded: %s", args->params, v.name, already ?
			       "unload it first" : "name a variant that is built here");
	if (already || (v.loaded && !strcmp(v.name, "stock"))) {
		printf("%s: loaded already\n", v.name);
		return VB_EXIT_OK;
	}
	ret = strcmp(v.name, "stock") ? check_others(args, v.name) : VB_EXIT_OK;
	if (ret)
		return ret;
	snprintf(v.params, sizeof(v.params), "%s", args->params);
	ret = load_noted(&v);
	if (ret)
		return ret;
	printf("%s: loaded, new containers get it\n", v.name);
	return VB_EXIT_OK;
}

static int unload(const char *module)
{
	struct vb_variant v = { 0 };
	char users[256];
	int err;

	variant_name_of_module(module, v.name, sizeof(v.name));
	snprintf(v.module, sizeof(v.module), "%s", module);
	err = vb_variant_unload(&v);
	if (!err) {
		printf("%s: unloaded\n", v.name);
		return VB_EXIT_OK;
	}
	vb_vfio_in_use(users, sizeof(users));
	if (err == -EBUSY)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': a container still uses it: end "
			       "%s first", v.name, *users ? users : "the program that holds it");
	return vb_fail(VB_EXIT_USAGE, "variant '%s': unloading %s: %s", v.name, module,
		       strerror(-err));
}

static int unload_named(const struct variant_args *args, char modules[][80], size_t count)
{
	char name[80];

	if (!strcmp(args->arg[0], "stock"))
		return vb_fail(VB_EXIT_USAGE, "variant 'stock' is the kernel's own: it stays");
	for (size_t i = 0; i < count; i++) {
		variant_name_of_module(modules[i], name, sizeof(name));
		if (!strcmp(name, args->arg[0])) {
			int ret = need_root("unload");

			return ret ? ret : unload(modules[i]);
		}
	}
	if (!vb_variant_name_valid(args->arg[0]))
		return variant_fail_find(args->arg[0], -ENOENT);
	printf("%s: not loaded\n", args->arg[0]);
	return VB_EXIT_OK;
}

int variant_unload(const struct variant_args *args)
{
	char modules[MAX_LOADED][80];
	size_t count = vb_variant_loaded(modules, MAX_LOADED);
	int ret = VB_EXIT_OK;

	if (args->nr_args && args->all)
		return vb_fail(VB_EXIT_USAGE, "variant unload: a name or --all, not both");
	if (args->nr_args)
		return unload_named(args, modules, count);
	if (!count) {
		puts("no variant is loaded");
		return VB_EXIT_OK;
	}
	if (count > 1 && !args->all)
		return vb_fail(VB_EXIT_USAGE, "variant unload: %zu are loaded: name one, or say "
			       "--all", count);
	ret = need_root("unload");
	for (size_t i = 0; i < count && !ret; i++)
		ret = unload(modules[i]);
	return ret;
}
