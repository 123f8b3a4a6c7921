/* What is kept of a task at its destination (sink.h) as words and as JSON, for destinations that keep it so. Pure. */
#ifndef RS_META_JSON_H
#define RS_META_JSON_H

#include <jansson.h>
#include "sink/sink.h"

enum { RS_META_WORDS = 5 };
struct rs_meta_words {
	const char *words[RS_META_WORDS]; /* by the enum's value; NULL: it has none */
};
extern const struct rs_meta_words rs_meta_phase_words, rs_meta_state_words, rs_meta_old_words, rs_meta_decision_words;
/* -1: not one of them. */
int rs_meta_word(const struct rs_meta_words *of, const char *word);

/* {"file": …, "offset": …, "gtid": …, "log": …}, without what is not known; o NULL: not set. */
json_t *rs_meta_position_to_json(const struct rs_position *p);
void rs_meta_position_from_json(const json_t *o, struct rs_position *out);

/* An online schema change as a part of its table's definition, and back; o NULL: there is none. */
json_t *rs_meta_online_to_json(const struct rs_meta_online *m);
enum rs_rc rs_meta_online_from_json(const json_t *o, struct rs_meta_online **out, struct rs_err *err) RS_MUST_CHECK;

/* All but its names. *out is to be cleared, also after a failure: RS_E_META_DAMAGED. */
json_t *rs_meta_table_to_json(const struct rs_meta_table *t);
enum rs_rc rs_meta_table_from_json(const json_t *o, const char *db, const char *name, struct rs_meta_table *out,
                                   struct rs_err *err) RS_MUST_CHECK;

/* All but its number. As for tables. */
json_t *rs_meta_event_to_json(const struct rs_meta_event *m);
enum rs_rc rs_meta_event_from_json(const json_t *o, uint64_t number, struct rs_meta_event *out, struct rs_err *err) RS_MUST_CHECK;

#endif
