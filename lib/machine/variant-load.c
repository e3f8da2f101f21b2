// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load a variant beside the stock driver, and remove it.  VFIO_SET_IOMMU takes
 * the driver that registered last (vfio_register_iommu_driver() puts it at the
 * list's head), so the stock one has to be there first.
 */
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/bind-state.h"
#include "lib/machine/module.h"
#include "lib/machine/variant-internal.h"
#include "lib/machine/variant.h"

/* Anyone who asks VFIO for its extensions holds the module for a moment. */
#define REMOVE_TRIES	20
#define REMOVE_PAUSE_US	50000

static void silent(void *data, int priority, const char *file, int line, const char *fn,
		   const char *format, va_list args)
{
}

/* Without the kernel's modules' folder: a path or a loaded module is all that is asked for. */
static struct kmod_ctx *open_kmod(void)
{
	const char *no_config = NULL;
	struct kmod_ctx *kmod = kmod_new(NULL, &no_config);

	if (kmod)
		kmod_set_log_fn(kmod, silent, NULL);
	return kmod;
}

int vb_variant_journal_write(const char *module)
{
	char text[128];
	int dir = vb_bind_state_open(true), fd, err = 0, n;

	if (dir < 0)
		return dir;
	fd = openat(dir, VB_VARIANT_JOURNAL, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0) {
		err = -errno;
		goto close_dir;
	}
	n = snprintf(text, sizeof(text), "%s pid %d\n", module, (int)getpid());
	if (write(fd, text, (size_t)n) != n || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	if (err)
		unlinkat(dir, VB_VARIANT_JOURNAL, 0);
close_dir:
	close(dir);
	return err;
}

void vb_variant_journal_remove(void)
{
	int dir = vb_bind_state_open(false);

	if (dir < 0)
		return;
	unlinkat(dir, VB_VARIANT_JOURNAL, 0);
	close(dir);
}

/* The kernel goes by the name inside: a file under another's name would stay unnoticed. */
static int check_name(struct kmod_module *module, const char *name)
{
	struct kmod_list *list = NULL, *entry;
	int n = kmod_module_get_info(module, &list), err = -ENOEXEC;

	if (n < 0)
		return n;
	kmod_list_foreach(entry, list)
		if (!strcmp(kmod_module_info_get_key(entry), "name") &&
		    !strcmp(kmod_module_info_get_value(entry), name))
			err = 0;
	kmod_module_info_free_list(list);
	return err;
}

bool vb_variant_param_valid(const char *text)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t name = strspn(text, word);
	const char *value = text + name + 1;

	if (!name || text[name] != '=' || !*value)
		return false;
	for (; *value; value++)
		if (*value <= ' ' || *value > '~' || *value == '"')
			return false;
	return true;
}

/* Does one of the module's own "parm=NAME:..." entries go by @name? */
static bool has_param(const struct kmod_list *info, const char *name, size_t length)
{
	const struct kmod_list *entry;

	kmod_list_foreach(entry, info) {
		const char *value = kmod_module_info_get_value(entry);

		if (!strcmp(kmod_module_info_get_key(entry), "parm") &&
		    !strncmp(value, name, length) && value[length] == ':')
			return true;
	}
	return false;
}

/* The kernel loads a module in spite of parameters that it does not have. */
static int check_params(struct kmod_module *module, const char *params)
{
	struct kmod_list *list = NULL;
	int n = kmod_module_get_info(module, &list), err = 0;

	if (n < 0)
		return n;
	while (*(params += strspn(params, " "))) {
		if (!has_param(list, params, strcspn(params, "= ")))
			err = -ENODATA;
		params += strcspn(params, " ");
	}
	kmod_module_info_free_list(list);
	return err;
}

int vb_variant_check_params(const struct vb_variant *variant)
{
	struct kmod_module *module;
	struct kmod_ctx *kmod = open_kmod();
	int err;

	if (!kmod)
		return -ENOMEM;
	err = kmod_module_new_from_path(kmod, variant->path, &module);
	if (!err) {
		err = check_params(module, variant->params);
		kmod_module_unref(module);
	}
	kmod_unref(kmod);
	return err;
}

static int insert(const struct vb_variant *variant)
{
	struct kmod_module *module;
	struct kmod_ctx *kmod = open_kmod();
	int err;

	if (!kmod)
		return -ENOMEM;
	err = kmod_module_new_from_path(kmod, variant->path, &module);
	if (!err) {
		err = check_name(module, variant->module);
		if (!err)
			err = check_params(module, variant->params);
		if (!err)
			err = kmod_module_insert_module(module, 0, variant->params);
		kmod_module_unref(module);
	}
	kmod_unref(kmod);
	return err < 0 ? err : 0;
}

static int remove_once(const char *name)
{
	struct kmod_module *module;
	struct kmod_ctx *kmod = open_kmod();
	int err;

	if (!kmod)
		return -ENOMEM;
	err = kmod_module_new_from_name(kmod, name, &module);
	if (!err) {
		err = kmod_module_remove_module(module, KMOD_REMOVE_NOLOG);
		kmod_module_unref(module);
	}
	kmod_unref(kmod);
	return err < 0 ? err : 0;
}

static bool any_loaded(void)
{
	char names[1][80];

	return vb_variant_loaded(names, 1) > 0;
}

static bool is_newest(const char *module)
{
	char names[1][80];

	return vb_variant_loaded(names, 1) == 1 && !strcmp(names[0], module);
}

int vb_variant_load(struct vb_variant *variant)
{
	bool stock = !strcmp(variant->module, VB_TYPE1_MODULE);
	int err;

	if (any_loaded())
		return -EEXIST;
	if (!stock && !*variant->path)
		return -ENOENT;
	if (stock && *variant->params)
		return -EOPNOTSUPP;
	err = vb_module_load(VB_TYPE1_MODULE);
	if (err || stock) {
		variant->loaded = stock && !err;
		return err;
	}
	err = vb_variant_journal_write(variant->module);
	if (err)
		return err;
	err = insert(variant);
	if (!err && !is_newest(variant->module)) {
		/* somebody else's came between */
		remove_once(variant->module);
		err = -EEXIST;
	}
	if (err) {
		if (!any_loaded())
			vb_variant_journal_remove();
		return err;
	}
	variant->loaded = true;
	return 0;
}

int vb_variant_unload(struct vb_variant *variant)
{
	int err;

	if (!strcmp(variant->module, VB_TYPE1_MODULE))
		return 0;
	for (int i = 0; i < REMOVE_TRIES; i++) {
		err = remove_once(variant->module);
		if (err != -EAGAIN && err != -EBUSY)
			break;
		usleep(REMOVE_PAUSE_US);
	}
	if (err == -ENOENT)
		err = 0;
	if (err)
		return err == -EAGAIN ? -EBUSY : err;
	variant->loaded = false;
	if (!any_loaded())
		vb_variant_journal_remove();
	return 0;
}
