/* The table of commands. A new one is a record here, a function in cli.h, and a section in rds-sync(1), which a test
 * compares with this table. */
#include "base/i18n.h"
#include "cli/cli.h"

#define END {NULL, NULL, NULL, false}
#define JSON {"json", NULL, N_("print the result as JSON"), false}

static const struct rs_cli_option json_options[] = {JSON, END};

static const struct rs_cli_option run_options[] = {
	{"until", "synchronized", N_("end once all that the source had committed has arrived"), false},
	{"skip-precheck-warnings", NULL, N_("start although the precheck warns"), false},
	END,
};

static const struct rs_cli_option verify_options[] = {
	{"mode", "MODE", N_("full: all rows; sample: a part of them; count: only how many"), false},
	{"sample", "PERCENT", N_("how much of every table is looked at, from 10 on; means --mode=sample"), false},
	{"tables", "LIST", N_("only these, as shop.orders,crm; the names are the source's"), false},
	{"max-rows", "N", N_("read at most so many rows a second, both sides together"), false},
	{"max-bytes", "SIZE", N_("the same for bytes, as 10M"), false},
	{"timeout", "TIME", N_("stop after this time, as 30m or 6h"), false},
	{"repair", NULL, N_("make the ranges that differ the same (see repair)"), false},
	JSON,
	END,
};

static const struct rs_cli_option repair_options[] = {
	{"after", "BOUND", N_("the range's lower bound, as verify --json reports it"), false},
	{"upto", "BOUND", N_("its upper bound"), false},
	JSON,
	END,
};

static const struct rs_cli_option reanchor_options[] = {
	{"plan", NULL, N_("only tell what would become of each table and object"), false},
	{"yes", NULL, N_("do not ask"), false},
	{"force", NULL, N_("also in tables that were there before, and from another server"), false},
	{"resync", NULL, N_("copy suspended tables anew whose log is lost, too"), false},
	END,
};

static const struct rs_cli_option reset_options[] = {
	{"yes", NULL, N_("do not ask"), false},
	END,
};

static const struct rs_cli_option new_options[] = {
	{"flow", "FLOW", N_("what is synchronized into what, as mysql-to-mysql"), false},
	{"set", "KEY=VALUE", N_("set a key of the task file, as source.host=10.0.0.11"), true},
	END,
};

static const struct rs_cli_option edit_options[] = {
	{"sql", "FILE", N_("what is executed in place of the event; - reads standard input"), false},
	END,
};

static const struct rs_cli_option resync_options[] = {
	{"force", NULL, N_("also empty tables that were there before the task"), false},
	END,
};

static const struct rs_cli_option export_options[] = {
	{"output", "FILE", N_("write it there instead of printing it"), false},
	END,
};

static const struct rs_cli_option import_options[] = {
	{"name", "NAME", N_("what the new task is called"), false},
	END,
};

const struct rs_cli_command rs_cli_commands[] = {
	{"form lint", "", 0, 0, NULL, N_("check the form definitions"), NULL, rs_cli_form_lint},
	{"form prompt", "FLOW", 1, 1, NULL, N_("configure a task with plain questions"),
     N_("The questions are those of the full-screen program, one after another, for screen readers\n"
        "and simple terminals. An empty answer takes what stands in brackets."),
     rs_cli_form_prompt},
	{"prompt", "FLOW", 1, 1, NULL, N_("the same as form prompt"), NULL, rs_cli_form_prompt},
	{"precheck", "TASK", 1, 1, json_options, N_("check whether a task can run"),
     N_("Changes nothing on either server. Exit status: 0 passed, 1 not passed, 2 could not run."),
     rs_cli_precheck_command},
	{"run", "TASK", 1, 1, run_options, N_("run a task in the foreground"),
     N_("A task that was never started is checked first (see precheck); one that was goes on where it\n"
        "stopped, however that came. A line of progress a second goes to standard error. SIGTERM and\n"
        "SIGINT end it in order, with exit status 0; 1 says that the precheck did not pass, that the task\n"
        "failed, or that objects which were to join it could not; 2 that it could not run."),
     rs_cli_run},
	{"status", "[TASK]", 0, 1, json_options, N_("tell how a task is doing, or all of them"),
     N_("From what this host knows; no server is asked."), rs_cli_status},
	{"pause", "TASK", 1, 1, NULL, N_("stop writing to the destination; the position is kept"), NULL, rs_cli_pause},
	{"resume", "TASK", 1, 1, NULL, N_("go on after a pause or a failure"), NULL, rs_cli_resume},
	{"stop", "TASK", 1, 1, NULL, N_("end a running task; it can be started again"), NULL, rs_cli_stop},
	{"release", "TASK", 1, 1, NULL, N_("end a task for good: cut over to the destination"),
     N_("The triggers are made at the destination, and what rds-sync made on both servers is removed.\n"
        "The task can't be started again."),
     rs_cli_release_task},
	{"verify", "TASK", 1, 1, verify_options, N_("compare both sides row by row"),
     N_("Without locks, also while the task runs. Exit status: 0 the same, 1 different, 2 could not run, or\n"
        "not to the end."),
     rs_cli_verify},
	{"repair", "TASK TABLE", 2, 2, repair_options, N_("make a table, or a range of it, the same on both sides"),
     N_("The process that runs the task does it, between two transactions, without locks: exactly the rows\n"
        "that differ are deleted or written at the destination. Exit status: 0 done, 2 could not be done."),
     rs_cli_repair},
	{"reanchor", "TASK", 1, 1, reanchor_options, N_("go on without a part of the source's log"),
     N_("Where the log was purged or reset: the task begins anew where its source is now, on top of what the\n"
        "destination has. All tables are compared, and exactly the rows that differ are written or deleted.\n"
        "Tables without a key, or whose definitions differ, are emptied and copied again. Until that is done\n"
        "the task is not synchronized; it is resumed like any copy, however it is interrupted."),
     rs_cli_reanchor},
	{"reset", "TASK", 1, 1, reset_options, N_("forget a task, and empty its configuration"),
     N_("It is stopped; what rds-sync keeps of it at both servers and on this host is removed, and of its\n"
        "file the name, the note and the flow are left. The rows at the destination stay as they are."),
     rs_cli_reset},
	{"event show", "TASK", 1, 1, json_options, N_("show the event of the source at which a task has stopped"),
     N_("One changed row, with its values, or one statement; and why the destination refuses it."), rs_cli_event_show},
	{"event skip", "TASK [EVENT]", 1, 2, NULL, N_("leave that event out, and go on"),
     N_("Source and destination differ there afterwards. Only this event is left out: EVENT, as \"event show\"\n"
        "names it, makes sure that it is the one that was seen."),
     rs_cli_event_skip},
	{"event edit", "TASK [EVENT]", 1, 2, edit_options, N_("execute something else in place of that event, and go on"),
     N_("In place of a statement: one schema change, in the destination's words. In place of a row: INSERT,\n"
        "UPDATE, DELETE and REPLACE, as part of the same transaction."),
     rs_cli_event_edit},
	{"event retry", "TASK [EVENT]", 1, 2, NULL, N_("try that event again, as if nothing had been decided"), NULL,
     rs_cli_event_retry},
	{"event list", "TASK", 1, 1, json_options, N_("list what was decided about events of a task"),
	 N_("Oldest first, and whether each has had its effect. The destination is asked."), rs_cli_event_list},
	{"table list", "TASK", 1, 1, NULL, N_("list the tables of a task, and what each is to it"), NULL, rs_cli_table_list},
	{"table suspend", "TASK TABLE…", 2, -1, NULL, N_("leave out changes of tables, while the others go on"),
     N_("From one transaction on, all of them; their rows at the destination stay as they are."), rs_cli_table_suspend},
	{"table resume", "TASK TABLE…", 2, -1, NULL, N_("go on with suspended tables where they were"),
     N_("They catch up beside the task, as long as the source has its log, and join it."), rs_cli_table_resume},
	{"table resync", "TASK TABLE…", 2, -1, resync_options, N_("empty tables at the destination and copy them again"),
     N_("Tables that the task made are dropped there and made anew. The others go on meanwhile."),
     rs_cli_table_resync},
	{"task list", "", 0, 0, NULL, N_("list the task files"), NULL, rs_cli_task_list},
	{"task show", "TASK", 1, 1, NULL, N_("print a task's settings, and its defaults as comments"),
     N_("Passwords are not shown."), rs_cli_task_show},
	{"task new", "[KEY=VALUE…]", 0, -1, new_options, N_("make a task file"),
     N_("Prints the path of the new file. A password can't be given here: name where it comes from with\n"
        "source.password_env, source.password_file, source.password_command or source.option_file."),
     rs_cli_task_new},
	{"task set", "TASK KEY=VALUE…", 2, -1, NULL, N_("change a task file"),
     N_("An empty value removes the key. Of a task that is running, objects, limits of speed, retry times,\n"
        "account and password, alerts, name and note can be changed; the process that runs it takes them\n"
        "up at once."),
     rs_cli_task_set},
	{"task export", "TASK", 1, 1, export_options, N_("print a task to be kept, or taken to another host"),
     N_("One text with all settings and objects, without the task's id and without passwords."), rs_cli_task_export},
	{"task import", "FILE", 1, 1, import_options, N_("make a task from what \"task export\" printed, or from any task file"),
     N_("A task of its own, with an id of its own: what the other one has copied is not gone on with.\n"
        "Prints the path of the new file. FILE may be -, for standard input."),
     rs_cli_task_import},
	{"usage", "[TASK]", 0, 1, json_options, N_("tell what a task has used, phase by phase, and what it costs"),
     N_("Running time, with pauses and retries, as far as this host knows. The prices are those of\n"
        "prices.ini."),
     rs_cli_usage},
	{"completion", "SHELL", 1, 1, NULL, N_("print the completion for a shell: bash or zsh"),
     N_("\"make install\" puts both where the shells look for them. Elsewhere:\n"
        "eval \"$(rds-sync completion bash)\""),
     rs_cli_completion},
	{NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
};
