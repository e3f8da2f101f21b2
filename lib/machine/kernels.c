// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of kernel series: "6.1", "6.0-", "-5.19", "5.14-6.0", "any". */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/manifest.h"

/* A series as one number that sorts. */
#define SERIES(major, minor) ((unsigned long)(major) << 16 | (minor))

struct range {
	unsigned long first;
	unsigned long last;
};

/* A number without sign or spaces, at most four digits. */
static const char *read_number(const char *s, unsigned int *number)
{
	const char *start = s;

	for (*number = 0; isdigit((unsigned char)*s); s++) {
		if (s - start == 4)
			return NULL;
		*number = *number * 10 + (unsigned int)(*s - '0');
	}
	return s == start ? NULL : s;
}

static const char *read_series(const char *s, unsigned long *series)
{
	unsigned int major, minor;

	s = read_number(s, &major);
	if (!s || *s != '.')
		return NULL;
	s = read_number(s + 1, &minor);
	if (s)
		*series = SERIES(major, minor);
	return s;
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* One element; NULL: not one. */
static const char *read_range(const char *s, struct range *range)
{
	*range = (struct range){ 0, ULONG_MAX };
	if (!strncmp(s, "any", 3))
		return s + 3;
	if (*s != '-') {
		s = read_series(s, &range->first);
		if (!s || *s != '-') {
			range->last = range->first;
			return s;
		}
	} else if (!isdigit((unsigned char)s[1])) {
		return NULL;
	}
	s++;
	if (isdigit((unsigned char)*s))
		s = read_series(s, &range->last);
	return s && range->first <= range->last ? s : NULL;
}

/* -EINVAL, or whether @series is in the list. */
static int search(const char *kernels, unsigned long series)
{
	struct range range;
	int found = 0;

	for (const char *s = kernels;; s++) {
		s = read_range(skip_blanks(s), &range);
		if (!s)
			return -EINVAL;
		found |= series >= range.first && series <= range.last;
		s = skip_blanks(s);
		if (!*s)
			return found;
		if (*s != ',')
			return -EINVAL;
	}
}

bool vb_kernels_valid(const char *kernels)
{
	return search(kernels, 0) >= 0;
}

bool vb_kernels_include(const char *kernels, unsigned int major, unsigned int minor)
{
	return search(kernels, SERIES(major, minor)) > 0;
}

int vb_kernel_series(const char *release, unsigned int *major, unsigned int *minor)
{
	const char *s = read_number(release, major);

	if (!s || *s != '.' || !read_number(s + 1, minor))
		return -EINVAL;
	return 0;
}
