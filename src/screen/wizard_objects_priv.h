/* What the files of the step at which objects are selected share: the trees and what is done in them (wizard_objects.c), what
 * is asked about one database, table or column (wizard_objects_ask.c), settings of tables at the destination
 * (wizard_table_settings.c), columns of many tables (wizard_columns.c), and names for many (wizard_batch.c). Private to them. */
#ifndef RS_WIZARD_OBJECTS_PRIV_H
#define RS_WIZARD_OBJECTS_PRIV_H

#include "screen/objects_tree.h"
#include "screen/pieces.h"
#include "screen/selected.h"
#include "screen/wizard.h"

struct rs_objects_page {
	struct rs_screen screen;
	struct rs_wizard *w;
	const struct rs_form_field *field;
	struct rs_objects *objects;      /* the wizard's */
	struct rs_selected selected;
	struct rs_widget *left_title, *right_title;
	struct rs_entry *filter;
	struct rs_tree *source, *chosen;
	struct rs_widget *arrows;        /* holds the row of buttons, made anew when their texts change */
	struct rs_widget *buttons, *foot;
	bool covered;                    /* by a screen that belongs to the step, which is not left */
	struct rs_objects_change *change; /* that is being made, */
	struct rs_pieces changing;       /* between keys; */
	struct rs_objects_answer *answer; /* and the text of a large selection, which becomes the answer: it is behind the selection */
	struct rs_pieces answering;
	bool going_on;                   /* Next was pressed meanwhile: when the answer is there */
	unsigned shown;                  /* version of the selection that is shown */
	uint64_t seen;                   /* newest of its nodes, in numbers of selected.h */
	struct rs_table_settings_ask *settings; /* the dialog that asks for them; NULL: none is open */
	char *question_db, *question_table, *question_column; /* what is asked about; db NULL: all
	                                                         that is marked */
};

static inline bool rs_objects_page_is_on_right(const struct rs_objects_page *p)
{
	return rs_widget_focused(p->screen.root) == rs_tree_widget(p->chosen);
}

static inline uint64_t rs_objects_page_source(const struct rs_objects_page *p)
{
	return rs_tree_node(p->source);
}

static inline const struct rs_selected_node *rs_objects_page_chosen(const struct rs_objects_page *p)
{
	uint64_t id = rs_tree_node(p->chosen);

	return id ? rs_selected_node(&p->selected, id) : NULL;
}

/* The selection becomes the field's answer (a large one in pieces, between keys), and is shown. */
void rs_objects_page_answer(struct rs_objects_page *p);
/* Makes a change, a large one in pieces, between keys; Esc takes it back whole. Nothing else is changed meanwhile. */
void rs_objects_page_change(struct rs_objects_page *p, struct rs_objects_change *change);
/* Marks have changed. */
void rs_objects_page_marked(struct rs_objects_page *p);
/* After a change: the answer, or why there is none. */
void rs_objects_page_settle(struct rs_objects_page *p, enum rs_rc rc, struct rs_err *err);

/* wizard_objects_answer.c: the selection as the field's answer. */
void rs_objects_answer_begin(struct rs_objects_page *p);
/* What is under way is done now; and given up. */
void rs_objects_answer_finish(struct rs_objects_page *p);
void rs_objects_answer_give_up(struct rs_objects_page *p);
/* It is the answer: called on the page once a text that was begun is. */
void rs_objects_page_answered(struct rs_objects_page *p);

/* wizard_objects_ask.c: about what is under the cursor. */
void rs_objects_ask_name(struct rs_objects_page *p);
void rs_objects_ask_rows(struct rs_objects_page *p);
void rs_objects_ask_operations(struct rs_objects_page *p);
/* What a question is about: how many are marked (on the left, where marks are), 0: none; else what is under the cursor, false: nothing
 * is. And whether that is a table. */
size_t rs_objects_take_marked(struct rs_objects_page *p);
bool rs_objects_take_question(struct rs_objects_page *p);
bool rs_objects_question_is_table(const struct rs_objects_page *p);
/* wizard_table_settings.c: settings of tables at the destination; whether the flow has any; and that columns may have arrived. */
void rs_objects_ask_settings(struct rs_objects_page *p);
bool rs_objects_have_settings(const struct rs_objects_page *p);
void rs_objects_settings_arrived(struct rs_objects_page *p);
/* About none of it: a name that is typed. */
void rs_objects_ask_line(struct rs_objects_page *p);
/* A pattern: what fits is marked. */
void rs_objects_ask_pattern(struct rs_objects_page *p);
/* wizard_columns.c: about columns of all marked tables. */
void rs_objects_ask_columns(struct rs_objects_page *p);
/* wizard_batch.c: of many at once, on a screen of its own; can where there is anything to be named. */
bool rs_objects_can_batch(const struct rs_objects_page *p);
void rs_objects_batch(struct rs_objects_page *p);
/* The page goes. */
void rs_objects_ask_nothing(struct rs_objects_page *p);

#endif
