/* Keys as curses reports them, in our numbers. Private to term.c; the only other file with curses in it. */
#ifndef RS_TERMKEY_H
#define RS_TERMKEY_H

#include <stdint.h>

#define RS_TERMKEY_PASTE 0x4000 /* the terminal begins a paste */

/* Teaches curses the sequences that the terminal's description lacks. */
void rs_termkey_define(void);
/* Our key for what wgetch returned (0 to 255 are bytes, not looked at here, but for the C0 ones); RS_KEY_NONE for
 * what means nothing to us. */
uint32_t rs_termkey_translate(int code);

#endif
