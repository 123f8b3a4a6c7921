/* A sink: where rows and changes go. One file (or a few) per kind of destination implements these vtables.
 *
 *   rs_sink     the control side: meta tables, schemas. Belongs to the coordinator's thread.
 *   rs_maker    makes tables: several beside each other, each with its own connection and thread.
 *   rs_loader   loads chunks of the full copy: one a copy worker, each with its own connection and thread.
 *   rs_applier  applies source transactions together with their position: one a lane, each with its own connection and
 *               used by one thread at a time.
 *
 * The destination is the authority on everything that decides what is applied again: it is kept in meta tables there,
 * in the same transactions as the data. All calls may block; cancel is the only one allowed from another thread. After
 * any failure the object is closed and opened anew, and the state read back from the meta tables: there is one way to
 * resume, whatever happened. */
#ifndef RS_SINK_H
#define RS_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "model/ahead.h"
#include "model/catalog.h"
#include "model/change.h"
#include "model/position.h"
#include "model/schema.h"
#include "model/task.h"
#include "sink/outbox.h"

struct rs_sink;
struct rs_maker;
struct rs_loader;
struct rs_applier;

/* How far a task has come: stored in the destination, as text. */
enum rs_meta_phase {
	RS_META_NEW,     /* nothing is stored yet */
	RS_META_SCHEMA,  /* P0 and the tables are stored; objects are being made */
	RS_META_COPY,    /* every table exists; chunks are being loaded */
	RS_META_FOLLOW,  /* everything is copied, P1 is stored; the stream is applied */
	RS_META_RELEASED
};

struct rs_meta_task {
	enum rs_meta_phase phase;
	uint64_t epoch;               /* ours from now on */
	char *source_identity;        /* NULL where none is stored */
	struct rs_position p0;        /* where the stream starts */
	struct rs_position p1;        /* where the copy ended: up to here changes overlap with it */
	struct rs_position position;  /* everything up to here is applied; not set where nothing was applied */
	int64_t position_time;        /* source's clock, seconds */
	struct rs_ahead ahead;        /* transactions behind it that are applied as well, until they are passed */
	char *objects;                /* what is synchronized by the task's own stream (rs_selection_format); NULL: not stored */
	bool resync;                  /* a side: its tables are there, and are to be emptied before it begins */
	bool anchored;                /* begun anew on top of what is there (save_anchor), and not yet through with that */
};
void rs_meta_task_clear(struct rs_meta_task *m);

enum rs_meta_state {
	RS_TABLE_PLANNED,  /* nothing made yet */
	RS_TABLE_CREATING, /* we are about to make it: if it exists it is ours */
	RS_TABLE_CREATED,
	RS_TABLE_COPIED,
	RS_TABLE_GONE      /* dropped or renamed away at the source */
};

/* An online schema change of a table that is under way: what was done to the shadow table (model/working.h), which is in the
 * same database and no part of the task. */
struct rs_meta_online {
	char *shadow;
	const struct rs_table *schema; /* what it is now; a reference, NULL with why */
	char *sql, *db, *time_zone;   /* the ALTER TABLE that has made it so, as it was logged; NULL: none yet */
	uint64_t sql_mode;
	bool proven;                  /* a tool is at work */
	char *why;                    /* text: why the same can't be done to the table; NULL: it can */
	char *away;                   /* the name under which the table itself lies, until the shadow takes its place; NULL: its own */
};
void rs_meta_online_free(struct rs_meta_online *m);
struct rs_meta_online *rs_meta_online_copy(const struct rs_meta_online *m);

/* What is to become of rows that a table had before its task was anchored anew. */
enum rs_meta_old {
	RS_OLD_NONE,
	RS_OLD_COMPARE,    /* they are made what the source has, as the table is copied */
	RS_OLD_REMOVE      /* the table is emptied, or dropped where it is ours, before it is made and copied */
};

/* One synchronized table. */
struct rs_meta_table {
	char *db, *name;              /* at the source */
	enum rs_meta_state state;
	bool ours;                    /* made by us, empty, so that it may be emptied again */
	struct rs_position exact;     /* of a table that was copied as it was at one moment: changes up to here are in the
	                                 copy, none after it is */
	struct rs_position overlap;   /* changes up to here overlap with what was repaired since; not set: none do */
	uint64_t rows;
	char *filter;                 /* the condition that its rows meet (filter.h, canonical text); NULL: all rows */
	enum rs_meta_old old;         /* until it is copied */
	bool loose;                   /* a schema change was left out or replaced: columns that the destination lacks are left out */
	struct rs_meta_online *online; /* NULL: none is under way */
	struct rs_position defaulted; /* its database's character set was asked for when the log ended here; not set: the table
	                                 was not made by the stream, or says its own. By file and offset alone */
	const struct rs_table *schema; /* the source's, as of the applied position; a reference */
};
void rs_meta_table_clear(struct rs_meta_table *t);

/* What a task begins with. Borrowed. */
struct rs_meta_start {
	const char *identity;         /* of the source */
	const struct rs_position *p0;
	const struct rs_position *prepared; /* up to where XA transactions that were prepared before P0 and are finished since
	                                 are seen by every read from now on */
	const struct rs_meta_table *tables;
	size_t n_tables;
	const char *const *resync;    /* save_anchor: the sides that begin anew as well */
	size_t n_resync;
};

/* A *side*: some of a task's objects on a way of their own, with an id under which everything is kept that is kept of a
 * task: position, tables, chunks. They part from their task, and join it, in one transaction. */
enum rs_side_role {
	RS_SIDE_JOINING,   /* is copied, follows, and joins the task */
	RS_SIDE_SUSPENDED, /* rests where it parted */
	RS_SIDE_RESYNC     /* as JOINING, but its tables are emptied first */
};

struct rs_meta_side {
	char *id;
	enum rs_side_role role;
	char *objects;                /* rs_selection_format */
	struct rs_position position;  /* not set: it has not applied anything */
	struct rs_position needs;     /* where it goes on in the log: there, or where its copy began; not set: not known */
	bool fresh;                   /* … for that has not begun */
	char *identity;               /* of the source then; NULL: not known */
	struct rs_meta_table *tables; /* as far as they are planned */
	size_t n_tables;
};
void rs_meta_side_clear(struct rs_meta_side *side);

struct rs_meta_chunk {
	uint64_t number;
	char *lower, *upper;          /* rs_bound_to_text */
	uint64_t rows;
};

struct rs_chunk_taker {
	void (*take)(void *arg, const char *db, const char *name, const struct rs_meta_chunk *chunk); /* valid for the call */
	void *arg;
};

struct rs_meta_ddl {
	char *sql;                    /* as it is executed at the destination */
	char *fingerprint;            /* of the objects concerned, before it */
	struct rs_position position;  /* after it */
	bool repeatable;              /* may be executed again without harm */
};
void rs_meta_ddl_clear(struct rs_meta_ddl *d);

/* An event of the source's log, one changed row or one statement, by where it stands there: by the id of its transaction
 * where both sides know it, else by its place. */
struct rs_event_id {
	char *file;                   /* NULL: not known */
	uint64_t offset;              /* just inside of its transaction; of a statement outside of one: after it */
	char *gtid;                   /* of its transaction; NULL: none */
	uint64_t ordinal;             /* among the transaction's events, from 1; 0: outside of one */
	uint64_t digest;              /* of what it says, so that what is meant for one never meets another */
};

enum rs_decision { RS_DECISION_SKIP, RS_DECISION_EDIT };

/* What the user decided about an event that the destination refuses. It holds until the event was passed, in the same
 * transaction as the position, and is kept afterwards. */
struct rs_meta_event {
	uint64_t number;              /* the destination's */
	struct rs_event_id id;
	enum rs_decision decision;
	char *sql;                    /* EDIT: what is executed in its place */
	char *what;                   /* "UPDATE shop.orders", or the source's statement */
	bool passed;
};
void rs_meta_event_clear(struct rs_meta_event *m);

/* Where the rows of one source table go. Made by the engine for each pair of schema versions, immutable afterwards. */
struct rs_route {
	const struct rs_table *source; /* references */
	const struct rs_table *dest;
	int *columns;                  /* for each source column its index in dest, -1: left out */
	const struct rs_key *row_key;  /* of source, by which rows are found at the destination; NULL: by value */
	bool lacks_columns;            /* the table is loose (below), and dest has not all columns that are wanted */
	bool dest_has_more;            /* dest has columns that the source does not: they must be left alone */
	struct rs_cascade *cascades;   /* what foreign keys do at the source that its log does not tell */
	size_t n_cascades;
	bool is_cascaded_to;           /* is the child of such a cascade */
};

/* Whether source column i is written. */
static inline bool rs_route_writes(const struct rs_route *r, size_t i)
{
	return r->columns[i] >= 0 && !r->source->columns[i].generated && !r->dest->columns[r->columns[i]].generated;
}

/* The source's column that fills the destination's; -1 where none does. */
static inline int rs_route_source_of(const struct rs_route *r, uint32_t dest_column)
{
	for (size_t i = 0; i < r->source->n_columns; i++)
		if (r->columns[i] == (int)dest_column)
			return (int)i;
	return -1;
}

/* One foreign key of a child table that refers to a route's table with CASCADE or SET NULL. */
struct rs_cascade {
	const struct rs_route *child;
	enum rs_fk_action on_delete, on_update;
	size_t n_columns;
	uint32_t *parent_columns;      /* indexes in the parent's source table */
	uint32_t *child_columns;       /* indexes in the child's source table */
};

/* A statement that defines something, in UTF-8, and the session settings that it was made with; NULL: none of that kind. */
struct rs_definition {
	const char *sql;
	const char *db;               /* the default database */
	const char *sql_mode;
	const char *collation_connection;
	const char *time_zone;        /* in which its times are */
	const char *time_offset;      /* "+02:00": in place of a time zone that the server does not know; NULL: it must know it */
	rs_usec now;                  /* what CURRENT_TIMESTAMP and the like are; 0: the server's own time */
	const char *gtid;             /* of the source's statement, … */
	uint32_t server_id;           /* … and where that was first executed; 0: not known */
};

/* Which tables are meant: names at the destination. */
struct rs_table_filter {
	bool (*db)(void *arg, const char *db);
	bool (*table)(void *arg, const char *db, const char *name);
	void *arg;
};

struct rs_sink_ops {
	void (*close)(struct rs_sink *s);
	void (*cancel)(struct rs_sink *s);
	enum rs_rc (*identity)(struct rs_sink *s, char **out, struct rs_err *err);

	/* Makes or migrates the meta tables, takes the task over (ends sessions of an earlier process and waits for their
	 * outcome, raises the epoch) and tells what is stored. asked is the highest epoch that this process has asked for so
	 * far, 0 to take over from anybody: a higher one is another process's, and RS_E_META_EPOCH leaves the task to it.
	 * out->epoch is what was asked for, also when it fails and nobody knows whether it was raised; 0: nothing was. */
	enum rs_rc (*attach)(struct rs_sink *s, uint64_t asked, struct rs_meta_task *out, struct rs_err *err);
	/* The same reading without taking over; phase RS_META_NEW where there are no meta tables. */
	enum rs_rc (*peek)(struct rs_sink *s, struct rs_meta_task *out, struct rs_err *err);
	/* In one transaction: identity, P0, the tables, phase SCHEMA. Of a side that attach found to be a resync, and a sink without
	 * schemas: whoever reads is told that the tables it had are empty now. */
	enum rs_rc (*save_start)(struct rs_sink *s, const struct rs_meta_start *start, struct rs_err *err);
	enum rs_rc (*save_phase)(struct rs_sink *s, enum rs_meta_phase phase, const struct rs_position *p1,
	                         struct rs_err *err);
	/* The task begins anew at P0, with what the destination has: in one transaction what save_start stores, and nothing is
	 * left of places in the log that it had before. The n_gone tables are forgotten. */
	enum rs_rc (*save_anchor)(struct rs_sink *s, const struct rs_meta_start *start, const struct rs_meta_table *const *gone,
	                          size_t n_gone, struct rs_err *err);
	/* Another server has taken the source's place: its identity, the position in its log, and what is ahead of that. Places
	 * in the old log, which all have been passed, are forgotten. changed: n tables with more of them, which they don't have
	 * any more. */
	enum rs_rc (*save_source)(struct rs_sink *s, const char *identity, const struct rs_meta_task *now,
	                          const struct rs_meta_table *const *changed, size_t n, struct rs_err *err);
	/* In one transaction: the states of n tables, none of which is noted yet, and how many rows they have. */
	enum rs_rc (*save_states)(struct rs_sink *s, const struct rs_meta_table *tables, size_t n, struct rs_err *err);
	/* malloc'ed array, the caller's; each to be cleared. */
	enum rs_rc (*load_tables)(struct rs_sink *s, struct rs_meta_table **out, size_t *n, struct rs_err *err);
	/* The marks of all tables, those of a table behind each other in order of their numbers. */
	enum rs_rc (*load_chunks)(struct rs_sink *s, const struct rs_chunk_taker *taker, struct rs_err *err);
	/* Notes the intent of a schema change. */
	enum rs_rc (*ddl_intend)(struct rs_sink *s, const struct rs_meta_ddl *d, struct rs_err *err);
	/* In one transaction: the intent is done, the position and what is ahead of it, the changed tables, and the event of that
	 * number is passed (0: nothing was decided about the statement). time is the source's clock. */
	enum rs_rc (*ddl_done)(struct rs_sink *s, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
	                       const struct rs_meta_table *tables, size_t n, uint64_t event, struct rs_err *err);
	/* The destination refused the statement: nothing of it was done, and the intent goes. */
	enum rs_rc (*ddl_abandon)(struct rs_sink *s, struct rs_err *err);
	/* What to append to a RENAME TABLE so that its having been executed can be told even where it swaps equal tables:
	 * the renaming of a table of ours, which fingerprint looks at as well. malloc'ed. */
	enum rs_rc (*rename_mark)(struct rs_sink *s, char **out, struct rs_err *err);
	/* The intent that was never done, RS_EOF where there is none. */
	enum rs_rc (*ddl_pending)(struct rs_sink *s, struct rs_meta_ddl *out, struct rs_err *err);
	/* What was decided about events, oldest first: the passed ones too. malloc'ed, each to be cleared. */
	enum rs_rc (*load_events)(struct rs_sink *s, struct rs_meta_event **out, size_t *n, struct rs_err *err);
	/* Stores a decision, in place of one about the same event that was not carried out; or only withdraws that. Without
	 * having attached: RS_E_META_DAMAGED where the destination does not know the task. */
	enum rs_rc (*decide)(struct rs_sink *s, const struct rs_meta_event *m, bool withdraw, struct rs_err *err);
	/* Forgets the task (a side: all but that there is one): the meta rows go, and the schema with them when no task is left. */
	enum rs_rc (*forget)(struct rs_sink *s, struct rs_err *err);

	/* malloc'ed array, the caller's; each to be cleared, also after a failure. */
	enum rs_rc (*load_sides)(struct rs_sink *s, struct rs_meta_side **out, size_t *n, struct rs_err *err);
	/* What the task synchronizes from now on, without the tables in gone. */
	enum rs_rc (*save_objects)(struct rs_sink *s, const char *objects, const struct rs_meta_table *const *gone, size_t n,
	                           struct rs_err *err);
	/* n == 0: a side that has nothing yet; else those tables part from the task where it is now: attach was the last to
	 * move its position. objects: what is left to the task. RS_E_OBJECTS while XA transactions are prepared. */
	enum rs_rc (*make_side)(struct rs_sink *s, const struct rs_meta_side *side, const struct rs_meta_table *const *tables,
	                        size_t n, const char *objects, struct rs_err *err);
	/* One that rested goes on. */
	enum rs_rc (*resume_side)(struct rs_sink *s, const char *id, struct rs_err *err);
	/* Forgets how far sides were: the first of them, which has the others' tables from then on, begins anew with all of them
	 * together. objects: what it has then. Nobody works on any of them. */
	enum rs_rc (*resync_sides)(struct rs_sink *s, const char *const *ids, size_t n, const char *objects, struct rs_err *err);
	enum rs_rc (*drop_side)(struct rs_sink *s, const char *id, struct rs_err *err);
	/* The side's tables become the task's: changes up to `at` are in them, none after it. objects: the task's with them.
	 * RS_AGAIN: not now; epoch is the side's no longer, or it holds an XA transaction that is not finished. */
	enum rs_rc (*join_side)(struct rs_sink *s, const char *id, uint64_t epoch, const struct rs_position *at,
	                        const char *objects, struct rs_err *err);

	/* From here to maker of a sink that has schemas; of one that has not, define alone: a statement that it may tell of, once
	 * ddl_done says so. */
	/* The schema of a table as it is now; RS_E_DEST_TABLE_MISSING. A reference. */
	enum rs_rc (*table)(struct rs_sink *s, const char *db, const char *name, const struct rs_table **out,
	                    struct rs_err *err);
	/* The schemas of many as they are now, in a few queries; what is not there, or can't be written to, is left out. */
	enum rs_rc (*tables)(struct rs_sink *s, const struct rs_table_filter *wanted, struct rs_catalog *out, struct rs_err *err);
	/* Whether a database, table, view or routine of that name exists. */
	enum rs_rc (*exists)(struct rs_sink *s, enum rs_object_kind kind, const char *db, const char *name, bool *out,
	                     struct rs_err *err);
	/* The statement that makes an object, as it is there; malloc'ed. RS_EOF: there is none. */
	enum rs_rc (*statement)(struct rs_sink *s, enum rs_object_kind kind, const char *db, const char *name, char **out,
	                        struct rs_err *err);
	/* Executes it, without a time limit. */
	enum rs_rc (*define)(struct rs_sink *s, const struct rs_definition *d, struct rs_err *err);
	/* A text that differs whenever one of the tables (db, name pairs, n of them) was changed, made or dropped. */
	enum rs_rc (*fingerprint)(struct rs_sink *s, const char *const *names, size_t n, char **out, struct rs_err *err);
	/* The table's AUTO_INCREMENT goes on with next, where it has one and that is lower. */
	enum rs_rc (*raise_counter)(struct rs_sink *s, const char *db, const char *name, uint64_t next, struct rs_err *err);
	/* A table of ours that may be there. */
	enum rs_rc (*drop_table)(struct rs_sink *s, const char *db, const char *name, struct rs_err *err);
	/* Empties a table that is ours. From any thread. */
	enum rs_rc (*truncate)(struct rs_sink *s, const char *db, const char *name, struct rs_err *err);

	/* Leaves the indexes that no row needs out of a table of ours, which is still empty, and notes them; both may be
	 * repeated. build_indexes makes those of all tables that were left out and not yet made. */
	enum rs_rc (*defer_indexes)(struct rs_sink *s, const char *db, const char *name, struct rs_err *err);
	enum rs_rc (*build_indexes)(struct rs_sink *s, struct rs_err *err);

	/* What is to be told of the destination and keeps nothing from working, once an applier was opened: it becomes *out. RS_EOF:
	 * nothing. NULL where there never is. */
	enum rs_rc (*remark)(struct rs_sink *s, struct rs_err *out);

	enum rs_rc (*maker)(struct rs_sink *s, struct rs_maker **out, struct rs_err *err);
	enum rs_rc (*loader)(struct rs_sink *s, struct rs_loader **out, struct rs_err *err);
	/* lane: from 0; one applier a lane, and lane 0 is where schema changes and positions alone are noted as well. */
	enum rs_rc (*applier)(struct rs_sink *s, unsigned lane, struct rs_applier **out, struct rs_err *err);
};

struct rs_sink {
	const struct rs_sink_ops *ops;
	struct rs_outbox *outbox;     /* set before attach: who wants to know what is on its way, where the destination answers later; NULL */
	bool is_side;                 /* set before attach: the destination knows the task already, or RS_E_META_GONE */
	bool was_begun;               /* set before attach: this task has been begun here, as the host remembers. A destination without
	                                 schemas, which would take everything once more in silence, refuses it where it does not know it:
	                                 RS_E_META_GONE */
	bool has_schemas;             /* databases, tables and other objects that statements make and change. Where it has not, a
	                                 table is there what it is at the source, under its names there, and nothing is made */
	unsigned lanes;               /* the most appliers that may work beside each other */
	bool spreads;                 /* rows over segments, by a key that is said where a table is made (codec/gp_ddl.h) */
	const char *flavor;           /* "mysql", "mariadb", "postgresql": for translating statements; NULL: they stay as the source has
	                                 them */
	unsigned version;
	bool folds_names;             /* names of databases and tables compare without case */
	const char *own_db;           /* that of the meta tables, where nothing of the user's is */
	const char *source_version;   /* what the source calls its version; set by the engine before attach. Borrowed */
};

struct rs_maker_ops {
	void (*close)(struct rs_maker *m);
	void (*cancel)(struct rs_maker *m);
	/* As rs_sink's exists and save_states. */
	enum rs_rc (*exists)(struct rs_maker *m, enum rs_object_kind kind, const char *db, const char *name, bool *out,
	                     struct rs_err *err);
	enum rs_rc (*note)(struct rs_maker *m, const struct rs_meta_table *tables, size_t n, struct rs_err *err);
	/* Makes a table of the database, without a time limit. */
	enum rs_rc (*table)(struct rs_maker *m, const char *sql, const char *db, struct rs_err *err);
};

struct rs_maker {
	const struct rs_maker_ops *ops;
};

/* Hands out the next row to load: RS_OK, RS_EOF, or a failure that ends the load. */
struct rs_row_source {
	enum rs_rc (*next)(void *arg, struct rs_value *values, struct rs_err *err);
	void *arg;
};

enum rs_load_mode {
	RS_LOAD_REPLACE, /* our table: a row that is there already is an older copy of the same */
	RS_LOAD_IGNORE,  /* the user's table: its rows win */
	RS_LOAD_UPDATE,  /* a row that is there keeps what the source has no column for */
	RS_LOAD_PLAIN    /* no key: every row is a row */
};

struct rs_loader_ops {
	void (*close)(struct rs_loader *l);
	void (*cancel)(struct rs_loader *l);
	/* One transaction: the mark first (its number is used once: a second load of the same chunk fails), then the rows.
	 * Anything that the destination did not store as it was given is an error and nothing is committed. */
	enum rs_rc (*load)(struct rs_loader *l, const struct rs_route *route, const struct rs_row_source *rows,
	                   const struct rs_meta_chunk *mark, enum rs_load_mode mode, uint64_t *n_rows, uint64_t *n_bytes,
	                   struct rs_err *err);
	/* As load, of a chunk some of whose rows are there: first those of `gone`, values in the form of the destination's
	 * table, are deleted by its key dest_key; then the rows are written over what is there, but for columns that only the
	 * destination has. mark->rows is noted as it is, mark NULL: the chunk is not done yet; *n_rows is what was written.
	 * RS_E_REPAIR where one to be deleted is not found. */
	enum rs_rc (*mend)(struct rs_loader *l, const struct rs_route *route, const struct rs_key *dest_key,
	                   const struct rs_row_source *gone, const struct rs_row_source *rows, const struct rs_meta_chunk *mark,
	                   uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err);
	/* Whole tables: begin, load_whole once a table, commit together with their new states. What is not committed did not
	 * happen. In between, pause commits what was loaded so far without saying that it is all. */
	enum rs_rc (*whole_begin)(struct rs_loader *l, struct rs_err *err);
	enum rs_rc (*load_whole)(struct rs_loader *l, const struct rs_route *route, const struct rs_row_source *rows,
	                         enum rs_load_mode mode, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err);
	enum rs_rc (*whole_pause)(struct rs_loader *l, struct rs_err *err);
	enum rs_rc (*whole_commit)(struct rs_loader *l, const struct rs_meta_table *const *tables, size_t n,
	                           struct rs_err *err);
	void (*whole_rollback)(struct rs_loader *l);
	/* Between loads: makes the indexes that were left out of a table, all of whose rows are there. */
	enum rs_rc (*build_indexes)(struct rs_loader *l, const char *db, const char *name, struct rs_err *err);
};

struct rs_loader {
	const struct rs_loader_ops *ops;
};

/* What the changes of one call met that they should not have. */
struct rs_anomalies {
	uint64_t missing_updates;  /* no row: it was inserted */
	uint64_t missing_deletes;  /* no row: nothing to do */
	uint64_t duplicate_inserts; /* a row was there: it was replaced */
};

/* A transaction of the source. Borrowed. */
struct rs_origin {
	const struct rs_position *place; /* just inside of it */
	const char *gtid;             /* its own; NULL: none */
	uint32_t server_id;           /* of the server where it was made */
	uint64_t n_events;            /* how many rows and statements it has; 0: not known */
};

struct rs_applier_ops {
	void (*close)(struct rs_applier *a);
	void (*cancel)(struct rs_applier *a);
	/* Opens a transaction whose first statement is the conditional update of the lane's position: when it commits,
	 * everything up to position is in the destination, and so are the transactions behind it that ahead names
	 * (rs_ahead_text; NULL: none). A lane's word holds until it gives another one, or any lane gives a later
	 * position. */
	enum rs_rc (*begin)(struct rs_applier *a, const struct rs_position *position, int64_t time, const char *ahead,
	                    struct rs_err *err);
	/* What comes until the next of these is of that transaction of the source. NULL: it makes no difference. */
	void (*inside)(struct rs_applier *a, const struct rs_origin *of);
	/* Applies the rows of one item. overlap: the copy may hold older or newer versions of the rows, and after all
	 * overlapping changes it holds the newest; otherwise each change must find exactly its row. */
	enum rs_rc (*rows)(struct rs_applier *a, const struct rs_route *route, const struct rs_change *change, bool overlap,
	                   struct rs_anomalies *anomalies, struct rs_err *err);
	/* Of a source that tells of it (RS_CHANGE_TRUNCATE), else NULL: all rows of the table go, those of changes before it among them. */
	enum rs_rc (*empty)(struct rs_applier *a, const struct rs_route *route, struct rs_err *err);
	/* Of a source whose log tells of schema changes among the rows (rs_change.was), else NULL: executes statements in their place;
	 * nothing is gathered any more. And a table as the open transaction sees it: a new reference. */
	enum rs_rc (*change)(struct rs_applier *a, const char *sql, struct rs_err *err);
	enum rs_rc (*table)(struct rs_applier *a, const char *db, const char *name, const struct rs_table **out, struct rs_err *err);
	/* From here to settle changes may be gathered and sent as what they come to; they and their routes must live until
	 * then. Rows, savepoint, settle and commit may return RS_AGAIN (err untouched): the destination is not as the changes
	 * take it to be, and nothing is committed; after going back to where gathering began the same must be applied without
	 * it, which finds and counts what is wrong. Where nothing is gathered all anomalies are counted after settle. What is
	 * gathered may be committed without it, which costs the destination one answer less. */
	void (*gather)(struct rs_applier *a);
	enum rs_rc (*settle)(struct rs_applier *a, struct rs_err *err);
	/* Commits; a position that differs from begin's (a transaction too large to be read before it was begun) is written
	 * last, with begin's ahead. After RS_FAIL it is unknown whether it was committed: only the meta tables tell. */
	enum rs_rc (*commit)(struct rs_applier *a, const struct rs_position *position, int64_t time, struct rs_err *err);
	/* Keeps what is known of a table, inside the open transaction. */
	enum rs_rc (*note_table)(struct rs_applier *a, const struct rs_meta_table *t, struct rs_err *err);
	void (*rollback)(struct rs_applier *a);
	/* Between transactions: whether the task is still ours, RS_E_META_EPOCH. Nothing is written. */
	enum rs_rc (*check)(struct rs_applier *a, struct rs_err *err);
	/* Sets savepoint number n in the open transaction, in place of an earlier one of that number; undoes everything
	 * since, which leaves it set. */
	enum rs_rc (*savepoint)(struct rs_applier *a, unsigned n, struct rs_err *err);
	enum rs_rc (*undo)(struct rs_applier *a, unsigned n, struct rs_err *err);
	/* The bodies of prepared transactions, kept as bytes in pieces that are numbered from 0, inside of the open
	 * transaction. Piece 0 replaces a body of the same xid. get appends to out, RS_EOF: there is no such piece. */
	enum rs_rc (*xa_put)(struct rs_applier *a, const char *xid, unsigned number, const void *bytes, size_t len,
	                     struct rs_err *err);
	enum rs_rc (*xa_get)(struct rs_applier *a, const char *xid, unsigned number, struct rs_buf *out, struct rs_err *err);
	enum rs_rc (*xa_drop)(struct rs_applier *a, const char *xid, struct rs_err *err);
	/* Puts the xid of each body into out, with a value that is not NULL. */
	enum rs_rc (*xa_list)(struct rs_applier *a, struct rs_map *out, struct rs_err *err);
	/* save_start's "prepared"; not set where none is stored. */
	enum rs_rc (*xa_start)(struct rs_applier *a, struct rs_position *out, struct rs_err *err);
	/* In the place of an event, which is passed with the transaction: executes statements (NULL: none), n of them. */
	enum rs_rc (*replace_event)(struct rs_applier *a, uint64_t event, const char *const *sql, size_t n,
	                            struct rs_err *err);
};

struct rs_applier {
	const struct rs_applier_ops *ops;
	size_t piece;                 /* most bytes that xa_put takes */
};

/* The task stays where it is until the sink is closed. */
enum rs_rc rs_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err) RS_MUST_CHECK;
/* Whether one of the destination's connections is the task's or one of its sides', of whichever process. conn: to ask by, of
 * the destination's protocol. */
enum rs_rc rs_sink_owns(const struct rs_task *task, void *conn, unsigned long connection, bool *out, struct rs_err *err)
	RS_MUST_CHECK;
enum rs_rc rs_mysql_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err) RS_MUST_CHECK;

#endif
