#include "form/form.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "form/form_read.h"

const char *rs_form_text(const char *text)
{
	return text && *text ? _(text) : "";
}

/* --- one file --------------------------------------------------------------------------------------------------------- */

enum file_kind { KIND_NONE, KIND_PART, KIND_PAGE, KIND_FLOW };
enum { PART_MAX = 1 << 20 };

/* By the ending; *len gets the length of the name without it. */
static enum file_kind kind_of(const char *name, size_t *len)
{
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || *name == '.')
		return KIND_NONE;
	*len = (size_t)(dot - name);
	if (strcmp(dot, ".part") == 0)
		return KIND_PART;
	return strcmp(dot, ".form") == 0 ? KIND_PAGE : strcmp(dot, ".flow") == 0 ? KIND_FLOW : KIND_NONE;
}

static void take_ini(struct rs_forms *forms, const struct rs_ini *ini, const char *file, const char *name,
                     struct rs_form_problems *problems)
{
	size_t len = 0;
	enum file_kind kind = kind_of(name, &len);
	char *id = rs_xstrndup(name, len);

	if (kind == KIND_PAGE) {
		RS_GROW(forms->pages, forms->n_pages, forms->cap_pages);
		forms->pages[forms->n_pages++] = rs_form_read_page(ini, file, id, &forms->parts, problems);
	} else {
		RS_GROW(forms->flows, forms->n_flows, forms->cap_flows);
		forms->flows[forms->n_flows++] = rs_form_read_flow(ini, file, id, problems);
	}
	free(id);
}

/* Takes ini over; NULL: err says why it could not be read. */
static void take_file(struct rs_forms *forms, struct rs_ini *ini, const char *file, const char *name, struct rs_err *err,
                      struct rs_form_problems *problems)
{
	if (ini)
		take_ini(forms, ini, file, name, problems);
	else
		rs_form_problem(problems, file, 0, "%s", err->primary);
	rs_ini_free(ini);
	rs_err_clear(err);
}

/* Takes text over. */
static void take_part(struct rs_forms *forms, const char *file, const char *name, char *text)
{
	size_t len = 0;

	(void)kind_of(name, &len);
	rs_map_put(&forms->parts, name, len, rs_form_part_new(file, text));
}

/* --- many files ------------------------------------------------------------------------------------------------------- */

static int is_definition(const struct dirent *e)
{
	size_t len;

	return kind_of(e->d_name, &len) != KIND_NONE;
}

static bool is_part(const char *name)
{
	size_t len;

	return kind_of(name, &len) == KIND_PART;
}

static void read_part_file(struct rs_forms *forms, const char *path, const char *name, struct rs_form_problems *problems)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (rs_file_read(path, PART_MAX, &text, &err) == RS_OK)
		take_part(forms, path, name, rs_buf_take(&text));
	else
		rs_form_problem(problems, path, 0, "%s", err.primary);
	rs_buf_release(&text);
	rs_err_clear(&err);
}

/* The parts alone, or all else. */
static void read_entries(struct rs_forms *forms, const char *dir, struct dirent **entries, int n, bool parts,
                         struct rs_form_problems *problems)
{
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *path = rs_xprintf("%s/%s", dir, name);
		struct rs_err err = RS_ERR_INIT;

		if (is_part(name) && parts)
			read_part_file(forms, path, name, problems);
		else if (!is_part(name) && !parts)
			take_file(forms, rs_ini_load(path, &err), path, name, &err, problems);
		free(path);
	}
}

static bool read_dir(struct rs_forms *forms, const char *dir, struct rs_form_problems *problems)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_definition, alphasort);

	if (n <= 0) {
		rs_form_problem(problems, dir, 0, n < 0 ? _("the directory of the forms can't be read") : _("there are no forms"));
		if (n == 0)
			free(entries);
		return false;
	}
	read_entries(forms, dir, entries, n, true, problems);
	read_entries(forms, dir, entries, n, false, problems);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return true;
}

static void read_builtins(struct rs_forms *forms, struct rs_form_problems *problems)
{
	struct rs_err err = RS_ERR_INIT;

	for (const struct rs_form_builtin *b = rs_form_builtins; b->name; b++)
		if (is_part(b->name))
			take_part(forms, b->name, b->name, rs_xstrdup(b->text));
	for (const struct rs_form_builtin *b = rs_form_builtins; b->name; b++)
		if (!is_part(b->name))
			take_file(forms, rs_ini_parse(b->name, b->text, strlen(b->text), &err), b->name, b->name, &err, problems);
}

static int by_order(const void *a, const void *b)
{
	const struct rs_form_flow *const *x = a, *const *y = b;

	return (*x)->order != (*y)->order ? ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order)
	                                  : strcmp((*x)->id, (*y)->id);
}

static void check_parts(const struct rs_forms *forms, struct rs_form_problems *problems)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&forms->parts, &i, &e);) {
		const struct rs_form_part *part = e->value;

		if (!part->used)
			rs_form_problem(problems, part->file, 0, _("no page has this part"));
	}
}

static struct rs_forms *finish(struct rs_forms *forms, struct rs_form_problems *problems)
{
	if (forms->n_flows)
		qsort(forms->flows, forms->n_flows, sizeof *forms->flows, by_order);
	rs_forms_link(forms, problems);
	check_parts(forms, problems);
	return forms;
}

/* The directory that counts; NULL: what is built in. */
static const char *usual_dir(void)
{
	const char *dir = getenv("RDS_SYNC_FORMS");
	struct stat st;

	if (dir && *dir)
		return dir;
	return stat(FORMSDIR, &st) == 0 && S_ISDIR(st.st_mode) ? FORMSDIR : NULL;
}

struct rs_forms *rs_forms_read(const char *dir, struct rs_form_problems *problems)
{
	struct rs_forms *forms = rs_xcalloc(1, sizeof *forms);

	if (!dir)
		dir = usual_dir();
	if (!dir) {
		read_builtins(forms, problems);
	} else if (!read_dir(forms, dir, problems)) {
		rs_forms_free(forms);
		return NULL;
	}
	return finish(forms, problems);
}

/* Keeps the first problem as an error. */
static void keep_first(void *ctx, const char *file, int line, const char *text)
{
	struct rs_err *err = ctx;

	if (err && rs_err_is_set(err))
		return;
	if (line > 0)
		rs_err_set(err, RS_E_FORM_INVALID, "%s:%d: %s", file, line, text);
	else
		rs_err_set(err, RS_E_FORM_INVALID, "%s: %s", file, text);
}

static struct rs_forms *sound(struct rs_forms *forms, const struct rs_form_problems *problems)
{
	if (problems->count == 0)
		return forms;
	rs_forms_free(forms);
	return NULL;
}

struct rs_forms *rs_forms_load(const char *dir, struct rs_err *err)
{
	struct rs_form_problems problems = {keep_first, err, 0};

	return sound(rs_forms_read(dir, &problems), &problems);
}

struct rs_forms *rs_forms_builtin(struct rs_err *err)
{
	struct rs_form_problems problems = {keep_first, err, 0};
	struct rs_forms *forms = rs_xcalloc(1, sizeof *forms);

	read_builtins(forms, &problems);
	return sound(finish(forms, &problems), &problems);
}

void rs_forms_free(struct rs_forms *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_pages; i++)
		rs_form_page_free(f->pages[i]);
	for (size_t i = 0; i < f->n_flows; i++)
		rs_form_flow_free(f->flows[i]);
	free(f->pages);
	free(f->flows);
	rs_map_release(&f->parts, rs_form_part_free);
	free(f);
}

/* --- looking up ------------------------------------------------------------------------------------------------------- */

const struct rs_form_flow *rs_forms_flow(const struct rs_forms *f, const char *id)
{
	for (size_t i = 0; i < f->n_flows; i++)
		if (strcmp(f->flows[i]->id, id) == 0)
			return f->flows[i];
	return NULL;
}

const struct rs_form_page *rs_forms_page(const struct rs_forms *f, const char *id)
{
	for (size_t i = 0; i < f->n_pages; i++)
		if (strcmp(f->pages[i]->id, id) == 0)
			return f->pages[i];
	return NULL;
}

const struct rs_form_field *rs_form_flow_field(const struct rs_form_flow *flow, const char *id)
{
	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++)
			if (strcmp(flow->pages[p]->fields[i].id, id) == 0)
				return &flow->pages[p]->fields[i];
	return NULL;
}
