/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI devices as sysfs shows them: addresses, drivers, IOMMU groups. */
#ifndef VB_PCI_H
#define VB_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "0000:81:00.0"; domains made by VMD have five digits or more. */
#define VB_PCI_ADDRESS_SIZE 16
#define VB_DRIVER_NAME_SIZE 64

/* Is @text a full address as sysfs writes it (domain, lower case)? */
bool vb_pci_address_valid(const char *text);
/*
 * Does what @path (a link's target in sysfs) names hang on @address, directly
 * or behind a bridge (or a VMD controller) that it is?  -ENOENT: @path leads
 * over no PCI device at all.
 */
int vb_pci_on_path(const char *path, const char *address);
/* Does the kernel know this device? */
bool vb_pci_exists(const char *address);
/* The driver bound to it; "" when there is none.  0 or -errno. */
int vb_pci_driver(const char *address, char driver[VB_DRIVER_NAME_SIZE]);
/* First line of an attribute file of the device.  0 or -errno. */
int vb_pci_attribute(const char *address, const char *attribute, char *value, size_t size);
/* "Vendor Device" as pci.ids has them, numbers where it has not. */
void vb_pci_name(unsigned int vendor, unsigned int device, char *name, size_t size);
/* Class code (0x010802: NVMe).  0 or -errno. */
int vb_pci_class(const char *address, unsigned int *class_code);
/* Size of its largest memory BAR; 0: it has none.  0 or -errno. */
int vb_pci_largest_bar(const char *address, uint64_t *bytes);
/* Number of its IOMMU group.  -ENXIO: in none (no IOMMU, or it is off). */
int vb_pci_group(const char *address, int *group);
/* Of drivers under which VFIO lets a group be used: vfio-pci and its variants,
 * pci-stub, pcieport (each says .driver_managed_dma). */
bool vb_pci_driver_shares_group(const char *driver);

#endif /* VB_PCI_H */
