#include "base/secret.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/err.h"

/* Pages of the secret's own: locking works by the page, and unlocking one must not unlock a neighbour. */
static char *map_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		rs_bug("no memory for a secret");
	/* Both are best effort: an unprivileged user's limit of locked memory may be small. */
	(void)mlock(p, size);
	(void)madvise(p, size, MADV_DONTDUMP);
	return p;
}

void rs_secret_set(struct rs_secret *s, const char *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct rs_secret fresh = {NULL, len, (len / page + 1) * page};

	fresh.bytes = map_pages(fresh.size);
	if (len)
		memcpy(fresh.bytes, bytes, len);
	rs_secret_clear(s); /* only now: bytes may point into it */
	*s = fresh;
}

void rs_secret_copy(struct rs_secret *to, const struct rs_secret *from)
{
	if (to == from)
		return;
	if (from->bytes)
		rs_secret_set(to, from->bytes, from->len);
	else
		rs_secret_clear(to);
}

void rs_secret_clear(struct rs_secret *s)
{
	if (s->bytes) {
		explicit_bzero(s->bytes, s->size);
		munmap(s->bytes, s->size);
	}
	*s = (struct rs_secret)RS_SECRET_INIT;
}

const char *rs_secret_reveal(const struct rs_secret *s)
{
	return s->bytes;
}

bool rs_secret_equal(const struct rs_secret *a, const struct rs_secret *b)
{
	unsigned char differs = 0;

	if (!a->bytes || !b->bytes)
		return a->bytes == b->bytes;
	if (a->len != b->len)
		return false;
	/* All bytes, so that the time does not tell where they differ. */
	for (size_t i = 0; i < a->len; i++)
		differs |= (unsigned char)(a->bytes[i] ^ b->bytes[i]);
	return differs == 0;
}

void rs_secret_harden_process(void)
{
	static const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
