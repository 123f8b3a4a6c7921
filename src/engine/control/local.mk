libengine_a_SOURCES += \
	%reldir%/control.c %reldir%/control.h \
	%reldir%/control_client.c \
	%reldir%/lock.c %reldir%/log_lines.c \
	%reldir%/reanchor.c \
	%reldir%/reset.c \
	%reldir%/status.c \
	%reldir%/tables.c
