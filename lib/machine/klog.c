// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/kmsg: one record a read, "priority,sequence,microseconds,flags;text\n"
 * and then lines that begin with a space (Documentation/ABI/testing/dev-kmsg).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/klog-internal.h"
#include "lib/machine/klog.h"

/* CONSOLE_EXT_LOG_MAX: a smaller buffer makes read() fail with -EINVAL. */
#define RECORD_BYTES		8192
/* One poll ends, whatever the kernel logs meanwhile. */
#define MAX_RECORDS_PER_POLL	200000
#define MAX_TEXT_BYTES		(64u << 20)

struct vb_klog {
	int fd;
	char *text;			/* with a 0 behind it */
	size_t length;
	size_t capacity;
	uint64_t next_seq;		/* 0: none seen yet */
	uint64_t from_seq;		/* records before this one are not this log's */
	uint64_t lost;
};

static int open_at(struct vb_klog **log, int whence)
{
	struct vb_klog *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->text = strdup("");
	if (!l->text) {
		err = -ENOMEM;
		goto free_log;
	}
	l->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (l->fd < 0) {
		err = -errno;
		goto free_text;
	}
	if (lseek(l->fd, 0, whence) < 0) {
		err = -errno;
		goto close_fd;
	}
	*log = l;
	return 0;
close_fd:
	close(l->fd);
free_text:
	free(l->text);
free_log:
	free(l);
	return err;
}

int vb_klog_open(struct vb_klog **log)
{
	return open_at(log, SEEK_END);
}

int vb_klog_open_from(struct vb_klog **log, uint64_t sequence)
{
	int err = open_at(log, SEEK_SET);

	if (err)
		return err;
	if (sequence != VB_KLOG_END) {
		vb_klog_begin_at(*log, sequence);
		return 0;
	}
	/* All that is there is passed over, which tells its number. */
	(*log)->from_seq = UINT64_MAX;
	err = vb_klog_poll(*log);
	if (err) {
		vb_klog_close(*log);
		return err;
	}
	vb_klog_begin_at(*log, (*log)->next_seq);
	(*log)->lost = 0;
	return 0;
}

void vb_klog_close(struct vb_klog *log)
{
	if (!log)
		return;
	close(log->fd);
	free(log->text);
	free(log);
}

static int reserve(struct vb_klog *log, size_t more)
{
	size_t need = log->length + more + 1, capacity = log->capacity ? log->capacity : 4096;
	char *text;

	if (need <= log->capacity)
		return 0;
	if (need > MAX_TEXT_BYTES)
		return -EFBIG;
	while (capacity < need)
		capacity *= 2;
	text = realloc(log->text, capacity);
	if (!text)
		return -ENOMEM;
	log->text = text;
	log->capacity = capacity;
	return 0;
}

static void add_char(struct vb_klog *log, char c)
{
	log->text[log->length++] = c;
	log->text[log->length] = '\0';
}

static void add_stamp(struct vb_klog *log, uint64_t time_us)
{
	int n = snprintf(log->text + log->length, VB_KLOG_STAMP_BYTES,
			 "[%5" PRIu64 ".%06" PRIu64 "] ", time_us / 1000000, time_us % 1000000);

	log->length += (size_t)n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The kernel writes "\xNN" for a backslash, control and non-ASCII characters. */
static int escaped_char(const char *s, const char *end)
{
	if (end - s < 4 || s[0] != '\\' || s[1] != 'x' || hex_digit(s[2]) < 0 ||
	    hex_digit(s[3]) < 0)
		return -1;
	return hex_digit(s[2]) << 4 | hex_digit(s[3]);
}

static void add_text(struct vb_klog *log, uint64_t time_us, const char *s, const char *end)
{
	add_stamp(log, time_us);
	while (s < end) {
		int c = escaped_char(s, end);

		if (c == '\n') {
			add_char(log, '\n');
			add_stamp(log, time_us);
		} else if (c >= ' ' || c == '\t') {
			add_char(log, (char)c);
		} else {
			/* an ordinary one; other control characters stay escaped */
			add_char(log, *s++);
			continue;
		}
		s += 4;
	}
	add_char(log, '\n');
}

int vb_klog_add_record(struct vb_klog *log, const char *record, size_t length)
{
	const char *text = memchr(record, ';', length), *end;
	uint64_t seq, time_us;
	int err;

	if (!text || sscanf(record, "%*u,%" SCNu64 ",%" SCNu64, &seq, &time_us) != 2)
		return -EBADMSG;
	if (seq < log->from_seq) {
		/* what is lost of these is nobody's loss */
		if (log->from_seq == UINT64_MAX)
			log->next_seq = seq + 1;
		return 0;
	}
	text++;
	end = memchr(text, '\n', length - (size_t)(text - record));
	if (!end)
		end = record + length;
	/* every escaped line end (4 bytes) may become a line end and a stamp */
	err = reserve(log, (size_t)(end - text + 4) / 4 * VB_KLOG_STAMP_BYTES +
			   (size_t)(end - text) + VB_KLOG_STAMP_BYTES + 1);
	if (err)
		return err;
	if (log->next_seq && seq > log->next_seq)
		log->lost += seq - log->next_seq;
	log->next_seq = seq + 1;
	add_text(log, time_us, text, end);
	return 0;
}

int vb_klog_poll(struct vb_klog *log)
{
	char record[RECORD_BYTES + 1];
	bool overrun = false;
	int err;

	for (unsigned int i = 0; i < MAX_RECORDS_PER_POLL; i++) {
		ssize_t n = read(log->fd, record, RECORD_BYTES);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE) {
			/* the next record's number tells how many, if we had one before */
			overrun = true;
			log->lost += log->next_seq ? 0 : 1;
			continue;
		}
		if (n < 0)
			return -errno;
		if (!n)
			break;
		record[n] = '\0';
		err = vb_klog_add_record(log, record, (size_t)n);
		if (err == -EFBIG || err == -EBADMSG)
			log->lost++;
		else if (err)
			return err;
		/* read on behind it: the number has told */
		overrun = false;
	}
	/* overrun, and nothing readable behind it: say so all the same */
	if (overrun && !log->lost)
		log->lost = 1;
	return 0;
}

const char *vb_klog_text(const struct vb_klog *log, size_t *length)
{
	if (length)
		*length = log->length;
	return log->text;
}

uint64_t vb_klog_lost(const struct vb_klog *log)
{
	return log->lost;
}

uint64_t vb_klog_sequence(const struct vb_klog *log)
{
	return log->next_seq;
}

void vb_klog_forget(struct vb_klog *log, size_t position)
{
	if (position > log->length)
		position = log->length;
	log->length -= position;
	memmove(log->text, log->text + position, log->length + 1);
}

size_t vb_klog_position(const struct vb_klog *log)
{
	return log->length;
}

size_t vb_klog_scan(const struct vb_klog *log, size_t from, const char *const *expected,
		    struct vb_klog_hit *hits, size_t max)
{
	if (from > log->length)
		from = log->length;
	return vb_klog_scan_text(log->text + from, log->length - from, expected, hits, max);
}

void vb_klog_begin_at(struct vb_klog *log, uint64_t sequence)
{
	log->from_seq = sequence;
	log->next_seq = sequence;
}

struct vb_klog *vb_klog_new_detached(void)
{
	struct vb_klog *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->fd = -1;
	log->text = strdup("");
	if (!log->text) {
		free(log);
		return NULL;
	}
	return log;
}
