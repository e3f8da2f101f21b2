// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of PCI devices, from libpci's database. */
#include <pci/pci.h>

#include "lib/machine/pci.h"

static void say_nothing(char *message, ...)
{
}

/*
 * Without pci_init(): nothing of the machine's buses is looked at, and libpci,
 * which ends the program when it can't have its way, has nothing to fail at.
 */
void vb_pci_name(unsigned int vendor, unsigned int device, char *name, size_t size)
{
	struct pci_access *access = pci_alloc();

	access->warning = say_nothing;
	access->debug = say_nothing;
	if (!pci_lookup_name(access, name, (int)size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE |
			     PCI_LOOKUP_NO_HWDB, (int)vendor, (int)device) && size)
		name[0] = '\0';
	pci_cleanup(access);
}
