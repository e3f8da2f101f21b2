// SPDX-License-Identifier: GPL-2.0-or-later
/* How a report rounds, what it makes of text from files, and plain text's layout. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/compare/compare.h"
#include "bench/report/build.h"
#include "bench/report/doc_clean.h"
#include "bench/report/reason.h"
#include "bench/report/values.h"

static void value(double number, const char *unit, const char *wanted)
{
	char text[64];

	assert_string_equal(vb_value_text(number, unit, text, sizeof(text)), wanted);
}

static void test_values(void **state)
{
	(void)state;
	value(0, "ns", "0 ns");
	value(31, "ns", "31 ns");
	value(88.96, "ns", "89.0 ns");
	value(999.4, "ns", "999 ns");
	value(999.6, "ns", "1.00 us");
	value(9994, "ns", "9.99 us");
	value(9996, "ns", "10.0 us");
	value(4178223, "ns", "4.18 ms");
	value(2.5e9, "ns", "2.50 s");
	value(1e13, "ns", "10000 s");
	value(-796, "ns", "-796 ns");
	value(65836.8, "1/s", "65.8 k/s");
	value(4.5e6, "1/s", "4.50 M/s");
	value(0.123, "share", "12.3%");
	value(1024, "callbacks", "1024");
	value(16.5, "callbacks", "16.5");
	value(2097152, "bytes", "2.00 MiB");
	value(NAN, "ns", "-");
}

static void test_ranges(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(vb_value_range(8430, 9100, "ns", text, sizeof(text)), "8.43..9.10 us");
	assert_string_equal(vb_value_range(999, 4e6, "ns", text, sizeof(text)), "0.00..4.00 ms");
	assert_string_equal(vb_value_range(NAN, 1, "ns", text, sizeof(text)), "-");
	assert_string_equal(vb_ratio_text(123.4, text, sizeof(text)), "123");
	assert_string_equal(vb_ratio_text(10.04, text, sizeof(text)), "10.0");
	assert_string_equal(vb_ratio_text(9.994, text, sizeof(text)), "9.99");
	assert_string_equal(vb_ratio_text(0.0444, text, sizeof(text)), "0.044");
	assert_string_equal(vb_ratio_text(0.0004, text, sizeof(text)), "<0.001");
	assert_string_equal(vb_ratio_text(NAN, text, sizeof(text)), "-");
	assert_string_equal(vb_percent_text(-21.84, text, sizeof(text)), "-21.8%");
	assert_string_equal(vb_percent_text(0.04, text, sizeof(text)), "0.0%");
	assert_string_equal(vb_percent_text(-0.04, text, sizeof(text)), "0.0%");
	assert_string_equal(vb_percent_text(0.06, text, sizeof(text)), "+0.1%");
	assert_string_equal(vb_p_text(0.00195, text, sizeof(text)), "0.002");
	assert_string_equal(vb_p_text(0.0001, text, sizeof(text)), "<0.001");
	assert_string_equal(vb_p_text(1, text, sizeof(text)), "1.000");
	assert_string_equal(vb_p_text(NAN, text, sizeof(text)), "-");
}

static void cleaned(const char *from, bool lines, const char *wanted)
{
	char text[128];

	strcpy(text, from);
	vb_clean_text(text, lines);
	assert_string_equal(text, wanted);
}

static void test_clean(void **state)
{
	(void)state;
	cleaned("plain", false, "plain");
	cleaned("a\nb\tc", false, "a b c");
	cleaned("a\nb\tc", true, "a\nb\tc");
	cleaned("\x1b[31mred\r\x7f", false, "?[31mred??");
	cleaned("\xc2\xb5s \xe2\x86\x92", false, "\xc2\xb5s \xe2\x86\x92");
	cleaned("\xc2\x9b[31m", false, "?[31m");		/* CSI of C1 */
	cleaned("\xe2\x80\xae" "turned", false, "?turned");	/* RIGHT-TO-LEFT OVERRIDE */
	cleaned("\xff\xc0\xaf\xed\xa0\x80", false, "??????");	/* none, overlong, a surrogate */
	cleaned("cut \xe2\x82", false, "cut ??");
	cleaned("\xf4\x90\x80\x80", false, "????");		/* above U+10FFFF */
}

/* What @doc looks like; freed by the caller.  Inlined, gcc 12 takes the text for a dangling pointer. */
static __attribute__((noinline)) char *shown(const struct vb_doc *doc, enum vb_view view)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (view == VB_VIEW_HTML)
		vb_render_html(doc, out);
	else if (view == VB_VIEW_MARKDOWN)
		vb_render_markdown(doc, out);
	else
		vb_render_text(doc, view, out);
	fclose(out);
	return text;
}

static size_t widest(const char *text)
{
	size_t most = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t width = strcspn(text, "\n");

		most = width > most ? width : most;
	}
	return most;
}

/* Tables of all sizes fit into a mail, and no cell's text is lost. */
static void test_tables_fit(void **state)
{
	(void)state;
	for (int columns = 1; columns <= 24; columns++)
		for (int width = 1; width <= 40; width += 3) {
			struct vb_doc *doc = vb_doc_new();
			struct vb_table *t = vb_doc_table(doc, VB_VIEW_ALL, "columns %d", columns);
			char *mail, cell[64];

			for (int c = 0; c < columns; c++)
				vb_table_column(t, c &&
						columns > 4 ? c % 4 < 2 ? "one" : "two" : "", -1,
						c % 2,
						"head of-%d", c);
			vb_table_row(t, VB_ROW_CELLS, VB_TONE_PLAIN);
			for (int c = 0; c < columns; c++)
				vb_table_cell(t, "%0*d", width, c + 1);
			assert_false(vb_doc_failed(doc));
			mail = shown(doc, VB_VIEW_LKML);
			assert_in_range(widest(mail), 1, 75);
			for (int c = 0; c < columns; c++) {
				snprintf(cell, sizeof(cell), "%0*d", width, c + 1);
				assert_non_null(strstr(mail, cell));
			}
			free(mail);
			vb_doc_free(doc);
		}
}

/* A word that no line takes is cut, not lost, and a command stays one for a shell. */
static void test_long_words(void **state)
{
	struct vb_doc *doc = vb_doc_new();
	char word[301], *mail;
	size_t marks = 0;

	(void)state;
	memset(word, 'w', 300);
	word[300] = '\0';
	vb_doc_para(doc, VB_VIEW_ALL, "before %s after", word);
	vb_doc_pre(doc, VB_VIEW_ALL, "command --with many --words that --do not --fit into --one "
		   "line of --a mail "
		   "--that is --short");
	mail = shown(doc, VB_VIEW_LKML);
	assert_in_range(widest(mail), 1, 75);
	for (const char *c = mail; *c; c++)
		marks += *c == 'w' && (c[1] == 'w' || c[-1] == 'w');
	assert_int_equal(marks, 300);
	assert_non_null(strstr(mail, " \\\n    "));
	free(mail);
	vb_doc_free(doc);
}

/* What a shell makes of the lines of a command, in place. */
static void join_lines(char *text)
{
	char *cut;

	while ((cut = strstr(text, "\\\n")))
		memmove(cut, cut + 2, strlen(cut + 2) + 1);
	for (cut = text; *cut; )
		if ((*cut == ' ' && (cut == text || cut[1] == ' ')) || (*cut == '\n' && !cut[1]))
			memmove(cut, cut + 1, strlen(cut + 1) + 1);
		else
			cut++;
}

/* Words of all lengths, options with and without arguments: the command stays what it is. */
static void test_commands(void **state)
{
	(void)state;
	for (int length = 1; length < 180; length++) {
		struct vb_doc *doc = vb_doc_new();
		char command[1000], *mail;

		snprintf(command, sizeof(command), "ls --set %0*d --flag --x %0*d y %0*d", length,
			 1,
			 length / 2, 2, length / 3, 3);
		vb_doc_pre(doc, VB_VIEW_ALL, command);
		mail = shown(doc, VB_VIEW_LKML);
		assert_in_range(widest(mail), 1, 75);
		join_lines(mail);
		assert_string_equal(mail, command);
		free(mail);
		vb_doc_free(doc);
	}
}

static void test_quoting(void **state)
{
	struct vb_doc *doc = vb_doc_new();
	struct vb_table *t;
	char *text;

	(void)state;
	vb_doc_para(doc, VB_VIEW_PAGES, "1. <b>&\"' | `x` *y*");
	vb_doc_pre(doc, VB_VIEW_PAGES, "a ```` b </pre>");
	t = vb_doc_table(doc, VB_VIEW_PAGES, "a|b");
	vb_table_column(t, "", -1, false, "x|y");
	vb_table_row(t, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(t, "p|q<");
	text = shown(doc, VB_VIEW_MARKDOWN);
	assert_non_null(strstr(text, "1\\. \\<b\\>\\&\"' \\| \\`x\\` \\*y\\*\n"));
	assert_non_null(strstr(text, "\n`````text\na ```` b </pre>\n`````\n"));
	assert_non_null(strstr(text, "| x\\|y |\n| --- |\n| p\\|q\\< |\n"));
	free(text);
	text = shown(doc, VB_VIEW_HTML);
	assert_non_null(strstr(text, "<p>1. &lt;b&gt;&amp;&quot;&#39; | `x` *y*</p>"));
	assert_non_null(strstr(text, "a ```` b &lt;/pre&gt;</pre>"));
	assert_null(strstr(text, "p|q<\n"));
	free(text);
	vb_doc_free(doc);
}

/* A view shows what is meant for it, and nothing else. */
static void test_views(void **state)
{
	static const enum vb_view views[] = {
		VB_VIEW_TEXT, VB_VIEW_LKML, VB_VIEW_MARKDOWN, VB_VIEW_HTML,
	};
	static const char *const words[] = { "terminal", "mail", "marked", "page" };
	struct vb_doc *doc = vb_doc_new();

	(void)state;
	for (size_t i = 0; i < 4; i++)
		vb_doc_item(doc, views[i], "%s", words[i]);
	for (size_t i = 0; i < 4; i++) {
		char *text = shown(doc, views[i]);
		const char *body = strstr(text, "<main>") ? strstr(text, "<main>") : text;

		for (size_t k = 0; k < 4; k++)
			assert_int_equal(strstr(body, words[k]) != NULL, i == k);
		free(text);
	}
	vb_doc_free(doc);
}

static void test_reasons(void **state)
{
	static const char *const wide[] = {
		"12 pairs: 3% takes about 40 pairs", "12 pairs: 3% takes about 1,200 pairs",
		"12 pairs: 3% takes about 8 pairs",
	};
	static const char *const p[] = { "p is 0.03 alone", "p is 1.2e-05 alone" };
	char text[200];

	(void)state;
	assert_true(vb_reason_alike(wide[0], wide[1]));
	assert_true(vb_reason_alike(p[0], p[1]));
	assert_false(vb_reason_alike(wide[0], p[0]));
	assert_false(vb_reason_alike("4 pairs", "4 pairs more"));
	assert_false(vb_reason_alike("4 pairs", "pairs"));
	assert_string_equal(vb_reason_merge(wide, 3, text, sizeof(text)),
			    "12 pairs: 3% takes about 8..1,200 pairs");
	assert_string_equal(vb_reason_merge(p, 2, text, sizeof(text)),
			    "p is 1.2e-05..0.03 alone");
	assert_string_equal(vb_reason_merge(wide, 1, text, sizeof(text)), wide[0]);
	assert_string_equal(vb_reason_merge(wide, 3, text, 10), "12 pairs:");
	assert_string_equal(vb_reason_merge(wide, 3, text, 27), "12 pairs: 3% takes about 8");
	assert_string_equal(vb_reason_merge(NULL, 0, text, sizeof(text)), "");
}

/* Cells that are undecided for different reasons are told each with its own. */
static void test_reasons_of_cells(void **state)
{
	struct vb_decision decision[3] = {
		{ .reason = "12 pairs: it takes 40" }, { .reason = "below the noise floor" },
		{ .reason = "12 pairs: it takes 80" },
	};
	struct vb_compare_cell cell[3] = { { .label = "a=1" }, { .label = "a=2" }, { .label = "a=3" } };
	struct vb_comparison c = { .arm_a = "old", .arm_b = "new", .nr_cells = 3, .cell = cell };
	struct vb_result result = { .meta = json_pack("{s:s}", "status", "complete") };
	struct vb_source source = { .result = &result, .comparison = &c, .nr_comparisons = 1 };
	struct vb_doc *doc = vb_doc_new();
	char *text;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		strcpy(decision[i].section, "span");
		strcpy(decision[i].metric, "request");
		strcpy(decision[i].stat, "p50");
		strcpy(decision[i].unit, "ns");
		decision[i].finding = VB_FINDING_INCONCLUSIVE;
		decision[i].primary = decision[i].shown = true;
		decision[i].n = 12;
		cell[i].nr = 1;
		cell[i].decision = &decision[i];
	}
	vb_build_summary(doc, &source);
	text = shown(doc, VB_VIEW_MARKDOWN);
	assert_non_null(strstr(text, "request p50 in 2 of 3 cells (not in a=2): 12 pairs: it takes "
			       "40..80; request p50 in 1 of 3 cells (a=2): below the noise floor"));
	free(text);
	vb_doc_free(doc);
	json_decref(result.meta);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_tables_fit),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_reasons_of_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
