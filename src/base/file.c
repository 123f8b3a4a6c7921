#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"

static enum rs_rc read_fd(int fd, const char *path, size_t max, struct rs_buf *out, struct rs_err *err)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		if (rs_buf_reserve(out, 65536) != RS_OK)
			return rs_err_set(err, RS_E_IO, _("%s is too large"), path);
		n = read(fd, out->data + out->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rs_err_sys(err, RS_E_IO, errno, _("can't read %s"), path);
		out->data[out->len + (size_t)n] = '\0';
		out->len += (size_t)n;
		if (n == 0)
			return RS_OK;
		if (out->len - start > max)
			return rs_err_set(err, RS_E_IO, _("%s is larger than %zu bytes"), path, max);
	}
}

enum rs_rc rs_file_read(const char *path, size_t max, struct rs_buf *out, struct rs_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum rs_rc rc;
	struct stat st;

	if (fd < 0)
		return rs_err_sys(err, RS_E_IO, errno, _("can't read %s"), path);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		rc = rs_err_set(err, RS_E_IO, _("%s is not a regular file"), path);
	else
		rc = read_fd(fd, path, max, out, err);
	close(fd);
	return rc;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

static bool sync_directory(const char *path)
{
	char *copy = rs_xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return done;
}

static bool fill(int fd, const void *data, size_t len, mode_t mode)
{
	bool done = fchmod(fd, mode) == 0 && write_all(fd, data, len) && fsync(fd) == 0;

	return close(fd) == 0 && done;
}

enum rs_rc rs_file_write(const char *path, const void *data, size_t len, mode_t mode, struct rs_err *err)
{
	char *temporary = rs_xprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), why = errno;
	bool done = false;

	if (fd >= 0) {
		done = fill(fd, data, len, mode) && rename(temporary, path) == 0;
		why = errno;
		if (!done)
			unlink(temporary);
	}
	free(temporary);
	if (done && !sync_directory(path)) {
		why = errno;
		done = false;
	}
	return done ? RS_OK : rs_err_sys(err, RS_E_IO, why, _("can't write %s"), path);
}
