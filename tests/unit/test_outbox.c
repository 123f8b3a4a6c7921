#include "sink/outbox.h"

#include "unit.h"

static rs_usec now;

static rs_usec mono(void) { return now; }

static uint64_t unanswered(void *arg) { return *(uint64_t *)arg; }

static void begin(struct rs_outbox *box)
{
	now = RS_USEC_PER_SEC;
	rs_clock_fake(mono, NULL);
	rs_outbox_init(box);
}

static void end(struct rs_outbox *box)
{
	rs_outbox_release(box);
	rs_clock_fake(NULL, NULL);
}

static struct rs_outbox_content look(struct rs_outbox *box)
{
	struct rs_outbox_content c;

	rs_outbox_look(box, &c);
	return c;
}

static void what_is_written_waits_from_the_first_message_to_the_commit(void)
{
	struct rs_outbox_link link = {.box = NULL};
	struct rs_outbox box;
	uint64_t answers = 2;

	begin(&box);
	CU_ASSERT_FALSE(look(&box).open);
	rs_outbox_join(&box, &link, unanswered, &answers);
	CU_ASSERT_TRUE(look(&box).open);
	UNIT_INT(look(&box).waiting, 0);
	for (int i = 0; i < 3; i++, now += RS_MSEC(10))
		rs_outbox_written(&link, 1);
	UNIT_INT(look(&box).uncommitted, 3);
	UNIT_INT(look(&box).unacknowledged, 2);
	UNIT_INT(look(&box).waiting, RS_MSEC(30));
	UNIT_INT(rs_outbox_longest(&box), 0);
	rs_outbox_committed(&link);
	UNIT_INT(look(&box).uncommitted, 0);
	UNIT_INT(look(&box).waiting, 0);
	UNIT_INT(rs_outbox_longest(&box), RS_MSEC(30));
	UNIT_INT(rs_outbox_longest(&box), 0);
	rs_outbox_leave(&link);
	rs_outbox_leave(&link);
	CU_ASSERT_FALSE(look(&box).open);
	end(&box);
}

static void what_is_taken_back_is_no_delivery(void)
{
	struct rs_outbox_link link = {.box = NULL};
	struct rs_outbox box;
	uint64_t answers = 0;

	begin(&box);
	rs_outbox_join(&box, &link, unanswered, &answers);
	rs_outbox_written(&link, 1);
	now += RS_MSEC(50);
	rs_outbox_undone(&link);
	UNIT_INT(look(&box).uncommitted, 0);
	rs_outbox_committed(&link);
	UNIT_INT(rs_outbox_longest(&box), 0);
	rs_outbox_leave(&link);
	end(&box);
}

static void of_several_links_the_slowest_counts(void)
{
	struct rs_outbox_link links[3] = {{.box = NULL}};
	struct rs_outbox box;
	uint64_t answers = 1;

	begin(&box);
	for (size_t i = 0; i < 3; i++) {
		rs_outbox_join(&box, &links[i], unanswered, &answers);
		rs_outbox_written(&links[i], 1);
		now += RS_MSEC(10);
	}
	UNIT_INT(look(&box).uncommitted, 3);
	UNIT_INT(look(&box).unacknowledged, 3);
	UNIT_INT(look(&box).waiting, RS_MSEC(30));
	rs_outbox_committed(&links[2]);
	rs_outbox_committed(&links[0]);
	UNIT_INT(rs_outbox_longest(&box), RS_MSEC(30));
	UNIT_INT(look(&box).waiting, RS_MSEC(20));
	rs_outbox_leave(&links[1]);
	UNIT_INT(look(&box).uncommitted, 0);
	rs_outbox_leave(&links[0]);
	rs_outbox_leave(&links[2]);
	end(&box);
}

static void who_is_not_asked_for_has_no_box(void)
{
	struct rs_outbox_link link = {.box = NULL};

	rs_outbox_join(NULL, &link, unanswered, NULL);
	rs_outbox_written(&link, 1);
	rs_outbox_committed(&link);
	rs_outbox_leave(&link);
	CU_ASSERT_PTR_NULL(link.box);
}

UNIT_MAIN(UNIT_TEST(what_is_written_waits_from_the_first_message_to_the_commit), UNIT_TEST(what_is_taken_back_is_no_delivery),
          UNIT_TEST(of_several_links_the_slowest_counts), UNIT_TEST(who_is_not_asked_for_has_no_box))
