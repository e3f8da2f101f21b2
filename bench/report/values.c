// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers as text: the only place where a report rounds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/report/values.h"

struct scale {
	const char *unit;		/* as in results */
	double step[4];			/* what is one of the shown unit, rising; 0 ends */
	const char *shown[4];
};

static const struct scale scales[] = {
	{ "ns", { 1, 1e3, 1e6, 1e9 }, { " ns", " us", " ms", " s" } },
	{ "1/s", { 1, 1e3, 1e6, 1e9 }, { "/s", " k/s", " M/s", " G/s" } },
	{ "bytes", { 1, 1024, 1048576, 1073741824 }, { " B", " KiB", " MiB", " GiB" } },
	{ "share", { 0.01 }, { "%" } },
};

static const struct scale plain = { "", { 1 }, { "" } };

static const struct scale *scale_of(const char *unit)
{
	for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++)
		if (!strcmp(scales[i].unit, unit))
			return &scales[i];
	return &plain;
}

/* The greatest step in which @value is not shown as less than 1. */
static size_t step_of(const struct scale *scale, double value)
{
	size_t i = 0;

	while (i < 3 && scale->step[i + 1] > 0 && fabs(value) >= scale->step[i + 1] * 0.9995)
		i++;
	return i;
}

static int decimals(const struct scale *scale, size_t step, double value)
{
	double shown = fabs(value / scale->step[step]);

	/* Nanoseconds are counted whole; of the others three digits, "9.53" to "953". */
	if (!strcmp(scale->unit, "ns") && !step)
		return shown < 99.95 && fabs(shown - round(shown)) > 1e-9 ? 1 : 0;
	if (fabs(value - round(value)) < 1e-9 && scale->step[step] == 1)
		return 0;
	return shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2;
}

static int put(double value, int digits, char *buf, size_t size)
{
	int length = snprintf(buf, size, "%.*f", digits, value);

	/* "-0.0" is 0. */
	if (*buf == '-' && strspn(buf + 1, "0.") == strlen(buf + 1))
		memmove(buf, buf + 1, (size_t)length--);
	return length;
}

const char *vb_value_text(double value, const char *unit, char *buf, size_t size)
{
	const struct scale *scale = scale_of(unit);
	size_t step = step_of(scale, value);
	char number[64];

	if (isnan(value)) {
		snprintf(buf, size, "-");
		return buf;
	}
	put(value / scale->step[step], decimals(scale, step, value), number, sizeof(number));
	snprintf(buf, size, "%s%s", number, scale->shown[step]);
	return buf;
}

const char *vb_value_range(double low, double high, const char *unit, char *buf, size_t size)
{
	const struct scale *scale = scale_of(unit);
	double far = fabs(low) > fabs(high) ? low : high, near = far == low ? high : low;
	size_t step = step_of(scale, far);
	int digits = decimals(scale, step, far);
	char a[64], b[64];

	if (isnan(low) || isnan(high)) {
		snprintf(buf, size, "-");
		return buf;
	}
	/* "0.50..1.00": a whole end does not round the other one to a whole. */
	if (!digits && scale->step[step] == 1 && fabs(far) < 9.995)
		digits = decimals(scale, step, near);
	put(low / scale->step[step], digits, a, sizeof(a));
	put(high / scale->step[step], digits, b, sizeof(b));
	snprintf(buf, size, "%s..%s%s", a, b, scale->shown[step]);
	return buf;
}

const char *vb_percent_text(double percent, char *buf, size_t size)
{
	char number[64];

	put(percent, 1, number, sizeof(number));
	snprintf(buf, size, "%s%s%%", percent >= 0.05 ? "+" : "", number);
	return buf;
}

const char *vb_ratio_text(double ratio, char *buf, size_t size)
{
	if (isnan(ratio))
		snprintf(buf, size, "-");
	else if (ratio < 0.0005)
		snprintf(buf, size, "<0.001");
	else
		snprintf(buf, size, "%.*f", ratio >= 99.95 ? 0 : ratio >= 9.995 ? 1 :
			 ratio >= 0.0995 ? 2 : 3, ratio);
	return buf;
}

const char *vb_p_text(double p, char *buf, size_t size)
{
	if (isnan(p))
		snprintf(buf, size, "-");
	else if (p < 0.0005)
		snprintf(buf, size, "<0.001");
	else
		snprintf(buf, size, "%.3f", p);
	return buf;
}
