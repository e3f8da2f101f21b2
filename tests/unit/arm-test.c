// SPDX-License-Identifier: GPL-2.0-or-later
/* Arms as the command line gives them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/arm.h"

static struct vb_arm parsed(const char *text)
{
	char err[512] = "";
	struct vb_arm arm;

	if (vb_arm_parse(text, &arm, err, sizeof(err)))
		fail_msg("%s: %s", text, err);
	return arm;
}

static void refused(const char *text, const char *why)
{
	char err[512] = "";
	struct vb_arm arm;

	if (vb_arm_parse(text, &arm, err, sizeof(err)) != -EINVAL)
		fail_msg("%s: taken", text);
	if (!strstr(err, why))
		fail_msg("%s: '%s' does not say '%s'", text, err, why);
}

static void test_plain(void **state)
{
	struct vb_arm arm = parsed("A=per-request");

	assert_string_equal(arm.name, "A");
	assert_string_equal(arm.variant, "per-request");
	assert_int_equal(arm.nr_settings, 0);
	assert_string_equal(arm.params, "");
	arm = parsed("v6.1_old+fix-2=stock");
	assert_string_equal(arm.name, "v6.1_old+fix-2");
}

static void test_settings(void **state)
{
	struct vb_arm arm = parsed("A=null,count=64,span.pin_every=none,threads=2");

	assert_int_equal(arm.nr_settings, 3);
	assert_string_equal(arm.setting[0], "count=64");
	assert_string_equal(arm.setting[1], "span.pin_every=none");
	assert_string_equal(arm.setting[2], "threads=2");
}

static void test_lists(void **state)
{
	struct vb_arm arm = parsed("A=null,count=64,256,1024,threads=1,2");

	assert_int_equal(arm.nr_settings, 2);
	assert_string_equal(arm.setting[0], "count=64,256,1024");
	assert_string_equal(arm.setting[1], "threads=1,2");
}

static void test_params(void **state)
{
	struct vb_arm arm = parsed("B=busted-delay,param.delay_permille=50,count=8,param.x=1=2");

	assert_string_equal(arm.params, "delay_permille=50 x=1=2");
	assert_int_equal(arm.nr_settings, 1);
	assert_string_equal(arm.setting[0], "count=8");
}

static void test_bad(void **state)
{
	refused("", "give NAME=VARIANT");
	refused("A", "give NAME=VARIANT");
	refused("=stock", "no name");
	refused("A=", "no variant after the name");
	refused("A=,count=1", "no variant after the name");
	refused("A=count=1", "no variant after the name");
	refused("A=stock,", "settings, KEY=VALUE");
	refused("A=stock,count", "settings, KEY=VALUE");
	refused("A=stock,64,count=1", "settings, KEY=VALUE");
	refused("../x=stock", "name '../x'");
	refused("a/b=stock", "name 'a/b'");
	refused("-v=stock", "name '-v'");
	refused("a b=stock", "name 'a b'");
	refused("\xc3\xa4=stock", "letters, digits");
	refused("0123456789012345678901234567890123456789=stock", "name of 40 bytes");
	refused("A=0123456789012345678901234567890123456789012345678", "at most 47 bytes");
	refused("A=stock,param.x=1", "stock is not loaded for the arm");
	refused("A=null,param.x=1", "null is not loaded for the arm");
	refused("A=v,param.=1", "param.NAME=VALUE");
	refused("A=v,param.x=", "param.NAME=VALUE");
	refused("A=v,param.x=1 y=2", "without blanks");
	refused("A=v,param.x y=2", "without blanks");
	refused("A=v,param.x=\"1\"", "without blanks");
}

static void test_limits(void **state)
{
	char text[4200] = "A=v";

	for (int i = 0; i <= VB_ARM_SETTINGS; i++)
		strcat(text, ",count=1");
	refused(text, "more than 32 settings");
	strcpy(text, "A=v,count=");
	memset(text + 10, '1', VB_ARM_SETTING_MAX);
	text[10 + VB_ARM_SETTING_MAX] = '\0';
	refused(text, "a setting has at most");
	strcpy(text, "A=v,param.x=");
	memset(text + 12, '1', VB_ARM_PARAMS_MAX);
	text[12 + VB_ARM_PARAMS_MAX] = '\0';
	refused(text, "room for 255 bytes");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "A=", 2);
	refused(text, "longer than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
