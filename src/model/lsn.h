/* Places in a PostgreSQL server's log: 64-bit numbers of bytes ("log sequence numbers"), which its people write as "16/B374D848". */
#ifndef RS_LSN_H
#define RS_LSN_H

#include <stdbool.h>
#include <stdint.h>

/* As text; out has room for RS_LSN_TEXT, and is returned. And back; false for anything else. */
#define RS_LSN_TEXT 18
const char *rs_lsn_text(uint64_t lsn, char *out);
bool rs_lsn_parse(const char *text, uint64_t *lsn);

#endif
