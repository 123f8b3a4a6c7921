# Man pages, written in mdoc. A unit test compares rds-sync.1 with the table of commands, the checks and the errors,
# rds-sync-task.5 with the table of keys, and rds-sync-form.5 with forms/README.md; an integration test
# compares rds-sync-status.1 with what the program prints. rds-sync-keys.7 is written by a test of the screens, which
# compares it afterwards.
dist_man_MANS += %reldir%/rds-sync.1 %reldir%/rds-sync-status.1 %reldir%/rds-sync-task.5 %reldir%/rds-sync-form.5 \
	%reldir%/rds-sync-keys.7
