/* Where the program keeps its files: below the XDG directories of the user, or, for root where the XDG variable is not
 * set, in the system's. Nothing is created here. Each function returns a malloc'ed path that the caller frees. */
#ifndef RS_PATHS_H
#define RS_PATHS_H

#include <stddef.h>
#include <sys/types.h>
#include "base/err.h"

/* $XDG_CONFIG_HOME/rds-sync, ~/.config/rds-sync; root: /etc/rds-sync */
char *rs_paths_config(void);
/* The directory of the task files, below the former. */
char *rs_paths_tasks(void);
/* instances.ini, below the configuration directory. */
char *rs_paths_instances(void);
/* roles.ini, keys.ini and prices.ini, there too. */
char *rs_paths_roles(void);
char *rs_paths_keys(void);
char *rs_paths_prices(void);
/* $XDG_STATE_HOME/rds-sync, ~/.local/state/rds-sync; root: /var/lib/rds-sync */
char *rs_paths_state(void);
/* ~/name of the user who runs the program, from HOME or else the password database. */
char *rs_paths_home(const char *name);
/* path as it is where it is absolute or starts with "~/" (which is replaced), else below the directory that holds file. */
char *rs_paths_beside(const char *file, const char *path);
/* Makes a directory and those above it, with mode 0700 where they are new. */
enum rs_rc rs_paths_make(const char *dir, struct rs_err *err) RS_MUST_CHECK;

#endif
