/* A task: one INI file, loaded, checked and turned into a struct. The file is the truth: everything here is derived from
 * its keys, changes go through rs_task_set, and saving keeps comments and order. rds-sync-task(5) describes the keys,
 * which stand in one table (rs_task_keys).
 *
 * Plain data, one owner; an engine or job works on a copy of its own. */
#ifndef RS_TASK_H
#define RS_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/ini.h"
#include "model/endpoint.h"
#include "model/flow.h"
#include "model/selection.h"
#include "model/table_fields.h"
#include "model/table_settings.h"
#include "model/working.h"

/* Kinds of changes to synchronize, as bits. The order is that of the words in the file. */
enum rs_sync_dml { RS_SYNC_INSERT = 1, RS_SYNC_UPDATE = 2, RS_SYNC_DELETE = 4, RS_SYNC_DML_ALL = 7 };

enum rs_sync_ddl {
	RS_SYNC_CREATE_TABLE = 1 << 0,
	RS_SYNC_ALTER_TABLE = 1 << 1,
	RS_SYNC_DROP_TABLE = 1 << 2,
	RS_SYNC_RENAME_TABLE = 1 << 3,
	RS_SYNC_TRUNCATE_TABLE = 1 << 4,
	RS_SYNC_CREATE_INDEX = 1 << 5,
	RS_SYNC_DROP_INDEX = 1 << 6,
	RS_SYNC_CREATE_VIEW = 1 << 7,
	RS_SYNC_ALTER_VIEW = 1 << 8,
	RS_SYNC_DROP_VIEW = 1 << 9,
	RS_SYNC_CREATE_PROCEDURE = 1 << 10,
	RS_SYNC_DROP_PROCEDURE = 1 << 11,
	RS_SYNC_CREATE_FUNCTION = 1 << 12,
	RS_SYNC_DROP_FUNCTION = 1 << 13,
	RS_SYNC_CREATE_DATABASE = 1 << 14,
	RS_SYNC_ALTER_DATABASE = 1 << 15,
	RS_SYNC_DROP_DATABASE = 1 << 16,
	RS_SYNC_DDL_ALL = (1 << 17) - 1
};

enum rs_existing_tables { RS_EXISTING_CHECK, RS_EXISTING_IGNORE };
enum rs_on_ddl_error { RS_DDL_STOP, RS_DDL_CONTINUE };
enum rs_triggers { RS_TRIGGERS_CUT_OVER, RS_TRIGGERS_NEVER };
/* What becomes of a value that has no place at the destination: a date of zeros, a time beyond a day, a text with a NUL. */
enum rs_unfit {
	RS_UNFIT_STOP,    /* an error names column and value */
	RS_UNFIT_NULL,    /* NULL, and an error where the column can't be */
	RS_UNFIT_NEAREST  /* what comes closest: the first or last day or time there is; texts without their NULs */
};
enum rs_on_anomaly { RS_ANOMALY_COUNT, RS_ANOMALY_STOP };

/* A second; 0: no limit. */
struct rs_sync_limits {
	uint64_t queries;              /* at the source; of the copy only */
	uint64_t rows, bytes;
};

/* [sync] */
enum rs_names { RS_NAMES_DEFAULT, RS_NAMES_SOURCE, RS_NAMES_LOWER, RS_NAMES_UPPER };

struct rs_sync {
	bool schema, full, incremental;
	enum rs_existing_tables existing_tables;
	enum rs_names name_case;
	unsigned dml;                  /* bits of rs_sync_dml */
	unsigned ddl;                  /* bits of rs_sync_ddl */
	enum rs_on_ddl_error on_ddl_error;
	enum rs_online_ddl online_ddl; /* the selection knows whose tables are meant */
	enum rs_triggers triggers;
	enum rs_on_anomaly on_anomaly;
	bool lock_for_keyless;
	unsigned retry_connection;     /* minutes */
	unsigned retry_other;          /* minutes */
	uint64_t memory;               /* bytes, of all queues and buffers together */
	uint64_t relay_quota;          /* bytes of the source's log that are kept while nobody applies it; 0: none */
	unsigned copy_workers;
	unsigned apply_workers;
	bool source_order;             /* transactions become visible in the order of the source */
	uint64_t chunk_size;           /* bytes */
	struct rs_sync_limits full_limits, incremental_limits;
	bool limited_by_class;         /* incremental_limits.rows is what speed_class says */
};

/* What a running task compares beside following, and at which price. */
struct rs_task_verify {
	bool continuous;               /* all tables, again and again */
	bool incremental;              /* rows that were changed */
	bool repair;                   /* what is found is mended without being asked */
	unsigned budget;               /* percent of the time, at each server */
};

/* What is told of by itself, and how. */
struct rs_task_alert {
	unsigned lag;                  /* seconds; 0: not */
	bool state;                    /* that it has failed, or retries for a while */
	unsigned full_hours;           /* that the first copy takes longer; 0: not */
	char *command;                 /* for a shell; NULL: the log's line alone */
};

struct rs_task {
	char *path;                    /* absolute; NULL: never saved */
	struct rs_ini *ini;            /* what the file says */
	char *name;                    /* never NULL: [task] name, else the file's */
	char *id;                      /* UUID; NULL in a file that has none yet */
	char *part_of;                 /* of what is added to a running task: that task's id. NULL: no part. In no file */
	char *flow;                    /* "mysql-to-mysql"; NULL where the file says nothing */
	char *note;
	struct rs_endpoint source, destination;
	struct rs_sync sync;
	struct rs_task_verify verify;
	struct rs_task_alert alert;
	enum rs_unfit unfit;
	char *metrics_file, *metrics_listen; /* NULL: none */
	struct rs_selection *objects;  /* never NULL */
	bool objects_changed;          /* by rs_task_set_objects: not yet in the keys */
	bool objects_checked;          /* as they are they have passed rs_selection_check, or are none */
	char **ignored;                /* codes of checks whose warnings the user ignores */
	size_t n_ignored;
};

/* --- the table of keys --------------------------------------------------------------------------------------------- */

enum rs_key_type {
	RS_KEY_TEXT,     /* any line of text */
	RS_KEY_UUID,
	RS_KEY_FLOW,     /* id of a flow (flow.h) */
	RS_KEY_CHOICE,   /* one of the words in values */
	RS_KEY_SET,      /* some of the words in values, or "none" alone */
	RS_KEY_INT,      /* min to max */
	RS_KEY_SIZE,     /* bytes with K, M or G; min to max */
	RS_KEY_PATH,     /* of a file; relative ones are beside the task file */
	RS_KEY_SECRET,   /* a password; only in a file with mode 0600 */
	RS_KEY_OBJECTS,  /* names of databases and tables */
	RS_KEY_MAPPING,  /* old name -> new name */
	RS_KEY_FILTER,   /* database.table: condition */
	RS_KEY_OPERATIONS, /* database or database.table: words of changes */
	RS_KEY_SETTING,  /* database.table: text of a setting (table_settings.h) */
	RS_KEY_TABLE_FIELDS, /* database.table: words (table_fields.h) */
	RS_KEY_PATTERN,  /* an extended regular expression of POSIX, with min groups at least (0 or 1) */
	RS_KEY_HTTP,     /* address of an HTTP server: http://host:port/path */
	RS_KEY_OFFSET,   /* of a clock from UTC: +08:00 */
	RS_KEY_CODES     /* codes of checks */
};

struct rs_task_key {
	const char *section;
	const char *key;       /* "rename.N": stands for rename.1, rename.2, … */
	enum rs_key_type type;
	const char *preset;    /* what holds where the key is missing; NULL: nothing */
	const char *values;    /* words, separated by spaces; NULL */
	uint64_t min, max;
	const char *help;      /* N_(): one line */
};

/* All keys, in the order in which they are documented and written; ended by one whose section is NULL. */
const struct rs_task_key *rs_task_keys(void);
/* By "section.key" ("source.port", "objects.rename.3"); NULL where there is none. */
const struct rs_task_key *rs_task_key_find(const char *name);
/* Whether a process that runs the task takes up a new value (or has no use for it), by "section.key". */
bool rs_task_key_is_live(const char *name);
/* The known name nearest to a wrong "section.key" or section, NULL where none is near. */
const char *rs_task_key_nearest(const char *name);
/* Whether a value is valid for a key, alone; the error's text says what is accepted. */
enum rs_rc rs_task_key_check(const struct rs_task_key *key, const char *value, struct rs_err *err) RS_MUST_CHECK;

/* "insert", "create-table": the word of one bit; NULL for none. */
const char *rs_sync_dml_word(unsigned bit);
const char *rs_sync_ddl_word(unsigned bit);

/* --- files --------------------------------------------------------------------------------------------------------- */

/* Reads and checks a task file. Errors name the file and line: RS_E_TASK_NOT_FOUND, RS_E_IO, RS_E_INI_SYNTAX,
 * RS_E_TASK_INVALID (unknown keys, values that are not valid), RS_E_SECRET (a password in a file that others may read),
 * RS_E_MAPPING. A file that lacks something a run needs loads: see rs_task_check. */
struct rs_task *rs_task_load(const char *path, struct rs_err *err);
/* The same by name (NAME.ini among the task files, or the one whose name it is) or path. */
struct rs_task *rs_task_find(const char *what, struct rs_err *err);
/* A new one with a UUID, not saved; name NULL: one is generated when it is saved. */
struct rs_task *rs_task_new(const char *flow, const char *name, struct rs_err *err);
/* One of a running task's logs in as that is told (rs_endpoint_relogin), also when it is changed. */
struct rs_task *rs_task_copy(const struct rs_task *t);
/* Whether what was read from the task's file is still that task. RS_E_TASK_INVALID. */
enum rs_rc rs_task_check_same(const struct rs_task *t, const struct rs_task *now, struct rs_err *err) RS_MUST_CHECK;
/* How often t was told to log in otherwise, at either side. From any thread. */
unsigned rs_task_relogins(const struct rs_task *t);
/* Another task with the same answers, of its own id, and with files of its own once it is saved. NULL: not a name. */
struct rs_task *rs_task_clone(const struct rs_task *t, const char *name, struct rs_err *err);
void rs_task_free(struct rs_task *t);

/* Whether all that a run needs is there: flow, both servers, something to synchronize, each name mapped once. */
enum rs_rc rs_task_check(const struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;

/* The kinds of changes that are synchronized of a table (or, with NULL, of a database), bits: its own, or those of sync.dml
 * and sync.ddl. */
unsigned rs_task_dml(const struct rs_task *t, const char *db, const char *table);
unsigned rs_task_ddl(const struct rs_task *t, const char *db, const char *table);
/* What becomes of names that no rule renames; folds: the destination does not tell upper from lower case. */
enum rs_name_case rs_task_name_case(const struct rs_task *t, bool folds);
/* Whether any schema change is. */
bool rs_task_changes_schemas(const struct rs_task *t);

/* MySQL to Kafka (objects.topic.N, objects.partitions.N, objects.key.N; table_settings.h). db and table are those of the source. */
/* Appends the topic that a table's changes go to: its own, else what kafka.topics and kafka.topic_name make of its names at the
 * destination, else destination.topic. Nothing where that is not given. */
void rs_task_topic(const struct rs_task *t, const char *db, const char *table, struct rs_buf *out);
/* How many partitions that topic is made with, should it not exist. */
unsigned rs_task_topic_partitions(const struct rs_task *t, const char *db, const char *table);
/* And with how many replicas; 0: as many as the cluster gives by itself. */
unsigned rs_task_topic_replicas(const struct rs_task *t);
/* The columns, as the source calls them, whose hash chooses a row's partition (Kafka, where kafka.partitions is key) or shard
 * (DataHub), in that order; *count 0: none are said, and it is those of the table's key. For rs_columns_free. */
char **rs_task_key_columns(const struct rs_task *t, const char *db, const char *table, size_t *count);
/* Two-way: what becomes of a row that both sides have changed (the table's, else the database's, else two_way.conflicts), and the
 * columns, as the source calls them, in which that is seen; *count 0: those of its key. */
enum rs_conflicts rs_task_conflicts(const struct rs_task *t, const char *db, const char *table, char ***columns, size_t *count);
/* Whether every setting of a table means something to the flow, with these values of kafka.partitions and kafka.topics.
 * RS_E_TASK_INVALID. */
enum rs_rc rs_settings_check(const struct rs_selection *objects, const struct rs_flow *flow, const char *partitions, const char *topics,
                             struct rs_err *err) RS_MUST_CHECK;

/* The value of "section.key" as the file has it, else its preset; NULL where there is neither. Borrowed until the task
 * changes. A secret is never given: "***" where one is set. */
const char *rs_task_get(const struct rs_task *t, const char *key);
/* Sets a key; value NULL or "" removes it. RS_E_TASK_INVALID: no such key, or not a valid value. */
enum rs_rc rs_task_set(struct rs_task *t, const char *key, const char *value, struct rs_err *err) RS_MUST_CHECK;
/* The lines of [fields] (table_fields.h), each with its end. */
void rs_task_get_fields(const struct rs_task *t, struct rs_buf *out);
/* What they say of a table of the source's; out must be initialized. false: nothing. */
bool rs_task_table_fields(const struct rs_task *t, const char *db, const char *table, struct rs_table_fields *out);
/* The same of a table by its names at the destination, where its columns have theirs. */
bool rs_task_fields_at_destination(const struct rs_task *t, const char *db, const char *table, struct rs_table_fields *out);
/* Replaces them; empty lines don't count. */
enum rs_rc rs_task_set_fields(struct rs_task *t, const char *text, struct rs_err *err) RS_MUST_CHECK;
/* The lines of [draft], each with its end: what the wizard keeps for itself until the task is complete. */
void rs_task_get_draft(const struct rs_task *t, struct rs_buf *out);
void rs_task_set_draft(struct rs_task *t, const char *text);
/* Replaces the selection by what its text form says (selection.h). */
enum rs_rc rs_task_set_objects(struct rs_task *t, const char *text, struct rs_err *err) RS_MUST_CHECK;
/* … by one that is at hand, which is given away. Neither checks what it says as a whole. */
void rs_task_take_objects(struct rs_task *t, struct rs_selection *objects);
/* Adds or removes the code of a check to ignore. */
void rs_task_ignore(struct rs_task *t, const char *code, bool ignored);
bool rs_task_ignores(const struct rs_task *t, const char *code);

/* Puts into now, which is what the file says by now, what mine changed since base: key by key, the objects as one.
 * RS_E_TASK_CHANGED, naming them, where somebody else has made something else of the same meanwhile; now is as it was then. */
enum rs_rc rs_task_merge(struct rs_task *now, const struct rs_task *base, const struct rs_task *mine, struct rs_err *err) RS_MUST_CHECK;
/* Who reads a task's file, changes it and saves it keeps others of this host from doing the same meanwhile, and holds this for no
 * longer than that: a change that is made in between would be lost. path: of the file. A number for rs_task_edit_end, or < 0:
 * RS_E_IO, where somebody holds it for a minute. Blocks. */
int rs_task_edit_begin(const char *path, struct rs_err *err) RS_MUST_CHECK;
void rs_task_edit_end(int edit);
/* Writes it, mode 0600, atomically; gives it an id where it has none, and, where it was never saved, a name and a file
 * of its own among the task files. RS_E_IO. */
enum rs_rc rs_task_save(struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;
/* After it was saved under another name: a file among the task files that bore the name before (NAME.ini, NAME-2.ini) bears the
 * new one from now on, and t->path says where it is; every other file stays, and one that has its objects in another beside it. Within an
 * edit of it. RS_E_IO: it is where it was. */
enum rs_rc rs_task_follow_name(struct rs_task *t, const char *before, struct rs_err *err) RS_MUST_CHECK;
/* Gives the file an id where it has none, writing it. */
enum rs_rc rs_task_ensure_id(struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;
/* Replaces the file by one that has the task's name, note and flow alone, and another id; its objects file goes. t stays as it is. */
enum rs_rc rs_task_empty(const struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;
/* Removes the file and its objects file. */
enum rs_rc rs_task_delete(const struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;
/* "shop-2026-11-22" (UTC date): the first database selected, else an instance or host, else the flow. malloc'ed. */
char *rs_task_default_name(const struct rs_task *t, rs_usec wall);

/* The task files, by name. A file that can't be loaded is in the list: loading it tells why. */
struct rs_task_file {
	char *name; /* of the file, without .ini */
	char *path;
};
struct rs_task_list {
	struct rs_task_file *files;
	size_t count;
};
enum rs_rc rs_task_list(struct rs_task_list *list, struct rs_err *err) RS_MUST_CHECK;
void rs_task_list_release(struct rs_task_list *list);

/* A random UUID (version 4) as 36 characters and a NUL. */
void rs_uuid_make(char uuid[37]);
bool rs_uuid_valid(const char *text);

#endif
