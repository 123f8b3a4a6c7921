/* The characters that the program draws, one cell each; canvas.c holds their ASCII forms. Strings may contain them
 * directly ("MySQL → MySQL"). */
#ifndef RS_GLYPH_H
#define RS_GLYPH_H

#define RS_G_RULE 0x2500      /* ─ */
#define RS_G_BAR 0x2502       /* │ between columns */
#define RS_G_PANE 0x2503      /* ┃ between panes */
#define RS_G_CURSOR 0x25b8    /* ▸ the row or field with the focus, a closed branch */
#define RS_G_OPEN 0x25be      /* ▾ an open branch, a drop-down, sorted downwards */
#define RS_G_UP 0x25b4        /* ▴ sorted upwards, more above */
#define RS_G_CHECK 0x2713     /* ✓ */
#define RS_G_CROSS 0x2717     /* ✗ */
#define RS_G_NOW 0x25cf       /* ● current */
#define RS_G_TODO 0x25cb      /* ○ still to come */
#define RS_G_MASK 0x2022      /* • a hidden character, a chosen radio button */
#define RS_G_DOT 0x00b7       /* · unavailable, separator */
#define RS_G_MORE 0x2026      /* … */
#define RS_G_NONE 0x2013      /* – nothing was measured */

#endif
