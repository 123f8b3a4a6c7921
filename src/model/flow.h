/* What can be synchronized with what: the flows that a task file can name, and which keys each of them has a use for. A flow
 * that this version can't start can be configured, saved and looked at like any other. */
#ifndef RS_FLOW_H
#define RS_FLOW_H

#include <stdbool.h>
#include "base/err.h"
#include "model/table_settings.h"

/* How a server is spoken to; which product answers is found out then. */
enum rs_protocol {
	RS_PROTOCOL_MYSQL,
	RS_PROTOCOL_POSTGRESQL,      /* and what is made of it: Greenplum, AnalyticDB for PostgreSQL */
	RS_PROTOCOL_KAFKA,
	RS_PROTOCOL_NONE             /* not by this version */
};

struct rs_flow {
	const char *id;              /* "mysql-to-kafka": [task] flow */
	const char *source, *destination; /* kinds of servers: "mysql", "kafka"; flow.c says which keys they have */
	const char *settings;        /* of single tables (table_settings.h) that mean anything to it; words */
	const char *takes;           /* sections and single keys of the task file, beside those that every flow has; words */
	bool selects;                /* what is synchronized are objects of the source ([objects]) */
	bool browses;                /* and can be listed by this version */
	bool runs;                   /* can be started by this version */
	bool asked;                  /* has forms; else its tasks are made as files alone */
	bool later;                  /* what is selected whole brings its tables that are made later */
};

/* All, ended by one whose id is NULL. */
const struct rs_flow *rs_flows(void);
/* NULL where there is none. */
const struct rs_flow *rs_flow_find(const char *id);
/* Whether "source.port", "kafka.format" or another known key of a task file means anything to it. */
bool rs_flow_takes(const struct rs_flow *flow, const char *key);
/* Whether a setting of single tables means anything to it. */
bool rs_flow_has_setting(const struct rs_flow *flow, enum rs_table_setting which);
/* Whether what is selected whole brings its tables that are made later. id NULL or unknown: it does not. */
bool rs_flow_brings_later(const char *id);
/* Of a kind of servers, as source and destination name them. */
enum rs_protocol rs_flow_protocol(const char *kind);
/* Whether it is one of those whose tables are spread over segments. */
bool rs_flow_is_distributed(const char *kind);
/* Whether the destination is a database that this version reads as well: what it has can be read again, compared and repaired, and begun anew on top of; and what
 * is put in place of an event is executed. What was written to a queue can't be read so, and it executes nothing. */
bool rs_flow_reads_back(const struct rs_flow *flow);
/* RS_E_NOT_SUPPORTED where that can't be. id NULL: none is named, which others tell. */
enum rs_rc rs_flow_check_reads_back(const char *id, struct rs_err *err) RS_MUST_CHECK;
/* RS_E_NOT_SUPPORTED, with what can be done nevertheless, where it can't be started. id NULL: none is named, which others tell. */
enum rs_rc rs_flow_check_runs(const char *id, struct rs_err *err) RS_MUST_CHECK;

#endif
