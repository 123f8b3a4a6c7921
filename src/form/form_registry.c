#include "form/form_registry.h"

#include <string.h>
#include "base/mem.h"
#include "form/form_value.h"

void rs_form_registry_init(struct rs_form_registry *r)
{
	*r = (struct rs_form_registry){RS_MAP_INIT, RS_MAP_INIT, RS_MAP_INIT, RS_MAP_INIT, RS_MAP_INIT};
	rs_form_value_register(r);
}

void rs_form_registry_release(struct rs_form_registry *r)
{
	rs_map_release(&r->validators, free);
	rs_map_release(&r->checkers, free);
	rs_map_release(&r->listers, free);
	rs_map_release(&r->presetters, free);
	rs_map_release(&r->actions, free);
}

/* The later registration of a name counts. */
static void put(struct rs_map *m, const char *name, struct rs_form_entry entry)
{
	struct rs_form_entry *e = rs_xmalloc(sizeof *e);

	*e = entry;
	free(rs_map_put(m, name, strlen(name), e));
}

void rs_form_register_validator(struct rs_form_registry *r, const char *name, rs_form_validator fn, void *ctx)
{
	put(&r->validators, name, (struct rs_form_entry){.ctx = ctx, .validator = fn});
}

void rs_form_register_checker(struct rs_form_registry *r, const char *name, rs_form_checker fn, void *ctx)
{
	put(&r->checkers, name, (struct rs_form_entry){.ctx = ctx, .checker = fn});
}

void rs_form_register_lister(struct rs_form_registry *r, const char *name, rs_form_lister fn, void *ctx)
{
	put(&r->listers, name, (struct rs_form_entry){.ctx = ctx, .lister = fn});
}

void rs_form_register_presetter(struct rs_form_registry *r, const char *name, rs_form_presetter fn, void *ctx)
{
	put(&r->presetters, name, (struct rs_form_entry){.ctx = ctx, .presetter = fn});
}

void rs_form_register_action(struct rs_form_registry *r, const char *name, rs_form_action fn, void *ctx)
{
	put(&r->actions, name, (struct rs_form_entry){.ctx = ctx, .action = fn});
}

const struct rs_form_entry *rs_form_entry(const struct rs_map *m, const char *name)
{
	return rs_map_get(m, name, strlen(name));
}
