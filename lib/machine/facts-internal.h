/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of vb_facts_collect(), and what they share. */
#ifndef VB_FACTS_INTERNAL_H
#define VB_FACTS_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Each is a new object, NULL: no memory. */
json_t *vb_facts_kernel(void);
json_t *vb_facts_cpu(void);
json_t *vb_facts_memory(void);
json_t *vb_facts_iommu(void);
json_t *vb_facts_modules(void);

/* Put @value (stolen; NULL: no memory) under @key.  0 or -1: no memory. */
int vb_fact_put(json_t *object, const char *key, json_t *value);
/* A file's text, its number, or null. */
json_t *vb_fact_text(const char *path);
json_t *vb_fact_number(const char *path);
/* Text that may not be UTF-8: then null. */
json_t *vb_fact_string(const char *text);
/* The word in brackets of "always [madvise] never", or null. */
json_t *vb_fact_chosen(const char *path);

/* Does a line of the running kernel's configuration hold @text?  0, 1, or -errno: nobody knows. */
int vb_kernel_config_says(const char *text);
/*
 * Is @value one of those that @option has on the kernel's command line ("intel_iommu" and
 * "sm_on" in "intel_iommu=on,sm_on")?
 */
bool vb_command_line_has(const char *option, const char *value);

/*
 * Call @add for each entry of @path (not "." and "..") in order of name, until
 * it returns other than 0; that is returned.  No such folder: 0.
 */
int vb_fact_each(const char *path, int (*add)(json_t *to, const char *path, const char *name),
		 json_t *to);

#endif /* VB_FACTS_INTERNAL_H */
