// SPDX-License-Identifier: GPL-2.0-or-later
/* In what the two sides differ besides what was measured. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"

#define COMMAND_LINE	"machine.kernel.command_line"

/*
 * Paths below meta.json, the important ones first: a fact is told with the first
 * that is a beginning of its own path.
 */
static const char *const order[] = {
	"mode", "machine.lab", "machine.exact",
	"machine.kernel.release", "machine.kernel.version", "machine.kernel.machine",
	"machine.kernel.slow_options", "machine.kernel.taint",
	"machine.iommu.vendor", "machine.iommu.mode",
	"machine.cpu.model", "machine.cpu.vendor", "machine.cpu.microcode", "machine.cpu.hypervisor",
	"machine.cpu.governor", "machine.cpu.turbo", "machine.cpu.smt",
	"machine.cpu.mitigations", "machine.cpu.clocksource", "machine.memory.thp",
	"machine.modules", "suite", "device", COMMAND_LINE,
	"machine.cpu", "machine.iommu", "machine", "no_performance_label", "status",
};

/* scripts/lab measures it at each start; it says nothing of the kernel. */
#define CALIBRATION	"tsc_early_khz="

struct fact {
	char what[96];
	char value[2048];		/* no kernel's command line is longer */
};

struct facts {
	size_t nr;
	struct fact *fact;
};

/* What changes from one minute to the next, or says nothing that others don't. */
static bool is_passing(const char *path)
{
	const char *end = strrchr(path, '.');

	return end && (!strcmp(end, ".free") || !strcmp(path, "machine.kernel.slow_options_from"));
}

/* The next word after *@at, which goes on behind it; NULL: there is none.  Not terminated. */
static const char *next_word(const char **at, size_t *length)
{
	const char *word = *at + strspn(*at, " \t\n");

	*length = strcspn(word, " \t\n");
	*at = word + *length;
	return *length ? word : NULL;
}

static void add_word(char *list, size_t size, const char *word, size_t length)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%.*s", used ? " " : "", (int)length, word);
}

/* A kernel's command line without what the lab puts there for itself. */
static void take_command_line(const char *from, char *out, size_t size)
{
	const char *word;
	size_t length;

	*out = '\0';
	while ((word = next_word(&from, &length)))
		if (strncmp(word, CALIBRATION, strlen(CALIBRATION)))
			add_word(out, size, word, length);
}

static size_t count_word(const char *line, const char *word, size_t length)
{
	const char *other;
	size_t n, count = 0;

	while ((other = next_word(&line, &n)))
		count += n == length && !strncmp(other, word, n);
	return count;
}

/* The words that @line has oftener than @other. */
static void own_words(const char *line, const char *other, char *out, size_t size)
{
	const char *word;
	size_t length;

	*out = '\0';
	for (const char *at = line; (word = next_word(&at, &length));)
		if (count_word(line, word, length) > count_word(other, word, length) &&
		    !count_word(out, word, length))
			add_word(out, size, word, length);
}

static int add_fact(struct facts *facts, const char *path, const json_t *value)
{
	struct fact *grown = cmp_grow(facts->fact, facts->nr, sizeof(*grown));
	char *text = NULL;

	if (!grown)
		return -ENOMEM;
	facts->fact = grown;
	if (!json_is_string(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (!text)
			return -ENOMEM;
	}
	snprintf(grown[facts->nr].what, sizeof(grown[0].what), "%s", path);
	snprintf(grown[facts->nr].value, sizeof(grown[0].value), "%s",
		 text ? (json_is_null(value) ? "not known" : text) : json_string_value(value));
	if (!text && !strcmp(path, COMMAND_LINE))
		take_command_line(json_string_value(value), grown[facts->nr].value,
				  sizeof(grown[0].value));
	facts->nr++;
	free(text);
	return 0;
}

/* Objects member by member, lists of objects element by element. */
static int flatten(struct facts *facts, const char *path, json_t *value)
{
	char below[96];
	const char *key;
	json_t *member;
	int ret = 0;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach(value, key, member) {
			snprintf(below, sizeof(below), "%.60s.%.30s", path, key);
			if (!ret)
				ret = flatten(facts, below, member);
		}
		return ret;
	}
	if (!json_is_object(json_array_get(value, 0)))
		return is_passing(path) ? 0 : add_fact(facts, path, value);
	json_array_foreach(value, i, member) {
		snprintf(below, sizeof(below), "%.70s[%zu]", path, i);
		if (!ret)
			ret = flatten(facts, below, member);
	}
	return ret;
}

static int collect(const struct vb_result *result, struct facts *facts)
{
	static const char *const keys[] = {
		"mode", "suite", "device", "machine", "no_performance_label", "status",
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !ret; i++) {
		json_t *value = json_object_get(result->meta, keys[i]);

		if (value)
			ret = flatten(facts, keys[i], value);
	}
	return ret;
}

static const char *find(const struct facts *facts, const char *what)
{
	for (size_t i = 0; i < facts->nr; i++)
		if (!strcmp(facts->fact[i].what, what))
			return facts->fact[i].value;
	return NULL;
}

int cmp_difference(struct vb_comparison *c, const char *what, const char *a, const char *b)
{
	struct vb_difference *grown = cmp_grow(c->difference, c->nr_differences, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	c->difference = grown;
	grown += c->nr_differences++;
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->what, sizeof(grown->what), "%s", what);
	snprintf(grown->a, sizeof(grown->a), "%s", a);
	snprintf(grown->b, sizeof(grown->b), "%s", b);
	return 0;
}

/* Place in order[] of the longest beginning of the path; the number of places: none. */
static size_t rank_of(const char *what)
{
	size_t best = sizeof(order) / sizeof(order[0]), length = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		size_t n = strlen(order[i]);

		if (n > length && !strncmp(order[i], what, n)) {
			best = i;
			length = n;
		}
	}
	return best;
}

static int differ_in(struct vb_comparison *c, const char *what, const char *a, const char *b)
{
	char x[sizeof(((struct fact *)0)->value)], y[sizeof(x)];

	if (!a || !b || strcmp(what, COMMAND_LINE))
		return cmp_difference(c, what, a ? a : "-", b ? b : "-");
	own_words(a, b, x, sizeof(x));
	own_words(b, a, y, sizeof(y));
	/* The last of two that contradict each other counts: their order is a difference. */
	if (!*x && !*y)
		return cmp_difference(c, what, a, b);
	return cmp_difference(c, what, *x ? x : "-", *y ? y : "-");
}

static int differ(const struct facts *a, const struct facts *b, struct vb_comparison *c)
{
	const size_t ranks = sizeof(order) / sizeof(order[0]);

	for (size_t rank = 0; rank <= ranks; rank++) {
		for (size_t i = 0; i < a->nr + b->nr; i++) {
			const struct fact *f = i < a->nr ? &a->fact[i] : &b->fact[i - a->nr];
			const char *x = find(a, f->what), *y = find(b, f->what);

			/* Those of b alone come after a's. */
			if (rank_of(f->what) != rank || (i >= a->nr && x) || (x && y && !strcmp(x, y)))
				continue;
			if (differ_in(c, f->what, x, y))
				return -ENOMEM;
		}
	}
	return 0;
}

static const json_t *arm_of(const struct cmp_source *s)
{
	return json_array_get(json_object_get(s->result->meta, "arms"), (size_t)s->arm);
}

static int differ_arms(const struct cmp_source *a, const struct cmp_source *b,
		       struct vb_comparison *c)
{
	const json_t *x = arm_of(a), *y = arm_of(b);
	json_t *m = json_object_get(x, "settings"), *n = json_object_get(y, "settings");
	char *s, *t;
	int ret = 0;

	if (strcmp(vb_json_text(x, "variant"), vb_json_text(y, "variant")))
		ret = cmp_difference(c, "variant", vb_json_text(x, "variant"), vb_json_text(y, "variant"));
	if (ret || json_equal(m, n))
		return ret;
	s = json_dumps(m, JSON_COMPACT | JSON_ENCODE_ANY);
	t = json_dumps(n, JSON_COMPACT | JSON_ENCODE_ANY);
	ret = s && t ? cmp_difference(c, "the arm's own settings", s, t) : -ENOMEM;
	free(s);
	free(t);
	return ret;
}

/* Boots of one side that are not all of one kernel or machine. */
static int note_mixture(const struct cmp_arm *arm, const struct facts *first,
			struct vb_comparison *c)
{
	for (size_t s = 1; s < arm->nr; s++) {
		struct facts facts = { 0 };
		int ret = collect(arm->source[s].result, &facts);

		for (size_t i = 0; i < facts.nr && !ret; i++) {
			const char *what = facts.fact[i].what, *mine = find(first, what);

			if (mine && !strcmp(mine, facts.fact[i].value))
				continue;
			ret = cmp_note(c, "%s is not of one piece: %s differs in %s (%s, %s)", arm->name,
				       what, arm->source[s].result->path, mine ? mine : "-",
				       facts.fact[i].value);
			break;
		}
		free(facts.fact);
		if (ret)
			return ret;
	}
	return 0;
}

int cmp_environment(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c)
{
	struct facts x = { 0 }, y = { 0 };
	int ret = differ_arms(&a->source[0], &b->source[0], c);

	if (!ret && a->source[0].result != b->source[0].result) {
		ret = collect(a->source[0].result, &x);
		if (!ret)
			ret = collect(b->source[0].result, &y);
		if (!ret)
			ret = differ(&x, &y, c);
		if (!ret)
			ret = note_mixture(a, &x, c);
		if (!ret)
			ret = note_mixture(b, &y, c);
	}
	free(x.fact);
	free(y.fact);
	return ret;
}
