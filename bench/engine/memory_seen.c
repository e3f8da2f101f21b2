// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages and folios behind windows, and the page tables that map them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/memory_seen.h"

void vb_memory_seen(const struct vb_plan *plan, const struct vb_window *windows,
		    struct vb_worker_shared *const *workers, struct vb_run_shared *run)
{
	uint64_t bytes;

	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		run->huge_bytes += workers[i]->own_huge_bytes;
		vb_folios_add(&run->folios, &workers[i]->own_folios);
	}
	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		struct vb_folios seen = { 0 };

		if (!windows[i].memory.addr || windows[i].told)
			continue;
		if (!vb_memory_huge_bytes(&windows[i].memory, &bytes))
			run->huge_bytes += bytes;
		vb_memory_folios(&windows[i].memory, &seen);
		vb_folios_add(&run->folios, &seen);
	}
}

void vb_tables_before(struct vb_tables_seen *seen)
{
	if (seen->looked)
		return;
	seen->looked = true;
	seen->error = vb_iommu_tables_read(&seen->before_bytes);
}

void vb_tables_mapped(struct vb_tables_seen *seen)
{
	uint64_t bytes;

	if (seen->error || !seen->looked)
		return;
	seen->error = vb_iommu_tables_read(&bytes);
	if (bytes > seen->mapped_bytes)
		seen->mapped_bytes = bytes;
}

void vb_tables_left(struct vb_tables_seen *seen)
{
	if (seen->error || !seen->looked)
		return;
	seen->error = vb_iommu_tables_read(&seen->left_bytes);
	if (seen->left_bytes > seen->mapped_bytes)	/* batch=: all is never mapped at once */
		seen->mapped_bytes = seen->left_bytes;
}

static json_t *number_or(uint64_t number, const char *none)
{
	return number ? json_integer((json_int_t)number) : json_string(none);
}

void vb_memory_section_to_json(json_t *section, const struct vb_section *s)
{
	json_object_set_new(section, "prefault", json_string(vb_job_word("prefault", s->prefault)));
	if (s->prefault == VB_PREFAULT_PARALLEL)
		json_object_set_new(section, "prefault_threads", json_integer(s->prefault_threads));
	json_object_set_new(section, "thp", json_string(vb_job_word("thp", s->thp)));
	if (!s->workload->cycles)
		return;
	json_object_set_new(section, "pattern", json_string(vb_job_word("pattern", s->pattern)));
	json_object_set_new(section, "stride_bytes", json_integer((json_int_t)(s->stride_bytes ?
			    s->stride_bytes : s->size_bytes)));
	json_object_set_new(section, "buffers", json_integer(s->buffers ? s->buffers : s->count));
	json_object_set_new(section, "batch", number_or(s->batch, "all"));
	json_object_set_new(section, "unmaps", number_or(s->unmaps, "each"));
	json_object_set_new(section, "remap_every", number_or(s->remap_every, "never"));
}

static json_t *folios_to_json(const struct vb_folios *folios)
{
	json_t *sizes = json_object();
	char size[32];

	for (unsigned int i = 0; i < VB_FOLIO_ORDERS; i++) {
		if (!folios->count[i])
			continue;
		snprintf(size, sizeof(size), "%llu", 4096ull << i);
		json_object_set_new(sizes, size, json_integer((json_int_t)folios->count[i]));
	}
	return json_pack("{s:I, s:o, s:o}", "looked_at_bytes", (json_int_t)folios->looked_at_bytes,
			 "sizes", sizes, "error", folios->error ?
			 json_string(strerror(-folios->error)) : json_null());
}

static json_t *tables_to_json(const struct vb_tables_seen *t)
{
	if (t->error == -EOPNOTSUPP)
		return json_pack("{s:b, s:s}", "known", 0, "reason", "this kernel does not count them "
				 "(nr_iommu_pages of /proc/vmstat, from Linux 6.10 on)");
	if (t->error)
		return json_pack("{s:b, s:s}", "known", 0, "reason", strerror(-t->error));
	return json_pack("{s:b, s:I, s:I, s:I}", "known", 1, "before_bytes",
			 (json_int_t)t->before_bytes, "mapped_bytes", (json_int_t)t->mapped_bytes,
			 "left_bytes", (json_int_t)t->left_bytes);
}

void vb_memory_run_to_json(json_t *result, const struct vb_run_shared *run)
{
	json_object_set_new(result, "folios", folios_to_json(&run->folios));
	if (run->tables.looked)
		json_object_set_new(result, "page_tables", tables_to_json(&run->tables));
}
