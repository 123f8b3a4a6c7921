#include "cli/prompt.h"

#include <strings.h>
#include <termios.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/utf8.h"
#include "base/words.h"
#include "model/flow.h"

struct prompt {
	struct rs_form_state *state;
	FILE *in, *out;
	char *line;      /* the last one read, without its end */
	size_t size;     /* of the allocation */
	bool advanced;   /* ask advanced fields, too */
	size_t page, field;
	const struct rs_form_page *shown_page; /* whose title was written last */
	const char *shown_group;
};

/* What became of a question. */
enum reply { REPLY_NEXT, REPLY_BACK, REPLY_AGAIN, REPLY_QUIT };

/* What a line means, before it is an answer. */
enum line { LINE_TEXT, LINE_EMPTY, LINE_BACK, LINE_HELP, LINE_CLEAR, LINE_END };

static void say(struct prompt *p, const char *fmt, ...) RS_PRINTF(2, 3);
static void say(struct prompt *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(p->out, fmt, ap);
	va_end(ap);
}

/* Text that may come from elsewhere than the program. */
static void say_text(struct prompt *p, const char *text)
{
	struct rs_buf safe = RS_BUF_INIT;

	rs_utf8_printable(&safe, text, strlen(text));
	fputs(rs_buf_str(&safe), p->out);
	rs_buf_release(&safe);
}

/* --- lines ----------------------------------------------------------------------------------------------------------- */

static bool read_line(struct prompt *p)
{
	ssize_t n;

	fflush(p->out);
	if (p->line)
		explicit_bzero(p->line, p->size);
	n = getline(&p->line, &p->size, p->in);
	while (n > 0 && (p->line[n - 1] == '\n' || p->line[n - 1] == '\r'))
		p->line[--n] = '\0';
	return n >= 0;
}

/* A line into the buffer, which is made large at the start: growing it would leave copies behind. False at the end of the
 * input and at the character stop. */
static bool read_until(struct prompt *p, int stop)
{
	enum { SECRET_MAX = 4096 };
	size_t n = 0;
	int c;

	if (p->size < SECRET_MAX) {
		p->line = rs_xrealloc(p->line, SECRET_MAX);
		p->size = SECRET_MAX;
	}
	while ((c = fgetc(p->in)) != EOF && c != '\n' && c != stop)
		if (n < p->size - 1)
			p->line[n++] = (char)c;
	p->line[n] = '\0';
	return c == '\n';
}

/* Without echo; an interrupt comes as a character, so that the terminal is as it was afterwards. */
static bool read_secret(struct prompt *p)
{
	struct termios saved, quiet;
	int fd = fileno(p->in);
	bool tty = fd >= 0 && tcgetattr(fd, &saved) == 0, done;

	if (!tty)
		return read_line(p);
	quiet = saved;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_cc[VEOL] = saved.c_cc[VINTR];
	fflush(p->out);
	tcsetattr(fd, TCSAFLUSH, &quiet);
	done = read_until(p, saved.c_cc[VINTR]);
	tcsetattr(fd, TCSANOW, &saved);
	say(p, "\n");
	return done;
}

static enum line classify(struct prompt *p)
{
	if (!*p->line)
		return LINE_EMPTY;
	if (strcmp(p->line, "<") == 0)
		return LINE_BACK;
	if (strcmp(p->line, "?") == 0)
		return LINE_HELP;
	if (strcmp(p->line, "-") == 0)
		return LINE_CLEAR;
	if (*p->line == '\\')
		memmove(p->line, p->line + 1, strlen(p->line));
	return LINE_TEXT;
}

static enum line next_line(struct prompt *p, bool secret)
{
	return (secret ? read_secret(p) : read_line(p)) ? classify(p) : LINE_END;
}

/* --- answers --------------------------------------------------------------------------------------------------------- */

/* What can be said of single tables in this flow. */
static void show_settings(struct prompt *p)
{
	const struct rs_flow *flow = rs_flow_find(rs_form_state_flow(p->state)->id);

	if (flow && *flow->settings)
		say(p, _("  = database.table: WORD TEXT is a setting of the table at the destination, with one of the words: %s.\n"), flow->settings);
}

static void show_help(struct prompt *p, const struct rs_form_field *f)
{
	say(p, "  %s\n", rs_form_text(f->help));
	if (f->hint)
		say(p, _("  For example: %s\n"), f->hint);
	if (f->type == RS_FIELD_OBJECTS)
		say(p, "%s", _("  One object a line: database, database.table, either with \"-> new name\".\n"
		               "  database.table.column -> new name renames a column; ! database.table leaves a table out.\n"
		               "  database.table: condition synchronizes only the rows of a selected table that meet it: shop.orders: id > 9.\n"
		               "  Names with blanks or dots stand in `backquotes`. An empty line ends the list.\n"));
	if (f->type == RS_FIELD_OBJECTS)
		show_settings(p);
	if (f->type == RS_FIELD_FIELDS)
		say(p, "%s", _("  One table a line: database.table: partitioned primary COLUMN distribution COLUMN,\n"
		               "  or database.table: replicated primary COLUMN. Several columns are separated by blanks.\n"
		               "  Names with blanks or dots stand in `backquotes`. An empty line ends the list.\n"));
	if (f->type == RS_FIELD_MULTICHOICE)
		say(p, "%s", _("  Numbers or words, separated by blanks; \"all\" and \"none\" are understood.\n"));
	say(p, "%s", _("  Enter takes what stands in [brackets], < goes back, - clears, \\ before an answer takes it as it is.\n"));
}

static void show_error(struct prompt *p, struct rs_err *err)
{
	say(p, "  ! ");
	say_text(p, err->primary ? err->primary : "");
	say(p, "\n");
	if (err->hint) {
		say(p, "    ");
		say_text(p, err->hint);
		say(p, "\n");
	}
	rs_err_clear(err);
}

/* Checks what the field has now. On failure its old answer (NULL: none) comes back. */
static enum reply settle(struct prompt *p, const struct rs_form_field *f, const char *old)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_form_check_field(p->state, f, &err) == RS_OK)
		return REPLY_NEXT;
	show_error(p, &err);
	rs_form_set(p->state, f, old);
	return REPLY_AGAIN;
}

static enum reply answer(struct prompt *p, const struct rs_form_field *f, const char *value)
{
	bool keep = rs_form_is_answered(p->state, f) && f->type != RS_FIELD_SECRET;
	char *old = keep ? rs_xstrdup(rs_form_value(p->state, f)) : NULL;
	enum reply reply;

	rs_form_set(p->state, f, value);
	reply = settle(p, f, old);
	free(old);
	return reply;
}

/* Enter: the value stays as it is, if it is good. */
static enum reply keep(struct prompt *p, const struct rs_form_field *f)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_form_check_field(p->state, f, &err) == RS_OK)
		return REPLY_NEXT;
	show_error(p, &err);
	return REPLY_AGAIN;
}

static const char *match_choice(const struct rs_form_choices *c, const char *word, size_t len)
{
	char *text = rs_xstrndup(word, len);
	const char *found = NULL;
	uint64_t n;

	if (rs_number_parse(text, &n) && n >= 1 && n <= c->count)
		found = c->items[n - 1].value;
	for (size_t i = 0; !found && i < c->count; i++)
		if (strcasecmp(c->items[i].value, text) == 0 || strcasecmp(c->items[i].label, text) == 0)
			found = c->items[i].value;
	free(text);
	return found;
}

static enum reply answer_choice(struct prompt *p, const struct rs_form_field *f)
{
	struct rs_form_choices c;
	const char *value;
	enum reply reply;

	rs_form_choices_get(p->state, f, &c);
	value = match_choice(&c, p->line, strlen(p->line));
	reply = answer(p, f, value ? value : p->line);
	rs_form_choices_release(&c);
	return reply;
}

/* The values that the words of the line stand for, in the order of the choices. */
static char *chosen(const struct rs_form_choices *c, const char *line)
{
	bool all = strcmp(line, "all") == 0 || strcmp(line, _("all")) == 0;
	struct rs_buf values = RS_BUF_INIT;
	const char *word;
	size_t len;

	for (size_t i = 0; i < c->count; i++) {
		bool wanted = all;

		for (const char *w = line; !wanted && rs_words_next(&w, &word, &len);) {
			const char *value = match_choice(c, word, len);

			wanted = value && strcmp(value, c->items[i].value) == 0;
		}
		if (wanted)
			rs_buf_addf(&values, "%s%s", values.len ? " " : "", c->items[i].value);
	}
	return rs_buf_take(&values);
}

/* A word that stands for none of the choices; NULL: there is none. */
static char *unknown_word(const struct rs_form_choices *c, const char *line)
{
	const char *word;
	size_t len;

	if (strcmp(line, "all") == 0 || strcmp(line, _("all")) == 0 || strcmp(line, "none") == 0 ||
	    strcmp(line, _("none")) == 0)
		return NULL;
	for (const char *w = line; rs_words_next(&w, &word, &len);)
		if (!match_choice(c, word, len))
			return rs_xstrndup(word, len);
	return NULL;
}

static enum reply answer_choices(struct prompt *p, const struct rs_form_field *f)
{
	struct rs_form_choices c;
	char *unknown, *values;
	enum reply reply;

	rs_form_choices_get(p->state, f, &c);
	unknown = unknown_word(&c, p->line);
	values = chosen(&c, p->line);
	reply = answer(p, f, unknown ? unknown : values);
	free(unknown);
	free(values);
	rs_form_choices_release(&c);
	return reply;
}

static bool is_word(const char *line, const char *a, const char *b, const char *local)
{
	return strcasecmp(line, a) == 0 || strcasecmp(line, b) == 0 || strcasecmp(line, local) == 0;
}

static const char *yes_or_no(const char *line)
{
	if (is_word(line, "yes", "y", _("yes")))
		return "yes";
	return is_word(line, "no", "n", _("no")) ? "no" : line;
}

static enum reply answer_line(struct prompt *p, const struct rs_form_field *f)
{
	switch (f->type) {
	case RS_FIELD_CHOICE:
		return answer_choice(p, f);
	case RS_FIELD_MULTICHOICE:
		return answer_choices(p, f);
	case RS_FIELD_BOOL:
		return answer(p, f, yes_or_no(p->line));
	default:
		return answer(p, f, p->line);
	}
}

/* --- questions ------------------------------------------------------------------------------------------------------- */

static void show_choices(struct prompt *p, const struct rs_form_field *f)
{
	struct rs_form_choices c;

	if (f->type != RS_FIELD_CHOICE && f->type != RS_FIELD_MULTICHOICE)
		return;
	say(p, "%s\n", rs_form_text(f->label));
	rs_form_choices_get(p->state, f, &c);
	for (size_t i = 0; i < c.count; i++) {
		say(p, "  %zu) ", i + 1);
		say_text(p, c.items[i].label);
		say(p, "\n");
	}
	rs_form_choices_release(&c);
}

/* "Port [3306]: " */
static void show_question(struct prompt *p, const struct rs_form_field *f)
{
	const char *value = rs_form_value(p->state, f);
	char *label = rs_form_value_label(p->state, f);

	show_choices(p, f);
	say(p, "%s", rs_form_text(f->label));
	if (f->type == RS_FIELD_SECRET && *value)
		say(p, " [%s]", _("unchanged"));
	else if (f->type != RS_FIELD_SECRET && *value) {
		say(p, " [");
		say_text(p, label);
		say(p, "]");
	}
	say(p, ": ");
	free(label);
}

static enum reply ask_line(struct prompt *p, const struct rs_form_field *f)
{
	show_question(p, f);
	switch (next_line(p, f->type == RS_FIELD_SECRET)) {
	case LINE_TEXT:
		return answer_line(p, f);
	case LINE_EMPTY:
		return keep(p, f);
	case LINE_BACK:
		return REPLY_BACK;
	case LINE_HELP:
		show_help(p, f);
		return REPLY_AGAIN;
	case LINE_CLEAR:
		return answer(p, f, "");
	case LINE_END:
		return REPLY_QUIT;
	}
	return REPLY_QUIT;
}

/* Several lines, up to an empty one. */
static enum reply ask_lines(struct prompt *p, const struct rs_form_field *f)
{
	struct rs_buf text = RS_BUF_INIT;
	enum reply reply = REPLY_AGAIN;
	enum line line;

	say(p, "%s\n", rs_form_text(f->label));
	if (*rs_form_value(p->state, f))
		say(p, "[\n%s]\n", rs_form_value(p->state, f));
	say(p, "%s", f->type == RS_FIELD_FIELDS ? _("One table a line, an empty line at the end; ? explains.\n")
	                                        : _("One object a line, an empty line at the end; ? explains.\n"));
	while ((line = next_line(p, false)) == LINE_TEXT)
		rs_buf_addf(&text, "%s\n", p->line);
	if (line == LINE_EMPTY)
		reply = text.len ? answer(p, f, rs_buf_str(&text)) : keep(p, f);
	else if (line == LINE_CLEAR)
		rs_form_set(p->state, f, NULL);
	else if (line == LINE_HELP)
		show_help(p, f);
	else
		reply = line == LINE_BACK ? REPLY_BACK : REPLY_QUIT;
	rs_buf_release(&text);
	return reply;
}

/* A question of the prompt's own. */
static enum reply ask_yes_no(struct prompt *p, const char *question, bool preset, bool *yes)
{
	for (;;) {
		enum line line;
		const char *word;

		say(p, "%s [%s]: ", question, preset ? _("yes") : _("no"));
		line = next_line(p, false);
		*yes = preset;
		if (line == LINE_EMPTY)
			return REPLY_NEXT;
		if (line == LINE_BACK || line == LINE_END)
			return line == LINE_BACK ? REPLY_BACK : REPLY_QUIT;
		word = yes_or_no(p->line);
		*yes = strcmp(word, "yes") == 0;
		if (*yes || strcmp(word, "no") == 0)
			return REPLY_NEXT;
		say(p, "  ! %s\n", _("yes or no is expected"));
	}
}

static enum reply ask_action(struct prompt *p, const struct rs_form_field *f)
{
	struct rs_err err = RS_ERR_INIT;
	bool yes;
	enum reply reply;

	if (!rs_form_can_act(p->state, f))
		return REPLY_NEXT;
	reply = ask_yes_no(p, rs_form_text(f->label), false, &yes);
	if (reply != REPLY_NEXT || !yes)
		return reply;
	if (rs_form_act(p->state, f, &err) != RS_OK)
		show_error(p, &err);
	return REPLY_AGAIN;
}

static void show_group(struct prompt *p, const struct rs_form_page *page, const struct rs_form_field *f)
{
	for (size_t i = 0; f->group && f->group != p->shown_group && i < page->n_groups; i++)
		if (page->groups[i].id == f->group)
			say(p, "\n%s\n", rs_form_text(page->groups[i].label));
	p->shown_group = f->group;
}

static void show_value(struct prompt *p, const struct rs_form_field *f)
{
	char *label = rs_form_value_label(p->state, f);

	if (f->type == RS_FIELD_OBJECTS || f->type == RS_FIELD_FIELDS) {
		say(p, "  %s:\n%s", rs_form_text(f->label), label);
	} else {
		say(p, "  %s: ", rs_form_text(f->label));
		say_text(p, f->type == RS_FIELD_SECRET ? "***" : label);
		say(p, "\n");
	}
	free(label);
}

/* What the task file will say. */
static void show_values(struct prompt *p, const struct rs_form_page *page)
{
	p->shown_group = NULL;
	for (size_t i = 0; i < page->n_fields; i++) {
		const struct rs_form_field *f = &page->fields[i];

		if (!rs_field_type_answers(f->type) || !rs_form_is_visible(p->state, f) || !*rs_form_value(p->state, f) ||
		    (f->level == RS_LEVEL_ADVANCED && !rs_form_is_answered(p->state, f)))
			continue;
		show_group(p, page, f);
		show_value(p, f);
	}
}

static enum reply ask_review(struct prompt *p)
{
	const struct rs_form_flow *flow = rs_form_state_flow(p->state);
	bool yes;
	enum reply reply;

	for (size_t i = 0; i < flow->n_pages; i++)
		show_values(p, flow->pages[i]);
	reply = ask_yes_no(p, _("Is this right? The task file is written then"), true, &yes);
	return reply == REPLY_NEXT && !yes ? REPLY_BACK : reply;
}

static enum reply ask(struct prompt *p, const struct rs_form_field *f)
{
	switch (f->type) {
	case RS_FIELD_NOTE:
		say(p, "%s\n", rs_form_text(f->help));
		return REPLY_NEXT;
	case RS_FIELD_ACTION:
		return ask_action(p, f);
	case RS_FIELD_REVIEW:
		return ask_review(p);
	case RS_FIELD_OBJECTS:
	case RS_FIELD_FIELDS:
		return ask_lines(p, f);
	default:
		return ask_line(p, f);
	}
}

/* --- the way through the pages --------------------------------------------------------------------------------------- */

static const struct rs_form_page *page_at(const struct prompt *p)
{
	const struct rs_form_flow *flow = rs_form_state_flow(p->state);

	return p->page < flow->n_pages ? flow->pages[p->page] : NULL;
}

static bool is_asked(const struct prompt *p, const struct rs_form_field *f)
{
	return rs_form_is_visible(p->state, f) && !rs_form_is_readonly(p->state, f) &&
	       (f->level == RS_LEVEL_BASIC || p->advanced);
}

static void show_heading(struct prompt *p, const struct rs_form_page *page, const struct rs_form_field *f)
{
	const struct rs_form_flow *flow = rs_form_state_flow(p->state);

	if (p->shown_page != page) {
		say(p, _("\nStep %zu of %zu: %s\n"), p->page + 1, flow->n_pages, rs_form_text(page->title));
		if (page->intro)
			say(p, "%s\n", rs_form_text(page->intro));
		p->shown_group = NULL;
	}
	p->shown_page = page;
	show_group(p, page, f);
}

/* The question before this one; stays where there is none. */
static void go_back(struct prompt *p)
{
	size_t page = p->page, field = p->field;

	for (;;) {
		const struct rs_form_page *here;

		if (p->field > 0) {
			p->field--;
		} else if (p->page > 0) {
			p->page--;
			p->field = page_at(p)->n_fields;
			continue;
		} else {
			p->page = page;
			p->field = field;
			return;
		}
		here = page_at(p);
		if (is_asked(p, &here->fields[p->field]) && here->fields[p->field].type != RS_FIELD_NOTE)
			return;
	}
}

/* Behind a page's last field: its checks, which may lead back into it. */
static void leave_page(struct prompt *p, const struct rs_form_page *page)
{
	const struct rs_form_field *bad = NULL;
	struct rs_err err = RS_ERR_INIT;

	if (rs_form_check_page(p->state, page, &bad, &err) == RS_OK) {
		p->page++;
		p->field = 0;
		return;
	}
	if (bad)
		say(p, "%s:\n", rs_form_text(bad->label));
	show_error(p, &err);
	p->field = bad && bad->page == page ? (size_t)(bad - page->fields) : 0;
	p->advanced = p->advanced || (bad && bad->level == RS_LEVEL_ADVANCED);
}

static enum reply ask_here(struct prompt *p, const struct rs_form_page *page)
{
	const struct rs_form_field *f = &page->fields[p->field];

	if (!is_asked(p, f))
		return REPLY_NEXT;
	show_heading(p, page, f);
	return ask(p, f);
}

static enum rs_rc ask_all(struct prompt *p)
{
	const struct rs_form_page *page;

	while ((page = page_at(p))) {
		if (p->field >= page->n_fields) {
			leave_page(p, page);
			continue;
		}
		switch (ask_here(p, page)) {
		case REPLY_NEXT:
			p->field++;
			break;
		case REPLY_BACK:
			go_back(p);
			break;
		case REPLY_AGAIN:
			break;
		case REPLY_QUIT:
			return RS_CANCELLED;
		}
	}
	return RS_OK;
}

static bool has_advanced(const struct rs_form_flow *flow)
{
	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++)
			if (flow->pages[p]->fields[i].level == RS_LEVEL_ADVANCED)
				return true;
	return false;
}

/* What it is, what it needs, and that it can't be started where that is so. */
static void show_flow(struct prompt *p, const struct rs_form_flow *flow)
{
	say(p, "%s. %s\n", rs_form_text(flow->title), rs_form_text(flow->help));
	for (size_t i = 0; i < flow->n_prerequisites; i++)
		say(p, "%s %s\n", i ? "            " : _("It needs:"), rs_form_text(flow->prerequisites[i]));
	if (!flow->available)
		say(p, "! %s\n", _("It can't be started yet. It can be filled in, saved and reviewed."));
}

enum rs_rc rs_prompt_run(struct rs_form_state *state, FILE *in, FILE *out)
{
	const struct rs_form_flow *flow = rs_form_state_flow(state);
	struct prompt p = {.state = state, .in = in, .out = out};
	enum rs_rc rc = RS_OK;

	show_flow(&p, flow);
	say(&p, "%s", _("Enter takes what stands in [brackets], ? explains, < goes back.\n"));
	if (has_advanced(flow) && ask_yes_no(&p, _("Ask for advanced settings, too"), false, &p.advanced) == REPLY_QUIT)
		rc = RS_CANCELLED;
	if (rc == RS_OK)
		rc = ask_all(&p);
	if (rc != RS_OK)
		say(&p, "\n%s\n", _("Given up: nothing was written."));
	fflush(out);
	if (p.line)
		explicit_bzero(p.line, p.size);
	free(p.line);
	return rc;
}
