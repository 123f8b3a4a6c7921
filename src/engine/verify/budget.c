#include "engine/verify/budget.h"

#include <string.h>

/* Seconds that have passed since are empty. */
static void move_on(struct rs_budget *b, rs_usec now)
{
	rs_usec second = now / RS_USEC_PER_SEC;

	if (second - b->second >= RS_BUDGET_WINDOW)
		memset(b->used, 0, sizeof b->used);
	else
		for (rs_usec s = b->second + 1; s <= second; s++)
			for (int i = 0; i < RS_BUDGET_SERVERS; i++)
				b->used[i][s % RS_BUDGET_WINDOW] = 0;
	b->second = second > b->second ? second : b->second;
}

void rs_budget_use(struct rs_budget *b, enum rs_budget_server server, rs_usec took, rs_usec now)
{
	rs_usec began = now - took;

	if (b->since == 0)
		b->since = began;
	move_on(b, now);
	b->used[server][b->second % RS_BUDGET_WINDOW] += took;
	b->due[server] = (b->due[server] > began ? b->due[server] : began) + took * 100 / b->percent;
}

rs_usec rs_budget_wait(const struct rs_budget *b, rs_usec now)
{
	rs_usec due = b->due[0] > b->due[1] ? b->due[0] : b->due[1];

	return due > now ? due - now : 0;
}

double rs_budget_share(struct rs_budget *b, enum rs_budget_server server, rs_usec now)
{
	rs_usec all = 0, window = now - b->since, most = RS_BUDGET_WINDOW * RS_USEC_PER_SEC;

	if (b->since == 0 || window <= 0)
		return -1;
	move_on(b, now);
	for (int i = 0; i < RS_BUDGET_WINDOW; i++)
		all += b->used[server][i];
	return 100.0 * (double)all / (double)(window < most ? window : most);
}
