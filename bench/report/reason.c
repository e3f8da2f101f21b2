// SPDX-License-Identifier: GPL-2.0-or-later
/* Sentences that differ in their numbers. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/reason.h"

/* Bytes of the number that @text begins with: "12", "1,000", "3.5", "1.2e-05"; 0: none. */
static size_t number_length(const char *text)
{
	size_t n = 0;

	while (isdigit((unsigned char)text[n]) ||
	       (n && strchr(".,", text[n]) && text[n] && isdigit((unsigned char)text[n + 1])))
		n++;
	if (n && text[n] == 'e' && text[n + 1] && strchr("+-", text[n + 1]) &&
	    isdigit((unsigned char)text[n + 2]))
		for (n += 2; isdigit((unsigned char)text[n]);)
			n++;
	return n;
}

static double number_of(const char *text, size_t length)
{
	char digits[40];
	size_t n = 0;

	for (size_t i = 0; i < length && n + 1 < sizeof(digits); i++)
		if (text[i] != ',')
			digits[n++] = text[i];
	digits[n] = '\0';
	return strtod(digits, NULL);
}

bool vb_reason_alike(const char *a, const char *b)
{
	while (*a && *b) {
		size_t in_a = number_length(a), in_b = number_length(b);

		if (!in_a != !in_b || (!in_a && *a != *b))
			return false;
		a += in_a ? in_a : 1;
		b += in_b ? in_b : 1;
	}
	return !*a && !*b;
}

/* The @nth number of @text; NULL: it has fewer. */
static const char *nth_number(const char *text, size_t nth)
{
	while (*text) {
		size_t n = number_length(text);

		if (n && !nth--)
			return text;
		text += n ? n : 1;
	}
	return NULL;
}

static int put_range(const char *const *reason, size_t nr, size_t nth, char *buf, size_t size)
{
	const char *low = nth_number(reason[0], nth), *high = low;

	for (size_t i = 1; i < nr; i++) {
		const char *here = nth_number(reason[i], nth);
		double value;

		if (!here)
			continue;
		value = number_of(here, number_length(here));
		if (value < number_of(low, number_length(low)))
			low = here;
		if (value > number_of(high, number_length(high)))
			high = here;
	}
	if (low == high)
		return snprintf(buf, size, "%.*s", (int)number_length(low), low);
	return snprintf(buf, size, "%.*s..%.*s", (int)number_length(low), low,
			(int)number_length(high), high);
}

const char *vb_reason_merge(const char *const *reason, size_t nr, char *buf, size_t size)
{
	const char *text = nr ? reason[0] : "";
	size_t used = 0, nth = 0;

	while (*text && used + 1 < size) {
		size_t n = number_length(text);

		if (n)
			used += (size_t)put_range(reason, nr, nth++, buf + used, size - used);
		else
			buf[used++] = *text;
		text += n ? n : 1;
	}
	buf[used < size ? used : size - 1] = '\0';
	return buf;
}
