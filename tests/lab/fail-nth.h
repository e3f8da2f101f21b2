/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fail-nth: what its two files share. */
#ifndef VB_TEST_FAIL_NTH_H
#define VB_TEST_FAIL_NTH_H

#define FAIL_NTH_UUID	"5bd1e995-fa11-4e99-8bd1-5bd1e9955bd1"

/* One call, all of whose points of failure are tried one after the other. */
struct sweep {
	const char *name;
	/* From nothing to the state in which the call is made; nothing fails there. */
	void (*setup)(void);
	/* 0 or -errno. */
	int (*call)(void);
	/* Back to nothing, whatever the call did. */
	void (*teardown)(void);
	/*
	 * A call that writes an answer can have done its work and still return
	 * -EFAULT.  What it says when it is then repeated, where @answers.
	 */
	int answers;
	int repeated;
	int pointless;			/* there may be no point at all in it */
};

/* Ended by one without a name; all are swept before leaks are looked for. */
extern const struct sweep vfio_sweeps[];
extern const struct sweep companion_sweeps[];
extern const struct sweep mdev_sweeps[];
extern const struct sweep module_sweeps[];

/* Alarms in the kernel's log that are the kernel's own fault; ended by NULL. */
extern const char *const mdev_expected[];

/* @pci_device is the address of a device bound to vfio-pci, @ko the module's file. */
void calls_begin(const char *pci_device, const char *ko);
void mdev_make(void);
void mdev_drop(void);

/* Says what is wrong and ends the program. */
void bail(const char *what);
int write_file(const char *path, const char *text);

#endif /* VB_TEST_FAIL_NTH_H */
