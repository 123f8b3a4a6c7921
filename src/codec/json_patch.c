/* Partial updates of JSON documents: the changes of a row event, made to the document before. Only the containers on
 * the way to a change are taken apart; all else stays the bytes that it is. */
#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"
#include "codec/binary_json.h"
#include "codec/json_node.h"

enum diff_op { DIFF_REPLACE = 0, DIFF_INSERT = 1, DIFF_REMOVE = 2 };

struct value;

struct member {
	struct rs_slice key; /* of an object's */
	struct value *value;
};

struct value {
	struct rs_json_node node;
	struct member *members; /* of a container that was taken apart, else NULL */
	size_t n_members, cap;
};

struct patcher {
	struct rs_arena *arena;
	struct value *root;
	bool no_memory;
};

/* One step of a path: a key, or the index of an element. */
struct leg {
	bool is_key;
	struct rs_slice key;
	size_t index;
};

static void *take(struct patcher *p, size_t size)
{
	void *m = rs_arena_alloc(p->arena, size);

	if (m)
		memset(m, 0, size);
	else
		p->no_memory = true;
	return m;
}

static struct value *new_value(struct patcher *p, struct rs_json_node node)
{
	struct value *v = take(p, sizeof *v);

	if (v)
		v->node = node;
	return v;
}

static bool take_apart(struct patcher *p, struct value *v)
{
	size_t count;

	if (v->members)
		return true;
	if (!rs_json_is_container(&v->node) || !rs_json_count(&v->node, &count))
		return false;
	v->cap = count + 4;
	v->members = take(p, v->cap * sizeof *v->members);
	if (!v->members)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct rs_json_node child;

		if (!rs_json_child(&v->node, count, i, &v->members[i].key, &child) ||
		    !(v->members[i].value = new_value(p, child)))
			return false;
	}
	v->n_members = count;
	return true;
}

/* --- paths ------------------------------------------------------------------------------------------------------ */

static bool read_hex4(struct rs_reader *r, uint32_t *out)
{
	const uint8_t *p = rs_reader_take(r, 4);

	*out = 0;
	for (int i = 0; p && i < 4; i++) {
		uint8_t c = p[i] | 0x20;
		unsigned digit = c >= 'a' && c <= 'f' ? c - 'a' + 10u : p[i] - '0' + 0u;

		if (digit > 15)
			return false;
		*out = *out << 4 | digit;
	}
	return p != NULL;
}

/* After \u: a code point, of two halves where it needs them. */
static size_t read_unicode(struct rs_reader *r, char *out)
{
	uint32_t cp, low;

	if (!read_hex4(r, &cp))
		return 0;
	if (cp >= 0xd800 && cp < 0xdc00) {
		const uint8_t *u = rs_reader_take(r, 2);

		if (!u || u[0] != '\\' || u[1] != 'u' || !read_hex4(r, &low) || low < 0xdc00 || low > 0xdfff)
			return 0;
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	return rs_utf8_encode(cp, out);
}

static size_t read_escape(struct rs_reader *r, char *out)
{
	uint8_t c = rs_reader_u8(r);

	switch (c) {
	case 'b': *out = '\b'; return 1;
	case 'f': *out = '\f'; return 1;
	case 'n': *out = '\n'; return 1;
	case 'r': *out = '\r'; return 1;
	case 't': *out = '\t'; return 1;
	case 'u': return read_unicode(r, out);
	case '"':
	case '\\':
	case '/': *out = (char)c; return 1;
	default: return 0;
	}
}

/* What follows the opening quote, without escapes. */
static bool read_quoted_key(struct patcher *p, struct rs_reader *r, struct rs_slice *key)
{
	char *out = rs_arena_bytes(p->arena, rs_reader_left(r) + 4), *at = out;

	if (!out) {
		p->no_memory = true;
		return false;
	}
	for (;;) {
		uint8_t c = rs_reader_u8(r);
		size_t n = 1;

		if (r->bad)
			return false;
		if (c == '"')
			break;
		if (c == '\\')
			n = read_escape(r, at);
		else
			*at = (char)c;
		if (n == 0)
			return false;
		at += n;
	}
	*key = (struct rs_slice){out, (size_t)(at - out)};
	return true;
}

static bool read_plain_key(struct rs_reader *r, struct rs_slice *key)
{
	const uint8_t *start = r->p;

	while (r->p < r->end && *r->p != '.' && *r->p != '[')
		r->p++;
	*key = (struct rs_slice){(const char *)start, (size_t)(r->p - start)};
	return key->len > 0;
}

static bool read_index(struct rs_reader *r, size_t *index)
{
	bool any = false;

	*index = 0;
	for (uint8_t c = rs_reader_u8(r); !r->bad; c = rs_reader_u8(r), any = true) {
		if (c == ']')
			return any;
		if (c < '0' || c > '9' || *index > UINT32_MAX)
			return false;
		*index = *index * 10 + (c - '0' + 0u);
	}
	return false;
}

static bool read_leg(struct patcher *p, struct rs_reader *r, struct leg *leg)
{
	uint8_t c = rs_reader_u8(r);

	leg->is_key = c == '.';
	if (c == '[')
		return read_index(r, &leg->index);
	if (c != '.')
		return false;
	if (rs_reader_left(r) && *r->p == '"') {
		rs_reader_u8(r);
		return read_quoted_key(p, r, &leg->key);
	}
	return read_plain_key(r, &leg->key);
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

/* Objects are ordered by the length of the key, then by its bytes. */
static int compare_keys(struct rs_slice a, struct rs_slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? memcmp(a.bytes, b.bytes, a.len) : 0;
}

/* Index of the member, or of the place where it belongs. */
static bool find(const struct value *v, const struct leg *leg, size_t *index)
{
	size_t i = 0;

	if (!leg->is_key) {
		*index = leg->index < v->n_members ? leg->index : v->n_members;
		return leg->index < v->n_members;
	}
	while (i < v->n_members && compare_keys(v->members[i].key, leg->key) < 0)
		i++;
	*index = i;
	return i < v->n_members && compare_keys(v->members[i].key, leg->key) == 0;
}

static bool insert(struct patcher *p, struct value *v, size_t index, struct rs_slice key, struct value *value)
{
	if (v->n_members == v->cap) {
		struct member *more = take(p, 2 * v->cap * sizeof *more);

		if (!more)
			return false;
		memcpy(more, v->members, v->n_members * sizeof *more);
		v->members = more;
		v->cap *= 2;
	}
	memmove(&v->members[index + 1], &v->members[index], (v->n_members - index) * sizeof *v->members);
	v->members[index] = (struct member){key, value};
	v->n_members++;
	return true;
}

static bool change(struct patcher *p, struct value *parent, const struct leg *leg, enum diff_op op, struct value *value)
{
	size_t index;
	bool found;

	if (!take_apart(p, parent) || rs_json_is_object(&parent->node) != leg->is_key)
		return false;
	found = find(parent, leg, &index);
	if (op == DIFF_INSERT)
		return !(found && leg->is_key) && insert(p, parent, index, leg->key, value);
	if (!found)
		return false;
	if (op == DIFF_REPLACE) {
		parent->members[index].value = value;
		return true;
	}
	parent->n_members--;
	memmove(&parent->members[index], &parent->members[index + 1],
	        (parent->n_members - index) * sizeof *parent->members);
	return true;
}

/* Walks to the container that holds the end of the path, and makes the change there. */
static bool apply(struct patcher *p, struct rs_slice path, enum diff_op op, struct value *value)
{
	struct rs_reader r = rs_reader_of(path.bytes, path.len);
	struct value *at = p->root;

	if (rs_reader_u8(&r) != '$')
		return false;
	if (rs_reader_left(&r) == 0) {
		p->root = value;
		return op == DIFF_REPLACE;
	}
	for (;;) {
		struct leg leg = {0};
		size_t index;

		if (!read_leg(p, &r, &leg))
			return false;
		if (rs_reader_left(&r) == 0)
			return change(p, at, &leg, op, value);
		if (!take_apart(p, at) || rs_json_is_object(&at->node) != leg.is_key || !find(at, &leg, &index))
			return false;
		at = at->members[index].value;
	}
}

static bool apply_next(struct patcher *p, struct rs_reader *r)
{
	uint8_t op = rs_reader_u8(r);
	struct rs_slice path = rs_reader_string(r), doc;
	struct value *value = NULL;

	if (r->bad || op > DIFF_REMOVE)
		return false;
	if (op != DIFF_REMOVE) {
		doc = rs_reader_string(r);
		if (r->bad || doc.len == 0 || !(value = new_value(p, rs_json_root(doc.bytes, doc.len))))
			return false;
	}
	return apply(p, path, (enum diff_op)op, value);
}

/* --- printing --------------------------------------------------------------------------------------------------- */

static bool print(struct rs_json_printer *out, const struct value *v, int depth)
{
	bool object = rs_json_is_object(&v->node);

	if (!v->members)
		return rs_json_print_node(out, &v->node, depth);
	if (depth >= RS_JSON_DEPTH_MAX)
		return false;
	rs_buf_addc(out->out, object ? '{' : '[');
	for (size_t i = 0; i < v->n_members; i++) {
		if (i)
			rs_buf_adds(out->out, ", ");
		if (object && (!rs_json_print_string(out, v->members[i].key) || rs_buf_adds(out->out, ": ") != RS_OK))
			return false;
		if (!print(out, v->members[i].value, depth + 1))
			return false;
	}
	return rs_buf_addc(out->out, object ? '}' : ']') == RS_OK;
}

enum rs_rc rs_json_patch(const void *doc, size_t len, const void *diffs, size_t diffs_len, struct rs_arena *arena,
                         struct rs_buf *out, struct rs_err *err)
{
	struct patcher p = {arena, NULL, false};
	struct rs_json_printer printer = {out, len + diffs_len + 1};
	struct rs_reader r = rs_reader_of(diffs, diffs_len);
	bool good;

	p.root = new_value(&p, rs_json_root(doc, len));
	good = p.root != NULL;
	while (good && rs_reader_left(&r))
		good = apply_next(&p, &r);
	if (good && print(&printer, p.root, 0))
		return RS_OK;
	if (p.no_memory || rs_buf_failed(out))
		return rs_err_set(err, RS_E_MEMORY, _("a JSON document of %zu bytes"), len + diffs_len);
	return rs_err_set(err, RS_E_VALUE, _("a partial update of a JSON document is malformed"));
}
