// SPDX-License-Identifier: GPL-2.0-or-later
/* What doctor looks at: the IOMMU, VFIO, modules, devices. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/cmd/doctor.h"
#include "lib/machine/bind.h"
#include "lib/machine/module.h"
#include "lib/machine/sysfs.h"

void vb_found(struct vb_finding *finding, enum vb_health health, const char *mend,
	      const char *format, ...)
{
	va_list ap;

	finding->health = health;
	snprintf(finding->mend, sizeof(finding->mend), "%s", mend ? mend : "");
	va_start(ap, format);
	vsnprintf(finding->text, sizeof(finding->text), format, ap);
	va_end(ap);
}

static bool append(char *names, size_t size, const char *name)
{
	size_t used = strlen(names);

	if (used + strlen(name) + 2 >= size)
		return false;
	snprintf(names + used, size - used, "%s%s", used ? " " : "", name);
	return true;
}

size_t vb_list_folder(const char *path, char *names, size_t size)
{
	char real[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = NULL;

	names[0] = '\0';
	if (!vb_sysfs_path(real, sizeof(real), path))
		dir = opendir(real);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		append(names, size, entry->d_name);
		count++;
	}
	closedir(dir);
	return count;
}

static bool cpu_has(const char *word)
{
	char real[PATH_MAX], line[4096];
	bool found = false;
	FILE *file = NULL;

	if (!vb_sysfs_path(real, sizeof(real), "/proc/cpuinfo"))
		file = fopen(real, "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	fclose(file);
	return found;
}

static const char *iommu_mend(void)
{
	if (cpu_has(" hypervisor"))
		return "in a virtual machine: give it one (QEMU: -device intel-iommu and "
		       "intel_iommu=on), or use the lab: scripts/lab -- COMMAND";
	if (cpu_has("GenuineIntel"))
		return "enable VT-d in the firmware, add intel_iommu=on to GRUB_CMDLINE_LINUX in "
		       "/etc/default/grub, then: update-grub && reboot";
	if (cpu_has("AuthenticAMD"))
		return "enable the IOMMU (AMD-Vi) in the firmware, add amd_iommu=on to "
		       "GRUB_CMDLINE_LINUX in /etc/default/grub, then: update-grub && reboot";
	return "enable the IOMMU (SMMU) in the firmware, then reboot";
}

void vb_look_iommu(struct vb_finding *finding)
{
	char names[128];
	size_t count = vb_list_folder("/sys/class/iommu", names, sizeof(names));

	if (count)
		vb_found(finding, VB_HEALTH_OK, NULL, "on: %s", names);
	else
		vb_found(finding, VB_HEALTH_MISSING, iommu_mend(), "off, or there is none");
}

void vb_look_groups(struct vb_finding *finding)
{
	char names[8];
	size_t count = vb_list_folder("/sys/kernel/iommu_groups", names, sizeof(names));

	if (count)
		vb_found(finding, VB_HEALTH_OK, NULL, "%zu", count);
	else
		vb_found(finding, VB_HEALTH_MISSING, "as for the IOMMU", "none");
}

/* true: some line of the file holds @word; *known: it could be read. */
static bool file_has(const char *path, const char *word, bool *known)
{
	char real[PATH_MAX], *line = NULL;
	FILE *file = vb_sysfs_path(real, sizeof(real), path) ? NULL : fopen(real, "re");
	bool found = false;
	size_t size = 0;

	*known = file != NULL;
	while (file && !found && getline(&line, &size, file) > 0)
		found = strstr(line, word);
	free(line);
	if (file)
		fclose(file);
	return found;
}

/*
 * Without it type1 refuses assigned devices (-EPERM), since a device could raise
 * any interrupt.  x86 names the interrupts that are remapped "IR-..."; elsewhere
 * it is part of the interrupt controller.
 */
void vb_look_remapping(struct vb_finding *finding)
{
	static const char allowed[] =
		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
	char names[128], unsafe[8];
	bool known, remapped = file_has("/proc/interrupts", " IR-", &known);

	if (!known || (!cpu_has("GenuineIntel") && !cpu_has("AuthenticAMD")))
		vb_found(finding, VB_HEALTH_OK, NULL, "not told here");
	else if (remapped)
		vb_found(finding, VB_HEALTH_OK, NULL, "on");
	else if (vb_sysfs_read(allowed, unsafe, sizeof(unsafe)) > 0 && unsafe[0] == 'Y')
		vb_found(finding, VB_HEALTH_WARNING, NULL, "off, and type1 was told to do without");
	else if (vb_list_folder("/sys/class/iommu", names, sizeof(names)))
		vb_found(finding, VB_HEALTH_WARNING, "enable it in the firmware (x2APIC), or, at your "
			 "own risk: modprobe vfio_iommu_type1 allow_unsafe_interrupts=1",
			 "off: PCI devices can't be assigned, jobs with device=mdev can run");
	else
		vb_found(finding, VB_HEALTH_WARNING, "as for the IOMMU", "off");
}

static void look_module(struct vb_finding *finding, const char *name, const char *mend)
{
	switch (vb_module_state(name)) {
	case VB_MODULE_LOADED:
		vb_found(finding, VB_HEALTH_OK, NULL, "loaded");
		break;
	case VB_MODULE_BUILTIN:
		vb_found(finding, VB_HEALTH_OK, NULL, "built into the kernel");
		break;
	case VB_MODULE_AVAILABLE:
		vb_found(finding, VB_HEALTH_OK, NULL, "can be loaded (done when needed)");
		break;
	case VB_MODULE_MISSING:
		vb_found(finding, VB_HEALTH_MISSING, mend, "this kernel has no module %s", name);
		break;
	}
}

#define OTHER_KERNEL "boot a distribution's kernel, with its modules installed (Debian: " \
		     "apt-get install linux-image-amd64)"
#define AS_VFIO "as for vfio"

void vb_look_vfio(struct vb_finding *finding)
{
	look_module(finding, "vfio", OTHER_KERNEL);
}

void vb_look_type1(struct vb_finding *finding)
{
	look_module(finding, "vfio_iommu_type1", AS_VFIO);
}

void vb_look_vfio_pci(struct vb_finding *finding)
{
	look_module(finding, "vfio-pci", AS_VFIO);
}

void vb_look_dev_vfio(struct vb_finding *finding)
{
	enum vb_module_state state = vb_module_state("vfio");
	char real[PATH_MAX];
	int fd = -1;

	if (!vb_sysfs_path(real, sizeof(real), "/dev/vfio/vfio"))
		fd = open(real, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		vb_found(finding, VB_HEALTH_OK, NULL, "can be opened");
	} else if (errno == EACCES || errno == EPERM) {
		vb_found(finding, VB_HEALTH_MISSING, "sudo vfio-bench ...",
			 "this user may not open it");
	} else if (state == VB_MODULE_AVAILABLE) {
		vb_found(finding, VB_HEALTH_WARNING, "modprobe vfio",
			 "not there while vfio is not loaded");
	} else {
		vb_found(finding, VB_HEALTH_MISSING, state == VB_MODULE_MISSING ? AS_VFIO :
			 "mount -t devtmpfs devtmpfs /dev", "%s", strerror(errno));
	}
}

static int is_address(const struct dirent *entry)
{
	return vb_pci_address_valid(entry->d_name);
}

/* Addresses; those that there is no room for are counted. */
struct device_names {
	char text[192];
	size_t left_out;
};

static void add_device(struct device_names *names, const char *address)
{
	if (names->left_out || !append(names->text, sizeof(names->text) - 16, address))
		names->left_out++;
}

static void end_names(struct device_names *names)
{
	size_t used = strlen(names->text);

	if (names->left_out)
		snprintf(names->text + used, sizeof(names->text) - used, " and %zu more",
			 names->left_out);
}

/* Which ones bind has taken, and which it would take. */
static void list_devices(struct device_names *bound, struct device_names *unused)
{
	struct vb_bind_report report;
	struct dirent **entries;
	char real[PATH_MAX];
	int count = -1;

	if (!vb_sysfs_path(real, sizeof(real), "/sys/bus/pci/devices"))
		count = scandir(real, &entries, is_address, alphasort);
	for (int i = 0; i < count; i++) {
		if (!vb_bind_check(entries[i]->d_name, NULL, 0, &report))
			add_device(report.already ? bound : unused, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	end_names(bound);
	end_names(unused);
}

void vb_look_devices(struct vb_finding *finding)
{
	struct device_names bound = { 0 }, unused = { 0 };

	list_devices(&bound, &unused);
	if (bound.text[0])
		vb_found(finding, VB_HEALTH_OK, NULL, "bound: %s", bound.text);
	else if (unused.text[0])
		vb_found(finding, VB_HEALTH_WARNING, "vfio-bench bind ADDRESS",
			 "none bound to vfio-pci; not in use: %s", unused.text);
	else
		vb_found(finding, VB_HEALTH_WARNING, "'vfio-bench bind ADDRESS' says of a device why "
			 "(lspci -D lists them)", "none is free to be used: only jobs with "
			 "device=mdev can run");
}

void vb_look_mdev(struct vb_finding *finding)
{
	look_module(finding, "mdev", "jobs with mdevs need a kernel with CONFIG_VFIO_MDEV");
	if (finding->health == VB_HEALTH_MISSING)
		finding->health = VB_HEALTH_WARNING;
}

void vb_look_companion(struct vb_finding *finding)
{
	switch (vb_module_state("vfio_bench")) {
	case VB_MODULE_LOADED:
	case VB_MODULE_BUILTIN:
		vb_found(finding, VB_HEALTH_OK, NULL, "loaded");
		break;
	case VB_MODULE_AVAILABLE:
		vb_found(finding, VB_HEALTH_WARNING, "modprobe vfio_bench", "not loaded");
		break;
	case VB_MODULE_MISSING:
		vb_found(finding, VB_HEALTH_WARNING, "make, then: modprobe mdev && "
			 "insmod kmod/vfio_bench.ko", "not loaded, not installed");
		break;
	}
}

void vb_look_signing(struct vb_finding *finding)
{
	char lockdown[128], enforce[8];

	if (vb_sysfs_read("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown)) > 0 &&
	    !strstr(lockdown, "[none]"))
		vb_found(finding, VB_HEALTH_WARNING, "sign the modules (mokutil), or turn Secure "
			 "Boot off", "the kernel is locked down: only signed modules load");
	else if (vb_sysfs_read("/sys/module/module/parameters/sig_enforce", enforce,
			       sizeof(enforce)) > 0 && enforce[0] == 'Y')
		vb_found(finding, VB_HEALTH_WARNING, "sign the modules, or boot with "
			 "module.sig_enforce=0", "only signed modules load");
	else
		vb_found(finding, VB_HEALTH_OK, NULL, "not needed to load modules");
}

void vb_look_headers(struct vb_finding *finding)
{
	char path[PATH_MAX], mend[160];
	struct utsname uts;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", uts.release);
	snprintf(mend, sizeof(mend), "apt-get install linux-headers-%s", uts.release);
	if (vb_sysfs_exists(path))
		vb_found(finding, VB_HEALTH_OK, NULL, "for %s", uts.release);
	else
		vb_found(finding, VB_HEALTH_WARNING, mend,
			 "none for %s: module and variants can't be built here", uts.release);
}
