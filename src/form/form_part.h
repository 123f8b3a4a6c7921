/* Parts of pages: the groups and fields that several pages have in common (a server of one kind, its account), written once
 * in forms/NAME.part. A page names each where its fields are to come:
 *
 *	[part.1]
 *	use = mysql            ; mysql.part
 *	side = source          ; "{side}" there becomes "source", and so with every other key
 *
 * A part's key "source.help" stands for "help" where side is source. What the page itself says of a field of a part (its
 * section has the field's name) goes before what the part says. */
#ifndef RS_FORM_PART_H
#define RS_FORM_PART_H

#include "base/ini.h"
#include "base/map.h"

struct rs_form_part {
	char *file;  /* for messages */
	char *text;
	bool used;
};

/* Takes text over. */
struct rs_form_part *rs_form_part_new(const char *file, char *text);
void rs_form_part_free(void *part);
/* With its words in braces replaced by what section of the page says; RS_E_FORM_INVALID for one that it does not say. */
struct rs_ini *rs_form_part_open(const struct rs_form_part *part, const struct rs_ini *page, const char *section,
                                 struct rs_err *err);

#endif
