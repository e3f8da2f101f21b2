// SPDX-License-Identifier: GPL-2.0-or-later
/* The interface through which the caller is logged in. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/inuse-internal.h"
#include "lib/machine/sysfs.h"

#define MAX_PARENTS 64
#define REJECT 0x0200	/* RTF_REJECT, linux/route.h */
#define IPV6_BITS 128

/* The client's address out of "SSH_CONNECTION=CLIENT PORT SERVER PORT". */
static bool client_in(const char *process, char client[VB_LOGIN_SIZE])
{
	static const char key[] = "SSH_CONNECTION=";
	char path[64], *entry = NULL;
	size_t size = 0, length;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/environ", process);
	file = vb_inuse_open(path);
	while (file && !found && getdelim(&entry, &size, '\0', file) > 0) {
		length = strcspn(entry, " \n");
		if (strncmp(entry, key, sizeof(key) - 1) ||
		    length - (sizeof(key) - 1) >= VB_LOGIN_SIZE)
			continue;
		entry[length] = '\0';
		strcpy(client, entry + sizeof(key) - 1);
		found = true;
	}
	free(entry);
	if (file)
		fclose(file);
	return found;
}

/* "PID (COMM) STATE PPID ...", where COMM can hold anything. */
static bool parent_of(char process[32])
{
	char path[64], text[512], *end;
	int parent;

	snprintf(path, sizeof(path), "/proc/%s/stat", process);
	if (vb_sysfs_read(path, text, sizeof(text)) < 0)
		return false;
	end = strrchr(text, ')');
	if (!end || sscanf(end, ") %*c %d", &parent) != 1 || parent < 1)
		return false;
	snprintf(process, 32, "%d", parent);
	return true;
}

/* sudo takes the variable away; the shell that called it has it. */
static bool find_client(char client[VB_LOGIN_SIZE])
{
	char process[32] = "self";

	for (int i = 0; i < MAX_PARENTS; i++) {
		if (client_in(process, client))
			return true;
		if (!parent_of(process))
			return false;
	}
	return false;
}

/* The route of /proc/net/route with the longest mask that matches. */
static void route4(struct in_addr client, char *interface)
{
	FILE *file = vb_inuse_open("/proc/net/route");
	unsigned int destination, flags, mask;
	char line[512], name[VB_LOGIN_SIZE];
	int longest = -1, bits;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %x %*s %x %*s %*s %*s %x", name, &destination, &flags,
			   &mask) != 4 || flags & REJECT)
			continue;
		/* Both are as they lie in memory: in the network's order. */
		bits = __builtin_popcount(mask);
		if ((client.s_addr & mask) != destination || bits <= longest)
			continue;
		longest = bits;
		strcpy(interface, name);
	}
	if (file)
		fclose(file);
}

static bool same_prefix(const struct in6_addr *client, const char *destination,
			unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i += 4) {
		unsigned int digit, mask = bits - i >= 4 ? 0xf : 0xf << (4 - (bits - i)) & 0xf;
		unsigned int mine = client->s6_addr[i / 8] >> (i % 8 ? 0 : 4) & 0xf;

		if (sscanf(destination + i / 4, "%1x", &digit) != 1 || (mine ^ digit) & mask)
			return false;
	}
	return true;
}

static void route6(const struct in6_addr *client, char *interface)
{
	FILE *file = vb_inuse_open("/proc/net/ipv6_route");
	char line[512], destination[64], name[VB_LOGIN_SIZE];
	unsigned int bits, flags;
	int longest = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %x %*s %*s %*s %*s %*s %*s %x %63s", destination, &bits,
			   &flags, name) != 4 || flags & REJECT || bits > IPV6_BITS)
			continue;
		if ((int)bits <= longest || !same_prefix(client, destination, bits))
			continue;
		longest = (int)bits;
		strcpy(interface, name);
	}
	if (file)
		fclose(file);
}

bool vb_inuse_login_interface(char interface[VB_LOGIN_SIZE], char client[VB_LOGIN_SIZE])
{
	struct in6_addr address6;
	struct in_addr address4;
	char *zone;

	interface[0] = '\0';
	if (!find_client(client))
		return false;
	zone = strchr(client, '%');
	if (zone)
		strcpy(interface, zone + 1);	/* fe80::1%eth0 */
	else if (inet_pton(AF_INET, client, &address4) == 1)
		route4(address4, interface);
	else if (inet_pton(AF_INET6, client, &address6) == 1)
		route6(&address6, interface);
	return interface[0] != '\0';
}
