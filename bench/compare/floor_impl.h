/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of floor.h share. */
#ifndef VB_FLOOR_IMPL_H
#define VB_FLOOR_IMPL_H

#include "bench/compare/floor.h"

/* NULL: no memory. */
struct vb_floor_entry *floor_add(struct vb_floor *floor, const char *label, const char *section,
				 const char *metric, const char *stat);
int floor_add_number(double **list, size_t *nr, double value);
/* What tells the machine from others, whatever kernel it runs. */
void floor_machine(const json_t *machine, char *text, size_t size);

#endif /* VB_FLOOR_IMPL_H */
