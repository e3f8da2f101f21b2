// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel modules by name. */
#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/machine/module.h"
#include "lib/machine/sysfs.h"

static void silent(void *data, int priority, const char *file, int line, const char *fn,
		   const char *format, va_list args)
{
}

static struct kmod_ctx *open_kmod(void)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct kmod_ctx *kmod;
	struct utsname uts;

	if (uname(&uts))
		return NULL;
	snprintf(path, sizeof(path), "/lib/modules/%s", uts.release);
	if (vb_sysfs_path(real, sizeof(real), path))
		return NULL;
	kmod = kmod_new(real, NULL);
	if (kmod)
		kmod_set_log_fn(kmod, silent, NULL);
	return kmod;
}

/* /sys/module tells without the modules' folder; a built-in one may lack there. */
static enum vb_module_state state_in_sysfs(const char *name)
{
	char path[128], canonical[64];
	size_t i;

	for (i = 0; name[i] && i < sizeof(canonical) - 1; i++)
		canonical[i] = name[i] == '-' ? '_' : name[i];
	canonical[i] = '\0';
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", canonical);
	if (vb_sysfs_exists(path))
		return VB_MODULE_LOADED;
	snprintf(path, sizeof(path), "/sys/module/%s", canonical);
	return vb_sysfs_exists(path) ? VB_MODULE_BUILTIN : VB_MODULE_MISSING;
}

enum vb_module_state vb_module_state(const char *name)
{
	enum vb_module_state state = state_in_sysfs(name);
	struct kmod_list *list = NULL;
	struct kmod_module *module;
	struct kmod_ctx *kmod;

	if (state != VB_MODULE_MISSING)
		return state;
	kmod = open_kmod();
	if (!kmod)
		return state;
	if (!kmod_module_new_from_lookup(kmod, name, &list) && list) {
		module = kmod_module_get_module(list);
		if (kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
			state = VB_MODULE_BUILTIN;
		else if (kmod_module_get_path(module))
			state = VB_MODULE_AVAILABLE;
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	kmod_unref(kmod);
	return state;
}

int vb_module_load(const char *name)
{
	struct kmod_list *list = NULL, *entry;
	struct kmod_ctx *kmod;
	int err;

	if (state_in_sysfs(name) != VB_MODULE_MISSING)
		return 0;
	kmod = open_kmod();
	if (!kmod)
		return -ENOMEM;
	err = kmod_module_new_from_lookup(kmod, name, &list);
	if (!err && !list)
		err = -ENOENT;
	kmod_list_foreach(entry, list) {
		struct kmod_module *module = kmod_module_get_module(entry);

		if (!err)
			err = kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL, NULL);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	kmod_unref(kmod);
	return err < 0 ? err : 0;
}
