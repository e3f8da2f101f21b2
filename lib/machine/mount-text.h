/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as the kernel tells them in /proc/PID/mountinfo and /proc/swaps. */
#ifndef VB_MOUNT_TEXT_H
#define VB_MOUNT_TEXT_H

/* \040 and the like become what they stand for, in place. */
void vb_mount_unescape(char *text);

#endif /* VB_MOUNT_TEXT_H */
