/* The wizard: one page a step. The answers, and whatever else is known on the way (tests of connections, the catalogue, what
 * is selected of it, the precheck), live here; each step's screen is a disposable view of them, made when one comes to it
 * and gone when one leaves. Going back never checks anything; going on checks the page; the start checks all.
 *
 * When a step is left the answers are saved as the task's file, without the passwords (a draft); a task that was begun is
 * only written when the user says so. What others change in the file meanwhile stays; where it is what the user changes too,
 * nothing is written, and he is told. Private to wizard*.c, but for what app.h names. */
#ifndef RS_WIZARD_H
#define RS_WIZARD_H

#include "form/form_state.h"
#include "screen/app.h"
#include "screen/objects.h"
#include "tui/tree.h"

#define RS_WIZARD_STEPS 12

/* A test of the connection to one side. */
struct rs_wizard_probe {
	struct rs_probe *job;          /* NULL: none was made, or it is over */
	bool known;                    /* there is a result */
	bool ok, unfit;                /* as its result (engine.h) */
	char *text;                    /* what is to be shown of it */
	char *subject;                 /* the endpoint that it is about, to see whether it has changed since */
};

/* The topics of a Kafka cluster. */
struct rs_wizard_topics {
	struct rs_topics *job;         /* NULL: none was asked for, or they have come */
	const struct rs_form_field *button; /* that asked */
	struct rs_topics_result result;
	char *subject;                 /* the endpoint that they are of, to see whether it has changed since */
	bool waiting;                  /* they have come and were not shown yet */
};

struct rs_wizard_step {
	bool visited;
	bool bad;                      /* going on from it was refused */
	bool advanced;                 /* shows the advanced fields */
	char *focus;                   /* id of the field that had the focus; NULL: none */
};

struct rs_wizard {
	unsigned refs;                 /* its screens */
	struct rs_app *app;
	const struct rs_form_flow *flow;
	struct rs_form_state *state;
	struct rs_task *task;          /* as its file is, or will be */
	bool begun;
	bool running;                  /* by whichever process, which takes up what is written */
	struct rs_selection *before;   /* of a task that was begun: what it synchronized when this was opened; NULL */
	size_t first;                  /* step at which it was opened: from there Esc leaves */
	unsigned saved;                /* version of the answers in the file, */
	unsigned asked;                /* and of those that are on their way there */
	char *file;                    /* where the task is written to, */
	char *called;                  /* the name that its file bears: of when it was opened, got its file, or was a draft that was
	                                  given another one, */
	struct rs_task *base;          /* and what we know to be there, NULL: nothing; the three are the thread's that writes it */
	bool going_on;                 /* the user wants to go on from the step, which is still being checked */
	size_t finishing;              /* the step from which it is written to be started */
	bool drafted;                  /* something was saved as a draft */
	struct rs_wizard_step steps[RS_WIZARD_STEPS];
	size_t step, step_count;       /* the flow's pages, and the precheck */
	struct rs_wizard_probe probes[2]; /* source, destination */
	struct rs_wizard_topics topics;
	struct rs_objects *objects;    /* NULL: not looked at yet */
	char *objects_subject;         /* the source that they are of */
	struct rs_tree_place source_place, chosen_place; /* where one was in their trees, */
	uint64_t chosen_seen;          /* and the newest that was seen on the right; 0: nobody was there */
	struct rs_precheck *precheck;  /* NULL: none */
	unsigned precheck_version;     /* version of the answers that it is about */
	bool precheck_passed;          /* when it was looked at last */
};

struct rs_wizard *rs_wizard_ref(struct rs_wizard *w);
void rs_wizard_unref(struct rs_wizard *w);

/* For a new task, in place of the choice of its flow, which is on top. */
void rs_wizard_begin(struct rs_app *app, const struct rs_form_flow *flow);
/* What is to be said of a flow that can't be started yet; NULL: it can. */
const char *rs_wizard_cannot_start(const struct rs_form_flow *flow);

/* What all steps' screens have in common. */
void rs_wizard_place(const struct rs_wizard *w, struct rs_buf *out);
size_t rs_wizard_steps(const struct rs_wizard *w, struct rs_step *steps, size_t max);
/* A step's screen has come up or gone. */
void rs_wizard_enter(struct rs_wizard *w);
void rs_wizard_leave(struct rs_wizard *w);

/* Actions that each step's keymap begins with; a step's own are below RS_WIZARD_ACT. */
enum {
	RS_WIZARD_ACT = 900, RS_WIZARD_NEXT = RS_WIZARD_ACT, RS_WIZARD_PREVIOUS, RS_WIZARD_STEP_1,
	RS_WIZARD_STEP_5 = RS_WIZARD_STEP_1 + 4
};
#define RS_WIZARD_ACTIONS                                                                                                      \
	{RS_WIZARD_NEXT, "next-step", {RS_CTRL('n')}, N_("Next step"), N_("On to the next step; this one is checked."), 40},        \
	{RS_WIZARD_PREVIOUS, "previous-step", {RS_CTRL('p')}, N_("Step back"), N_("Back to the step before; nothing is lost."), 41}, \
	{RS_WIZARD_STEP_1, "step-1", {RS_KEY_ALT | '1', '1'}, N_("Step 1"), N_("To the first step."), 0},                           \
	{RS_WIZARD_STEP_1 + 1, "step-2", {RS_KEY_ALT | '2', '2'}, N_("Step 2"), N_("To the second step, if it was visited."), 0},   \
	{RS_WIZARD_STEP_1 + 2, "step-3", {RS_KEY_ALT | '3', '3'}, N_("Step 3"), N_("To the third step, if it was visited."), 0},    \
	{RS_WIZARD_STEP_1 + 3, "step-4", {RS_KEY_ALT | '4', '4'}, N_("Step 4"), N_("To the fourth step, if it was visited."), 0},   \
	{RS_WIZARD_STEP_5, "step-5", {RS_KEY_ALT | '5', '5'}, N_("Step 5"), N_("To the fifth step, if it was visited."), 0}
/* Whether an action of those, but for NEXT, can be done. */
bool rs_wizard_enabled(const struct rs_wizard *w, int action, const char **why);
/* Does it. True: it was one of them, or RS_ACT_BACK (a step back; from the first out of the wizard, asking where something
 * would be lost). */
bool rs_wizard_action(struct rs_wizard *w, int action);

/* To a step, in place of the top screen. */
void rs_wizard_go(struct rs_wizard *w, size_t step);
/* To the page of the flow; field may be NULL: gets the focus. */
void rs_wizard_go_to(struct rs_wizard *w, const struct rs_form_page *page, const struct rs_form_field *field);
/* The answer to "next" where the step can't be judged yet: true and a word to the user; the step's screen then asks again
 * when it is woken, as long as w->going_on. */
bool rs_wizard_wait(struct rs_wizard *w, enum rs_rc checked);
/* To the next step. */
void rs_wizard_next(struct rs_wizard *w);
/* Checks everything, writes the task with its passwords, and goes on to the precheck; goes to what is wrong instead. */
void rs_wizard_finish(struct rs_wizard *w);
/* The same, and leaves the wizard. */
void rs_wizard_save_and_leave(struct rs_wizard *w);
/* The task as it is answered, with its passwords; of a page that is not complete, what there is. Never NULL. */
struct rs_task *rs_wizard_task(const struct rs_wizard *w);
/* The task was written and the precheck passed (or is not needed): starts it. */
void rs_wizard_start(struct rs_wizard *w);

/* --- its file (wizard_save.c) --------------------------------------------------------------- */

/* Told on the UI thread when the file has been written, or why it has not. */
typedef void rs_wizard_written(struct rs_wizard *w, struct rs_err *err);
/* Writes the task with its passwords. */
void rs_wizard_save(struct rs_wizard *w, rs_wizard_written *done);
/* Writes what was answered since it was written last, without the passwords; that it can't is said and holds nobody up. */
void rs_wizard_save_draft(struct rs_wizard *w);
/* Writes which checks are ignored. */
void rs_wizard_save_ignored(struct rs_wizard *w);

/* --- steps; each makes its screen, which holds a reference ------------------------------- */

struct rs_screen *rs_wizard_form_screen(struct rs_wizard *w, const struct rs_form_page *page);
struct rs_screen *rs_wizard_objects_screen(struct rs_wizard *w, const struct rs_form_page *page);
/* The page has the one field. */
struct rs_screen *rs_wizard_fields_screen(struct rs_wizard *w, const struct rs_form_page *page, const struct rs_form_field *field);
struct rs_screen *rs_wizard_review_screen(struct rs_wizard *w, const struct rs_form_page *page);
struct rs_screen *rs_wizard_precheck_screen(struct rs_wizard *w);

/* --- addresses in one piece (wizard_paste.c) ------------------------------------------------ */

/* What is pasted into a field of a side, but a password's, where it is such an address ("mysql://…", model/dsn.h): its parts are
 * answers from now on, and it is said which; one of another kind of server is refused. False: it is none. */
bool rs_wizard_paste(const struct rs_wizard *w, const struct rs_form_page *page, const struct rs_form_field *at, const char *text, size_t len);

/* --- kinds of changes (wizard_operations.c) ------------------------------------------------- */

/* o NULL: as the task. */
typedef void rs_wizard_operations_taken(void *ctx, const struct rs_operations *o);
/* Asks which of a database or table are synchronized; Esc asks nothing of done. ctx lives as long as the screen on top. */
void rs_wizard_ask_operations(struct rs_wizard *w, const char *name, bool of_table, const struct rs_operations *now,
                              rs_wizard_operations_taken *done, void *ctx);

/* --- tests of connections (wizard_probe.c) ------------------------------------------------- */

/* The action of the forms' buttons; ctx is the app. */
void rs_wizard_test(void *ctx, struct rs_form_state *state, const struct rs_form_field *field, const char *const *words,
                    size_t n_words);
/* Looks at what has come in; true where something has. */
bool rs_wizard_probe_poll(struct rs_wizard *w);
/* Gives up tests that are under way; false where there is none. */
bool rs_wizard_probe_cancel(struct rs_wizard *w);
/* What is to be shown below the button of a side; "" for nothing. */
void rs_wizard_probe_text(const struct rs_wizard *w, size_t side, struct rs_buf *out, unsigned *style);
void rs_wizard_probe_release(struct rs_wizard *w);
/* All that a connection depends on, to see whether it has changed; malloc'ed. */
char *rs_wizard_subject(const struct rs_endpoint *e);

/* --- the topics of a Kafka cluster (wizard_topics.c) ------------------------------------------ */

/* The action of the button Get Topic List; its words: the side, and the fields that answer the topic and Kafka's version. ctx is
 * the app. */
void rs_wizard_get_topics(void *ctx, struct rs_form_state *state, const struct rs_form_field *field, const char *const *words,
                          size_t n_words);
/* As those of a test. */
bool rs_wizard_topics_poll(struct rs_wizard *w);
bool rs_wizard_topics_cancel(struct rs_wizard *w);
void rs_wizard_topics_text(const struct rs_wizard *w, struct rs_buf *out, unsigned *style);
void rs_wizard_topics_release(struct rs_wizard *w);

/* --- the catalogue (wizard_fetch.c) ------------------------------------------------------------ */

/* Sees to it that w->objects is there, with the selection that the field answers, and fetches the catalogue of the source as it
 * is answered now. */
void rs_wizard_objects_have(struct rs_wizard *w, const struct rs_form_field *field);
/* Fetches it again. */
void rs_wizard_objects_fetch(struct rs_wizard *w);
/* Ends the fetching and forgets all. */
void rs_wizard_objects_release(struct rs_wizard *w);

#endif
