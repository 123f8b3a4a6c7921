/* What is said of single tables for their destination, where it is not what the task says of all of them: settings, each one text.
 * In a task file they stand in [objects] as WORD.N, in an objects file as "= TABLE: WORD TEXT":
 *
 *	topic.1 = shop.orders: orders-v2                Kafka: the topic that its changes go to
 *	partitions.1 = shop.orders: 12                  Kafka: how many partitions that topic is made with
 *	key.1 = shop.orders: region id                  the columns whose hash chooses the partition (Kafka) or the shard (DataHub)
 *	conflict.1 = shop.orders: use-max updated_at    two-way: what becomes of a row that both sides have changed, and the columns in
 *	                                                which that is seen (left out: its key); also of a database
 *
 * Columns have the names of the source, and stand in `backquotes` where they need them. Pure functions. */
#ifndef RS_TABLE_SETTINGS_H
#define RS_TABLE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum rs_table_setting {
	RS_TABLE_TOPIC,
	RS_TABLE_PARTITIONS,
	RS_TABLE_KEY,
	RS_TABLE_CONFLICT,
	RS_TABLE_SETTINGS          /* how many there are */
};

/* What becomes of a row that both sides have changed. */
enum rs_conflicts {
	RS_CONFLICTS_FAIL,         /* the task fails */
	RS_CONFLICTS_IGNORE,       /* the destination's row stays */
	RS_CONFLICTS_OVERWRITE,    /* it is replaced */
	RS_CONFLICTS_USE_MAX,      /* the row whose columns are larger stays; overwrite where that can't be told */
	RS_CONFLICTS_USE_MIN,      /* smaller; ignore */
	RS_CONFLICTS_COUNT
};

/* "topic"; "fail". */
const char *rs_table_setting_word(enum rs_table_setting which);
const char *rs_conflicts_word(enum rs_conflicts how);
/* RS_TABLE_SETTINGS, RS_CONFLICTS_COUNT: there is none of that name. */
enum rs_table_setting rs_table_setting_find(const char *word, size_t len);
enum rs_conflicts rs_conflicts_find(const char *word, size_t len);
/* Whether it can be said of a whole database. */
bool rs_table_setting_of_database(enum rs_table_setting which);

/* The text as it is kept, with single blanks; malloc'ed. NULL: RS_E_TASK_INVALID says what is expected. */
char *rs_table_setting_read(enum rs_table_setting which, const char *text, struct rs_err *err);
/* The columns in a text that was read: of a key, and behind the word of a conflict. malloc'ed, as each is. */
char **rs_table_setting_columns(enum rs_table_setting which, const char *text, size_t *count);
void rs_columns_free(char **columns, size_t count);
/* The name of a topic alone. */
enum rs_rc rs_topic_check(const char *name, struct rs_err *err) RS_MUST_CHECK;

#endif
