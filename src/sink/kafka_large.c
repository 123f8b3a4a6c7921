/* Messages that are larger than kafka.max_message, by kafka.oversize:
 *
 *   stop        the task stops at the row, as at any that the destination does not take
 *   key-only    the message has only the columns of the row's key, and of what chooses its partition; that of a schema change
 *               has no text
 *   side-file   the same, and the message as it would have been is a file of this host
 *
 * A message that was cut says so in its headers: "rds-sync-oversize" (key-only or side-file), "rds-sync-size" (bytes of key and
 * value together) and "rds-sync-file", the file's name below the directory of the state (rs_paths_state).
 *
 * A file is ID.large/NAME, mode 0600, and holds the message's value and nothing else. It is there, and on the disk, before the
 * message is. With transactions its name begins with "once-", and the record ["large", name] of the task's topic, with the host's
 * name, stands in the transaction of the message: whoever attaches removes files of this host that have none, whose transactions
 * were not committed, and forgets those that a reader has taken away. Without transactions it begins with "again-" and is never removed,
 * since whoever has read a message that comes again may want its file. */
#include "sink/kafka_sink.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/size.h"
#include "model/paths.h"

#define ONCE "once-"
#define AGAIN "again-"

enum { HOST_MAX = 256 };

/* ---------------------------------------------------------------- what is too large */

void rs_kafka_large_init(struct rs_kafka_large *l, const struct rs_task *task)
{
	const char *policy = rs_task_get(task, "kafka.oversize");
	uint64_t max = 0;

	(void)rs_size_parse(rs_task_get(task, "kafka.max_message"), &max);
	*l = (struct rs_kafka_large){.max = max > 0 ? (size_t)max : SIZE_MAX,
	                             .policy = strcmp(policy, "key-only") == 0    ? RS_KAFKA_KEY_ONLY
	                                       : strcmp(policy, "side-file") == 0 ? RS_KAFKA_SIDE_FILE
	                                                                          : RS_KAFKA_STOP};
	atomic_init(&l->files, 0);
}

enum rs_rc rs_kafka_large_refuse(const struct rs_kafka_large *l, const struct rs_table *t, size_t size, struct rs_err *err)
{
	char is[24], may[24];

	(void)rs_size_text(size, is, sizeof is);
	(void)rs_size_text(l->max, may, sizeof may);
	if (t)
		rs_err_set(err, RS_E_DEST_DATA, _("%s.%s: a message of %s is larger than kafka.max_message (%s)"), t->db, t->name, is, may);
	else
		rs_err_set(err, RS_E_DEST_DATA, _("the message of a schema change, of %s, is larger than kafka.max_message (%s)"), is, may);
	err->retry = RS_RETRY_NEVER;
	if (!t)
		return rs_err_hint(err, _("Raise kafka.max_message, or choose another kafka.oversize (key-only or side-file)"));
	if (l->policy == RS_KAFKA_KEY_ONLY)
		return rs_err_hint(err, _("The row has no key that could be written alone: raise kafka.max_message, choose kafka.oversize = side-file, or "
		                          "leave the row out"));
	return rs_err_hint(err, _("Raise kafka.max_message, choose another kafka.oversize (key-only or side-file), or leave the row out"));
}

/* ---------------------------------------------------------------- files */

static char *directory(const struct rs_kafka_sink *s)
{
	char *state = rs_paths_state(), *dir = rs_xprintf("%s/%s.large", state, s->task->id ? s->task->id : "");

	free(state);
	return dir;
}

static const char *this_host(char name[HOST_MAX])
{
	if (gethostname(name, HOST_MAX) != 0)
		name[0] = '\0';
	name[HOST_MAX - 1] = '\0';
	return name;
}

static enum rs_rc note_file(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *name, struct rs_err *err)
{
	char host[HOST_MAX];

	if (!l->transactional)
		return RS_OK;
	return rs_kafka_meta_put(s, l, json_pack("[s,s]", "large", name), json_pack("{s:s}", "host", this_host(host)), err);
}

/* Makes a file of a value. *name, the caller's: below the state's directory. */
static enum rs_rc store(struct rs_kafka_sink *s, struct rs_kafka_link *l, const void *value, size_t len, char **name, struct rs_err *err)
{
	char *dir = directory(s);
	char *file = rs_xprintf("%s%" PRIu64 "-%" PRIu64, l->transactional ? ONCE : AGAIN, s->large.epoch,
	                        (uint64_t)atomic_fetch_add(&s->large.files, 1) + 1);
	char *path = rs_xprintf("%s/%s", dir, file);
	enum rs_rc rc = rs_paths_make(dir, err);

	if (rc == RS_OK)
		rc = rs_file_write(path, value, len, 0600, err);
	rs_step("kafka-file");
	if (rc == RS_OK)
		rc = note_file(s, l, file, err);
	*name = rs_xprintf("%s.large/%s", s->task->id ? s->task->id : "", file);
	free(path);
	free(file);
	free(dir);
	return rc;
}

enum rs_rc rs_kafka_large_put(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *topic, const struct rs_kafka_cut *c,
                              struct rs_err *err)
{
	const bool in_file = s->large.policy == RS_KAFKA_SIDE_FILE;
	char *size = rs_xprintf("%zu", rs_kafka_size_of(c->whole)), *file = NULL;
	enum rs_rc rc = in_file ? store(s, l, c->of->data + c->whole->value, c->whole->value_len, &file, err) : RS_OK;
	const struct rs_kafka_header headers[] = {{"rds-sync-oversize", in_file ? "side-file" : "key-only"},
	                                          {"rds-sync-size", size},
	                                          {in_file ? "rds-sync-file" : NULL, file},
	                                          {NULL, NULL}};

	if (rc == RS_OK)
		rc = rs_kafka_link_put_with(l, topic, c->m->partition, c->m->has_key ? c->in->data + c->m->key : NULL, c->m->key_len,
		                            c->in->data + c->m->value, c->m->value_len, headers, err);
	free(size);
	free(file);
	return rc;
}

/* ---------------------------------------------------------------- what a crash has left */

static bool is_known(const struct rs_kafka_sink *s, const char *name)
{
	json_t *key = json_pack("[s,s]", "large", name);
	char *text = json_dumps(key, JSON_COMPACT);
	const bool known = rs_map_get(&s->records, text, strlen(text)) != NULL;

	free(text);
	json_decref(key);
	return known;
}

static void remove_unknown(const struct rs_kafka_sink *s, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strncmp(e->d_name, ONCE, strlen(ONCE)) == 0 && !is_known(s, e->d_name)) {
			char *path = rs_xprintf("%s/%s", dir, e->d_name);
			if (unlink(path) == 0)
				rs_log(RS_LOG_INFO, "a file is removed whose message was not committed file=\"%s\"", path);
			free(path);
		}
	if (d)
		(void)closedir(d);
}

static bool was_taken(const json_t *key, const struct rs_kafka_record *r, const char *dir)
{
	const char *name = json_string_value(json_array_get(key, 1)), *host;
	json_t *record = json_loadb(r->bytes, r->len, 0, NULL);
	char here[HOST_MAX];

	host = json_string_value(json_object_get(record, "host"));
	char *path = rs_xprintf("%s/%s", dir, name ? name : "");
	const bool taken = host && strcmp(host, this_host(here)) == 0 && access(path, F_OK) != 0;
	free(path);
	json_decref(record);
	return taken;
}

static enum rs_rc forget_taken(struct rs_kafka_sink *s, const char *dir, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	enum rs_rc rc = rs_kafka_meta_begin(s, err);
	json_t *key;

	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&s->records, "large", &i, &key, &record);) {
		if (was_taken(key, record, dir))
			rc = rs_kafka_meta_put(s, &s->link, json_incref(key), NULL, err);
		json_decref(key);
	}
	return rs_kafka_meta_end(s, rc, err);
}

enum rs_rc rs_kafka_large_settle(struct rs_kafka_sink *s, uint64_t epoch, struct rs_err *err)
{
	char *dir = directory(s);
	enum rs_rc rc = RS_OK;

	s->large.epoch = epoch;
	if (s->link.transactional && access(dir, F_OK) == 0) {
		remove_unknown(s, dir);
		rc = forget_taken(s, dir, err);
	}
	free(dir);
	return rc;
}
