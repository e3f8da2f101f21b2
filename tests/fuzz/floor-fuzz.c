// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stored noise floor: JSON without its checksum, which is added.  A first byte
 * '!' keeps it from being added.
 */
#include <errno.h>
#include <string.h>

#include "bench/compare/floor.h"
#include "tests/fuzz/fuzz-json.h"

static void use(const struct vb_floor *floor)
{
	static FILE *null;
	json_t *machine = json_object();
	char err[5000];

	if (!null)
		null = fopen("/dev/null", "we");
	vb_floor_fits_job(floor, machine, "null", "timing", err, sizeof(err));
	vb_floor_percent(floor, "", "null", "map", "mean", 10);
	for (size_t i = 0; i < floor->nr; i++)
		vb_floor_pairs(floor, &floor->entry[i], vb_floor_detectable(floor, &floor->entry[i], 10));
	vb_floor_text(floor, 3, null);
	json_decref(machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[256], err[5000] = "";
	struct vb_floor *floor;
	int ret;

	snprintf(path, sizeof(path), "%s/floor.json", fuzz_folder());
	fuzz_write_json(path, data, size, NULL);
	ret = vb_floor_load(path, &floor, err, sizeof(err));
	if (ret) {
		require(ret == -EINVAL, "unexpected return", strerror(-ret));
		require(strstr(err, path) != NULL, "the file is not named", err);
	} else {
		use(floor);
		vb_floor_free(floor);
	}
	return 0;
}
