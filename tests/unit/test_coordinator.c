#include "engine/core.h"
#include "unit.h"

#include <sys/stat.h>
#include "base/mem.h"

/* Every attempt fails at once, for want of the password, and none is worth another by itself. */
static struct rs_task *hopeless_task(void)
{
	static const char text[] =
		"[task]\nname = shop\nid = 12345678-1234-4123-8123-123456789abc\nflow = mysql-to-mysql\n[source]\nhost = 127.0.0.1\n"
		"port = 1\naccount = u\npassword_file = /nowhere\n[destination]\nhost = 127.0.0.1\nport = 1\naccount = u\n[objects]\ninclude = shop\n";
	char *path = rs_xprintf("%s/shop.ini", unit_tmpdir());
	struct rs_err err = RS_ERR_INIT;
	FILE *f = fopen(path, "w");

	setenv("HOME", unit_tmpdir(), 1);
	setenv("XDG_STATE_HOME", unit_tmpdir(), 1);
	setenv("XDG_CONFIG_HOME", unit_tmpdir(), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
	struct rs_task *t = rs_task_load(path, &err);
	if (t == NULL)
		printf("# %s: %s\n", err.primary, err.detail ? err.detail : "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	free(path);
	return t;
}

struct listener {
	struct rs_engine *e;
	atomic_bool answered;
};

/* As soon as the failure is shown, by the coordinator itself, which does not wait for a command yet. */
static void go_on_once(void *arg)
{
	struct listener *l = arg;
	char name[16] = "";

	pthread_getname_np(pthread_self(), name, sizeof name);
	if (strcmp(name, "coordinator") == 0 && !atomic_exchange(&l->answered, true))
		rs_engine_command(l->e, RS_CMD_RESUME);
}

static uint64_t failures(struct rs_engine *e)
{
	const struct rs_progress *p = rs_engine_progress(e);
	uint64_t n = p->n_problems > 0 ? p->problems[0].count : 0;

	rs_progress_unref(p);
	return n;
}

static void what_is_said_of_a_failure_before_anybody_waits_is_heard(void)
{
	struct rs_task *t = hopeless_task();
	struct listener l = {NULL, false};
	const struct rs_engine_options options = {.wake = {go_on_once, &l}};
	struct rs_err err = RS_ERR_INIT;
	rs_usec until = rs_clock_mono() + 60 * RS_USEC_PER_SEC;

	l.e = rs_engine_new(t, &options, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l.e);
	UNIT_INT(rs_engine_start(l.e, &err), RS_OK);
	while (failures(l.e) < 2 && rs_clock_mono() < until)
		rs_engine_wait(l.e, RS_MSEC(50));
	CU_ASSERT_TRUE(atomic_load(&l.answered));
	CU_ASSERT_TRUE(failures(l.e) >= 2);
	rs_engine_free(l.e);
	rs_task_free(t);
	rs_err_clear(&err);
}

UNIT_MAIN(UNIT_TEST(what_is_said_of_a_failure_before_anybody_waits_is_heard))
