// SPDX-License-Identifier: GPL-2.0-or-later
/* What a result says about its machine; the parts are in facts-*.c. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/facts-internal.h"
#include "lib/machine/facts.h"
#include "lib/machine/sysfs.h"

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

int vb_fact_put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

json_t *vb_fact_string(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : json_null();
}

json_t *vb_fact_text(const char *path)
{
	char text[4096];

	return vb_sysfs_read(path, text, sizeof(text)) < 0 ? json_null() : vb_fact_string(text);
}

json_t *vb_fact_number(const char *path)
{
	uint64_t value;

	return vb_sysfs_read_u64(path, &value) ? json_null() : json_integer((json_int_t)value);
}

json_t *vb_fact_chosen(const char *path)
{
	char text[256], *open, *close;

	if (vb_sysfs_read(path, text, sizeof(text)) < 0)
		return json_null();
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return json_null();
	*close = '\0';
	return vb_fact_string(open + 1);
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

int vb_fact_each(const char *path, int (*add)(json_t *to, const char *path, const char *name),
		 json_t *to)
{
	char real[PATH_MAX];
	struct dirent **entries;
	int err = 0, n;

	if (vb_sysfs_path(real, sizeof(real), path))
		return 0;
	/* by number where names end in one: node2 before node10 */
	n = scandir(real, &entries, is_entry, versionsort);
	if (n < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	for (int i = 0; i < n; i++) {
		if (!err)
			err = add(to, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

json_t *vb_facts_collect(void)
{
	json_t *facts = json_object();
	int err = 0;

	if (!facts)
		return NULL;
	err |= vb_fact_put(facts, "kernel", vb_facts_kernel());
	err |= vb_fact_put(facts, "cpu", vb_facts_cpu());
	err |= vb_fact_put(facts, "memory", vb_facts_memory());
	err |= vb_fact_put(facts, "iommu", vb_facts_iommu());
	err |= vb_fact_put(facts, "modules", vb_facts_modules());
	err |= vb_fact_put(facts, "lab", json_boolean(vb_in_lab()));
	err |= vb_fact_put(facts, "exact", json_boolean(vb_in_exact_mode()));
	if (err) {
		json_decref(facts);
		return NULL;
	}
	return facts;
}

static bool on_command_line(const char *word)
{
	char text[4096], *save;

	if (vb_sysfs_read("/proc/cmdline", text, sizeof(text)) < 0)
		return false;
	for (char *s = strtok_r(text, " \n", &save); s; s = strtok_r(NULL, " \n", &save))
		if (!strcmp(s, word))
			return true;
	return false;
}

bool vb_command_line_has(const char *option, const char *value)
{
	char text[4096], *save, *rest;
	size_t length = strlen(option);

	if (vb_sysfs_read("/proc/cmdline", text, sizeof(text)) < 0)
		return false;
	for (char *s = strtok_r(text, " \n", &save); s; s = strtok_r(NULL, " \n", &save)) {
		if (strncmp(s, option, length) || s[length] != '=')
			continue;
		for (char *v = strtok_r(s + length + 1, ",", &rest); v; v = strtok_r(NULL, ",", &rest))
			if (!strcmp(v, value))
				return true;
	}
	return false;
}

bool vb_in_lab(void)
{
	return on_command_line("vfio_bench.lab=1");
}

bool vb_in_exact_mode(void)
{
	return on_command_line("vfio_bench.exact=1");
}

bool vb_clocksource_good(void)
{
	static const char *const counters[] = {
		"tsc", "arch_sys_counter", "timebase", "riscv_clocksource", "tod", "stick",
	};
	char name[64];

	if (vb_sysfs_read(CLOCKSOURCE, name, sizeof(name)) < 0)
		return false;
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (!strcmp(name, counters[i]))
			return true;
	return false;
}
