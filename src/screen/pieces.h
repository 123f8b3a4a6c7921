/* Work of the UI thread that is too much for one key: it is done in pieces, and between them keys are answered and the screen is
 * drawn. Owned by a screen, which says how far it has come, and stops it when it goes. */
#ifndef RS_PIECES_H
#define RS_PIECES_H

#include "tui/loop.h"

/* All zero: nothing is under way. */
struct rs_pieces {
	struct rs_loop *loop;
	int timer;                    /* of the next piece; 0: none */
	bool under_way;               /* until done is called, or it is stopped */
	bool (*go_on)(void *ctx);     /* does a piece, of a few milliseconds; false: it was the last one */
	void (*done)(void *ctx);      /* then */
	void *ctx;
};

/* In place of what is under way. The first piece is done at once: what has no other is done when it returns. */
void rs_pieces_start(struct rs_pieces *p, struct rs_loop *loop, bool (*go_on)(void *ctx), void (*done)(void *ctx), void *ctx);
/* Nothing is called any more. */
void rs_pieces_stop(struct rs_pieces *p);
#endif
