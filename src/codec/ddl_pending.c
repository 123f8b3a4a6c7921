/* TEMPORARY, to be deleted with the landing of ddl_translate.c: lets the program link until then. */
#include "codec/ddl_translate.h"
#include "codec/ddl_schema.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
enum rs_rc rs_ddl_translate(const struct rs_ddl *d, const struct rs_ddl_target *target, struct rs_translation *out, struct rs_err *err)
{ (void)target;(void)err; memset(out,0,sizeof *out); out->sql=rs_xstrndup(d->sql.text,d->sql.len); return RS_OK; }
void rs_translation_release(struct rs_translation *t){ free(t->sql); }
