#include "model/paths.h"

#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"

char *rs_paths_home(const char *name)
{
	const char *home = getenv("HOME");
	struct passwd pw, *found = NULL;
	char buf[4096];

	if ((!home || *home != '/') && getpwuid_r(getuid(), &pw, buf, sizeof buf, &found) == 0 && found)
		home = pw.pw_dir;
	return rs_xprintf("%s/%s", home && *home == '/' ? home : "", name);
}

/* The XDG rules: a variable that is not an absolute path counts as not set. */
static char *base(const char *variable, const char *of_root, const char *below_home)
{
	const char *dir = getenv(variable);

	if (dir && *dir == '/')
		return rs_xprintf("%s/rds-sync", dir);
	return geteuid() == 0 ? rs_xstrdup(of_root) : rs_paths_home(below_home);
}

char *rs_paths_config(void)
{
	return base("XDG_CONFIG_HOME", "/etc/rds-sync", ".config/rds-sync");
}

char *rs_paths_state(void)
{
	return base("XDG_STATE_HOME", "/var/lib/rds-sync", ".local/state/rds-sync");
}

static char *below_config(const char *name)
{
	char *config = rs_paths_config();
	char *path = rs_xprintf("%s/%s", config, name);

	free(config);
	return path;
}

char *rs_paths_tasks(void)
{
	return below_config("tasks");
}

char *rs_paths_instances(void)
{
	return below_config("instances.ini");
}

char *rs_paths_roles(void)
{
	return below_config("roles.ini");
}

char *rs_paths_keys(void)
{
	return below_config("keys.ini");
}

char *rs_paths_prices(void)
{
	return below_config("prices.ini");
}

char *rs_paths_beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (strncmp(path, "~/", 2) == 0)
		return rs_paths_home(path + 2);
	if (*path == '/' || !slash)
		return rs_xstrdup(path);
	return rs_xprintf("%.*s/%s", (int)(slash - file), file, path);
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum rs_rc rs_paths_make(const char *dir, struct rs_err *err)
{
	char *path = rs_xstrdup(dir);
	enum rs_rc rc = RS_OK;

	for (char *p = path + 1; rc == RS_OK && *p; p++) {
		char *slash = strchr(p, '/');

		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) != 0 && !is_dir(path))
			rc = rs_err_sys(err, RS_E_IO, errno, _("can't make the directory %s"), path);
		if (!slash)
			break;
		*slash = '/';
		p = slash;
	}
	free(path);
	return rc;
}
