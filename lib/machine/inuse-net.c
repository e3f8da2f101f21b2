// SPDX-License-Identifier: GPL-2.0-or-later
/* Network interfaces of a PCI device that are in use. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/inuse-internal.h"
#include "lib/machine/sysfs.h"

#define NET "/sys/class/net"
#define CLASS_NETWORK 0x02
#define MAX_DEPTH 16	/* of interfaces on interfaces */

/* /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
static int route4(const char *name, const char **detail)
{
	FILE *file = vb_inuse_open("/proc/net/route");
	char line[512], iface[64], destination[16], mask[16];
	int found = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %15s %*s %*s %*s %*s %*s %15s", iface, destination,
			   mask) != 3 || strcmp(iface, name))
			continue;
		found = 1;
		if (!strcmp(destination, "00000000") && !strcmp(mask, "00000000"))
			*detail = "default";
	}
	fclose(file);
	return found;
}

/* /proc/net/ipv6_route: dest len src len next-hop metric refcnt use flags device */
static int route6(const char *name, const char **detail)
{
	FILE *file = vb_inuse_open("/proc/net/ipv6_route");
	char line[512], length[8], iface[64];
	int found = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %7s %*s %*s %*s %*s %*s %*s %*s %63s", length, iface) != 2 ||
		    strcmp(iface, name))
			continue;
		found = 1;
		if (!strcmp(length, "00"))
			*detail = "default";
	}
	fclose(file);
	return found;
}

static int check_route(const struct vb_inuse_search *search, const char *name)
{
	const char *detail = "";
	int v4 = route4(name, &detail), v6 = route6(name, &detail);

	if (v4 < 0 || v6 < 0)
		return v4 < 0 ? v4 : v6;
	return v4 || v6 ? vb_inuse_found(search->inuse, VB_INUSE_ROUTE, search->address, name,
					 detail) : 0;
}

struct upper_search {
	const struct vb_inuse_search *search;
	const char *interface;
};

/* master -> bond0; upper_eth0.100 -> ...; brport/ */
static int visit_upper(const char *dir, const char *name, void *arg)
{
	const struct upper_search *upper = arg;
	const struct vb_inuse_search *search = upper->search;
	char target[PATH_MAX];
	const char *above = NULL;

	if (!strncmp(name, "upper_", 6))
		above = name + 6;
	else if (!strcmp(name, "brport"))
		above = "a bridge";
	if (!strcmp(name, "master")) {
		int err = vb_inuse_link(dir, name, target, sizeof(target));

		if (err)
			return err;
		above = strrchr(target, '/');
		above = above ? above + 1 : target;
	}
	return above ? vb_inuse_found(search->inuse, VB_INUSE_ENSLAVED, search->address,
				      upper->interface, above) : 0;
}

static int check_enslaved(const struct vb_inuse_search *search, const char *name)
{
	struct upper_search upper = { .search = search, .interface = name };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), NET "/%s", name);
	return vb_inuse_each(path, visit_upper, &upper);
}

static int check_up(const struct vb_inuse_search *search, const char *name)
{
	char path[PATH_MAX], text[32];
	int err;

	snprintf(path, sizeof(path), NET "/%s/flags", name);
	err = vb_sysfs_read(path, text, sizeof(text));
	if (err < 0)
		return err;
	if (!(strtoul(text, NULL, 16) & IFF_UP)) {
		snprintf(path, sizeof(path), NET "/%s/operstate", name);
		if (vb_sysfs_read(path, text, sizeof(text)) < 0 || strcmp(text, "up"))
			return 0;
	}
	return vb_inuse_found(search->inuse, VB_INUSE_LINK_UP, search->address, name, "");
}

struct net_search {
	struct vb_inuse_search search;
	unsigned int interfaces;
	char login[VB_LOGIN_SIZE];	/* the caller's; "": none */
	char client[VB_LOGIN_SIZE];
};

struct lower_search {
	const char *wanted;
	unsigned int depth;
};

static int rests_on(const char *interface, const char *wanted, unsigned int depth);

static int visit_lower(const char *dir, const char *name, void *arg)
{
	const struct lower_search *lower = arg;

	return strncmp(name, "lower_", 6) ? 0 :
		rests_on(name + 6, lower->wanted, lower->depth + 1);
}

/* 1: @interface is @wanted, or a bond, bridge, vlan with it below; 0: not. */
static int rests_on(const char *interface, const char *wanted, unsigned int depth)
{
	struct lower_search lower = { .wanted = wanted, .depth = depth };
	char path[PATH_MAX];

	if (!strcmp(interface, wanted))
		return 1;
	if (depth > MAX_DEPTH)
		return -ELOOP;
	snprintf(path, sizeof(path), NET "/%s", interface);
	return vb_inuse_each(path, visit_lower, &lower);
}

static int check_login(const struct net_search *net, const char *name)
{
	int on = net->login[0] ? rests_on(net->login, name, 0) : 0;

	return on > 0 ? vb_inuse_found(net->search.inuse, VB_INUSE_LOGIN, net->search.address,
				       name, net->client) : on;
}

/* What says most comes first: an interface with a route is up as well. */
static int visit_interface(const char *dir, const char *name, void *arg)
{
	struct net_search *net = arg;
	int err;

	if (!vb_inuse_hangs_on(dir, name, net->search.address))
		return 0;
	net->interfaces++;
	err = check_login(net, name);
	if (!err)
		err = check_route(&net->search, name);
	if (!err)
		err = check_enslaved(&net->search, name);
	return err ? err : check_up(&net->search, name);
}

/* An interface that was moved to another namespace does not show here. */
static int check_hidden(const char *address, struct vb_inuse *inuse)
{
	char driver[VB_DRIVER_NAME_SIZE];
	unsigned int class_code;
	int err = vb_pci_class(address, &class_code);

	if (!err)
		err = vb_pci_driver(address, driver);
	if (err)
		return err;
	if (class_code >> 16 != CLASS_NETWORK || !driver[0] ||
	    vb_pci_driver_shares_group(driver))
		return 0;
	return vb_inuse_found(inuse, VB_INUSE_NO_LINK, address, "", driver);
}

int vb_inuse_net(const char *address, struct vb_inuse *inuse)
{
	struct net_search net = { .search = { .address = address, .inuse = inuse } };
	int err;

	if (!vb_inuse_login_interface(net.login, net.client))
		net.login[0] = '\0';
	err = vb_inuse_each(NET, visit_interface, &net);
	if (err || net.interfaces)
		return err;
	return check_hidden(address, inuse);
}
