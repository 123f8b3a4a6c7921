noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	%reldir%/args.c %reldir%/args.h \
	%reldir%/cli.h \
	%reldir%/cmd_completion.c \
	%reldir%/cmd_control.c \
	%reldir%/cmd_event.c \
	%reldir%/cmd_form.c \
	%reldir%/cmd_reanchor.c \
	%reldir%/cmd_repair.c \
	%reldir%/cmd_reset.c \
	%reldir%/cmd_run.c \
	%reldir%/cmd_status.c \
	%reldir%/cmd_table.c \
	%reldir%/cmd_task.c \
	%reldir%/cmd_usage.c \
	%reldir%/cmd_verify.c \
	%reldir%/verify_options.c %reldir%/verify_options.h \
	%reldir%/commands.c \
	%reldir%/detach.c %reldir%/detach.h \
	%reldir%/line.c %reldir%/line.h \
	%reldir%/precheck.c \
	%reldir%/prompt.c %reldir%/prompt.h \
	%reldir%/report.c \
	%reldir%/screens.c %reldir%/screens.h \
	%reldir%/wait.c
