noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	%reldir%/ahead.c %reldir%/ahead.h \
	%reldir%/change.c %reldir%/change.h \
	%reldir%/finding.c %reldir%/finding.h \
	%reldir%/json_string.c %reldir%/json_string.h \
	%reldir%/position.c %reldir%/position.h \
	%reldir%/position_set.c %reldir%/position_set.h \
	%reldir%/schema.c %reldir%/schema.h %reldir%/schema_json.c %reldir%/type.c \
	%reldir%/value.c %reldir%/value.h
libmodel_a_SOURCES += %reldir%/catalog.c %reldir%/catalog.h
libmodel_a_SOURCES += \
	%reldir%/dsn.c %reldir%/dsn.h \
	%reldir%/endpoint.c %reldir%/endpoint.h \
	%reldir%/filter.c %reldir%/filter.h %reldir%/filter_text.c \
	%reldir%/flow.c %reldir%/flow.h \
	%reldir%/lsn.c %reldir%/lsn.h \
	%reldir%/option_file.c %reldir%/option_file.h \
	%reldir%/password_command.c %reldir%/password_command.h \
	%reldir%/paths.c %reldir%/paths.h \
	%reldir%/prices.c %reldir%/prices.h \
	%reldir%/registry.c %reldir%/registry.h \
	%reldir%/roles.c %reldir%/roles.h \
	%reldir%/relogin.c %reldir%/relogin.h \
	%reldir%/renaming.c %reldir%/renaming.h \
	%reldir%/selection.c %reldir%/selection.h \
	%reldir%/selection_check.c \
	%reldir%/selection_keys.c \
	%reldir%/selection_line.h \
	%reldir%/selection_operations.c \
	%reldir%/selection_name.c %reldir%/selection_name.h \
	%reldir%/selection_rules.h \
	%reldir%/selection_set.c \
	%reldir%/selection_settings.c \
	%reldir%/selection_text.c \
	%reldir%/table_fields.c %reldir%/table_fields.h \
	%reldir%/table_settings.c %reldir%/table_settings.h \
	%reldir%/task.c %reldir%/task.h \
	%reldir%/task_export.c %reldir%/task_export.h \
	%reldir%/task_fields.c \
	%reldir%/task_file.c \
	%reldir%/task_keys.c \
	%reldir%/task_merge.c \
	%reldir%/task_own_keys.c \
	%reldir%/task_read.h \
	%reldir%/task_settings.c \
	%reldir%/uuid.c \
	%reldir%/working.c %reldir%/working.h
