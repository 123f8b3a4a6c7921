# Man pages, written in mdoc. A unit test compares rds-sync.1 with the table of commands, the checks and the errors,
# rds-sync-task.5 with the table of keys, and rds-sync-form.5 with forms/README.md.
dist_man_MANS += %reldir%/rds-sync.1 %reldir%/rds-sync-task.5 %reldir%/rds-sync-form.5
