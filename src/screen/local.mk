noinst_LIBRARIES += libscreen.a
libscreen_a_SOURCES = \
	%reldir%/app.c %reldir%/app.h %reldir%/app_files.c %reldir%/app_marked.c %reldir%/app_reset.c %reldir%/app_settings.c %reldir%/app_table.c %reldir%/app_task.c \
	%reldir%/compare.c %reldir%/compare_ask.c \
	%reldir%/form_binding.c %reldir%/form_binding.h %reldir%/form_names.c \
	%reldir%/live.c %reldir%/live.h %reldir%/live_head.c %reldir%/live_tables.c \
	%reldir%/graph.c \
	%reldir%/hint.c %reldir%/hint.h %reldir%/history.c \
	%reldir%/keys.c %reldir%/keys.h \
	%reldir%/log.c %reldir%/log_lines.c %reldir%/log_lines.h \
	%reldir%/main.c %reldir%/menu.c %reldir%/menu.h \
	%reldir%/objects.c %reldir%/objects.h %reldir%/objects_batch.c %reldir%/objects_batch.h %reldir%/objects_change.c %reldir%/objects_columns.c %reldir%/objects_priv.h %reldir%/objects_select.c %reldir%/objects_settings.c %reldir%/objects_tree.c %reldir%/objects_tree.h \
	%reldir%/pieces.c %reldir%/pieces.h \
	%reldir%/repair.c %reldir%/repair.h %reldir%/report.c \
	%reldir%/save_as.c %reldir%/save_as.h %reldir%/screen.h \
	%reldir%/search.c %reldir%/search.h \
	%reldir%/seen.c %reldir%/seen.h \
	%reldir%/selected.c %reldir%/selected.h \
	%reldir%/show.c %reldir%/show.h \
	%reldir%/slow_check.c %reldir%/slow_check.h \
	%reldir%/tables.c %reldir%/tasks.c %reldir%/tasks.h %reldir%/tasks_files.c %reldir%/tasks_rows.c \
	%reldir%/trouble.c %reldir%/trouble.h %reldir%/trouble_anchor.c %reldir%/trouble_event.c \
	%reldir%/usage.c \
	%reldir%/watch.c %reldir%/watch.h \
	%reldir%/why.c \
	%reldir%/wizard_columns.c \
	%reldir%/wizard.c %reldir%/wizard.h %reldir%/wizard_batch.c %reldir%/wizard_fetch.c %reldir%/wizard_fields.c %reldir%/wizard_fields_edit.c %reldir%/wizard_fields_edit.h \
	%reldir%/wizard_flows.c %reldir%/wizard_form.c \
	%reldir%/wizard_objects.c %reldir%/wizard_objects_answer.c %reldir%/wizard_objects_ask.c %reldir%/wizard_objects_priv.h %reldir%/wizard_operations.c \
	%reldir%/wizard_paste.c %reldir%/wizard_precheck.c \
	%reldir%/wizard_probe.c %reldir%/wizard_review.c %reldir%/wizard_save.c %reldir%/wizard_table_settings.c %reldir%/wizard_topics.c \
	%reldir%/work.c %reldir%/work.h
