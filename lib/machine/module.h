/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules by name: there or not, and loading one (libkmod). */
#ifndef VB_MODULE_H
#define VB_MODULE_H

enum vb_module_state {
	VB_MODULE_MISSING,	/* this kernel has none, or its modules are not installed */
	VB_MODULE_AVAILABLE,	/* can be loaded */
	VB_MODULE_LOADED,
	VB_MODULE_BUILTIN,
};

/* '-' and '_' in @name are the same. */
enum vb_module_state vb_module_state(const char *name);
/* Load it with what it depends on, as modprobe does; fine when it is there
 * already.  -ENOENT: missing; else the kernel's -errno. */
int vb_module_load(const char *name);

#endif /* VB_MODULE_H */
