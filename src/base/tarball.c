#include "base/tarball.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"

#define BLOCK 512

struct rs_tarball {
	char *path;
	gzFile file;
	bool failed;
};

struct rs_tarball *rs_tarball_new(const char *path, struct rs_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	gzFile file = fd < 0 ? NULL : gzdopen(fd, "wb");
	struct rs_tarball *t;

	if (!file) {
		rs_err_sys(err, RS_E_IO, errno, _("can't write %s"), path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	t = rs_xcalloc(1, sizeof *t);
	t->path = rs_xstrdup(path);
	t->file = file;
	return t;
}

static void put(struct rs_tarball *t, const void *bytes, size_t len)
{
	if (len > 0 && !t->failed)
		t->failed = gzwrite(t->file, bytes, (unsigned)len) != (int)len;
}

/* The fields of POSIX's ustar: numbers are octal digits; the checksum is made with blanks in its own place. */
static void put_head(struct rs_tarball *t, const char *name, size_t len)
{
	char head[BLOCK] = "";
	unsigned sum = 0;

	snprintf(head, 100, "%s", name);
	snprintf(head + 100, 8, "%07o", 0600u);
	snprintf(head + 108, 8, "%07o", 0u);
	snprintf(head + 116, 8, "%07o", 0u);
	snprintf(head + 124, 12, "%011zo", len);
	snprintf(head + 136, 12, "%011llo", (unsigned long long)(rs_clock_wall() / RS_USEC_PER_SEC));
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof head; i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	put(t, head, sizeof head);
}

void rs_tarball_add(struct rs_tarball *t, const char *name, const char *text, size_t len)
{
	static const char nothing[BLOCK];

	put_head(t, name, len);
	put(t, text, len);
	put(t, nothing, (BLOCK - len % BLOCK) % BLOCK);
}

enum rs_rc rs_tarball_end(struct rs_tarball *t, struct rs_err *err)
{
	static const char end[2 * BLOCK];
	bool ok;

	put(t, end, sizeof end);
	ok = gzclose(t->file) == Z_OK && !t->failed;
	if (!ok) {
		rs_err_sys(err, RS_E_IO, errno, _("can't write %s"), t->path);
		(void)unlink(t->path);
	}
	free(t->path);
	free(t);
	return ok ? RS_OK : RS_FAIL;
}
