/* SQL of the MySQL family, cut into tokens: MySQL 5.1 to 9 and MariaDB to 11, in the dialect that the source's version
 * and sql_mode make of it. Every byte of the text belongs to exactly one token, so that a rewriter can replace the
 * names and leave everything else byte for byte. The text is UTF-8 (whoever reads a binary log converts it from the
 * statement's character_set_client first). Versioned comments, "/" "*!50100 … *" "/", count as the server in question
 * counts them: its delimiters are tokens of their own where the content is executed, and the whole is a comment where
 * it is not. Pure functions; no locking. Sources: the MySQL and MariaDB manuals on lexical structure. */
#ifndef RS_SQL_TOKEN_H
#define RS_SQL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

/* Bits of sql_mode that change how text is read, as QUERY events and @@sql_mode number them in both products. */
#define RS_MODE_REAL_AS_FLOAT UINT64_C(0x1)
#define RS_MODE_PIPES_AS_CONCAT UINT64_C(0x2)
#define RS_MODE_ANSI_QUOTES UINT64_C(0x4)
#define RS_MODE_IGNORE_SPACE UINT64_C(0x8)
#define RS_MODE_NO_BACKSLASH_ESCAPES UINT64_C(0x100000)
#define RS_MODE_ORACLE UINT64_C(0x200)

/* Which server a text was written for. */
struct rs_sql_dialect {
	bool mariadb;
	unsigned version;  /* 101119 for 10.11.19, 90704 for 9.7.4, 50624 for 5.6.24 */
	uint64_t sql_mode; /* bits, as a QUERY event carries them */
};

enum rs_token_kind {
	RS_TOKEN_END = 0,
	/* without meaning: left out by rs_sql_tokenize */
	RS_TOKEN_SPACE,
	RS_TOKEN_COMMENT,
	RS_TOKEN_OPEN,     /* the head of a versioned comment that is executed */
	RS_TOKEN_CLOSE,    /* its end */
	/* with meaning */
	RS_TOKEN_WORD,     /* a keyword or a name without quotes */
	RS_TOKEN_QUOTED,   /* a name in backquotes, or in double quotes under ANSI_QUOTES */
	RS_TOKEN_STRING,   /* '…', "…", N'…'; an introducer is a word before it */
	RS_TOKEN_NUMBER,   /* 1, 1.5e3, .5 */
	RS_TOKEN_HEX,      /* 0x1F, x'1F', 0b1, b'1' */
	RS_TOKEN_VAR,      /* @name, @'name', @@name; the host of an account */
	RS_TOKEN_OP,       /* one byte of punctuation */
	RS_TOKEN_BAD       /* a quote or comment that does not end */
};

struct rs_token {
	enum rs_token_kind kind;
	uint32_t start, end; /* bytes of the text, end excluded */
};

/* Reads token after token, the meaningless ones too. */
struct rs_sql_scanner {
	const char *text;
	uint32_t len, pos;
	const struct rs_sql_dialect *dialect;
	bool versioned;   /* inside a versioned comment that is executed */
	bool after_name;  /* the last token was a name: a dot here makes the next one a name, whatever it looks like */
	bool after_dot;
};

void rs_sql_scan_init(struct rs_sql_scanner *s, const char *text, size_t len, const struct rs_sql_dialect *dialect);
/* The next token; RS_TOKEN_END at the end, RS_TOKEN_BAD where the rest can't be read (both then for ever). */
struct rs_token rs_sql_scan(struct rs_sql_scanner *s);

/* The tokens with meaning of a whole text, and one RS_TOKEN_END after them. The text is borrowed. */
struct rs_sql {
	const char *text;
	uint32_t len;
	struct rs_sql_dialect dialect;
	struct rs_token *tokens;
	uint32_t count; /* without the end */
};

/* RS_E_DDL_UNKNOWN for text that is no SQL (an open quote) or longer than 4 GiB. */
enum rs_rc rs_sql_tokenize(struct rs_sql *s, const char *text, size_t len, const struct rs_sql_dialect *dialect,
                           struct rs_err *err) RS_MUST_CHECK;
void rs_sql_release(struct rs_sql *s);

/* Whether token i is this keyword (upper case), unquoted. Any i up to and past count may be asked. */
bool rs_sql_is(const struct rs_sql *s, uint32_t i, const char *keyword);
/* Whether it is this byte of punctuation. */
bool rs_sql_is_op(const struct rs_sql *s, uint32_t i, char op);
/* Whether it can be a name: a word, reserved or not, or a quoted name. */
bool rs_sql_is_name(const struct rs_sql *s, uint32_t i);
enum rs_token_kind rs_sql_kind(const struct rs_sql *s, uint32_t i);
/* Appends the name or the string that the token stands for, without quotes and escapes. */
enum rs_rc rs_sql_value(const struct rs_sql *s, uint32_t i, struct rs_buf *out);
/* The same, malloc'ed. */
char *rs_sql_text(const struct rs_sql *s, uint32_t i);
/* The index after the parenthesis that closes the one at i; count where there is none. */
uint32_t rs_sql_skip_parens(const struct rs_sql *s, uint32_t i);

#endif
