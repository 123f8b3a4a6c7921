#include "form/form_value.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/listen.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/utf8.h"
#include "base/words.h"
#include "form/form_state.h"

static enum rs_rc refuse(struct rs_err *err, const char *what)
{
	return rs_err_set(err, RS_E_TASK_INVALID, "%s", what);
}

static enum rs_rc check_text(const char *value, struct rs_err *err)
{
	if (!rs_utf8_valid(value, strlen(value)))
		return refuse(err, _("not valid UTF-8"));
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return refuse(err, _("control characters and line breaks are not accepted"));
	return RS_OK;
}

static enum rs_rc check_host(const char *value, struct rs_err *err)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%[]";

	if (strspn(value, accepted) == strlen(value) && strlen(value) <= 255)
		return RS_OK;
	refuse(err, _("not a host name or address"));
	return rs_err_hint(err, _("A name like db1.example.com, an IPv4 or an IPv6 address; the port has a field of its own"));
}

static enum rs_rc check_number(const struct rs_form_field *f, const char *value, struct rs_err *err)
{
	uint64_t n;

	if (rs_number_parse(value, &n) && n <= INT64_MAX && (long long)n >= f->min && (long long)n <= f->max)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("a number from %lld to %lld is expected"), f->min, f->max);
}

static enum rs_rc check_size(const struct rs_form_field *f, const char *value, struct rs_err *err)
{
	char min[24], max[24];
	uint64_t n;

	if (rs_size_parse(value, &n) && n <= INT64_MAX && (long long)n >= f->min && (long long)n <= f->max)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("a number with K, M or G is expected, from %s to %s"),
	                  rs_size_text((uint64_t)f->min, min, sizeof min), rs_size_text((uint64_t)f->max, max, sizeof max));
}

static enum rs_rc check_bool(const char *value, struct rs_err *err)
{
	return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ? RS_OK : refuse(err, _("yes or no is expected"));
}

static enum rs_rc check_path(const char *value, struct rs_err *err)
{
	if (*value == '/' || strncmp(value, "~/", 2) == 0)
		return check_text(value, err);
	refuse(err, _("not a full path"));
	return rs_err_hint(err, _("A path that begins with / or ~/"));
}

static enum rs_rc check_ident(const char *value, struct rs_err *err)
{
	if (*value == '.' || strchr(value, '/') || strlen(value) > 100)
		return refuse(err, _("not a name that a file can have"));
	return check_text(value, err);
}

enum rs_rc rs_form_value_check(const struct rs_form_field *f, const char *value, struct rs_err *err)
{
	switch (f->type) {
	case RS_FIELD_TEXT:
	case RS_FIELD_SECRET:
	case RS_FIELD_CHOICE:
	case RS_FIELD_MULTICHOICE:
		return check_text(value, err);
	case RS_FIELD_HOST:
		return check_host(value, err);
	case RS_FIELD_PORT:
	case RS_FIELD_INT:
	case RS_FIELD_DURATION:
		return check_number(f, value, err);
	case RS_FIELD_BOOL:
		return check_bool(value, err);
	case RS_FIELD_PATH:
		return check_path(value, err);
	case RS_FIELD_SIZE:
		return check_size(f, value, err);
	case RS_FIELD_IDENT:
		return check_ident(value, err);
	case RS_FIELD_OBJECTS:
	case RS_FIELD_FIELDS:
	case RS_FIELD_NOTE:
	case RS_FIELD_ACTION:
	case RS_FIELD_REVIEW:
		return RS_OK;
	}
	return RS_OK;
}

/* --- registered from the beginning ------------------------------------------------------------------------------------ */

static char *expand(const char *path)
{
	const char *home = getenv("HOME");

	return strncmp(path, "~/", 2) == 0 && home ? rs_xprintf("%s/%s", home, path + 2) : rs_xstrdup(path);
}

static enum rs_rc validate_file(void *ctx, const char *value, const char *const *words, size_t n_words,
                                struct rs_err *err)
{
	char *path = expand(value);
	struct stat st;
	enum rs_rc rc = RS_OK;

	(void)ctx;
	(void)words;
	(void)n_words;
	if (stat(path, &st) != 0)
		rc = refuse(err, errno == ENOENT || errno == ENOTDIR ? _("no such file") : _("the file can't be read"));
	else if (!S_ISREG(st.st_mode))
		rc = refuse(err, _("not a file"));
	else if (access(path, R_OK) != 0)
		rc = refuse(err, _("the file can't be read"));
	free(path);
	return rc;
}

static enum rs_rc validate_listen(void *ctx, const char *value, const char *const *words, size_t n_words,
                                  struct rs_err *err)
{
	struct sockaddr_storage address;
	socklen_t len;

	(void)ctx;
	(void)words;
	(void)n_words;
	if (rs_listen_address(value, &address, &len))
		return RS_OK;
	return refuse(err, _("an address and a port are expected, as 127.0.0.1:9187"));
}

/* Words: the most characters, and what a name may have besides letters and digits. */
static enum rs_rc validate_name(void *ctx, const char *value, const char *const *words, size_t n_words,
                                struct rs_err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *more = n_words > 1 ? words[1] : "";
	uint64_t most = 0;

	(void)ctx;
	for (const char *p = value; *p; p++)
		if (!strchr(plain, *p) && !strchr(more, *p))
			return rs_err_set(err, RS_E_TASK_INVALID, _("only letters, digits and %s are accepted"), *more ? more : "-");
	if (n_words > 0 && rs_number_parse(words[0], &most) && strlen(value) > most)
		return rs_err_set(err, RS_E_TASK_INVALID, _("longer than %s characters"), words[0]);
	return RS_OK;
}

/* An address, and whether others may reach it. */
static enum rs_rc check_local(void *ctx, const char *const *words, size_t n_words, struct rs_err *err)
{
	struct sockaddr_storage address;
	socklen_t len;

	(void)ctx;
	if (n_words != 2 || strcmp(words[1], "yes") == 0 || !rs_listen_address(words[0], &address, &len) ||
	    rs_listen_is_local(&address))
		return RS_OK;
	return refuse(err, _("other machines can reach this address, and that is not allowed"));
}

static bool answered(const char *word)
{
	return *word && strcmp(word, "no") != 0 && strcmp(word, "none") != 0;
}

static enum rs_rc check_less(void *ctx, const char *const *words, size_t n_words, struct rs_err *err)
{
	uint64_t a, b;

	(void)ctx;
	if (n_words != 2 || !rs_size_parse(words[0], &a) || !rs_size_parse(words[1], &b) || a < b)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("%s must be less than %s"), words[0], words[1]);
}

static enum rs_rc check_any(void *ctx, const char *const *words, size_t n_words, struct rs_err *err)
{
	(void)ctx;
	for (size_t i = 0; i < n_words; i++)
		if (answered(words[i]))
			return RS_OK;
	return refuse(err, _("at least one of these must be chosen"));
}

static enum rs_rc check_same(void *ctx, const char *const *words, size_t n_words, struct rs_err *err)
{
	(void)ctx;
	if (n_words != 2 || strcmp(words[0], words[1]) == 0)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("%s and %s must be the same"), words[0], words[1]);
}

static enum rs_rc check_together(void *ctx, const char *const *words, size_t n_words, struct rs_err *err)
{
	size_t n = 0;

	(void)ctx;
	for (size_t i = 0; i < n_words; i++)
		n += answered(words[i]);
	return n == 0 || n == n_words ? RS_OK : refuse(err, _("these go together: give all of them, or none"));
}

/* "a:x b:y created:z w": x where field a was answered, …, z where the task exists, else w. */
static char *preset_answered(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	(void)ctx;
	for (size_t i = 0; i < n_words; i++) {
		const char *colon = strchr(words[i], ':');
		const struct rs_form_field *f;
		bool holds;
		char *id;

		if (!colon)
			return rs_xstrdup(words[i]);
		id = rs_xstrndup(words[i], (size_t)(colon - words[i]));
		f = rs_form_flow_field(rs_form_state_flow(state), id);
		holds = f ? rs_form_is_answered(state, f) : strcmp(id, "created") == 0 && rs_form_state_is_created(state);
		free(id);
		if (holds)
			return rs_xstrdup(colon + 1);
	}
	return NULL;
}

void rs_form_value_register(struct rs_form_registry *r)
{
	rs_form_register_validator(r, "file", validate_file, NULL);
	rs_form_register_validator(r, "listen", validate_listen, NULL);
	rs_form_register_validator(r, "name", validate_name, NULL);
	rs_form_register_checker(r, "same", check_same, NULL);
	rs_form_register_checker(r, "local", check_local, NULL);
	rs_form_register_checker(r, "less", check_less, NULL);
	rs_form_register_checker(r, "any", check_any, NULL);
	rs_form_register_checker(r, "together", check_together, NULL);
	rs_form_register_presetter(r, "answered", preset_answered, NULL);
}
