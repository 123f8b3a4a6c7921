# Man pages, written in mdoc. A unit test compares rds-sync.1 with the table of commands and the list of errors, and
# rds-sync-task.5 with the table of keys.
dist_man_MANS += %reldir%/rds-sync.1 %reldir%/rds-sync-task.5
