#include "engine/follow/defaults.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "source/source.h"

struct known {
	bool asked;              /* collation is what the source has told */
	char *collation;         /* NULL: there was no such database */
	struct rs_position upto; /* the end of the log after it was asked for */
};

static void known_free(void *arg)
{
	struct known *k = arg;

	if (k == NULL)
		return;
	free(k->collation);
	rs_position_clear(&k->upto);
	free(k);
}

void rs_defaults_release(struct rs_defaults *d)
{
	rs_map_release(&d->known, known_free);
}

static struct known *find(struct rs_defaults *d, const char *db)
{
	struct known *k = rs_map_get(&d->known, db, strlen(db));

	if (k == NULL) {
		k = rs_xcalloc(1, sizeof *k);
		rs_map_put(&d->known, db, strlen(db), k);
	}
	return k;
}

static enum rs_rc ask(const struct rs_task *task, const char *db, struct known *k, struct rs_err *err)
{
	struct rs_source *source = NULL;
	enum rs_rc rc = rs_source_open(task, &source, err);

	if (rc == RS_OK)
		rc = source->ops->default_collation(source, db, &k->collation, err);
	if (rc == RS_OK)
		rc = source->ops->end(source, &k->upto, err);
	k->asked = rc == RS_OK;
	if (source != NULL)
		source->ops->close(source);
	return rc;
}

enum rs_rc rs_defaults_collation(struct rs_defaults *d, const struct rs_task *task, const char *db, const char **out,
                                 const struct rs_position **upto, struct rs_err *err)
{
	struct known *k = find(d, db);
	enum rs_rc rc = k->asked ? RS_OK : ask(task, db, k, err);

	*out = k->collation;
	*upto = &k->upto;
	return rc;
}

void rs_defaults_recall(struct rs_defaults *d, const char *db, const struct rs_position *upto)
{
	struct known *k = find(d, db);

	if (k->upto.file == NULL || rs_position_compare(upto, &k->upto) > 0)
		rs_position_copy(&k->upto, upto);
}

/* One that is dropped takes its tables with it. */
static enum rs_rc change(struct rs_defaults *d, const char *db, bool dropped, const struct rs_position *at, struct rs_err *err)
{
	const struct known *k = rs_map_get(&d->known, db, strlen(db));
	bool late = k != NULL && !dropped && rs_position_compare(at, &k->upto) <= 0;

	if (k != NULL && !late)
		known_free(rs_map_del(&d->known, db, strlen(db)));
	if (!late)
		return RS_OK;
	rs_err_set(err, RS_E_DDL_UNKNOWN, _("the database %s was changed after a table was made in it that does not say its character set"), db);
	return rs_err_hint(err, _("if the change is of its character set, synchronize the tables anew that were made there shortly before; then "
	                          "leave the statement out, or have it executed: \"rds-sync event show\" tells how"));
}

enum rs_rc rs_defaults_follow(struct rs_defaults *d, const struct rs_ddl *ddl, const struct rs_position *at, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (ddl->kind != RS_STMT_CREATE_DATABASE && ddl->kind != RS_STMT_ALTER_DATABASE && ddl->kind != RS_STMT_DROP_DATABASE)
		return RS_OK;
	for (size_t i = 0; rc == RS_OK && i < ddl->n_refs; i++)
		if (ddl->refs[i].role == RS_ROLE_DATABASE && ddl->refs[i].db != NULL)
			rc = change(d, ddl->refs[i].db, ddl->kind == RS_STMT_DROP_DATABASE, at, err);
	return rc;
}
