/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of variant.h share. */
#ifndef VB_VARIANT_INTERNAL_H
#define VB_VARIANT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#define VB_TYPE1_MODULE		"vfio_iommu_type1"
/* While a variant of ours is loaded: its module's name and who loaded it. */
#define VB_VARIANT_RUN_DIR	"/run/vfio-bench"
#define VB_VARIANT_JOURNAL	"variant-loaded"

/* "per-request" -> "vfio_iommu_type1_per_request". */
void vb_variant_module_name(const char *name, char *module, size_t size);
/* Is that type1 module there, loaded or built in? */
bool vb_variant_refs_known(const char *module);
/* Write the journal before loading @module, remove it once none is loaded. */
int vb_variant_journal_write(const char *module);
void vb_variant_journal_remove(void);

#endif /* VB_VARIANT_INTERNAL_H */
