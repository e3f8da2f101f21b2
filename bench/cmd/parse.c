// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * argp for subcommands.  Its own complaints take two lines, say nothing of what
 * to do and end the program with 64: what it would complain of is found before.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"

#define MAX_OPTIONS	32
#define FIRST_LONG	0x1000		/* above every key of the tables */

/* The options of one subcommand as getopt_long() takes them. */
struct spelling {
	char letters[3 * MAX_OPTIONS];
	struct option words[MAX_OPTIONS];
	size_t nr_words;
};

static void add_letter(struct spelling *s, int letter, bool argument)
{
	size_t length = strlen(s->letters);

	snprintf(s->letters + length, sizeof(s->letters) - length, "%c%s", letter,
		 argument ? ":" : "");
}

static void add_word(struct spelling *s, const char *word, int has_arg)
{
	if (s->nr_words + 1 == MAX_OPTIONS)
		return;
	s->words[s->nr_words] = (struct option){
		.name = word,
		.has_arg = has_arg,
		.val = FIRST_LONG + (int)s->nr_words,
	};
	s->nr_words++;
}

static void spell(struct spelling *s, const struct argp_option *options)
{
	/* ':' first: tell a missing argument from an unknown option. */
	snprintf(s->letters, sizeof(s->letters), ":");
	/* argp's own; the last two are for no one, but make others short for more than one */
	add_word(s, "help", no_argument);
	add_word(s, "usage", no_argument);
	add_word(s, "program-name", optional_argument);
	add_word(s, "HANG", optional_argument);
	for (; options && (options->name || options->key); options++) {
		if (options->key > ' ' && options->key < 0x7f)
			add_letter(s, options->key, options->arg);
		if (options->name)
			add_word(s, options->name,
				 options->arg ? required_argument : no_argument);
	}
}

static int complain(const struct vb_cmd *cmd, int what, const char *word)
{
	char letter[3] = { '-', (char)optopt, '\0' };
	bool is_long = !strncmp(word, "--", 2);
	size_t length = strcspn(word, "=");

	if (!is_long) {
		word = letter;
		length = 2;
	}
	if (what == ':')
		return vb_fail(VB_EXIT_USAGE, "%s: %.*s needs an argument: 'vfio-bench %s --help' says "
			       "which", cmd->name, (int)length, word, cmd->name);
	if (is_long && optopt >= FIRST_LONG)
		return vb_fail(VB_EXIT_USAGE, "%s: %.*s doesn't allow an argument: leave '%s' out",
			       cmd->name, (int)length, word, word + length);
	return vb_fail(VB_EXIT_USAGE, "%s: %.*s: no such option%s: 'vfio-bench %s --help' lists them",
		       cmd->name, (int)length, word, is_long ? ", or short for more than one" : "",
		       cmd->name);
}

/* The options only, on a copy of @argv: getopt_long() reorders it. */
static int check_options(const struct vb_cmd *cmd, int argc, char *const *argv)
{
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));
	struct spelling s = { .nr_words = 0 };
	int c, ret = VB_EXIT_OK;

	if (!copy)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	spell(&s, cmd->options);
	optind = 0;	/* glibc: begin anew */
	opterr = 0;
	while (!ret) {
		c = getopt_long(argc, copy, s.letters, s.words, NULL);
		if (c == -1)
			break;
		if (c == FIRST_LONG || c == FIRST_LONG + 1 || (c == '?' && optopt == '?'))
			break;	/* help is on its way */
		if (c == FIRST_LONG + 2 || c == FIRST_LONG + 3)
			c = '?';
		if (c == ':' || c == '?')
			ret = complain(cmd, c, copy[optind - 1]);
	}
	free(copy);
	optind = 0;
	return ret;
}

int vb_cmd_parse(const struct vb_cmd *cmd, argp_parser_t parser, int argc, char **argv,
		 void *input)
{
	struct argp argp = {
		.options = cmd->options,
		.parser = parser,
		.args_doc = cmd->args_doc,
		.doc = cmd->doc,
	};
	char name[64];
	int next, ret = check_options(cmd, argc, argv);

	if (ret)
		return ret;
	snprintf(name, sizeof(name), "vfio-bench %s", cmd->name);
	argv[0] = name;	/* lives as long as the parse */
	argp_err_exit_status = VB_EXIT_USAGE;
	ret = argp_parse(&argp, argc, argv, 0, &next, input);
	if (ret == ENOMEM)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: out of memory", cmd->name);
	if (ret)
		return VB_EXIT_USAGE;
	if (next < argc)
		return vb_fail(VB_EXIT_USAGE, "%s: '%s': it takes no such argument: leave it out",
			       cmd->name, argv[next]);
	return VB_EXIT_OK;
}
