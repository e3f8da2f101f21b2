// SPDX-License-Identifier: GPL-2.0-or-later
/* One side of a comparison from the disk. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/compare/compare_impl.h"

static bool is_result(const char *path)
{
	char file[4300];

	snprintf(file, sizeof(file), "%s/meta.json", path);
	return !access(file, F_OK);
}

static int add(struct vb_compare_side *side, const char *path, char *err, size_t size)
{
	struct vb_result *grown = cmp_grow(side->result, side->nr, sizeof(*grown));
	int ret;

	if (!grown)
		return -ENOMEM;
	side->result = grown;
	ret = vb_result_load(path, &grown[side->nr], err, size);
	if (!ret)
		side->nr++;
	return ret;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int add_boots(struct vb_compare_side *side, const char *path, char *err, size_t size)
{
	struct dirent **names;
	int n = scandir(path, &names, not_hidden, versionsort), ret = 0;
	char boot[4200];

	if (n < 0) {
		ret = -errno;
		snprintf(err, size, "%s: %s", path, strerror(-ret));
		return ret;
	}
	for (int i = 0; i < n; i++) {
		snprintf(boot, sizeof(boot), "%.3900s/%s", path, names[i]->d_name);
		free(names[i]);
		if (!ret && is_result(boot))
			ret = add(side, boot, err, size);
	}
	free(names);
	return ret;
}

/* Boots of one arm are runs of one job: else their medians mean nothing. */
static int check_boots(const struct vb_compare_side *side, char *err, size_t size)
{
	for (size_t i = 1; i < side->nr; i++)
		if (strcmp(vb_json_text(side->result[0].meta, "job"),
			   vb_json_text(side->result[i].meta, "job")))
			return cmp_error(err, size, "%s is of job %s, %s of job %s: boots of one side are of "
					 "one job", side->result[0].path,
					 vb_json_text(side->result[0].meta, "job"), side->result[i].path,
					 vb_json_text(side->result[i].meta, "job"));
	return 0;
}

int vb_compare_side_load(const char *path, struct vb_compare_side *side, char *err, size_t size)
{
	int ret;

	memset(side, 0, sizeof(*side));
	side->name = path;
	if (access(path, F_OK)) {
		ret = -errno;
		snprintf(err, size, "'%s': %s", path, strerror(-ret));
		return ret;
	}
	side->boots = !is_result(path);
	ret = side->boots ? add_boots(side, path, err, size) : add(side, path, err, size);
	if (!ret && !side->nr)
		ret = cmp_error(err, size, "%s: no meta.json in it nor in a folder below: no result", path);
	if (!ret)
		ret = check_boots(side, err, size);
	if (ret)
		vb_compare_side_free(side);
	return ret;
}

void vb_compare_side_free(struct vb_compare_side *side)
{
	for (size_t i = 0; i < side->nr; i++)
		vb_result_free(&side->result[i]);
	free(side->result);
	memset(side, 0, sizeof(*side));
}
