/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of lib/machine/noise*.c, which include cmocka before it. */
#ifndef VB_NOISE_HELPER_H
#define VB_NOISE_HELPER_H

#include <string.h>

#include "lib/machine/noise.h"

/* The one finding of that check. */
static inline const struct vb_noise_finding *found(const struct vb_noise *noise,
						   enum vb_noise_id id)
{
	const struct vb_noise_finding *f = NULL;

	for (size_t i = 0; i < noise->nr; i++)
		if (noise->finding[i].id == id) {
			assert_null(f);
			f = &noise->finding[i];
		}
	assert_non_null(f);
	return f;
}

static inline void expect_text(const struct vb_noise_finding *f, const char *part)
{
	if (!strstr(f->text, part))
		fail_msg("'%s' does not say '%s'", f->text, part);
}

static inline void expect(const struct vb_noise *noise, enum vb_noise_id id,
			  enum vb_noise_verdict verdict, double value, const char *part)
{
	const struct vb_noise_finding *f = found(noise, id);

	expect_text(f, part);
	assert_string_equal(vb_noise_verdict_name(f->verdict), vb_noise_verdict_name(verdict));
	assert_int_equal(f->has_value, verdict != VB_NOISE_UNKNOWN);
	assert_float_equal(f->value, value, 1e-6);
}

#endif /* VB_NOISE_HELPER_H */
