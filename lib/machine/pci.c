// SPDX-License-Identifier: GPL-2.0-or-later
/* PCI devices in sysfs. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/pci.h"
#include "lib/machine/sysfs.h"

#define DEVICES "/sys/bus/pci/devices"
#define PCI_BARS 6
#define RESOURCE_MEM 0x200u	/* IORESOURCE_MEM, linux/ioport.h */

static size_t hex_digits(const char *text)
{
	return strspn(text, "0123456789abcdef");
}

/* DDDD:BB:SS.F, 4 to 6 digits of domain, slot up to 1f, function up to 7. */
bool vb_pci_address_valid(const char *text)
{
	size_t domain = hex_digits(text);
	const char *rest = text + domain;

	return domain >= 4 && domain <= 6 && rest[0] == ':' && hex_digits(rest + 1) == 2 &&
	       rest[3] == ':' && (rest[4] == '0' || rest[4] == '1') &&
	       hex_digits(rest + 4) == 2 && rest[6] == '.' && rest[7] >= '0' &&
	       rest[7] <= '7' && rest[8] == '\0';
}

int vb_pci_on_path(const char *path, const char *address)
{
	char part[VB_PCI_ADDRESS_SIZE];
	int found = -ENOENT;

	while (found != 1 && *path) {
		size_t length = strcspn(path, "/");

		if (length < sizeof(part)) {
			memcpy(part, path, length);
			part[length] = '\0';
			if (vb_pci_address_valid(part))
				found = !strcmp(part, address);
		}
		path += length;
		path += strspn(path, "/");
	}
	return found;
}

static int device_path(const char *address, const char *attribute, char *path, size_t size)
{
	int length;

	if (!vb_pci_address_valid(address))
		return -EINVAL;
	length = snprintf(path, size, DEVICES "/%s/%s", address, attribute);
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

bool vb_pci_exists(const char *address)
{
	char path[128];

	return !device_path(address, "", path, sizeof(path)) && vb_sysfs_exists(path);
}

int vb_pci_driver(const char *address, char driver[VB_DRIVER_NAME_SIZE])
{
	char path[128];
	int err = device_path(address, "driver", path, sizeof(path));

	driver[0] = '\0';
	if (err)
		return err;
	err = vb_sysfs_read_link_base(path, driver, VB_DRIVER_NAME_SIZE);
	if (err == -ENOENT)
		return vb_pci_exists(address) ? 0 : -ENODEV;
	return err;
}

int vb_pci_attribute(const char *address, const char *attribute, char *value, size_t size)
{
	char path[128];
	int err = device_path(address, attribute, path, sizeof(path));

	if (!err)
		err = vb_sysfs_read(path, value, size);
	return err < 0 ? err : 0;
}

int vb_pci_class(const char *address, unsigned int *class_code)
{
	char text[32], *end;
	int err = vb_pci_attribute(address, "class", text, sizeof(text));

	if (err)
		return err;
	*class_code = strtoul(text, &end, 16);
	return end == text ? -EPROTO : 0;
}

/* Lines of "START END FLAGS", the BARs' first (pci_create_resource_files() in the kernel). */
int vb_pci_largest_bar(const char *address, uint64_t *bytes)
{
	char text[2048], *line = text;
	uint64_t start, end, flags;
	int err = vb_pci_attribute(address, "resource", text, sizeof(text));

	*bytes = 0;
	for (int i = 0; i < PCI_BARS && !err && line; i++) {
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) == 3 &&
		    flags & RESOURCE_MEM && end > start && end - start + 1 > *bytes)
			*bytes = end - start + 1;
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return err;
}

int vb_pci_group(const char *address, int *group)
{
	char path[128], base[32];
	int err = device_path(address, "iommu_group", path, sizeof(path));

	if (err)
		return err;
	err = vb_sysfs_read_link_base(path, base, sizeof(base));
	if (err == -ENOENT)
		return vb_pci_exists(address) ? -ENXIO : -ENODEV;
	if (err)
		return err;
	if (!isdigit((unsigned char)base[0]))
		return -EPROTO;
	*group = atoi(base);
	return 0;
}

bool vb_pci_driver_shares_group(const char *driver)
{
	static const char *const names[] = { "vfio-pci", "pci-stub", "pcieport" };
	size_t length = strlen(driver);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(driver, names[i]))
			return true;
	/* mlx5_vfio_pci, hisi-acc-vfio-pci, virtio_vfio_pci, ... */
	return length > 9 && (!strcmp(driver + length - 9, "-vfio-pci") ||
			      !strcmp(driver + length - 9, "_vfio_pci"));
}
