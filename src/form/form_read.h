/* From INI to definitions: what rs_forms_load and rs_form_lint share. Every problem is reported; what can be made of the
 * rest is made, so that one run finds all of them. */
#ifndef RS_FORM_READ_H
#define RS_FORM_READ_H

#include "base/ini.h"
#include "form/form.h"
#include "form/form_part.h"

/* Where problems go. */
struct rs_form_problems {
	void (*report)(void *ctx, const char *file, int line, const char *text);
	void *ctx;
	size_t count;
};

void rs_form_problem(struct rs_form_problems *p, const char *file, int line, const char *fmt, ...) RS_PRINTF(4, 5);

/* One file into a definition; never NULL. id is the file's name without its ending; parts: by name. */
struct rs_form_page *rs_form_read_page(const struct rs_ini *ini, const char *file, const char *id, const struct rs_map *parts,
                                       struct rs_form_problems *problems);
struct rs_form_flow *rs_form_read_flow(const struct rs_ini *ini, const char *file, const char *id,
                                       struct rs_form_problems *problems);
void rs_form_page_free(struct rs_form_page *p);
void rs_form_flow_free(struct rs_form_flow *f);

/* Gives the flows their pages, and checks what needs all files: dangling ids, ids that two pages of a flow have, pages of
 * no flow, conditions that depend on themselves. */
void rs_forms_link(struct rs_forms *f, struct rs_form_problems *problems);

/* All files of a directory (NULL: as rs_forms_load), linked. NULL: the directory can't be read (reported). */
struct rs_forms *rs_forms_read(const char *dir, struct rs_form_problems *problems);

/* Whether a word of a call stands for a field ("$id"). */
static inline bool rs_form_word_is_id(const char *word) { return word[0] == '$' && word[1] != '\0'; }

/* The files that are built in; ended by one whose name is NULL. */
struct rs_form_builtin {
	const char *name; /* "mysql-source.form" */
	const char *text;
};
extern const struct rs_form_builtin rs_form_builtins[];

#endif
