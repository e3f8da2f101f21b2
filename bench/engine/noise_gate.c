// SPDX-License-Identifier: GPL-2.0-or-later
/* When noise makes a session's figures not to be trusted. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/noise_gate.h"

/* A run that was not watched to its end (it hung) says nothing about noise. */
static bool was_watched(const struct vb_noise *noise)
{
	for (size_t i = 0; i < noise->nr; i++)
		if (vb_noise_checks[noise->finding[i].id].event)
			return true;
	return false;
}

void vb_noise_gate_add(struct vb_noise_gate *gate, const struct vb_noise *noise)
{
	if (!was_watched(noise))
		return;
	gate->runs++;
	gate->marked += vb_noise_marks(noise, true) != 0;
	for (size_t i = 0; i < noise->nr; i++)
		gate->by_check[noise->finding[i].id] +=
			noise->finding[i].verdict == VB_NOISE_MARK;
}

/* What a later version may check and this one does not know is left out. */
static bool find_check(const char *name, enum vb_noise_id *id)
{
	for (unsigned int i = 0; name && i < VB_NOISE_NR; i++)
		if (!strcmp(name, vb_noise_checks[i].name)) {
			*id = (enum vb_noise_id)i;
			return true;
		}
	return false;
}

void vb_noise_gate_add_json(struct vb_noise_gate *gate, const json_t *list)
{
	struct vb_noise noise = { 0 };
	enum vb_noise_id id;
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		const char *verdict = json_string_value(json_object_get(entry, "verdict"));

		if (!find_check(json_string_value(json_object_get(entry, "check")), &id) ||
		    noise.nr == VB_NOISE_NR)
			continue;
		noise.finding[noise.nr].id = id;
		noise.finding[noise.nr++].verdict = verdict && !strcmp(verdict, "mark") ?
						    VB_NOISE_MARK : VB_NOISE_OK;
	}
	vb_noise_gate_add(gate, &noise);
}

static bool bad_setting(const struct vb_noise_gate *gate, enum vb_noise_id id)
{
	return vb_noise_checks[id].gates && gate->by_check[id];
}

bool vb_noise_gate_closed(const struct vb_noise_gate *gate)
{
	for (unsigned int id = 0; id < VB_NOISE_NR; id++)
		if (bad_setting(gate, id))
			return true;
	return gate->marked > VB_NOISE_GATE_SHARE * gate->runs;
}

static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + used, size - used, format, ap);
	va_end(ap);
}

void vb_noise_gate_text(const struct vb_noise_gate *gate, char *text, size_t size)
{
	const char *between = "(";

	text[0] = '\0';
	if (gate->marked) {
		append(text, size, "%u of %u runs %s marked ", gate->marked, gate->runs,
		       gate->marked == 1 ? "is" : "are");
		for (unsigned int id = 0; id < VB_NOISE_NR; id++) {
			if (!vb_noise_checks[id].event || !gate->by_check[id])
				continue;
			append(text, size, "%s%s %u", between, vb_noise_checks[id].name,
			       gate->by_check[id]);
			between = ", ";
		}
		append(text, size, ")");
	}
	for (unsigned int id = 0; id < VB_NOISE_NR; id++)
		if (bad_setting(gate, id))
			append(text, size, "%s%s: %s", *text ? "; " : "", vb_noise_checks[id].name,
			       vb_noise_checks[id].why);
}
