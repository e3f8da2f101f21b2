// SPDX-License-Identifier: GPL-2.0-or-later
/* An answer in conformance.ini, "VALUE | CONDITIONS", and which one holds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/conformance_impl.h"

#define ERRNO_END 4096

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		text[--length] = '\0';
	return text;
}

bool conformance_version(const char *text, unsigned int version[3])
{
	version[0] = version[1] = version[2] = 0;
	return sscanf(text, "%u.%u.%u", &version[0], &version[1], &version[2]) >= 2;
}

const char *vb_answer_text(enum vb_answer_kind kind, int64_t value, char *text, size_t size)
{
	const char *name = kind == VB_ANSWER_ERRNO && value > 0 && value < ERRNO_END ?
			   strerrorname_np((int)value) : NULL;

	if (kind == VB_ANSWER_YESNO)
		name = value ? "yes" : "no";
	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%lld", (long long)value);
	return text;
}

const char *vb_expected_text(enum vb_answer_kind kind, const struct vb_expected *expected,
			     char *text, size_t size)
{
	if (!expected->silent)
		return vb_answer_text(kind, expected->value, text, size);
	snprintf(text, size, "-");
	return text;
}

static int errno_of(const char *text, int64_t *value)
{
	for (int e = 1; e < ERRNO_END; e++) {
		const char *name = strerrorname_np(e);

		if (name && !strcmp(name, text)) {
			*value = e;
			return 0;
		}
	}
	return -EINVAL;
}

static int number_of(const char *text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno || end == text || *end || *value < 0 ? -EINVAL : 0;
}

static int parse_value(const char *text, enum vb_answer_kind kind, int64_t *value, char *why,
		       size_t size)
{
	static const char *const forms[] = {
		[VB_ANSWER_ERRNO] = "0 or an errno's name, such as EINVAL",
		[VB_ANSWER_COUNT] = "a number",
		[VB_ANSWER_BYTES] = "a number of bytes",
		[VB_ANSWER_YESNO] = "yes or no",
	};
	int ret = -EINVAL;

	switch (kind) {
	case VB_ANSWER_ERRNO:
		*value = 0;
		ret = strcmp(text, "0") ? errno_of(text, value) : 0;
		break;
	case VB_ANSWER_COUNT:
	case VB_ANSWER_BYTES:
		ret = number_of(text, value);
		break;
	case VB_ANSWER_YESNO:
		*value = !strcmp(text, "yes");
		ret = *value || !strcmp(text, "no") ? 0 : -EINVAL;
		break;
	}
	if (ret)
		snprintf(why, size, "answer '%.40s': give %s", text, forms[kind]);
	return ret;
}

static int parse_condition(const char *text, struct condition *c, char *why, size_t size)
{
	static const struct {
		const char *prefix;
		enum condition_kind kind;
	} kinds[] = {
		{ "mode=", CONDITION_MODE }, { "kernel>=", CONDITION_FROM },
		{ "kernel<", CONDITION_BEFORE }, { "has=", CONDITION_HAS },
		{ "lacks=", CONDITION_LACKS },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i].prefix);
		const char *rest = text + length;
		bool version = kinds[i].kind == CONDITION_FROM || kinds[i].kind == CONDITION_BEFORE;

		if (strncmp(text, kinds[i].prefix, length))
			continue;
		if (!*rest || strlen(rest) >= sizeof(c->text) ||
		    (version && !conformance_version(rest, c->version)))
			break;
		*c = (struct condition){ .kind = kinds[i].kind,
					 .version = { c->version[0], c->version[1], c->version[2] } };
		snprintf(c->text, sizeof(c->text), "%s", rest);
		return 0;
	}
	snprintf(why, size, "condition '%.60s': give mode=NAME,NAME, kernel>=X.Y, kernel<X.Y, "
		 "has=FUNCTION or lacks=FUNCTION", text);
	return -EINVAL;
}

static int parse_conditions(char *text, struct entry_answer *answer, char *why, size_t size)
{
	char *one;

	while ((one = strsep(&text, " \t"))) {
		int ret;

		if (!*one)
			continue;
		if (answer->nr_conditions == CONFORMANCE_CONDITIONS) {
			snprintf(why, size, "more than %d conditions", CONFORMANCE_CONDITIONS);
			return -EINVAL;
		}
		ret = parse_condition(one, &answer->condition[answer->nr_conditions++], why, size);
		if (ret)
			return ret;
	}
	if (answer->nr_conditions)
		return 0;
	snprintf(why, size, "nothing after '|': give a condition");
	return -EINVAL;
}

int conformance_answer(const char *text, enum vb_answer_kind kind, struct entry_answer *answer,
		       char *why, size_t size)
{
	char *copy = strdup(text), *bar;
	int ret;

	if (!copy)
		return -ENOMEM;
	bar = strchr(copy, '|');
	if (bar)
		*bar = '\0';
	answer->expected.silent = !strcmp(trim(copy), "-");
	ret = answer->expected.silent ? 0 :
	      parse_value(trim(copy), kind, &answer->expected.value, why, size);
	if (!ret && bar) {
		answer->where = strdup(trim(bar + 1));
		ret = answer->where ? parse_conditions(bar + 1, answer, why, size) : -ENOMEM;
	}
	free(copy);
	return ret;
}

/* Is @name one of those in @list, which has commas between? */
static bool is_among(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, name, length) && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

static bool is_before(const unsigned int a[3], const unsigned int b[3])
{
	for (int i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static bool holds(const struct condition *c, const struct vb_conformance_here *here)
{
	unsigned int version[3];
	bool before;

	conformance_version(here->release, version);
	before = is_before(version, c->version);
	switch (c->kind) {
	case CONDITION_MODE:
		return is_among(c->text, here->mode);
	case CONDITION_FROM:
		return !before;
	case CONDITION_BEFORE:
		return before;
	case CONDITION_HAS:
		return c->present;
	case CONDITION_LACKS:
		return !c->present;
	}
	return false;
}

static bool fits(const struct entry_answer *answer, const struct vb_conformance_here *here)
{
	for (unsigned int i = 0; i < answer->nr_conditions; i++)
		if (!holds(&answer->condition[i], here))
			return false;
	return true;
}

/* The first that fits of those with conditions; the default stands first in the file. */
const struct vb_expected *vb_conformance_expected(const struct vb_conformance *conformance,
						  unsigned int index,
						  const struct vb_conformance_here *here)
{
	const struct entry *entry = &conformance->entry[index];

	for (unsigned int i = 1; i < entry->nr; i++)
		if (fits(&entry->answer[i], here))
			return &entry->answer[i].expected;
	return &entry->answer[0].expected;
}

void vb_conformance_judge(const struct vb_conformance *conformance, unsigned int index,
			  const struct vb_answer *answer, const struct vb_conformance_here *here,
			  struct vb_judged *judged)
{
	const struct entry *entry = &conformance->entry[index];

	*judged = (struct vb_judged){
		.verdict = VB_CONFORMS_NOT,
		.text = entry->text,
		.expected = vb_conformance_expected(conformance, index, here),
		.standard = &entry->answer[0].expected,
	};
	if (answer->state == VB_ANSWER_NOT_ASKED ||
	    (answer->state == VB_ANSWER_SILENT && judged->expected->silent))
		judged->verdict = VB_CONFORMS_UNASKED;
	else if (answer->state == VB_ANSWER_GIVEN && !judged->expected->silent &&
		 answer->value == judged->expected->value)
		judged->verdict = VB_CONFORMS;
}

static bool is_function(const struct condition *c)
{
	return c->kind == CONDITION_HAS || c->kind == CONDITION_LACKS;
}

/* A line of kallsyms is "ADDRESS TYPE NAME" and, of a module's, "[MODULE]". */
static void note_function(struct vb_conformance *conformance, const char *name)
{
	for (unsigned int e = 0; e < conformance->nr; e++)
		for (unsigned int a = 0; a < conformance->entry[e].nr; a++) {
			struct entry_answer *answer = &conformance->entry[e].answer[a];

			for (unsigned int i = 0; i < answer->nr_conditions; i++)
				if (is_function(&answer->condition[i]) &&
				    !strcmp(answer->condition[i].text, name))
					answer->condition[i].present = true;
		}
}

/* Only VFIO's own functions decide, so few of the kernel's names are looked at. */
static bool is_of_interest(const char *name)
{
	return !strncmp(name, "vfio", 4) || !strncmp(name, "iommu", 5) ||
	       !strncmp(name, "iopt", 4) || !strncmp(name, "mdev", 4);
}

int vb_conformance_look(struct vb_conformance *conformance, const char *path)
{
	char line[512], name[256];
	FILE *file = fopen(path, "re");
	bool any = false;
	int ret;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %255s", name) == 1) {
			any = true;
			if (is_of_interest(name))
				note_function(conformance, name);
		}
	ret = ferror(file) ? -EIO : any ? 0 : -ENODATA;
	fclose(file);
	return ret;
}

static json_t *judged_to_json(const struct vb_promise *promise, const struct vb_answer *answer,
			      const struct vb_judged *judged)
{
	static const char *const kinds[] = { "errno", "count", "bytes", "yesno" };
	static const char *const verdicts[] = { "ok", "not asked", "differs" };
	char given[32], expected[32], standard[32];
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "promise", promise->name, "text",
			      judged->text, "kind", kinds[promise->kind], "expected",
			      vb_expected_text(promise->kind, judged->expected, expected,
					       sizeof(expected)),
			      "default", vb_answer_text(promise->kind, judged->standard->value,
							standard, sizeof(standard)),
			      "verdict", verdicts[judged->verdict]);

	if (answer->state == VB_ANSWER_GIVEN)
		json_object_set_new(o, "answer", json_string(vb_answer_text(promise->kind,
				    answer->value, given, sizeof(given))));
	else
		json_object_set_new(o, "why", json_string(answer->why));
	if (judged->expected != judged->standard) {
		json_object_set_new(o, "where", json_string(judged->expected->where));
		json_object_set_new(o, "because", json_string(judged->expected->because));
	}
	return o;
}

json_t *vb_conformance_to_json(const struct vb_conformance *conformance,
			       const struct vb_promise *const *list, const struct vb_answers *answers,
			       const struct vb_conformance_here *here)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < answers->nr && i < conformance->nr; i++) {
		struct vb_judged judged;

		vb_conformance_judge(conformance, i, &answers->answer[i], here, &judged);
		json_array_append_new(array, judged_to_json(vb_promise_at(list, i),
							    &answers->answer[i], &judged));
	}
	return json_pack("{s:s, s:s, s:o}", "mode", here->mode, "kernel", here->release, "promises",
			 array);
}
