// SPDX-License-Identifier: GPL-2.0-or-later
/* Text from files, made fit for a terminal and for a page. */
#include <stdint.h>

#include "bench/report/doc_clean.h"

/* RFC 3629: lead byte, continuation bytes; overlong forms and surrogates are none. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
			s[0] < 0xf5 ? 4 : 0;

	if (length < 2) {
		*code = s[0];
		return length;
	}
	*code = s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < lowest[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return length;
}

/* C0, C1, line separators, and Unicode's bidirectional controls. */
static bool harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

size_t vb_clean_char(const char *s)
{
	uint32_t code;
	size_t length = decode((const unsigned char *)s, &code);

	return length && !harmful(code) ? length : 0;
}

void vb_clean_text(char *text, bool lines)
{
	char *to = text;

	while (*text) {
		uint32_t code;
		size_t length = decode((const unsigned char *)text, &code);

		if (*text == '\n' || *text == '\t') {
			*to++ = lines ? *text : ' ';
			text++;
		} else if (vb_clean_char(text)) {
			while (length--)
				*to++ = *text++;
		} else {
			*to++ = '?';
			text += length ? length : 1;
		}
	}
	*to = '\0';
}
