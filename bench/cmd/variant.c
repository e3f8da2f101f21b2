// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench variant: the actions' table and the options. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/variant.h"
#include "bench/engine/paths.h"

enum {
	OPT_KERNEL_DIR = 0x100, OPT_SOURCE, OPT_NAME, OPT_VARIANT_DIR, OPT_ACKNOWLEDGE_OTHERS,
	OPT_JSON, OPT_PARAM,
};

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "build: every variant that has a patch for the kernel; unload: "
	  "whatever is loaded", 0 },
	{ "kernel-dir", OPT_KERNEL_DIR, "DIR", 0,
	  "build: for the kernel of these headers (default: the running one's, else those that "
	  "configure found)", 0 },
	{ "source", OPT_SOURCE, "PATH", 0,
	  "build: from this kernel source, a tree or a tarball (default: the one in "
	  "/usr/src)", 0 },
	{ "name", OPT_NAME, "NAME", 0,
	  "build: what a variant made of PATCH files is called (default: as the first file)", 0 },
	{ "variant-dir", OPT_VARIANT_DIR, "DIR", 0,
	  "where built variants are (also: VFIO_BENCH_VARIANT_DIR)", 0 },
	{ "param", OPT_PARAM, "NAME=VALUE", 0,
	  "load: set a parameter of the variant's module; may be given more than once", 0 },
	{ "acknowledge-others", OPT_ACKNOWLEDGE_OTHERS, NULL, 0,
	  "load: although other programs use VFIO: their new containers get the variant", 0 },
	{ "json", OPT_JSON, NULL, 0, "list, current: print JSON", 0 },
	{ 0 }
};

struct action {
	const char *name;
	int (*run)(const struct variant_args *args);
	unsigned int max_args;
};

static const struct action actions[] = {
	{ "build", variant_build, VB_VARIANT_MAX_ARGS },
	{ "current", variant_current, 0 },
	{ "list", variant_list, 0 },
	{ "load", variant_load, 1 },
	{ "unload", variant_unload, 1 },
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	return NULL;
}

static error_t take_argument(struct variant_args *args, const char *arg)
{
	const struct action *action;

	if (!args->action) {
		args->action = arg;
		return find_action(arg) ? 0 :
		       vb_fail(EINVAL, "variant '%s': no such action: it is one of list, build, "
			       "load, unload, current", arg);
	}
	action = find_action(args->action);
	if (args->nr_args >= action->max_args)
		return vb_fail(EINVAL, "variant %s: '%s' is one argument too many", args->action,
			       arg);
	args->arg[args->nr_args++] = arg;
	return 0;
}

static error_t add_param(struct variant_args *args, const char *param)
{
	size_t used = strlen(args->params);

	if (!vb_variant_param_valid(param))
		return vb_fail(EINVAL, "--param '%s': give NAME=VALUE, without blanks or quotes", param);
	if ((size_t)snprintf(args->params + used, sizeof(args->params) - used, "%s%s",
			     used ? " " : "", param) >= sizeof(args->params) - used)
		return vb_fail(EINVAL, "--param: more than %zu bytes in all: give fewer",
			       sizeof(args->params) - 1);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct variant_args *args = state->input;

	switch (key) {
	case 'a':
		args->all = true;
		return 0;
	case OPT_KERNEL_DIR:
		args->kernel_dir = arg;
		return 0;
	case OPT_SOURCE:
		args->source = arg;
		return 0;
	case OPT_NAME:
		args->name = arg;
		return 0;
	case OPT_VARIANT_DIR:
		args->variant_dir = arg;
		return 0;
	case OPT_PARAM:
		return add_param(args, arg);
	case OPT_ACKNOWLEDGE_OTHERS:
		args->acknowledge_others = true;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(args, arg);
	case ARGP_KEY_END:
		return args->action ? 0 :
		       vb_fail(EINVAL, "variant: what to do? One of list, build, load, unload, "
			       "current");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* An option that the action doesn't have is a misunderstanding, not to be passed over. */
static int check_options(const struct variant_args *args)
{
	const struct { const char *name; bool given; const char *actions; } table[] = {
		{ "--all", args->all, "build unload" },
		{ "--kernel-dir", args->kernel_dir, "build" },
		{ "--source", args->source, "build" },
		{ "--name", args->name, "build" },
		{ "--param", *args->params, "load" },
		{ "--acknowledge-others", args->acknowledge_others, "load" },
		{ "--json", args->json, "list current" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const char *at = strstr(table[i].actions, args->action);
		size_t length = strlen(args->action);

		/* whole words: "load" is not "unload" */
		while (at && ((at != table[i].actions && at[-1] != ' ') ||
			      (at[length] && at[length] != ' ')))
			at = strstr(at + 1, args->action);
		if (table[i].given && !at)
			return vb_fail(VB_EXIT_USAGE, "variant %s has no %s: that is for: %s",
				       args->action, table[i].name, table[i].actions);
	}
	return VB_EXIT_OK;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct variant_args args = { 0 };
	int ret = vb_cmd_parse(cmd, parse, argc, argv, &args);

	if (ret)
		return ret;
	ret = check_options(&args);
	if (ret)
		return ret;
	if (!args.variant_dir)
		args.variant_dir = vb_path_variant_dir();
	return find_action(args.action)->run(&args);
}

int variant_fail_find(const char *name, int err)
{
	struct vb_manifest_error error;
	struct vb_manifest manifest;

	if (err == -ENOENT)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': no such variant: 'vfio-bench variant "
			       "list' names them", name);
	if (err == -EINVAL &&
	    vb_manifest_read(vb_path_manifest_dir(), name, &manifest, &error) == -EINVAL)
		return vb_fail(VB_EXIT_USAGE, "%s/%s/manifest.ini:%u: %s", vb_path_manifest_dir(),
			       name, error.line, error.text);
	return vb_fail(VB_EXIT_USAGE, "variant '%s': %s", name, strerror(-err));
}

void variant_name_of_module(const char *module, char *name, size_t size)
{
	const char *prefix = "vfio_iommu_type1_";

	if (strncmp(module, prefix, strlen(prefix))) {
		snprintf(name, size, "stock");
		return;
	}
	snprintf(name, size, "%s", module + strlen(prefix));
	for (; *name; name++)
		if (*name == '_')
			*name = '-';
}

const struct vb_cmd vb_cmd_variant = {
	.name = "variant",
	.summary = "build, load and list versions of vfio_iommu_type1",
	.args_doc = "list\nbuild NAME...\nbuild --all\nbuild PATCH...\nload NAME\nunload [NAME]\n"
		    "unload --all\ncurrent",
	.doc = "A variant is vfio_iommu_type1 with a patch, built as a module of its own name and "
	       "loaded beside the kernel's own: containers opened from then on get it, containers "
	       "that exist keep theirs.\n\n"
	       "list shows the variants with their hazards on the running kernel; build makes them "
	       "from the kernel's source, also from patches of your own (several files are one "
	       "variant, applied in order); load and unload need root; current tells which driver "
	       "would serve a new container.",
	.options = options,
	.run = run,
};
