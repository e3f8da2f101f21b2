// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel: release, command line, taint, and options that ruin timing. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/machine/facts-internal.h"
#include "lib/machine/sysfs.h"

/*
 * Options that cost time on every operation and that no distribution's kernel
 * for production has (DEBUG_LIST, say, is in Debian's), and a function that only a kernel
 * with the option has, for one whose configuration is nowhere to be read.
 */
struct option {
	const char *name;
	const char *symbol;		/* NULL: none gives it away */
};

static const struct option options[] = {
	{ "KASAN", "kasan_report" },
	{ "KCSAN", "__tsan_read8" },
	{ "KMSAN", "kmsan_report" },
	{ "KCOV", "__sanitizer_cov_trace_pc" },
	{ "GCOV_KERNEL", "__gcov_init" },
	{ "PROVE_LOCKING", NULL },
	{ "LOCKDEP", "lockdep_init" },
	{ "LOCK_STAT", NULL },
	{ "DEBUG_LOCK_ALLOC", NULL },
	{ "DEBUG_ATOMIC_SLEEP", "__might_sleep" },
	{ "DEBUG_KMEMLEAK", "kmemleak_alloc" },
	{ "DEBUG_PAGEALLOC_ENABLE_DEFAULT", NULL },
	{ "SLUB_DEBUG_ON", NULL },
	{ "DEBUG_OBJECTS", "debug_object_init" },
	{ "DEBUG_SG", NULL },
	{ "DEBUG_NOTIFIERS", NULL },
	{ "DEBUG_VM", NULL },
	{ "DEBUG_PREEMPT", "debug_smp_processor_id" },
	{ "DMA_API_DEBUG", "dma_debug_add_bus" },
	{ "IRQSOFF_TRACER", NULL },
	{ "PREEMPT_TRACER", NULL },
};

#define NR_OPTIONS (sizeof(options) / sizeof(*options))

static FILE *open_config(const char *release, char *path, size_t size)
{
	static const char *const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config", "/lib/modules/%s/build/.config",
		"/usr/src/linux-headers-%s/.config",
	};
	char real[PATH_MAX];
	FILE *file;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, size, places[i], release);
		if (vb_sysfs_path(real, sizeof(real), path))
			continue;
		file = fopen(real, "re");
		if (file)
			return file;
	}
	return NULL;
}

int vb_kernel_config_says(const char *text)
{
	char path[PATH_MAX], line[512];
	struct utsname uts;
	FILE *file;
	int found = 0;

	if (uname(&uts))
		return -errno;
	file = open_config(uts.release, path, sizeof(path));
	if (!file)
		return -ENOENT;
	while (!found && fgets(line, sizeof(line), file))
		found = !!strstr(line, text);
	fclose(file);
	return found;
}

static void read_config(FILE *file, bool found[NR_OPTIONS])
{
	char line[512];

	while (fgets(line, sizeof(line), file)) {
		char *value = strstr(line, "=y\n");

		if (strncmp(line, "CONFIG_", 7) || !value)
			continue;
		*value = '\0';
		for (size_t i = 0; i < NR_OPTIONS; i++)
			if (!strcmp(line + 7, options[i].name))
				found[i] = true;
	}
}

/* Lines of "address type name"; without privilege the addresses are zeros. */
static bool read_symbols(bool found[NR_OPTIONS])
{
	char path[PATH_MAX], line[512], name[128];
	bool any = false;
	FILE *file;

	if (vb_sysfs_path(path, sizeof(path), "/proc/kallsyms"))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		/* modules come last, with their name in brackets */
		if (strchr(line, '[') || sscanf(line, "%*s %*c %127s", name) != 1)
			continue;
		any = true;
		for (size_t i = 0; i < NR_OPTIONS; i++)
			if (options[i].symbol && !strcmp(name, options[i].symbol))
				found[i] = true;
	}
	fclose(file);
	return any;
}

static json_t *option_list(const bool found[NR_OPTIONS])
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < NR_OPTIONS; i++) {
		char name[64];

		if (!found[i])
			continue;
		snprintf(name, sizeof(name), "CONFIG_%s", options[i].name);
		if (json_array_append_new(list, json_string(name))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* "slow_options": null when nobody can tell; "slow_options_from": the file. */
static int put_config(json_t *kernel, const char *release)
{
	bool found[NR_OPTIONS] = { false };
	char path[PATH_MAX];
	FILE *file = open_config(release, path, sizeof(path));

	if (file) {
		read_config(file, found);
		fclose(file);
	} else if (read_symbols(found)) {
		strcpy(path, "/proc/kallsyms");
	} else {
		return vb_fact_put(kernel, "slow_options", json_null()) |
		       vb_fact_put(kernel, "slow_options_from", json_null());
	}
	return vb_fact_put(kernel, "slow_options", option_list(found)) |
	       vb_fact_put(kernel, "slow_options_from", vb_fact_string(path));
}

json_t *vb_facts_kernel(void)
{
	json_t *kernel = json_object();
	struct utsname uts;
	int err = 0;

	if (!kernel)
		return NULL;
	if (uname(&uts))
		memset(&uts, 0, sizeof(uts));
	err |= vb_fact_put(kernel, "release", vb_fact_string(uts.release));
	err |= vb_fact_put(kernel, "version", vb_fact_string(uts.version));
	err |= vb_fact_put(kernel, "machine", vb_fact_string(uts.machine));
	err |= vb_fact_put(kernel, "command_line", vb_fact_text("/proc/cmdline"));
	err |= vb_fact_put(kernel, "taint", vb_fact_number("/proc/sys/kernel/tainted"));
	err |= put_config(kernel, uts.release);
	if (err) {
		json_decref(kernel);
		return NULL;
	}
	return kernel;
}
