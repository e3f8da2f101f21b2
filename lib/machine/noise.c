// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings about noise: how they are judged and written. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/noise-internal.h"
#include "lib/machine/sysfs.h"

static struct vb_noise_finding *add(struct vb_noise *noise, enum vb_noise_id id,
				    enum vb_noise_verdict verdict, const char *mend,
				    const char *format, va_list ap)
	__attribute__((format(printf, 5, 0)));

static struct vb_noise_finding *add(struct vb_noise *noise, enum vb_noise_id id,
				    enum vb_noise_verdict verdict, const char *mend,
				    const char *format, va_list ap)
{
	struct vb_noise_finding *f;

	if (noise->nr == VB_NOISE_NR)	/* each check adds one: only if one ran twice */
		return NULL;
	f = &noise->finding[noise->nr++];
	memset(f, 0, sizeof(*f));
	f->id = id;
	f->verdict = verdict;
	vsnprintf(f->text, sizeof(f->text), format, ap);
	if (mend && verdict != VB_NOISE_OK)
		snprintf(f->mend, sizeof(f->mend), "%s", mend);
	return f;
}

bool vb_noise_above(enum vb_noise_id id, double value, double count)
{
	return value > vb_noise_checks[id].limit && count >= vb_noise_checks[id].least;
}

void vb_noise_add(struct vb_noise *noise, enum vb_noise_id id, double value, double count,
		  const char *mend, const char *format, ...)
{
	bool above = vb_noise_above(id, value, count);
	struct vb_noise_finding *f;
	va_list ap;

	va_start(ap, format);
	f = add(noise, id, above ? VB_NOISE_MARK : VB_NOISE_OK, mend, format, ap);
	va_end(ap);
	if (f) {
		f->has_value = true;
		f->value = value;
	}
}

void vb_noise_add_unknown(struct vb_noise *noise, enum vb_noise_id id, const char *mend,
			  const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(noise, id, VB_NOISE_UNKNOWN, mend, format, ap);
	va_end(ap);
}

void vb_noise_expected(struct vb_noise *noise, const char *why)
{
	struct vb_noise_finding *f = noise->nr ? &noise->finding[noise->nr - 1] : NULL;
	size_t used;

	if (!f || f->verdict != VB_NOISE_MARK)
		return;
	f->verdict = VB_NOISE_OK;
	f->mend[0] = '\0';
	used = strlen(f->text);
	snprintf(f->text + used, sizeof(f->text) - used, "; expected: %s", why);
}

const char *vb_noise_verdict_name(enum vb_noise_verdict verdict)
{
	static const char *const names[] = {
		[VB_NOISE_OK] = "ok", [VB_NOISE_MARK] = "mark", [VB_NOISE_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

unsigned int vb_noise_marks(const struct vb_noise *noise, bool events)
{
	unsigned int marks = 0;

	for (size_t i = 0; i < noise->nr; i++)
		marks += noise->finding[i].verdict == VB_NOISE_MARK &&
			 (!events || vb_noise_checks[noise->finding[i].id].event);
	return marks;
}

static json_t *finding_to_json(const struct vb_noise_finding *f)
{
	const struct vb_noise_check *check = &vb_noise_checks[f->id];
	/* a driver may put any bytes into an interrupt's name */
	json_t *text = json_string(f->text);

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s*}",
			 "check", check->name, "kind", check->event ? "event" : "setting",
			 "verdict", vb_noise_verdict_name(f->verdict),
			 "text", text ? text : json_string("(not UTF-8)"),
			 "value", f->has_value ? json_real(f->value) : json_null(),
			 "unit", check->unit, "mend", f->mend[0] ? f->mend : NULL);
}

json_t *vb_noise_to_json(const struct vb_noise *noise)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < noise->nr; i++)
		if (json_array_append_new(array, finding_to_json(&noise->finding[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* One of "0-3,8": where the next begins, NULL: it is none. */
static const char *take_range(const char *text, long *first, long *last)
{
	char *end;

	*first = *last = strtol(text, &end, 10);
	if (end == text)
		return NULL;
	if (*end == '-') {
		text = end + 1;
		*last = strtol(text, &end, 10);
		if (end == text)
			return NULL;
	}
	if (*first < 0 || *last < *first || *last > 1 << 20 || (*end && *end != ','))
		return NULL;
	return *end ? end + 1 : end;
}

ssize_t vb_noise_cpu_list(const char *path, int *cpus, size_t max)
{
	char text[4096];
	const char *next = text;
	long first, last;
	size_t nr = 0;
	int ret = vb_sysfs_read(path, text, sizeof(text));

	if (ret < 0)
		return ret;
	while (*next) {
		next = take_range(next, &first, &last);
		if (!next)
			return -EINVAL;
		for (long cpu = first; cpu <= last && nr < max; cpu++)
			cpus[nr++] = (int)cpu;
	}
	return (ssize_t)nr;
}
