#include "check/my_grants.h"

#include <ctype.h>
#include <strings.h>
#include "base/mem.h"
#include "model/schema.h"

static const struct privilege {
	const char *name, *alias;
} privileges[] = {
#define X(symbol, name, alias) {name, alias},
	RS_PRIVILEGES(X)
#undef X
};

/* What a privilege on one database or table can be. */
static const uint32_t object_privileges = RS_MAY(REPLICATION_SLAVE) - 1;

void rs_grants_release(struct rs_grants *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->items[i].db);
		free(g->items[i].table);
	}
	free(g->items);
	free(g->account);
	*g = (struct rs_grants){0};
}

/* ------------------------------------------------------------------ reading a line */

static bool skip_word(const char **p, const char *word)
{
	const size_t n = strlen(word);

	if (strncasecmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static uint32_t privilege_bit(const char *name, size_t n)
{
	for (size_t i = 0; i < RS_PRIVILEGE_COUNT; i++) {
		const char *alias = privileges[i].alias;

		if (strlen(privileges[i].name) == n && strncasecmp(privileges[i].name, name, n) == 0)
			return UINT32_C(1) << i;
		if (alias && strlen(alias) == n && strncasecmp(alias, name, n) == 0)
			return UINT32_C(1) << i;
	}
	return n == 14 && strncasecmp(name, "ALL PRIVILEGES", n) == 0 ? RS_MAY_ALL : 0;
}

/* "SELECT, INSERT (`a`), DELETE ON "
   "…": what is granted on columns only is not granted on the table. Ends behind "ON ". */
static bool read_privileges(const char **p, uint32_t *bits)
{
	*bits = 0;
	for (;;) {
		const char *start = *p;
		size_t n;

		while (**p && **p != ',' && **p != '(' && strncmp(*p, " ON ", 4) != 0)
			++*p;
		n = (size_t)(*p - start);
		while (n > 0 && start[n - 1] == ' ')
			n--;
		if (**p == '(') {
			*p += strcspn(*p, ")");
			*p += **p == ')';
		} else
			*bits |= privilege_bit(start, n);
		if (strncmp(*p, " ON ", 4) == 0)
			return (*p += 4) != NULL;
		if (**p != ',')
			return false;
		*p += 1 + strspn(*p + 1, " ");
	}
}

/* `na``me` or * (NULL). */
static bool read_name(const char **p, char **name)
{
	struct rs_buf text = RS_BUF_INIT;

	*name = NULL;
	if (skip_word(p, "*"))
		return true;
	if (!skip_word(p, "`"))
		return false;
	for (; **p && (**p != '`' || (*p)[1] == '`'); ++*p) {
		*p += **p == '`';
		rs_buf_addc(&text, **p);
	}
	*name = rs_buf_take(&text);
	return skip_word(p, "`");
}

void rs_grants_add(struct rs_grants *g, const char *line)
{
	struct rs_grant item = {0};
	const char *p = line;

	item.revoked = skip_word(&p, "REVOKE ");
	if (!item.revoked && !skip_word(&p, "GRANT "))
		return;
	if (!read_privileges(&p, &item.privileges) || !read_name(&p, &item.db))
		return;
	if (!skip_word(&p, ".") || !read_name(&p, &item.table)) {
		free(item.db);
		return;
	}
	RS_GROW(g->items, g->count, g->cap);
	g->items[g->count++] = item;
}

/* ------------------------------------------------------------------ reading an account */

static void quote_account(struct rs_buf *out, const char *account)
{
	const char *at = strrchr(account, '@');
	const size_t user = at ? (size_t)(at - account) : strlen(account);

	rs_my_quote(out, account, user);
	rs_buf_addc(out, '@');
	rs_my_quote(out, at ? at + 1 : "%", at ? strlen(at + 1) : 1);
}

static enum rs_rc read_lines(struct rs_my *my, const char *sql, struct rs_grants *g, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, sql, RS_MY_BUFFER, &r, err);

	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK)
		if (r.row[0])
			rs_grants_add(g, r.row[0]);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

/* A server that was started without grant tables lets everybody do everything. */
static bool without_grant_tables(const struct rs_err *e)
{
	return e->native == 1290 || e->native == 1141;
}

enum rs_rc rs_grants_read(struct rs_my *my, struct rs_grants *out, struct rs_err *err)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_buf account = RS_BUF_INIT;
	char *user = NULL;
	enum rs_rc rc = rs_my_scalar(my, "SELECT CURRENT_USER()", &user, err);

	if (rc != RS_OK)
		return rc;
	quote_account(&account, user ? user : "");
	free(user);
	out->account = rs_buf_take(&account);
	out->fold_case = my->lower_case_names != 0;
	rc = read_lines(my, "SHOW GRANTS", out, &problem);
	if (rc == RS_FAIL && without_grant_tables(&problem)) {
		rs_err_clear(&problem);
		rs_grants_add(out, "GRANT ALL PRIVILEGES ON *.* TO nobody");
		return RS_OK;
	}
	if (rc != RS_OK) {
		rs_err_move(err, &problem);
		return rc;
	}
	if (my->flavor == RS_MY_MARIADB && my->version >= 101100 && read_lines(my, "SHOW GRANTS FOR PUBLIC", out, &problem) != RS_OK)
		rs_err_clear(&problem); /* nobody ever granted anything to PUBLIC */
	return RS_OK;
}

/* ------------------------------------------------------------------ asking */

static int fold(const struct rs_grants *g, int c)
{
	return g->fold_case ? tolower(c) : c;
}

/* LIKE: % and _ with \ before a literal one. */
static bool matches(const struct rs_grants *g, const char *pattern, const char *name)
{
	for (; *pattern; pattern++, name++) {
		if (*pattern == '%') {
			do {
				if (matches(g, pattern + 1, name))
					return true;
			} while (*name++);
			return false;
		}
		if (!*name)
			return false;
		if (*pattern == '_')
			continue;
		if (*pattern == '\\' && pattern[1])
			pattern++;
		if (fold(g, (unsigned char)*pattern) != fold(g, (unsigned char)*name))
			return false;
	}
	return *name == '\0';
}

static bool same_name(const struct rs_grants *g, const char *a, const char *b)
{
	return (g->fold_case ? strcasecmp(a, b) : strcmp(a, b)) == 0;
}

/* Whether a line speaks of the object. */
static bool covers(const struct rs_grants *g, const struct rs_grant *item, const char *db, const char *table)
{
	if (!item->db)
		return true;
	if (!db)
		return false;
	if (!item->table)
		return matches(g, item->db, db);
	return table && same_name(g, item->db, db) && same_name(g, item->table, table);
}

uint32_t rs_grants_missing(const struct rs_grants *g, uint32_t wanted, const char *db, const char *table)
{
	uint32_t global = 0, local = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct rs_grant *item = &g->items[i];

		if (!covers(g, item, db, table))
			continue;
		if (item->revoked)
			global &= ~item->privileges;
		else if (!item->db)
			global |= item->privileges;
		else
			local |= item->privileges & object_privileges;
	}
	return wanted & ~(global | local);
}

void rs_privileges_text(struct rs_buf *out, uint32_t bits)
{
	const char *separator = "";

	for (size_t i = 0; i < RS_PRIVILEGE_COUNT; i++) {
		if (!(bits & UINT32_C(1) << i))
			continue;
		rs_buf_addf(out, "%s%s", separator, privileges[i].name);
		separator = ", ";
	}
}

void rs_grants_statement(const struct rs_grants *g, struct rs_buf *out, uint32_t bits, const char *db,
                         const char *table)
{
	if (!bits)
		return;
	if (out->len)
		rs_buf_addc(out, '\n');
	rs_buf_adds(out, "GRANT ");
	rs_privileges_text(out, bits);
	rs_buf_adds(out, " ON ");
	if (db && table)
		rs_quote_table(out, db, table);
	else {
		if (db)
			rs_quote_ident(out, db);
		else
			rs_buf_addc(out, '*');
		rs_buf_adds(out, ".*");
	}
	rs_buf_addf(out, " TO %s;", g->account);
}
