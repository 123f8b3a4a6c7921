/* New names for many objects at once, seen before they are given: each object with what it would be called at the destination, and
 * what is wrong with that. All on the UI thread; names are made in pieces, so that a hundred thousand hold nothing up.
 *
 * Names of objects are borrowed from the catalogue and the selection, which must not change while there is a batch. */
#ifndef RS_OBJECTS_BATCH_H
#define RS_OBJECTS_BATCH_H

#include "base/map.h"
#include "model/renaming.h"
#include "screen/objects.h"

/* Of what there is more than one way to say which. */
enum rs_batch_of {
	RS_BATCH_MARKED,     /* what is marked */
	RS_BATCH_DATABASE,   /* the selected tables of one database */
	RS_BATCH_TABLES,     /* all selected tables */
	RS_BATCH_DATABASES   /* all databases of which anything is selected */
};

struct rs_batch_item {
	const char *db, *table;     /* table NULL: a database */
	const char *to_db, *now;    /* where and under which name it comes to the destination now */
	char *to;                   /* the new name; NULL: not made yet */
	char *problem;              /* why it can't have that; NULL: it can */
};

struct rs_batch {
	struct rs_objects *objects;
	enum rs_batch_of of;
	struct rs_batch_item *items;
	size_t count, cap;
	struct rs_batch_item *rest; /* what else is selected, and takes names */
	size_t rest_count, rest_cap;
	struct rs_map mine;         /* items by their names at the source, where the rest may have them, too */
	struct rs_map others;       /* names at the destination, of the rest, to the source's */
	struct rs_map given;        /* and of the items, as far as they were made, to the item */
	struct rs_renaming *how;    /* NULL: nothing was asked for */
	size_t known, looked, next; /* items of which is known where they are; of the rest, the same; items with new names */
	size_t *bad, *changed;      /* items with a problem; without one, and with another name than now */
	size_t bad_count, changed_count;
	struct rs_objects_name *names; /* that are being given */
};

/* db: of RS_BATCH_DATABASE. */
struct rs_batch *rs_batch_new(struct rs_objects *o, enum rs_batch_of of, const char *db);
/* NULL is fine. */
void rs_batch_free(struct rs_batch *b);
/* How many objects a batch would have, without making it. */
size_t rs_batch_size(const struct rs_objects *o, enum rs_batch_of of, const char *db);
/* From now on names are made so; how is taken over (NULL: none are). */
void rs_batch_name(struct rs_batch *b, struct rs_renaming *how);
/* Makes the next few thousand names, or what they need; false: all are made. */
bool rs_batch_go_on(struct rs_batch *b);
/* Those that change, the ones with a problem first. */
const struct rs_batch_item *rs_batch_row(const struct rs_batch *b, size_t row);
/* The change that gives the new names. All were made and none has a problem; the batch stays until the change has been made. It is
 * RS_E_MAPPING where databases that get one name have tables of one name. */
struct rs_objects_change *rs_batch_take(struct rs_batch *b);

#endif
