/* Form definitions: the pages of the wizard as data. A flow (forms/NAME.flow) names its pages; a page (forms/NAME.form)
 * has groups of fields, some of them out of parts (forms/NAME.part); a field says what is asked, when it is shown, what holds
 * where nothing is answered, who checks the answer, and which key of the task file it is bound to. All are INI files, described in forms/README.md and
 * rds-sync-form(5). Code registers validators, actions and lists of choices by name (form/form_registry.h); data never holds
 * code or coordinates.
 *
 * Definitions are loaded once, checked whole (a form with an error does not load), and immutable afterwards. All texts
 * are in English as the file has them: show them through rs_form_text(). */
#ifndef RS_FORM_H
#define RS_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/map.h"
#include "form/expr.h"

enum rs_field_type {
	RS_FIELD_TEXT,
	RS_FIELD_HOST,
	RS_FIELD_PORT,
	RS_FIELD_INT,         /* min to max */
	RS_FIELD_BOOL,        /* yes or no */
	RS_FIELD_CHOICE,      /* one of the choices */
	RS_FIELD_MULTICHOICE, /* some of the choices, separated by spaces, in the order of the choices; "none" */
	RS_FIELD_PATH,
	RS_FIELD_SECRET,
	RS_FIELD_SIZE,        /* bytes with K, M or G; min to max in bytes */
	RS_FIELD_DURATION,    /* minutes; min to max */
	RS_FIELD_IDENT,       /* a name as it may stand in a file's name */
	RS_FIELD_FIELDS,      /* what each selected table is at the destination, a line each; a page of its own */
	RS_FIELD_OBJECTS,     /* the two-pane selector; the answer is a selection in its text form */
	RS_FIELD_NOTE,        /* a text to read; has no answer */
	RS_FIELD_ACTION,      /* a button; has no answer */
	RS_FIELD_REVIEW       /* the plan of what will be read and written; has no answer */
};

enum rs_field_level { RS_LEVEL_BASIC, RS_LEVEL_ADVANCED };

struct rs_form_choice {
	char *value;
	char *label;
};

/* A name with words after it ("@instances mysql $source_region"); a word "$id" stands for the answer of a field. */
struct rs_form_call {
	char *name;      /* without the "@"; NULL: none */
	char **words;
	size_t n_words;
};

/* "default.ID.VALUE = TEXT": holds while field ID has the value VALUE. */
struct rs_form_default {
	char *field;
	char *value;
	char *text;
};

/* "picks.VALUE = ID ANSWER": choosing VALUE answers another field instead. */
struct rs_form_pick {
	char *value;
	char *field;
	char *answer;
};

struct rs_form_page;

/* Texts are NULL where the file says nothing. */
struct rs_form_field {
	const struct rs_form_page *page;
	char *id;                    /* unique in all flows that use the page */
	const char *group;           /* id of its group; NULL: none */
	enum rs_field_type type;
	enum rs_field_level level;   /* advanced ones are shown on request, and kept out of the task file unless answered */
	char *label;
	char *hint;                  /* an example, shown in an empty field; not translated */
	char *help;                  /* one or two sentences */
	char *preset;                /* "default = …" */
	struct rs_form_call preset_call; /* "default = @name …" */
	struct rs_form_default *presets;
	size_t n_presets;
	struct rs_expr *visible;     /* NULL: always */
	struct rs_expr *required;    /* NULL: never */
	struct rs_expr *readonly;    /* NULL: never */
	bool fixed;                  /* can't be changed once the task is made */
	char *bind;                  /* "source.port"; "objects" for the whole selection, "fields" for all of that section; NULL: the
	                                answer stays here */
	struct rs_form_call *validate;
	size_t n_validate;
	struct rs_form_choice *choices; /* in order */
	size_t n_choices;
	struct rs_form_call choices_call; /* choices that code provides; those above come after them */
	struct rs_form_pick *picks;
	size_t n_picks;
	long long min, max;
	unsigned width;              /* cells of the input, 0: as the type has it */
	char hotkey;                 /* of an action; 0: none */
	struct rs_form_call action;
	char *file;                  /* the page's, or a part's */
	int line;                    /* in it */
};

struct rs_form_group {
	char *id;
	char *label;
	char *help;
	int column;                  /* groups with column 1 and 2 stand side by side; 0: over the whole width */
};

/* "check.N = name $a $b": a check across fields. */
struct rs_form_check {
	struct rs_form_call call;
	char *field;                 /* where its message is shown: the first $id */
};

struct rs_form_page {
	char *id;
	char *file;                  /* for messages */
	char *title;
	char *rail;                  /* short title for the list of steps */
	char *intro;
	char *next;                  /* label of the button that ends the page, NULL: "Next" */
	struct rs_form_group *groups;
	size_t n_groups;
	struct rs_form_field *fields; /* in file order */
	size_t n_fields;
	struct rs_form_check *checks;
	size_t n_checks;
};

struct rs_form_flow {
	char *id;                    /* "mysql-to-mysql" */
	char *file;
	char *title;                 /* "MySQL to MySQL" */
	char *brief;                 /* "MySQL → MySQL", for lists */
	char *help;                  /* a sentence, for the choice of a flow */
	char *heading;               /* what it stands under in the list of flows; NULL: as the one before */
	char *path;                  /* where the console has it; NULL */
	char **prerequisites;        /* "prerequisite.N = …", in order: what must be there before */
	size_t n_prerequisites;
	char *topology;              /* "one-way", "two-way" */
	char *source, *destination;  /* engines: "mysql" */
	bool available;              /* can be run by this version */
	int order;                   /* among the flows */
	char **page_ids;             /* "page.N = …", in order */
	const struct rs_form_page **pages;
	size_t n_pages;
};

struct rs_forms {
	struct rs_form_page **pages; /* by id */
	size_t n_pages, cap_pages;
	struct rs_form_flow **flows; /* by order */
	size_t n_flows, cap_flows;
	struct rs_map parts;         /* what pages are made of (form_part.h), by name */
};

/* Reads all definitions: from dir; where dir is NULL from $RDS_SYNC_FORMS, else the installed directory, else the copy in
 * the program. RS_E_IO, RS_E_FORM_INVALID with the first error's file and line. */
struct rs_forms *rs_forms_load(const char *dir, struct rs_err *err);
/* The copy that is built into the program. */
struct rs_forms *rs_forms_builtin(struct rs_err *err);
void rs_forms_free(struct rs_forms *f);
/* NULL where there is none. */
const struct rs_form_flow *rs_forms_flow(const struct rs_forms *f, const char *id);
const struct rs_form_page *rs_forms_page(const struct rs_forms *f, const char *id);
/* A field of any page of the flow. */
const struct rs_form_field *rs_form_flow_field(const struct rs_form_flow *flow, const char *id);

/* The translation of a text of a definition; "" for NULL. */
const char *rs_form_text(const char *text);
/* Whether fields of the type have an answer. */
bool rs_field_type_answers(enum rs_field_type type);

#endif
