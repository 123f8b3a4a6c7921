#include "form/form.h"

#include <sys/stat.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "form/form_lint.h"
#include "form/form_state.h"
#include "unit.h"

/* A file of the source tree; the caller's. Alone, the program finds the tree from where it was compiled. */
static char *source_file(const char *name)
{
	const char *dir_given = getenv("RS_SRCDIR");
	size_t len = strlen(__FILE__) - strlen("tests/unit/test_form.c");

	return dir_given ? rs_xprintf("%s/%s", dir_given, name) : rs_xprintf("%.*s%s", (int)len, __FILE__, name);
}

/* --- a directory with forms ------------------------------------------------------------------------------------------- */

static char *dir;

static void put_file(const char *name, const char *text)
{
	char *path = rs_xprintf("%s/%s", dir, name);

	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), 0644, NULL), RS_OK);
	free(path);
}

static const char flow_text[] = "[flow]\nid = f\ntitle = F\nbrief = F\nhelp = F\ntopology = one-way\nsource = a\n"
				"destination = b\npage.1 = p\n";

/* A flow "f" of one page "p" with the given fields (and form keys before them). */
static void put_page(const char *fields)
{
	static int n;
	char *text = rs_xprintf("[form]\nid = p\ntitle = P\n%s", fields);

	free(dir);
	dir = rs_xprintf("%s/%d", unit_tmpdir(), n++);
	CU_ASSERT_EQUAL_FATAL(mkdir(dir, 0700), 0);
	put_file("p.form", text);
	put_file("f.flow", flow_text);
	free(text);
}

static struct rs_forms *load(const char *fields)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_forms *forms;

	put_page(fields);
	forms = rs_forms_load(dir, &err);
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	return forms;
}

static void load_fails(const char *fields, const char *where, const char *why)
{
	struct rs_err err = RS_ERR_INIT;

	put_page(fields);
	CU_ASSERT_PTR_NULL(rs_forms_load(dir, &err));
	if (!err.primary || !strstr(err.primary, where) || !strstr(err.primary, why))
		printf("# %s gives %s\n", fields, err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, where) && strstr(err.primary, why));
	rs_err_clear(&err);
}

#define TEXT(id, more) "[field." id "]\ntype = text\nlabel = L\nhelp = H\n" more

/* --- a state over it ---------------------------------------------------------------------------------------------------- */

static struct rs_form_registry registry;

static struct rs_form_state *open_state(const struct rs_forms *forms)
{
	rs_form_registry_init(&registry);
	return rs_form_state_new(rs_forms_flow(forms, "f"), &registry);
}

static void close_state(struct rs_form_state *s, struct rs_forms *forms)
{
	rs_form_state_free(s);
	rs_form_registry_release(&registry);
	rs_forms_free(forms);
}

static const struct rs_form_field *field(const struct rs_form_state *s, const char *id)
{
	const struct rs_form_field *f = rs_form_flow_field(rs_form_state_flow(s), id);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return f;
}

static void set(struct rs_form_state *s, const char *id, const char *value)
{
	rs_form_set(s, field(s, id), value);
}

static const char *value(const struct rs_form_state *s, const char *id)
{
	return rs_form_value(s, field(s, id));
}

static void check_fails(const struct rs_form_state *s, const char *id, const char *why)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_form_check_field(s, field(s, id), &err), RS_FAIL);
	if (!err.primary || !strstr(err.primary, why))
		printf("# %s: %s\n", id, err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, why));
	rs_err_clear(&err);
}

static void check_passes(const struct rs_form_state *s, const char *id)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_form_check_field(s, field(s, id), &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
}

/* --- loading ------------------------------------------------------------------------------------------------------------ */

static void the_forms_of_the_program_load(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_forms *forms = rs_forms_load(NULL, &err), *builtin = rs_forms_builtin(&err);
	const struct rs_form_flow *flow;

	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	CU_ASSERT_PTR_NOT_NULL_FATAL(builtin);
	UNIT_INT(builtin->n_pages, forms->n_pages);
	UNIT_INT(builtin->n_flows, forms->n_flows);
	flow = rs_forms_flow(builtin, "mysql-to-mysql");
	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	UNIT_INT(flow->n_pages, 4);
	UNIT_STR(flow->pages[0]->id, "mysql-endpoints");
	CU_ASSERT_TRUE(flow->available);
	CU_ASSERT_PTR_NOT_NULL(rs_form_flow_field(flow, "destination_ca"));
	CU_ASSERT_PTR_NULL(rs_form_flow_field(flow, "none"));
	rs_forms_free(forms);
	rs_forms_free(builtin);
}

static void what_is_built_in_is_what_is_in_the_files(void)
{
	struct rs_forms *forms = rs_forms_load(NULL, NULL), *builtin = rs_forms_builtin(NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	CU_ASSERT_PTR_NOT_NULL_FATAL(builtin);
	for (size_t p = 0; p < forms->n_pages; p++) {
		const struct rs_form_page *a = forms->pages[p], *b = rs_forms_page(builtin, a->id);

		CU_ASSERT_PTR_NOT_NULL_FATAL(b);
		UNIT_INT(b->n_fields, a->n_fields);
		for (size_t i = 0; i < a->n_fields; i++) {
			UNIT_STR(b->fields[i].id, a->fields[i].id);
			UNIT_STR(b->fields[i].help, a->fields[i].help);
			UNIT_STR(b->fields[i].preset, a->fields[i].preset);
		}
	}
	rs_forms_free(forms);
	rs_forms_free(builtin);
}

static void every_text_of_the_forms_is_offered_for_translation(void)
{
	struct rs_forms *forms = rs_forms_load(NULL, NULL);
	char *path = source_file("forms/strings.c");
	struct rs_buf strings = RS_BUF_INIT;

	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	CU_ASSERT_EQUAL_FATAL(rs_file_read(path, 1 << 20, &strings, NULL), RS_OK);
	for (size_t p = 0; p < forms->n_pages; p++)
		for (size_t i = 0; i < forms->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &forms->pages[p]->fields[i];
			const char *texts[] = {f->label, f->help, f->n_choices ? f->choices[0].label : NULL,
			                       forms->pages[p]->title, forms->pages[p]->intro, forms->pages[p]->rail};

			for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
				char *line = rs_xprintf("N_(\"%s\")\n", texts[t] ? texts[t] : "");

				if (texts[t] && !strstr(rs_buf_str(&strings), line))
					printf("# missing: %s", line);
				CU_ASSERT_TRUE(!texts[t] || strstr(rs_buf_str(&strings), line));
				free(line);
			}
		}
	rs_buf_release(&strings);
	rs_forms_free(forms);
	free(path);
}

static void a_field_has_what_its_section_says(void)
{
	struct rs_forms *forms = load("intro = I\nrail = R\nnext = N\n[group.g]\nlabel = G\ncolumn = 2\n"
	                              "[field.a]\ntype = choice\ngroup = g\nlabel = A\nhelp = H\nhint = T\nchoices = x y\n"
	                              "choice.x = \"X ; #\"\nchoice.y = Y\ndefault = x\ndefault.b.q = y\nlevel = advanced\n"
	                              "bind = s.k\nfixed = after-create\nwidth = 12\nvalidate = file, file a b\n"
	                              "visible = b = q or b\npicks.y = b q\n"
	                              "[field.b]\ntype = int\nlabel = B\nhelp = H\nmin = 2\nmax = 1K\n"
	                              "[field.c]\ntype = action\nlabel = C\nhelp = H\naction = do $b it\nhotkey = c\n");
	const struct rs_form_page *p = forms->pages[0];
	const struct rs_form_field *a = &p->fields[0];

	UNIT_STR(p->rail, "R");
	UNIT_STR(p->next, "N");
	UNIT_STR(a->group, "g");
	UNIT_INT(p->groups[0].column, 2);
	UNIT_STR(a->choices[0].label, "X ; #");
	UNIT_STR(a->presets[0].field, "b");
	UNIT_STR(a->presets[0].value, "q");
	UNIT_INT(a->level, RS_LEVEL_ADVANCED);
	CU_ASSERT_TRUE(a->fixed);
	UNIT_INT(a->width, 12);
	UNIT_INT(a->n_validate, 2);
	UNIT_STR(a->validate[1].words[1], "b");
	UNIT_STR(a->picks[0].field, "b");
	UNIT_INT(p->fields[1].max, 1024);
	UNIT_STR(p->fields[2].action.name, "do");
	UNIT_STR(p->fields[2].action.words[0], "$b");
	UNIT_INT(p->fields[2].hotkey, 'c');
	UNIT_INT(a->type, RS_FIELD_CHOICE);
	CU_ASSERT_FALSE(rs_field_type_answers(RS_FIELD_NOTE));
	rs_forms_free(forms);
}

static void forms_with_errors_are_refused_with_their_line(void)
{
	load_fails("[field.a]\ntype = text\nlabel = L\n", "p.form:4: [field.a]", "help is missing");
	load_fails("[field.a]\ntype = text\nhelp = L\n", "p.form:4", "label is missing");
	load_fails("[field.a]\nlabel = L\nhelp = L\n", "p.form:4", "type is missing");
	load_fails("[field.a]\ntype = txt\nlabel = L\nhelp = L\n", "p.form:5: [field.a] type", "unknown type");
	load_fails(TEXT("a", "lable = x\n"), "p.form:8", "\"label\" is near");
	load_fails(TEXT("a", "visible = b =\n"), "p.form:8: [field.a] visible", "a word is expected");
	load_fails(TEXT("a", "visible = b = c\n"), "p.form:4: [field.a] visible", "there is no field \"b\"");
	load_fails(TEXT("a", "default.b.c = d\n"), "[field.a] default", "there is no field \"b\"");
	load_fails(TEXT("a", "default.b = d\n"), "p.form:8", "default.FIELD.VALUE");
	load_fails(TEXT("a", "default = @x $b\n"), "[field.a] default", "there is no field \"b\"");
	load_fails(TEXT("a", "group = g\n"), "p.form:8", "no section [group.g]");
	load_fails(TEXT("a", "level = high\n"), "p.form:8", "basic or advanced");
	load_fails(TEXT("a", "fixed = yes\n"), "p.form:8", "after-create");
	load_fails(TEXT("a", "choices = x\nchoice.x = X\n"), "p.form:8", "no others, have choices");
	load_fails(TEXT("a", "action = x\n"), "p.form:8", "no others, have an action");
	load_fails(TEXT("a", "hotkey = xy\n"), "p.form:8", "one letter");
	load_fails(TEXT("a", "min = 5\nmax = 4\n"), "p.form:8", "larger than max");
	load_fails(TEXT("a", "max = many\n"), "p.form:8", "a number up to");
	load_fails("[field.a]\ntype = choice\nlabel = L\nhelp = L\n", "[field.a]", "choices is missing");
	load_fails("[field.a]\ntype = choice\nlabel = L\nhelp = L\nchoices = x y\nchoice.x = X\n", "[field.a]",
	           "choice.y is missing");
	load_fails("[field.a]\ntype = choice\nlabel = L\nhelp = L\nchoices = x\nchoice.x = X\nchoice.z = Z\n", "p.form:10",
	           "\"z\" is not among the choices");
	load_fails("[field.a]\ntype = choice\nlabel = L\nhelp = L\nchoices = x\nchoice.x = X\npicks.x = b\n", "p.form:10",
	           "a field and its answer");
	load_fails("[field.a]\ntype = note\nhelp = L\nbind = a.b\n", "p.form:7", "has no answer");
	load_fails("[fild.a]\ntype = text\n", "p.form:4: [fild.a]", "unknown section");
	load_fails("titel = x\n", "p.form:4", "\"title\" is near");
	load_fails("check.1 = less\n" TEXT("a", ""), "p.form:4", "the fields to check");
	load_fails("check.1 = less $b\n" TEXT("a", ""), "p.form", "there is no field \"b\"");
	load_fails("[group.g]\nhelp = x\n", "p.form:4: [group.g]", "label is missing");
	load_fails(TEXT("a", "") TEXT("a", ""), "p.form:8", "stands in line 4 already");
	load_fails("[field.a]\ntype = action\nlabel = L\nhelp = H\naction = x\nhotkey = c\n"
	           "[field.b]\ntype = action\nlabel = L\nhelp = H\naction = x\nhotkey = c\n",
	           "p.form:10: [field.b] hotkey", "the key of a");
	load_fails("[field\n", "p.form:4", "");
}

static void conditions_in_a_circle_are_refused(void)
{
	load_fails(TEXT("a", "visible = b = c\n") TEXT("b", "visible = a = c\n"), "p.form", "depends on itself");
	load_fails(TEXT("a", "visible = a = c\n"), "p.form:4", "depends on itself");
	load_fails(TEXT("a", "default.b.x = y\n") TEXT("b", "visible = c\n") TEXT("c", "default = @x $a\n"), "p.form",
	           "depends on itself");
	rs_forms_free(load(TEXT("a", "visible = b = c\n") TEXT("b", "required = a = c\n")));
}

static void files_that_do_not_fit_together_are_refused(void)
{
	struct rs_err err = RS_ERR_INIT;

	put_page(TEXT("a", ""));
	put_file("q.form", "[form]\nid = q\ntitle = Q\n");
	CU_ASSERT_PTR_NULL(rs_forms_load(dir, &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "q.form: no flow has this page"));
	rs_err_clear(&err);

	put_page(TEXT("a", ""));
	put_file("g.flow", "[flow]\nid = g\ntitle = F\nbrief = F\nhelp = F\ntopology = one-way\nsource = a\n"
	                   "destination = b\npage.1 = p\npage.2 = none\n");
	CU_ASSERT_PTR_NULL(rs_forms_load(dir, &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "g.flow: there is no page \"none\""));
	rs_err_clear(&err);

	put_page(TEXT("a", ""));
	put_file("q.form", "[form]\nid = q\ntitle = Q\n" TEXT("a", ""));
	put_file("g.flow", "[flow]\nid = g\ntitle = F\nbrief = F\nhelp = F\ntopology = one-way\nsource = a\n"
	                   "destination = b\npage.1 = p\npage.2 = q\n");
	CU_ASSERT_PTR_NULL(rs_forms_load(dir, &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "the page p has a field of that name"));
	rs_err_clear(&err);

	put_page(TEXT("a", ""));
	put_file("other.form", "[form]\nid = q\ntitle = Q\n");
	CU_ASSERT_PTR_NULL(rs_forms_load(dir, &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "not the name of the file"));
	rs_err_clear(&err);

	CU_ASSERT_PTR_NULL(rs_forms_load("/nowhere", &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "/nowhere"));
	rs_err_clear(&err);
}

/* --- parts ---------------------------------------------------------------------------------------------------------------- */

#define PART "[group.{side}]\nlabel = G\n" TEXT("{side}_a", "group = {side}\ndefault = {word}\nsource.bind = s.a\nsource.help = S\n")

static const char two_sides[] = "[part.1]\nuse = q\nside = source\nword = one\n[part.2]\nuse = q\nside = destination\nword = two\n";

static struct rs_forms *load_parts(const char *fields, const char *part, struct rs_err *err)
{
	put_page(fields);
	put_file("q.part", part);
	return rs_forms_load(dir, err);
}

static void a_part_is_had_where_the_page_names_it(void)
{
	struct rs_err err = RS_ERR_INIT;
	char *fields = rs_xprintf("%s%s%s", TEXT("first", ""), two_sides, TEXT("last", "") "[field.destination_a]\nlabel = Other\nhint = H\n");
	struct rs_forms *forms = load_parts(fields, PART, &err);
	const struct rs_form_field *f;

	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	f = forms->pages[0]->fields;
	UNIT_INT(forms->pages[0]->n_fields, 4);
	UNIT_STR(f[0].id, "first");
	UNIT_STR(f[1].id, "source_a");
	UNIT_STR(f[1].group, "source");
	UNIT_STR(f[1].preset, "one");
	UNIT_STR(f[1].help, "S");
	UNIT_STR(f[1].bind, "s.a");
	UNIT_STR(f[1].label, "L");
	UNIT_STR(f[2].id, "destination_a");
	UNIT_STR(f[2].preset, "two");
	UNIT_STR(f[2].help, "H");
	UNIT_STR(f[2].bind, NULL);
	UNIT_STR(f[2].label, "Other");
	UNIT_STR(f[2].hint, "H");
	UNIT_STR(f[3].id, "last");
	rs_forms_free(forms);
	free(fields);
}

static void a_page_offers_fewer_choices_than_its_part(void)
{
	static const char part[] = "[field.a]\ntype = choice\nlabel = L\nhelp = H\nchoices = x y\nchoice.x = X\nchoice.y = Y\n";
	struct rs_err err = RS_ERR_INIT;
	struct rs_forms *forms = load_parts("[part.1]\nuse = q\n[field.a]\nchoices = y\n", part, &err);

	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	UNIT_INT(forms->pages[0]->fields[0].n_choices, 1);
	UNIT_STR(forms->pages[0]->fields[0].choices[0].label, "Y");
	rs_forms_free(forms);
}

static void part_fails(const char *fields, const char *part, const char *where, const char *why)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_PTR_NULL(load_parts(fields, part, &err));
	if (!err.primary || !strstr(err.primary, where) || !strstr(err.primary, why))
		printf("# %s\n", err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, where) && strstr(err.primary, why));
	rs_err_clear(&err);
}

static void parts_with_errors_are_refused_with_their_line(void)
{
	part_fails(TEXT("a", ""), PART, "q.part", "no page has this part");
	part_fails("[part.1]\nside = source\n", PART, "p.form:4", "use is missing");
	part_fails("[part.1]\nuse = none\n", PART, "p.form:5", "there is no part \"none\"");
	part_fails("[part.1]\nuse = q\nside = source\n", PART, "p.form:4", "needs the key \"word\"");
	part_fails("[part.1]\nuse = q\n", TEXT("a", "lable = x\n"), "q.part:5: [field.a] lable", "\"label\" is near");
	part_fails("[part.1]\nuse = q\n[field.a]\nlable = x\n", TEXT("a", ""), "p.form:7: [field.a] lable", "\"label\" is near");
	part_fails("[part.1]\nuse = q\n", TEXT("a", "sauce.help = x\n"), "q.part:5", "unknown key");
	part_fails("[part.1]\nuse = q\n", "[form]\nid = q\n", "q.part:1", "unknown section");
	part_fails("[part.1]\nuse = q\n", TEXT("a", "visible = b\n"), "q.part:1: [field.a] visible", "there is no field \"b\"");
	part_fails("[part.1]\nuse = q\n[field.a]\nchoices = x\nchoice.z = Z\n",
	           "[field.a]\ntype = choice\nlabel = L\nhelp = H\nchoices = x y\n", "p.form:8: [field.a] choice.z", "not among the choices");
	part_fails("[part.1]\nuse = q\n", "[field", "p.form:4", "q.part:1");
}

/* --- values --------------------------------------------------------------------------------------------------------------- */

static void a_default_holds_until_there_is_an_answer(void)
{
	struct rs_forms *forms = load(TEXT("a", "default = one\n") TEXT("b", ""));
	struct rs_form_state *s = open_state(forms);
	unsigned version = rs_form_state_version(s);

	UNIT_STR(value(s, "a"), "one");
	CU_ASSERT_FALSE(rs_form_is_answered(s, field(s, "a")));
	set(s, "a", "two");
	UNIT_STR(value(s, "a"), "two");
	CU_ASSERT_TRUE(rs_form_state_version(s) != version);
	set(s, "a", "");
	UNIT_STR(value(s, "a"), "");
	set(s, "a", NULL);
	UNIT_STR(value(s, "a"), "one");
	UNIT_STR(value(s, "b"), "");
	UNIT_STR(rs_form_answer(s, "none"), "");
	close_state(s, forms);
}

static void defaults_follow_other_answers(void)
{
	struct rs_forms *forms = load(TEXT("engine", "default = mysql\n")
	                              TEXT("port", "default = 1\ndefault.engine.mysql = 3306\ndefault.engine.pg = 5432\n"));
	struct rs_form_state *s = open_state(forms);

	UNIT_STR(value(s, "port"), "3306");
	set(s, "engine", "pg");
	UNIT_STR(value(s, "port"), "5432");
	set(s, "engine", "other");
	UNIT_STR(value(s, "port"), "1");
	set(s, "port", "7");
	set(s, "engine", "mysql");
	UNIT_STR(value(s, "port"), "7");
	close_state(s, forms);
}

static char *twice(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	(void)state;
	return n_words == 2 ? rs_xprintf("%s%s%s", (const char *)ctx, words[0], words[1]) : NULL;
}

static void defaults_may_come_from_code(void)
{
	struct rs_forms *forms = load(TEXT("a", "") TEXT("b", "default = @twice $a x\n") TEXT("c", "default = @none\n")
	                              TEXT("d", "default = @answered a:x created:y z\n"));
	struct rs_form_state *s = open_state(forms);

	rs_form_register_presetter(&registry, "twice", twice, (void *)(uintptr_t)">");
	UNIT_STR(value(s, "b"), ">x");
	UNIT_STR(value(s, "d"), "z");
	rs_form_state_created(s, true);
	UNIT_STR(value(s, "d"), "y");
	set(s, "a", "1");
	UNIT_STR(value(s, "b"), ">1x");
	UNIT_STR(value(s, "c"), "");
	UNIT_STR(value(s, "d"), "x");
	close_state(s, forms);
}

static void a_hidden_field_keeps_its_answer_and_conditions_do_not_see_it(void)
{
	struct rs_forms *forms = load(TEXT("a", "default = yes\n") TEXT("b", "visible = a\n") TEXT("c", "visible = b\n"));
	struct rs_form_state *s = open_state(forms);

	set(s, "b", "answer");
	CU_ASSERT_TRUE(rs_form_is_visible(s, field(s, "c")));
	set(s, "a", "no");
	CU_ASSERT_FALSE(rs_form_is_visible(s, field(s, "b")));
	CU_ASSERT_FALSE(rs_form_is_visible(s, field(s, "c")));
	UNIT_STR(value(s, "b"), "answer");
	UNIT_STR(rs_form_answer(s, "b"), "");
	set(s, "a", "yes");
	UNIT_STR(rs_form_answer(s, "b"), "answer");
	close_state(s, forms);
}

static void a_pick_answers_another_field(void)
{
	struct rs_forms *forms = load(TEXT("kind", "default = rds\n")
	                              "[field.id]\ntype = choice\nlabel = L\nhelp = H\nchoices = a self\nchoice.a = A\n"
	                              "choice.self = S\npicks.self = kind own\n");
	struct rs_form_state *s = open_state(forms);

	set(s, "id", "a");
	set(s, "id", "self");
	UNIT_STR(value(s, "id"), "a");
	UNIT_STR(value(s, "kind"), "own");
	close_state(s, forms);
}

static void fixed_fields_are_read_only_once_the_task_is_made(void)
{
	struct rs_forms *forms = load(TEXT("a", "fixed = after-create\n") TEXT("b", "readonly = a = x\n"));
	struct rs_form_state *s = open_state(forms);

	CU_ASSERT_FALSE(rs_form_is_readonly(s, field(s, "a")) || rs_form_is_readonly(s, field(s, "b")));
	rs_form_state_created(s, true);
	CU_ASSERT_TRUE(rs_form_is_readonly(s, field(s, "a")));
	set(s, "a", "x");
	CU_ASSERT_TRUE(rs_form_is_readonly(s, field(s, "b")));
	close_state(s, forms);
}

/* --- checks --------------------------------------------------------------------------------------------------------------- */

static void each_type_accepts_what_it_should(void)
{
	static const struct {
		const char *type, *good[4], *bad[6];
	} cases[] = {{"text", {"anything; at # all", "订单"}, {"a\nb", "\xff", "\x1b[m"}},
	             {"host", {"db-1.example.com", "10.0.0.1", "::1", "fe80::1%eth0"}, {"a b", "db1:3306/x", "ä", "a;b"}},
	             {"port", {"1", "65535"}, {"0", "65536", "-1", "x", "3306 ", ""}},
	             {"int\nmin = 2\nmax = 4", {"2", "4"}, {"1", "5", "3.5"}},
	             {"bool", {"yes", "no"}, {"true", "1"}},
	             {"path", {"/a b", "~/x"}, {"x", "./x", "/a\nb"}},
	             {"text\nvalidate = name 4 -_", {"a-_9"}, {"abcde", "a b", "a."}},
	             {"size\nmin = 1K\nmax = 1G", {"1K", "1024", "1G"}, {"1023", "2G", "1GB"}},
	             {"duration\nmax = 10", {"0", "10"}, {"11", "1h"}},
	             {"ident", {"shop-2026", "订单"}, {"a/b", ".x", "a\tb"}},
	             {"secret", {"p;#\"x'", " "}, {"a\nb"}}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = rs_xprintf("[field.a]\ntype = %s\nlabel = L\nhelp = H\n", cases[i].type);
		struct rs_forms *forms = load(text);
		struct rs_form_state *s = open_state(forms);

		for (size_t n = 0; n < 4 && cases[i].good[n]; n++) {
			set(s, "a", cases[i].good[n]);
			check_passes(s, "a");
			UNIT_STR(value(s, "a"), cases[i].good[n]);
		}
		for (size_t n = 0; n < 6 && cases[i].bad[n] && *cases[i].bad[n]; n++) {
			set(s, "a", cases[i].bad[n]);
			check_fails(s, "a", "");
		}
		free(text);
		close_state(s, forms);
	}
}

static void required_fields_need_an_answer_while_they_are_shown(void)
{
	struct rs_forms *forms = load(TEXT("a", "default = yes\n") TEXT("b", "visible = a\nrequired = not c\n") TEXT("c", ""));
	struct rs_form_state *s = open_state(forms);

	check_fails(s, "b", "required");
	set(s, "c", "x");
	check_passes(s, "b");
	set(s, "c", NULL);
	set(s, "a", "no");
	check_passes(s, "b");
	close_state(s, forms);
}

static void list_animals(void *ctx, const char *const *words, size_t n_words,
                         void (*add)(void *list, const char *value, const char *label), void *list)
{
	(void)ctx;
	add(list, "cat", "A cat");
	if (n_words > 0 && strcmp(words[0], "more") == 0)
		add(list, "dog", NULL);
}

static void choices_are_listed_by_file_and_by_code(void)
{
	struct rs_forms *forms = load(TEXT("a", "") "[field.b]\ntype = choice\nlabel = L\nhelp = H\nchoices = @animals $a\n"
	                                            "choice.none = None of them\n");
	struct rs_form_state *s = open_state(forms);
	struct rs_form_choices c;
	char *label;

	rs_form_register_lister(&registry, "animals", list_animals, NULL);
	rs_form_choices_get(s, field(s, "b"), &c);
	UNIT_INT(c.count, 2);
	UNIT_STR(c.items[0].label, "A cat");
	UNIT_STR(c.items[1].value, "none");
	rs_form_choices_release(&c);
	set(s, "b", "dog");
	check_fails(s, "b", "\"dog\" can't be chosen");
	set(s, "a", "more");
	check_passes(s, "b");
	label = rs_form_value_label(s, field(s, "b"));
	UNIT_STR(label, "dog");
	free(label);
	set(s, "b", "none");
	label = rs_form_value_label(s, field(s, "b"));
	UNIT_STR(label, "None of them");
	free(label);
	close_state(s, forms);
}

static void several_choices_are_words(void)
{
	struct rs_forms *forms = load("[field.a]\ntype = multichoice\nlabel = L\nhelp = H\nchoices = x y z\nchoice.x = X\n"
	                              "choice.y = Y\nchoice.z = Z\ndefault = x y z\nrequired = b\n" TEXT("b", ""));
	struct rs_form_state *s = open_state(forms);
	char *label;

	check_passes(s, "a");
	set(s, "a", "z x");
	check_passes(s, "a");
	label = rs_form_value_label(s, field(s, "a"));
	UNIT_STR(label, "Z, X");
	free(label);
	set(s, "a", "x q");
	check_fails(s, "a", "\"q\" can't be chosen");
	set(s, "a", "");
	UNIT_STR(value(s, "a"), "none");
	check_passes(s, "a");
	set(s, "b", "yes");
	check_fails(s, "a", "required");
	close_state(s, forms);
}

static void named_validators_are_called(void)
{
	struct rs_forms *forms = load("[field.a]\ntype = path\nlabel = L\nhelp = H\nvalidate = file\n");
	struct rs_form_state *s = open_state(forms);
	char *path = rs_xprintf("%s/p.form", dir);

	set(s, "a", path);
	check_passes(s, "a");
	set(s, "a", dir);
	check_fails(s, "a", "not a file");
	set(s, "a", "/nowhere/x");
	check_fails(s, "a", "no such file");
	free(path);
	close_state(s, forms);
}

static void checks_across_fields_are_called_while_all_are_shown(void)
{
	struct rs_forms *forms = load("check.1 = less $a $b\ncheck.2 = together $c $d\ncheck.3 = any $c $e\n" TEXT("a", "")
	                              TEXT("b", "") TEXT("c", "") TEXT("d", "visible = a != hide\n") TEXT("e", "default = yes\n"));
	struct rs_form_state *s = open_state(forms);
	const struct rs_form_page *page = NULL;
	const struct rs_form_field *bad = NULL;
	struct rs_err err = RS_ERR_INIT;

	set(s, "a", "5");
	set(s, "b", "6");
	CU_ASSERT_EQUAL(rs_form_check_all(s, &page, &bad, &err), RS_OK);
	set(s, "b", "5");
	CU_ASSERT_EQUAL(rs_form_check_all(s, &page, &bad, &err), RS_FAIL);
	UNIT_STR(err.primary, "5 must be less than 5");
	CU_ASSERT_PTR_EQUAL(bad, field(s, "a"));
	CU_ASSERT_PTR_EQUAL(page, forms->pages[0]);
	rs_err_clear(&err);
	set(s, "b", "10");
	set(s, "c", "x");
	CU_ASSERT_EQUAL(rs_form_check_all(s, NULL, NULL, &err), RS_FAIL);
	CU_ASSERT_TRUE(strstr(err.primary, "go together") != NULL);
	rs_err_clear(&err);
	set(s, "a", "hide");
	CU_ASSERT_EQUAL(rs_form_check_all(s, NULL, NULL, &err), RS_OK);
	set(s, "c", "");
	set(s, "e", "no");
	CU_ASSERT_EQUAL(rs_form_check_all(s, NULL, &bad, &err), RS_FAIL);
	CU_ASSERT_PTR_EQUAL(bad, field(s, "c"));
	rs_err_clear(&err);
	close_state(s, forms);
}

/* --- import and export ---------------------------------------------------------------------------------------------------- */

static struct rs_map store_map = RS_MAP_INIT;

static const char *store_get(void *ctx, const char *key)
{
	return rs_map_get(ctx, key, strlen(key));
}

static enum rs_rc store_set(void *ctx, const char *key, const char *text, struct rs_err *err)
{
	if (text && strcmp(text, "refuse") == 0)
		return rs_err_set(err, RS_E_TASK_INVALID, "refused");
	free(text ? rs_map_put(ctx, key, strlen(key), rs_xstrdup(text)) : rs_map_del(ctx, key, strlen(key)));
	return RS_OK;
}

static const struct rs_form_store store = {&store_map, store_get, store_set};

static const char *stored(const char *key)
{
	return store_get(&store_map, key);
}

static void put_stored(const char *key, const char *text)
{
	CU_ASSERT_EQUAL(store_set(&store_map, key, text, NULL), RS_OK);
}

static void what_is_shown_is_exported_and_what_is_hidden_is_removed(void)
{
	struct rs_forms *forms = load(TEXT("a", "default = x\nbind = s.a\n") TEXT("b", "visible = a = x\nbind = s.b\n")
	                              TEXT("c", "level = advanced\ndefault = dd\nbind = s.c\n") TEXT("d", "bind = s.d\n")
	                              TEXT("e", "visible = a = y\nbind = s.b\n") "[field.f]\ntype = secret\nlabel = L\nhelp = H\nbind = s.f\n");
	struct rs_form_state *s = open_state(forms);
	struct rs_err err = RS_ERR_INIT;

	put_stored("s.b", "from file");
	put_stored("s.c", "7");
	put_stored("s.other", "kept");
	rs_form_state_import(s, &store);
	UNIT_STR(value(s, "b"), "from file");
	UNIT_STR(value(s, "e"), "from file");
	UNIT_STR(value(s, "c"), "7");
	CU_ASSERT_FALSE(rs_form_is_answered(s, field(s, "a")));
	set(s, "c", NULL);
	set(s, "d", "");
	set(s, "f", "secret");
	UNIT_STR(value(s, "f"), "secret");
	CU_ASSERT_EQUAL(rs_form_state_export(s, &store, &err), RS_OK);
	UNIT_STR(stored("s.a"), "x");
	UNIT_STR(stored("s.b"), "from file");
	UNIT_STR(stored("s.c"), NULL);
	UNIT_STR(stored("s.d"), NULL);
	UNIT_STR(stored("s.f"), "secret");
	UNIT_STR(stored("s.other"), "kept");
	set(s, "e", "other");
	set(s, "a", "y");
	CU_ASSERT_EQUAL(rs_form_state_export(s, &store, &err), RS_OK);
	UNIT_STR(stored("s.b"), "other");
	set(s, "a", "neither");
	CU_ASSERT_EQUAL(rs_form_state_export(s, &store, &err), RS_OK);
	UNIT_STR(stored("s.b"), NULL);
	set(s, "d", "refuse");
	CU_ASSERT_EQUAL(rs_form_state_export(s, &store, &err), RS_FAIL);
	UNIT_STR(err.primary, "refused");
	rs_err_clear(&err);
	rs_map_release(&store_map, free);
	close_state(s, forms);
}

static void what_an_export_leaves_out_can_be_kept_beside_it(void)
{
	struct rs_forms *forms = load(TEXT("a", "default = x\nbind = s.a\n") TEXT("b", "visible = a = x\nbind = s.b\n") TEXT("c", "")
	                              TEXT("d", "bind = s.d\n") TEXT("e", "bind = s.e\n")
	                              "[field.f]\ntype = secret\nlabel = L\nhelp = H\nvisible = a = x\nbind = s.f\n");
	struct rs_form_state *s = open_state(forms), *again = rs_form_state_new(rs_forms_flow(forms, "f"), &registry);
	struct rs_buf rest = RS_BUF_INIT;

	set(s, "b", "hidden, with blanks");
	set(s, "f", "secret");
	set(s, "c", "bound to nothing");
	set(s, "e", "said");
	set(s, "a", "y");
	CU_ASSERT_EQUAL(rs_form_state_export(s, &store, NULL), RS_OK);
	set(s, "d", "refuse");
	rs_form_state_put_rest(s, &store, &rest);
	CU_ASSERT_PTR_NOT_NULL(strstr(rs_buf_str(&rest), "b hidden, with blanks\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rs_buf_str(&rest), "c bound to nothing\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rs_buf_str(&rest), "d refuse\n"));
	UNIT_INT(rest.len, strlen("b hidden, with blanks\nc bound to nothing\nd refuse\n"));
	(void)rs_buf_adds(&rest, "f secret\ngone x\ne other\nnothing\n");
	rs_form_state_import(again, &store);
	rs_form_state_take_rest(again, &store, rs_buf_str(&rest));
	UNIT_STR(value(again, "b"), "hidden, with blanks");
	UNIT_STR(value(again, "c"), "bound to nothing");
	UNIT_STR(value(again, "d"), "refuse");
	UNIT_STR(value(again, "e"), "said");
	UNIT_STR(value(again, "f"), "");
	rs_buf_release(&rest);
	rs_map_release(&store_map, free);
	rs_form_state_free(again);
	close_state(s, forms);
}

/* --- actions -------------------------------------------------------------------------------------------------------------- */

static void act(void *ctx, struct rs_form_state *state, const struct rs_form_field *f, const char *const *words,
                size_t n_words)
{
	(void)f;
	UNIT_INT(n_words, 2);
	UNIT_STR(words[0], "source");
	rs_form_set(state, ctx, words[1]);
}

static void a_button_runs_its_action(void)
{
	struct rs_forms *forms = load(TEXT("a", "default = x\n") TEXT("b", "")
	                              "[field.c]\ntype = action\nlabel = L\nhelp = H\naction = test source $a\n");
	struct rs_form_state *s = open_state(forms);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_FALSE(rs_form_can_act(s, field(s, "c")));
	CU_ASSERT_EQUAL(rs_form_act(s, field(s, "c"), &err), RS_FAIL);
	rs_err_clear(&err);
	rs_form_register_action(&registry, "test", act, (void *)(uintptr_t)field(s, "b"));
	CU_ASSERT_TRUE(rs_form_can_act(s, field(s, "c")));
	CU_ASSERT_EQUAL(rs_form_act(s, field(s, "c"), &err), RS_OK);
	UNIT_STR(value(s, "b"), "x");
	close_state(s, forms);
}

/* --- lint ----------------------------------------------------------------------------------------------------------------- */

static struct rs_buf problems = RS_BUF_INIT;

static void note_problem(void *ctx, const char *file, int line, const char *text)
{
	(void)ctx;
	rs_buf_addf(&problems, "%s:%d: %s\n", strrchr(file, '/') ? strrchr(file, '/') + 1 : file, line, text);
}

static bool knows_key(const char *key)
{
	return strcmp(key, "s.known") == 0;
}

static void lint_finds(const char *fields, size_t n, const char *what)
{
	struct rs_form_lint lint = {.knows_key = knows_key, .registry = &registry, .report = note_problem};
	size_t found;

	put_page(fields);
	rs_form_registry_init(&registry);
	rs_buf_clear(&problems);
	found = rs_form_lint(dir, &lint);
	if (found != n || !strstr(rs_buf_str(&problems), what))
		printf("# %zu: %s\n", found, rs_buf_str(&problems));
	UNIT_INT(found, n);
	CU_ASSERT_TRUE(strstr(rs_buf_str(&problems), what) != NULL);
	rs_form_registry_release(&registry);
	rs_buf_release(&problems);
}

static void lint_finds_every_problem(void)
{
	lint_finds(TEXT("a", "bind = s.known\n"), 0, "");
	lint_finds(TEXT("a", "bind = s.unknown\n"), 1, "p.form:4: [field.a] bind: \"s.unknown\" is not a key");
	lint_finds(TEXT("a", "validate = good\ndefault = @x\n"), 2, "validate: \"good\" is not known");
	lint_finds("check.1 = odd $a\n" TEXT("a", ""), 1, "check: \"odd\" is not known");
	lint_finds("[field.a]\ntype = choice\nlabel = L\nhelp = H\nchoices = @none\n", 1, "choices: \"none\" is not known");
	lint_finds("[field.a]\ntype = action\nlabel = L\nhelp = H\naction = none\n", 1, "action: \"none\" is not known");
	lint_finds("[field.a]\ntype = port\nlabel = L\nhelp = H\ndefault = 0\n", 1, "the default \"0\" is not accepted");
	lint_finds("[field.a]\ntype = choice\nlabel = L\nhelp = H\nchoices = x\nchoice.x = X\ndefault = y\n", 1,
	           "the default \"y\" is not accepted");
	lint_finds("[field.a]\ntype = text\nlabel = A label that nobody can fit into the column\nhelp = H\n", 1,
	           "takes 43 cells");
	lint_finds("[field.a]\ntype = text\nlabel = A label of more than twenty-four\nhelp = H\n", 0, "");
	lint_finds("[group.g]\nlabel = G\ncolumn = 1\n[field.a]\ngroup = g\ntype = text\nlabel = A label of more than twenty-four\nhelp = H\n", 1,
	           "takes 32 cells in en; there is room for 24");
	lint_finds("[field.a]\ntype = text\nlable = x\nhelp = H\nvisible = (\n", 3, "label is missing");
}

static void labels_are_measured_in_every_locale(void)
{
	/* Two texts, "L" and "Long", little-endian; the translations are eight and thirteen wide characters. */
	static const unsigned char mo[] =
		"\xde\x12\x04\x95\0\0\0\0\2\0\0\0\x1c\0\0\0\x2c\0\0\0\0\0\0\0\0\0\0\0"
		"\1\0\0\0\x3c\0\0\0\4\0\0\0\x3e\0\0\0\x18\0\0\0\x43\0\0\0\x27\0\0\0\x5c\0\0\0"
		"L\0Long\0"
		"连接方法连接方法\0连接方法连接方法连接方法连";
	struct rs_form_locale locale = {"zh_CN", NULL};
	struct rs_form_lint lint = {.report = note_problem, .locales = &locale, .n_locales = 1};
	char *path;

	put_page("[group.g]\nlabel = G\ncolumn = 2\n[field.a]\ntype = text\nlabel = L\nhelp = H\n"
	         "[field.b]\ngroup = g\ntype = text\nlabel = Long\nhelp = H\n");
	path = rs_xprintf("%s/x.mo", dir);
	locale.mo = path;
	rs_buf_clear(&problems);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, mo, sizeof mo, 0644, NULL), RS_OK);
	UNIT_INT(rs_form_lint(dir, &lint), 1);
	CU_ASSERT_TRUE(strstr(rs_buf_str(&problems), "[field.b]") && strstr(rs_buf_str(&problems), "26 cells in zh_CN"));
	for (size_t cut = 0; cut < sizeof mo - 1; cut++) {
		CU_ASSERT_EQUAL_FATAL(rs_file_write(path, mo, cut, 0644, NULL), RS_OK);
		(void)rs_form_lint(dir, &lint);
	}
	rs_buf_release(&problems);
	free(path);
}

/* The test program knows neither the task's keys nor what the screens register; tests/unit/test_task_form does. */
static void a_form_damaged_at_random_is_loaded_or_refused(void)
{
	char *path = source_file("forms/mysql-endpoints.form");
	struct rs_form_lint lint = {.report = note_problem};
	unsigned seed = unit_seed();
	struct rs_buf whole = RS_BUF_INIT;

	printf("# seed %u\n", seed);
	CU_ASSERT_EQUAL_FATAL(rs_file_read(path, 1 << 20, &whole, NULL), RS_OK);
	free(path);
	put_page("");
	for (int n = 0; n < 200; n++) {
		struct rs_buf text = RS_BUF_INIT;

		rs_buf_adds(&text, rs_buf_str(&whole));
		for (int i = 0; i < 5; i++)
			text.data[(size_t)rand_r(&seed) % text.len] = (char)(1 + rand_r(&seed) % 126);
		path = rs_xprintf("%s/p.form", dir);
		CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text.data, text.len, 0644, NULL), RS_OK);
		(void)rs_form_lint(dir, &lint);
		rs_buf_release(&problems);
		rs_buf_release(&text);
		free(path);
	}
	rs_buf_release(&whole);
	free(dir);
	dir = NULL;
}

UNIT_MAIN(UNIT_TEST(the_forms_of_the_program_load),
          UNIT_TEST(what_is_built_in_is_what_is_in_the_files),
          UNIT_TEST(every_text_of_the_forms_is_offered_for_translation),
          UNIT_TEST(a_field_has_what_its_section_says),
          UNIT_TEST(forms_with_errors_are_refused_with_their_line),
          UNIT_TEST(conditions_in_a_circle_are_refused),
          UNIT_TEST(files_that_do_not_fit_together_are_refused),
          UNIT_TEST(a_part_is_had_where_the_page_names_it), UNIT_TEST(a_page_offers_fewer_choices_than_its_part),
          UNIT_TEST(parts_with_errors_are_refused_with_their_line),
          UNIT_TEST(a_default_holds_until_there_is_an_answer),
          UNIT_TEST(defaults_follow_other_answers),
          UNIT_TEST(defaults_may_come_from_code),
          UNIT_TEST(a_hidden_field_keeps_its_answer_and_conditions_do_not_see_it),
          UNIT_TEST(a_pick_answers_another_field),
          UNIT_TEST(fixed_fields_are_read_only_once_the_task_is_made),
          UNIT_TEST(each_type_accepts_what_it_should),
          UNIT_TEST(required_fields_need_an_answer_while_they_are_shown),
          UNIT_TEST(choices_are_listed_by_file_and_by_code),
          UNIT_TEST(several_choices_are_words),
          UNIT_TEST(named_validators_are_called),
          UNIT_TEST(checks_across_fields_are_called_while_all_are_shown),
          UNIT_TEST(what_is_shown_is_exported_and_what_is_hidden_is_removed),
          UNIT_TEST(what_an_export_leaves_out_can_be_kept_beside_it),
          UNIT_TEST(a_button_runs_its_action),
          UNIT_TEST(lint_finds_every_problem),
          UNIT_TEST(labels_are_measured_in_every_locale),
          UNIT_TEST(a_form_damaged_at_random_is_loaded_or_refused))
