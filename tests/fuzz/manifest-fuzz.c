// SPDX-License-Identifier: GPL-2.0-or-later
/* A variant's manifest. */
#include <errno.h>
#include <string.h>

#include "lib/machine/manifest.h"
#include "tests/fuzz/fuzz.h"

static void accepted(const struct vb_manifest *m)
{
	require(vb_variant_name_valid(m->name), "a bad name", m->name);
	require(*m->summary, "no summary", m->name);
	require(vb_kernels_valid(m->kernels), "bad kernels", m->kernels);
	require(!(vb_manifest_hazards(m, 6, 1) & ~m->hazards), "hazards from nowhere", m->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vb_manifest manifest;
	struct vb_manifest_error error;
	char *text = malloc(size ? size : 1);
	int ret;

	require(text != NULL, "no memory", "");
	if (size)
		memcpy(text, data, size);
	ret = vb_manifest_parse(text, size, &manifest, &error);
	require(!ret || ret == -EINVAL, "unexpected return", strerror(-ret));
	if (ret)
		require(*error.text, "no reason given", "");
	else
		accepted(&manifest);
	free(text);
	return 0;
}
