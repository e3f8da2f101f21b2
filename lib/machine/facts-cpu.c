// SPDX-License-Identifier: GPL-2.0-or-later
/* The CPUs: model, microcode, SMT, governor, turbo, mitigations, clocksource. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/machine/facts-internal.h"
#include "lib/machine/sysfs.h"

#define CPU_DIR "/sys/devices/system/cpu"

/* What /proc/cpuinfo says of the first CPU. */
struct cpuinfo {
	char vendor[64];
	char model[128];
	char microcode[32];
	bool hypervisor;
	bool flags_known;
};

static bool has_flag(const char *flags, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *s = flags; (s = strstr(s, flag)); s += length)
		if ((s == flags || s[-1] == ' ') && (s[length] == ' ' || !s[length]))
			return true;
	return false;
}

static void take_line(struct cpuinfo *info, char *line)
{
	char *value = strchr(line, ':');

	if (!value)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	value[strcspn(value, "\n")] = '\0';
	line[strcspn(line, "\t")] = '\0';
	if (!strcmp(line, "vendor_id"))
		snprintf(info->vendor, sizeof(info->vendor), "%s", value);
	else if (!strcmp(line, "model name"))
		snprintf(info->model, sizeof(info->model), "%s", value);
	else if (!strcmp(line, "microcode"))
		snprintf(info->microcode, sizeof(info->microcode), "%s", value);
	else if (!strcmp(line, "flags")) {
		info->flags_known = true;
		info->hypervisor = has_flag(value, "hypervisor");
	}
}

static void read_cpuinfo(struct cpuinfo *info)
{
	char path[PATH_MAX], line[8192];
	FILE *file;

	memset(info, 0, sizeof(*info));
	if (vb_sysfs_path(path, sizeof(path), "/proc/cpuinfo"))
		return;
	file = fopen(path, "re");
	if (!file)
		return;
	/* an empty line ends the first CPU */
	while (fgets(line, sizeof(line), file) && *line != '\n')
		take_line(info, line);
	fclose(file);
}

static json_t *text_or_null(const char *text)
{
	return *text ? vb_fact_string(text) : json_null();
}

/* A VM's CPU says so (x86); Xen and POWER have a folder for it. */
static json_t *hypervisor(const struct cpuinfo *info)
{
	if (info->hypervisor || vb_sysfs_exists("/sys/hypervisor/type"))
		return json_true();
	return info->flags_known ? json_false() : json_null();
}

/* intel_pstate says "no turbo", others say "boost". */
static json_t *turbo(void)
{
	uint64_t value;

	if (!vb_sysfs_read_u64(CPU_DIR "/intel_pstate/no_turbo", &value))
		return json_boolean(!value);
	if (!vb_sysfs_read_u64(CPU_DIR "/cpufreq/boost", &value))
		return json_boolean(value);
	return json_null();
}

/* "governors": {"performance": 8}: how many policies have it. */
static int count_governor(json_t *to, const char *dir, const char *name)
{
	char path[PATH_MAX], governor[64];

	if (strncmp(name, "policy", strlen("policy")))
		return 0;
	snprintf(path, sizeof(path), "%s/%s/scaling_governor", dir, name);
	if (vb_sysfs_read(path, governor, sizeof(governor)) < 0)
		return 0;
	return vb_fact_put(to, governor,
			   json_integer(json_integer_value(json_object_get(to, governor)) + 1));
}

/* The one governor of all policies, "mixed", or null. */
static json_t *governor(void)
{
	json_t *counts = json_object(), *result = NULL;

	if (counts && !vb_fact_each(CPU_DIR "/cpufreq", count_governor, counts)) {
		if (!json_object_size(counts))
			result = json_null();
		else if (json_object_size(counts) > 1)
			result = json_string("mixed");
		else
			result = json_string(json_object_iter_key(json_object_iter(counts)));
	}
	json_decref(counts);
	return result;
}

static int add_mitigation(json_t *to, const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return vb_fact_put(to, name, vb_fact_text(path));
}

static json_t *mitigations(void)
{
	json_t *object = json_object();

	if (object && vb_fact_each(CPU_DIR "/vulnerabilities", add_mitigation, object)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *smt(void)
{
	uint64_t value;

	return vb_sysfs_read_u64(CPU_DIR "/smt/active", &value) ? json_null() :
								  json_boolean(value);
}

json_t *vb_facts_cpu(void)
{
	json_t *cpu = json_object();
	struct cpuinfo info;
	int err = 0;

	if (!cpu)
		return NULL;
	read_cpuinfo(&info);
	err |= vb_fact_put(cpu, "vendor", text_or_null(info.vendor));
	err |= vb_fact_put(cpu, "model", text_or_null(info.model));
	err |= vb_fact_put(cpu, "microcode", text_or_null(info.microcode));
	err |= vb_fact_put(cpu, "hypervisor", hypervisor(&info));
	err |= vb_fact_put(cpu, "online", vb_fact_text(CPU_DIR "/online"));
	err |= vb_fact_put(cpu, "isolated", vb_fact_text(CPU_DIR "/isolated"));
	err |= vb_fact_put(cpu, "smt", smt());
	err |= vb_fact_put(cpu, "governor", governor());
	err |= vb_fact_put(cpu, "turbo", turbo());
	err |= vb_fact_put(cpu, "mitigations", mitigations());
	err |= vb_fact_put(cpu, "clocksource", vb_fact_text(
			"/sys/devices/system/clocksource/clocksource0/current_clocksource"));
	if (err) {
		json_decref(cpu);
		return NULL;
	}
	return cpu;
}
