// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/soak/machine.h"
#include "lib/machine/counters.h"
#include "lib/machine/facts.h"
#include "lib/machine/sysfs.h"
#include "lib/mdev/mdev.h"

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned int n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n ? n - 1 : 0;	/* not the one that looks */
}

static void read_memory(struct soak_counts *c)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long long value;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "SUnreclaim: %llu", &value) == 1)
			c->slab_kib = value;
		else if (sscanf(line, "MemAvailable: %llu", &value) == 1)
			c->available_kib = value;
		else if (sscanf(line, "HugePages_Free: %llu", &value) == 1)
			c->huge_free = value;
	}
	if (file)
		fclose(file);
}

/* 0 where @file of that size can't be read. */
static uint64_t huge_pages(const char *folder, const char *size, const char *file)
{
	char path[600];
	uint64_t nr;

	snprintf(path, sizeof(path), "%s/%.200s/%s", folder, size, file);
	return vb_sysfs_read_u64(path, &nr) ? 0 : nr;
}

/* The default size alone would not show that one of 1 GiB is gone. */
static void read_huge(struct soak_counts *c)
{
	static const char folder[] = "/sys/kernel/mm/hugepages";
	char path[600];
	DIR *dir = vb_sysfs_path(path, sizeof(path), folder) ? NULL : opendir(path);
	unsigned long long kib;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "hugepages-%llukB", &kib) != 1)
			continue;
		c->huge_total_kib += kib * huge_pages(folder, entry->d_name, "nr_hugepages");
		c->huge_free_kib += kib * huge_pages(folder, entry->d_name, "free_hugepages");
	}
	if (dir)
		closedir(dir);
}

/* What VFIO charges is charged to who maps: that is no process of the soak's own. */
static uint64_t all_locked(void)
{
	DIR *dir = opendir("/proc");
	struct vb_locked locked;
	struct dirent *entry;
	uint64_t bytes = 0;

	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && !vb_locked_read(atoi(entry->d_name), &locked))
			bytes += locked.locked_bytes + locked.pinned_bytes;
	if (dir)
		closedir(dir);
	return bytes;
}

void soak_counts_read(struct soak_counts *c)
{
	struct vb_foll_pins pins;

	memset(c, 0, sizeof(*c));
	c->pins_known = !vb_foll_pins_read(&pins) && pins.known;
	c->held_pages = pins.acquired - pins.released;
	if (vb_in_lab())
		c->locked_bytes = all_locked();
	read_memory(c);
	read_huge(c);
	c->fds = open_fds();
	vb_taint_read(&c->taint);
}

static void note(json_t *all, const char *path)
{
	char text[256];

	if (vb_sysfs_read(path, text, sizeof(text)) >= 0)
		json_object_set_new(all, path, json_string(text));
}

/* @what of each entry of @folder, a file or, with @link, what it points to; NULL: that it is there. */
static void note_each(json_t *all, const char *folder, const char *begin, const char *what, bool link)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[600], text[256];

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, begin, strlen(begin)))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s%s", folder, entry->d_name, what ? "/" : "",
			 what ? what : "");
		if (!what)
			json_object_set_new(all, path, json_string("there"));
		else if (!link)
			note(all, path);
		else
			json_object_set_new(all, path, json_string(vb_sysfs_read_link_base(path, text, sizeof(text)) ?
								   "none" : text));
	}
	if (dir)
		closedir(dir);
}

json_t *soak_machine_read(void)
{
	json_t *all = json_object();

	if (!all)
		return NULL;
	note_each(all, "/sys/bus/pci/devices", "", "driver", true);
	note_each(all, "/sys/bus/pci/devices", "", "driver_override", false);
	note_each(all, vb_mdev_bus(), "", NULL, false);
	note_each(all, "/sys/module", "vfio_iommu_type1", NULL, false);
	note(all, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	note(all, "/sys/module/vfio_bench/refcnt");
	note(all, "/sys/devices/system/cpu/online");
	note(all, "/proc/sys/vm/nr_hugepages");
	note(all, "/proc/sys/vm/overcommit_memory");
	note(all, "/sys/kernel/mm/transparent_hugepage/enabled");
	return all;
}

static const char *value_of(const json_t *all, const char *key)
{
	const char *text = json_string_value(json_object_get(all, key));

	return text ? text : "not there";
}

static size_t differences(const json_t *a, const json_t *b, bool missing_only, char *text, size_t size)
{
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)a, key, value) {
		const json_t *other = json_object_get(b, key);

		if (missing_only ? other != NULL : other && json_equal(value, (json_t *)other))
			continue;
		if (!n++ && !*text)
			snprintf(text, size, "%s was %s, is %s", key,
				 missing_only ? "not there" : value_of(a, key),
				 missing_only ? value_of(a, key) : value_of(b, key));
	}
	return n;
}

size_t soak_machine_compare(const json_t *before, const json_t *after, char *text, size_t size)
{
	size_t n;

	*text = '\0';
	n = differences(before, after, false, text, size);
	return n + differences(after, before, true, text, size);
}
