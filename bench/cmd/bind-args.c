// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of bind and unbind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/bind-common.h"
#include "lib/machine/sysfs.h"

static int add_address(struct vb_bind_args *args, const char *address)
{
	const char **larger;

	if (!vb_pci_address_valid(address))
		return vb_fail(VB_EXIT_USAGE, "'%s': not a PCI address: give it in full and in "
			       "lower case, such as 0000:41:00.0 (lspci -D shows them)", address);
	for (size_t i = 0; i < args->nr; i++)
		if (!strcmp(args->addresses[i], address))
			return vb_fail(VB_EXIT_USAGE, "%s: given twice: give it once", address);
	larger = realloc(args->addresses, (args->nr + 1) * sizeof(*larger));
	if (!larger)
		return vb_fail(VB_EXIT_USAGE, "%s: out of memory", address);
	larger[args->nr++] = address;
	args->addresses = larger;
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct vb_bind_args *args = state->input;

	switch (key) {
	case 'n':
		args->dry_run = true;
		return 0;
	case VB_OPT_ALL:
		args->all = true;
		return 0;
	case VB_OPT_ROOT:
		args->root = arg;
		args->dry_run = true;
		return 0;
	case ARGP_KEY_ARG:
		return add_address(args, arg) ? EINVAL : 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int check(const struct vb_bind_args *args)
{
	const char *name = args->cmd->name;

	if (args->all && args->nr)
		return vb_fail(VB_EXIT_USAGE, "%s: --all and an address: give one of the two",
			       name);
	if (!args->all && !args->nr)
		return vb_fail(VB_EXIT_USAGE, "%s: no device given: give its full PCI address, "
			       "such as 0000:41:00.0 (lspci -D shows them)", name);
	if (!args->dry_run && geteuid() != 0)
		return vb_fail(VB_EXIT_USAGE, "%s: changing a device's driver needs root: run "
			       "'sudo vfio-bench %s ...', or --dry-run to see what would happen",
			       name, name);
	if (args->root && access(args->root, X_OK))
		return vb_fail(VB_EXIT_USAGE, "%s: not a folder to look in", args->root);
	vb_sysfs_set_root(args->root ? args->root : "");
	return VB_EXIT_OK;
}

int vb_bind_args_parse(struct vb_bind_args *args, int argc, char **argv)
{
	int exit_code = vb_cmd_parse(args->cmd, parse_option, argc, argv, args);

	return exit_code ? exit_code : check(args);
}

void vb_bind_args_free(struct vb_bind_args *args)
{
	free(args->addresses);
	args->addresses = NULL;
	args->nr = 0;
}
