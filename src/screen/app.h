/* The full-screen program: what all its screens share, and how they open one another.
 *
 *	app            this: start, end, the second's tick, leaving
 *	tasks          the list of tasks                        live, tables, trouble, compare   a task at work
 *	wizard         the answers and the way through steps    wizard_form, wizard_objects, wizard_review, wizard_precheck
 *	watch          tasks as the screens see them            work    calls that may block, in threads
 *	objects        the catalogue and what is selected of it show    numbers and times
 *	form_binding   forms and task files, brought together
 *	hint           what can be done, with the keys that do it
 *	save_as        files that the user has written
 *	keys           all tables of keys, and keys.ini
 *	slow_check     validators that have to wait
 *
 * All on the UI thread. */
#ifndef RS_APP_H
#define RS_APP_H

#include "form/form.h"
#include "form/form_registry.h"
#include "model/prices.h"
#include "model/registry.h"
#include "screen/form_binding.h"
#include "screen/slow_check.h"
#include "screen/watch.h"
#include "screen/work.h"
#include "tui/tui.h"

struct rs_app {
	struct rs_loop *loop;
	struct rs_works works;
	struct rs_watches watches;
	struct rs_thread forms_reader;   /* reads the forms while the first picture is drawn: they are had from rs_app_forms */
	struct rs_forms *forms;
	struct rs_err forms_error;       /* why they can't be loaded */
	struct rs_form_registry registry;
	struct rs_form_objects objects;  /* that were read last */
	struct rs_slow_check files;      /* the forms' validator of files */
	struct rs_registry instances;    /* instances.ini as it was at the start, or when it was edited here */
	struct rs_err instances_error;   /* why it can't be read */
	struct rs_prices prices;         /* prices.ini, the same */
	struct rs_err prices_error;
	struct rs_err keys_error;        /* the same of the user's own keys */
	bool (*detach)(void);            /* NULL: can't */
	bool view;                       /* the user only looks */
	bool detaching;                  /* the loop was ended to go on without the terminal */
	bool leaving;                    /* engines were told to stop; the loop ends when they have */
	struct rs_wizard *wizard;        /* the one on top, for its buttons' actions; NULL: none */
	char *question_path;             /* the task that the open question is about, */
	enum rs_command question_command; /* and what is to be done with it */
	int second;                      /* timer */
	rs_usec scan_due;                /* monotonic: when the files are looked at again */
};

/* Loads forms and instances; where that fails it is remembered, not reported. The app stays where it is. */
void rs_app_init(struct rs_app *app);
/* Waits until they are read; NULL: they can't be, as forms_error says. */
const struct rs_forms *rs_app_forms(struct rs_app *app);
/* The loop's options that lead here: quit and suspend. */
void rs_app_options(struct rs_app *app, struct rs_loop_options *options);
/* Begins to watch; the loop was made with rs_app_options. */
void rs_app_start(struct rs_app *app, struct rs_loop *loop);
/* Destroys the screens and waits until all that they asked for has been done (what is typed is saved); engines go on. */
void rs_app_settle(struct rs_app *app);
/* The same, stops engines, frees the loop. */
void rs_app_release(struct rs_app *app);

/* For jobs and engines: from any thread. */
struct rs_wake rs_app_wake(struct rs_app *app);
/* What can't be done, and why, in the help area. err is cleared. */
void rs_app_say_error(struct rs_app *app, struct rs_err *err);
/* The same in a dialog. err is cleared. */
void rs_app_show_error(struct rs_app *app, const char *title, struct rs_err *err);
/* A path that was typed, as a whole one: "~/" is the home, else it is below the working directory; malloc'ed. */
char *rs_app_full_path(const char *path);
/* Writes a report, escaping what a terminal could misread, and says where. Asks for the path first, as save_as.h has it:
 * "NAME-KIND-20261122-124502.txt" in the working directory. text is copied. */
void rs_app_save_report(struct rs_app *app, const char *name, const char *kind, const struct rs_buf *text);
/* Collects what is known of the task, for others to look at, into an archive; asks for its path. Its file can be read. */
void rs_app_diagnose(struct rs_app *app, const struct rs_watch *watch);
/* Asks which of the files that the user writes for the program is meant, and lets him edit it with his editor; what it says holds
 * then. */
void rs_app_edit_files(struct rs_app *app);
/* Looks at the task files again soon. */
void rs_app_rescan(struct rs_app *app);

/* --- screens: each is pushed on the loop --------------------------------------------- */

void rs_tasks_open(struct rs_app *app);
/* The wizard for a new task; asks for the flow first. */
void rs_wizard_new(struct rs_app *app);
/* How far a task is that is configured. What was begun before: some answers can't be changed any more, and nothing is
 * written to its file before the end. What runs: most of them can't, and the process that runs it takes up what is
 * written. */
enum rs_configured { RS_CONFIGURED_FIRST, RS_CONFIGURED_BEGUN, RS_CONFIGURED_RUNNING };
enum rs_configured rs_app_configured(const struct rs_watch *watch);
/* The wizard for a task that is there, a copy of which is edited. at_objects: begins at the objects' step.
 * RS_E_TASK_INVALID: its flow has no forms. */
enum rs_rc rs_wizard_open(struct rs_app *app, const struct rs_task *task, enum rs_configured how, bool at_objects,
                          struct rs_err *err) RS_MUST_CHECK;
/* The same for a task of the list, or a dialog that says why not. */
void rs_wizard_modify(struct rs_app *app, const struct rs_watch *watch, bool at_objects);
/* The wizard for a new task with the same answers. */
void rs_wizard_clone(struct rs_app *app, const struct rs_watch *watch);
/* Whether it can be changed as a whole just now, by whatever does that. */
bool rs_app_can_take_up(const struct rs_watch *watch, const char **why);
/* Whether it can be; where not, *why says so (translated). */
bool rs_app_can_modify(const struct rs_watch *watch, const char **why);
/* replace: in place of the top screen. */
void rs_live_open(struct rs_app *app, struct rs_watch *watch, bool replace);
void rs_trouble_open(struct rs_app *app, struct rs_watch *watch);
/* around: the time at which one looks at it first; 0: its end. The task's file can be read. */
void rs_log_show(struct rs_app *app, struct rs_watch *watch, rs_usec around);
/* Schema changes, states, phases and problems so far. The task's file can be read. */
void rs_history_open(struct rs_app *app, struct rs_watch *watch);
/* Lag, rows and bytes over time. */
void rs_graph_open(struct rs_app *app, struct rs_watch *watch);
/* What each thread does or waits for, what took long, and what holds it up. */
void rs_why_open(struct rs_app *app, struct rs_watch *watch);
/* at: the table that gets the cursor, of the newest snapshot; NULL: the first. */
void rs_tables_open(struct rs_app *app, struct rs_watch *watch, const struct rs_table_progress *at);
/* The comparison that there is; where there is none, it is asked what is to be compared. */
void rs_compare_open(struct rs_app *app, struct rs_watch *watch);
/* Asks what is to be compared, begins that, and shows it (in the screen on top, where that is the one). tables: as a user
 * would type them; NULL: as it was asked the last time. */
void rs_compare_ask(struct rs_app *app, struct rs_watch *watch, const char *tables);
/* The screen, without asking. */
void rs_compare_push(struct rs_app *app, struct rs_watch *watch);

/* --- what several screens do with a task ---------------------------------------------- */

/* Whether a task in that state was never begun: it is configured, not opened, and anything of it can be changed. */
bool rs_app_is_unstarted(enum rs_state state);
/* What can't be done, and why. */
static inline bool rs_app_no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}
/* Whether the user may change anything, of this task or at all, or only looks (--view); then *why says so (translated). */
bool rs_app_may_change(const struct rs_app *app, const char **why);
bool rs_app_may_change_it(const struct rs_watch *watch, const char **why);
/* Whether a command can be given now; where not, *why says so (translated). */
bool rs_app_can_command(const struct rs_watch *watch, enum rs_command command, const char **why);
/* Gives it to the engine here, or to the process that runs the task; one that nobody runs is started to be released. What comes of
 * it is said in the help area. */
void rs_app_command(struct rs_app *app, struct rs_watch *watch, enum rs_command command);
/* Asks first where the command ends something (stop, release). */
void rs_app_ask_command(struct rs_app *app, struct rs_watch *watch, enum rs_command command);
/* The same for the tasks that are marked: whether any of them takes it (RESUME starts those that nobody runs). */
bool rs_app_can_command_marked(const struct rs_app *app, enum rs_command command, const char **why);
/* Says which of them take it and which don't, with the reason, and gives it to those that do. */
void rs_app_ask_command_marked(struct rs_app *app, enum rs_command command);
/* Whether something can be done to single tables now; where not, *why says so (translated). */
bool rs_app_can_change_tables(const struct rs_watch *watch, const char **why);
/* Asks where it should be (always before something is emptied), then does it; where nobody runs the task it is gone on with
 * until that is settled, and further where it had failed. tables: single ones; given away. more: they are not only those
 * that the user has named. What comes of it is said. */
void rs_app_change_tables(struct rs_app *app, const struct rs_watch *watch, enum rs_table_action action,
                          struct rs_selection *tables, bool more);
/* Whether it can be taken back to where it was before it was configured; asks, then does it. */
bool rs_app_can_reset(const struct rs_watch *watch, const char **why);
void rs_app_ask_reset(struct rs_app *app, const struct rs_watch *watch);
/* Whether a one-way task can become a two-way one. */
bool rs_app_can_go_two_way(const struct rs_watch *watch, const char **why);
/* Asks for another name, for limits, and for what it is to tell by itself; and whether such things can be changed now. */
void rs_app_ask_name(struct rs_app *app, const struct rs_watch *watch);
void rs_app_ask_alerts(struct rs_app *app, const struct rs_watch *watch);
void rs_app_ask_limits(struct rs_app *app, const struct rs_watch *watch);
bool rs_app_can_limit(const struct rs_watch *watch, const char **why);
bool rs_app_can_set(const struct rs_watch *watch, const char **why);
/* Appends "lag, state": the alerts that are raised. */
void rs_app_put_alerts(const struct rs_progress *p, struct rs_buf *out);
/* What it has used so far and what that costs, in a dialog; and whether that is known. */
void rs_app_show_usage(struct rs_app *app, const struct rs_watch *watch);
bool rs_app_has_usage(const struct rs_watch *watch, const char **why);
/* The instance in production, as the registry says, that is the task's destination, by its id or its address; NULL: none is. */
const struct rs_instance *rs_app_production(const struct rs_app *app, const struct rs_task *task);
/* Whether nobody runs the task and it can be started (again). */
bool rs_app_can_start(const struct rs_watch *watch, const char **why);
/* Starts the task here and then opens its dashboard, unless the user has gone elsewhere meanwhile. */
enum rs_app_then { RS_APP_STAY, RS_APP_OPEN, RS_APP_OPEN_INSTEAD /* of the top screen */ };
void rs_app_start_task(struct rs_app *app, struct rs_watch *watch, enum rs_app_then then);
/* Starts one again that nobody ran, and that was gone on with here for a moment to change something: what was seen of it
 * meanwhile was that. */
void rs_app_start_again(struct rs_app *app, struct rs_watch *watch);
/* Removes its file and what this host knows of it; nobody runs it. It is gone when that has been done. */
void rs_app_delete_task(struct rs_app *app, struct rs_watch *watch);
/* Whether what the destination has can be read again (rs_flow_reads_back). */
bool rs_app_reads_back(const struct rs_watch *watch, const char **why);
/* Whether both sides can be compared now. */
bool rs_app_can_compare(const struct rs_watch *watch, const char **why);

#endif
