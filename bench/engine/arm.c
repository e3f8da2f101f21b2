// SPDX-License-Identifier: GPL-2.0-or-later
/* Arms from the command line. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/arm.h"

#define PARAM "param."

static int refuse(char *err, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(char *err, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, size, format, ap);
	va_end(ap);
	return -EINVAL;
}

int vb_arm_check_name(const char *name, char *err, size_t size)
{
	size_t length = strlen(name);

	if (!length)
		return refuse(err, size, "no name: give NAME=VARIANT[,KEY=VALUE...]");
	if (length >= VB_ARM_NAME_MAX)
		return refuse(err, size, "name of %zu bytes: give one of at most %d", length,
			      VB_ARM_NAME_MAX - 1);
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && (c == name || !strchr("._+-", *c)))
			return refuse(err, size, "name '%.60s': letters, digits, '.', '_', '+' and '-' make a "
				      "name, the first a letter or digit", name);
	return 0;
}

/* "param.NAME=VALUE": what goes to the kernel as it is, so no blank and no quote. */
static int add_param(struct vb_arm *arm, const char *text, char *err, size_t size)
{
	const char *value = strchr(text, '=');
	size_t used = strlen(arm->params);

	for (const char *c = text; *c; c++)
		if (c < value ? !isalnum((unsigned char)*c) && *c != '_' && *c != '-' :
		    !isgraph((unsigned char)*c) || *c == '"')
			return refuse(err, size, PARAM "%.100s: a module's parameter is NAME=VALUE, without "
				      "blanks and quotes", text);
	if (value == text || !value[1])
		return refuse(err, size, PARAM "%.100s: give " PARAM "NAME=VALUE", text);
	if (used + 1 + strlen(text) >= sizeof(arm->params))
		return refuse(err, size, PARAM "%.100s: the parameters have room for %zu bytes: give fewer",
			      text, sizeof(arm->params) - 1);
	snprintf(arm->params + used, sizeof(arm->params) - used, "%s%s", used ? " " : "", text);
	return 0;
}

static int add_setting(struct vb_arm *arm, const char *text, char *err, size_t size)
{
	if (!strncmp(text, PARAM, strlen(PARAM)))
		return add_param(arm, text + strlen(PARAM), err, size);
	if (arm->nr_settings == VB_ARM_SETTINGS)
		return refuse(err, size, "more than %d settings: write a job file instead",
			      VB_ARM_SETTINGS);
	if (strlen(text) >= VB_ARM_SETTING_MAX)
		return refuse(err, size, "'%.40s...': a setting has at most %d bytes", text,
			      VB_ARM_SETTING_MAX - 1);
	strcpy(arm->setting[arm->nr_settings++], text);
	return 0;
}

/* The pieces after the variant: KEY=VALUE, and further values of its list. */
static int add_settings(struct vb_arm *arm, char *list, char *err, size_t size)
{
	char *setting = list, *next;
	int ret;

	while (setting) {
		/* it ends where a piece with '=' begins */
		for (next = strchr(setting, ','); next; next = strchr(next + 1, ',')) {
			size_t word = strcspn(next + 1, ",=");

			if (next[1 + word] == '=')
				break;
		}
		if (next)
			*next++ = '\0';
		if (!strchr(setting, '='))
			return refuse(err, size, "'%.60s': after the variant come settings, KEY=VALUE", setting);
		ret = add_setting(arm, setting, err, size);
		if (ret)
			return ret;
		setting = next;
	}
	return 0;
}

static int check_kind(const struct vb_arm *arm, char *err, size_t size)
{
	bool module = strcmp(arm->variant, "stock") && strcmp(arm->variant, "null");

	if (*arm->params && !module)
		return refuse(err, size, PARAM "%s: %s is not loaded for the arm, so it takes no parameters: "
			      "leave it out, or give another variant ('vfio-bench variant list')",
			      arm->params, arm->variant);
	return 0;
}

int vb_arm_parse(const char *text, struct vb_arm *arm, char *err, size_t size)
{
	const char *equals = strchr(text, '=');
	char copy[4096], *variant, *list;
	int ret;

	memset(arm, 0, sizeof(*arm));
	if (strlen(text) >= sizeof(copy))
		return refuse(err, size, "longer than %zu bytes: write a job file instead",
			      sizeof(copy) - 1);
	if (!equals)
		return refuse(err, size, "'%.60s': give NAME=VARIANT[,KEY=VALUE...]", text);
	strcpy(copy, text);
	copy[equals - text] = '\0';
	ret = vb_arm_check_name(copy, err, size);
	if (ret)
		return ret;
	strcpy(arm->name, copy);
	variant = copy + (equals - text) + 1;
	list = strchr(variant, ',');
	if (list)
		*list++ = '\0';
	if (!*variant || strchr(variant, '='))
		return refuse(err, size, "'%.60s': no variant after the name: give %s=VARIANT[,KEY=VALUE...] "
			      "('vfio-bench variant list')", text, arm->name);
	if (strlen(variant) >= sizeof(arm->variant))
		return refuse(err, size, "variant '%.60s...': a variant's name has at most %zu bytes", variant,
			      sizeof(arm->variant) - 1);
	strcpy(arm->variant, variant);
	ret = add_settings(arm, list, err, size);
	return ret ? ret : check_kind(arm, err, size);
}
