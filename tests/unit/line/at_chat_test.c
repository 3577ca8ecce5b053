// SPDX-License-Identifier: AGPL-3.0-or-later
/* What modems send, cut at every byte.  The lines are of 3GPP TS 27.005 and 27.007; the odd
 * ones are the habits of real firmware that ModemManager and ofono work round. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "line/at_chat.h"
#include "line_test.h"

/* All that happened, as text: "u:LINE|PAYLOAD" unsolicited, "a:RESULT CODE:LINE/LINE". */
struct world {
	void *ctx;
	struct at_chat *chat;
	char sent[4096];
	char seen[4096];
	int hung, synced;
};

static int on_write(const void *bytes, size_t len, void *data)
{
	struct world *w = data;

	strncat(w->sent, bytes, len);
	return 0;
}

static void note(struct world *w, const char *text)
{
	strncat(w->seen, text, sizeof(w->seen) - strlen(w->seen) - 1);
}

static void on_urc(struct at_chat *chat, const char *line, const char *payload, void *data)
{
	note(data, "u:");
	note(data, line);
	if (payload) {
		note(data, "|");
		note(data, payload);
	}
	note(data, " ");
}

static void on_hung(struct at_chat *chat, void *data)
{
	((struct world *)data)->hung++;
}

static void on_synced(struct at_chat *chat, void *data)
{
	((struct world *)data)->synced++;
}

static void on_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	char head[32];
	const char *line;

	snprintf(head, sizeof(head), "a:%d%s", answer->result, answer->data_sent ? "!" : "");
	note(data, head);
	if (answer->code >= 0) {
		snprintf(head, sizeof(head), "(%d)", answer->code);
		note(data, head);
	}
	for (line = at_answer_next(answer, NULL); line; line = at_answer_next(answer, line)) {
		note(data, "/");
		note(data, line);
	}
	note(data, " ");
}

static void feed(struct world *w, const char *bytes)
{
	at_chat_rx(w->chat, bytes, strlen(bytes));
}

static void ask(struct world *w, const char *text, const char *prefix, const char *payload)
{
	struct at_cmd cmd = { .text = text,
			      .prefix = prefix,
			      .payload = payload,
			      .done = on_done,
			      .data = w,
			      .deadline_ms = 3000,
			      .payload_ms = 60000,
			      .lane = payload ? AT_SEND : AT_READ,
			      .pairs = prefix && strcmp(prefix, "+CMGL:") == 0 };

	assert_int_equal(at_chat_send(w->chat, &cmd), 0);
}

static int setup(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "at_chat_test");
	struct world *w = talloc_zero(ctx, struct world);
	struct at_chat_user user = {
		.write = on_write, .urc = on_urc, .hung = on_hung, .synced = on_synced, .data = w
	};

	w->ctx = ctx;
	test_clock_start();
	w->chat = at_chat_alloc(ctx, "test", &user);
	at_chat_open(w->chat);
	feed(w, "\r\nOK\r\n");
	test_clock_add_ms(100);
	assert_int_equal(w->synced, 1);
	w->sent[0] = '\0';
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	at_chat_close(w->chat);
	talloc_free(w->ctx);
	return 0;
}

/* A command, all that the modem says after it, and what must come of it. */
struct script {
	const char *text, *prefix, *payload;
	const char *says; /* what follows the prompt stands after a \x01 */
	const char *seen;
};

static const struct script scripts[] = {
	{ "AT+CSQ", "+CSQ:", NULL, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n", "a:0/+CSQ: 20,99 " },
	/* echo on */
	{ "AT+CSQ", "+CSQ:", NULL, "AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n", "a:0/+CSQ: 20,99 " },
	/* SIMCom: several CR before LF */
	{ "AT+CSQ", "+CSQ:", NULL, "\r\r\n+CSQ: 20,99\r\r\n\r\nOK\r\n", "a:0/+CSQ: 20,99 " },
	/* unsolicited lines before, between and after */
	{ "AT+CSQ", "+CSQ:", NULL,
	  "\r\n+CMTI: \"ME\",3\r\n\r\n+CSQ: 20,99\r\n\r\n^RSSI:19\r\n\r\nOK\r\n\r\nRING\r\n",
	  "u:+CMTI: \"ME\",3 u:^RSSI:19 a:0/+CSQ: 20,99 u:RING " },
	/* lines without a prefix; a word that comes unasked is none of them */
	{ "AT+CGMI", "", NULL, "\r\nQuectel\r\n\r\nSMS Ready\r\n\r\nOK\r\n",
	  "u:SMS Ready a:0/Quectel " },
	{ "AT+CGSN", "", NULL, "\r\n+CGSN: 490154203237518\r\nOK\r\n",
	  "a:0/+CGSN: 490154203237518 " },
	{ "AT^ICCID?", "", NULL, "\r\n^ICCID: 8931\r\nOK\r\n", "a:0/^ICCID: 8931 " },
	/* errors in numbers and in words */
	{ "AT+CPIN?", "+CPIN:", NULL, "\r\n+CME ERROR: 10\r\n", "a:2(10) " },
	{ "AT+CPIN?", "+CPIN:", NULL, "\r\n+CME ERROR: SIM busy\r\n", "a:2(14) " },
	{ "AT+CMGR=1", "+CMGR:", NULL, "\r\n+CMS ERROR: 321\r\n", "a:3(321) " },
	{ "AT+CMGR=1", "+CMGR:", NULL, "\r\n+CMS ERROR: SIM busy\r\n", "a:3(314) " },
	{ "AT^FOO", NULL, NULL, "\r\nCOMMAND NOT SUPPORT\r\n", "a:1 " },
	{ "AT+CNUM", NULL, NULL, "\r\nERROR+CNUM:\r\n", "a:1 " },
	/* a busy line is no final code for a command that does not dial */
	{ "AT+CSQ", "+CSQ:", NULL, "\r\nNO CARRIER\r\n+CSQ: 1,0\r\nOK\r\n",
	  "u:NO CARRIER a:0/+CSQ: 1,0 " },
	/* two-line results, also with another line in between */
	{ "AT", NULL, NULL, "\r\n+CMT: ,4\r\n0004ABCD\r\n\r\nOK\r\n", "u:+CMT: ,4|0004ABCD a:0 " },
	{ "AT", NULL, NULL, "\r\n+CMT: ,4\r\n\r\n^RSSI:3\r\n0004ABCD\r\n\r\nOK\r\n",
	  "u:^RSSI:3 u:+CMT: ,4|0004ABCD a:0 " },
	{ "AT", NULL, NULL, "\r\n+CDS: 6\r\n00020A0B\r\n\r\nOK\r\n", "u:+CDS: 6|00020A0B a:0 " },
	/* a listing, with an announcement and a direct text in it */
	{ "AT+CMGL=4", "+CMGL:", NULL,
	  "\r\n+CMGL: 1,0,,4\r\n0001AABB\r\n+CMTI: \"ME\",7\r\n+CMGL: 3,1,,4\r\n"
	  "+CMT: ,4\r\n0009\r\n0002CCDD\r\n\r\nOK\r\n",
	  "u:+CMTI: \"ME\",7 u:+CMT: ,4|0009 "
	  "a:0/+CMGL: 1,0,,4/0001AABB/+CMGL: 3,1,,4/0002CCDD " },
	/* USSD text over several lines */
	{ "AT", NULL, NULL, "\r\n+CUSD: 1,\"1 vuil\r\n2 lamp\r\n3 weg\",15\r\n\r\nOK\r\n",
	  "u:+CUSD: 1,\"1 vuil\n2 lamp\n3 weg\",15 a:0 " },
	/* with quotes of its own, which nobody escapes; the OK behind it is none of it */
	{ "AT", NULL, NULL, "\r\n+CUSD: 1,\"kies \"ja\r\nof nee\" nu\",15\r\n\r\nOK\r\n",
	  "u:+CUSD: 1,\"kies \"ja\nof nee\" nu\",15 a:0 " },
	{ "AT", NULL, NULL, "\r\n+CUSD: 0,\"buis van 5\" gereed\",15\r\n\r\nOK\r\n",
	  "u:+CUSD: 0,\"buis van 5\" gereed\",15 a:0 " },
	{ "AT", NULL, NULL, "\r\n+CUSD: 0,\"een\r\ntwee\"\r\n\r\nOK\r\n",
	  "u:+CUSD: 0,\"een\ntwee\" a:0 " },
	{ "AT", NULL, NULL, "\r\n+CUSD: 2\r\n\r\nOK\r\n", "u:+CUSD: 2 a:0 " },
	/* Latin-1 behind a quote of the text */
	{ "AT", NULL, NULL, "\r\n+CUSD: 0,\"\"ja\" caf\xe9\",15\r\n\r\nOK\r\n",
	  "u:+CUSD: 0,\"\"ja\" caf\xe9\",15 a:0 " },
	/* junk of a power-up, and of another baud rate */
	{ "AT+CSQ", "+CSQ:", NULL, "\xff\xfe\r\n+CSQ: 20,99\r\n\x7f\x02\r\nOK\r\n",
	  "a:0/+CSQ: 20,99 " },
	/* the prompt, with and without the blank, with echo, and an announcement before it */
	{ "AT+CMGS=3", "+CMGS:", "00AABB", "\r\n> \x01\r\n+CMGS: 5\r\n\r\nOK\r\n",
	  "a:0!/+CMGS: 5 " },
	{ "AT+CMGS=3", "+CMGS:", "00AABB", "\r\n>\x01\r\n+CMGS: 5\r\n\r\nOK\r\n",
	  "a:0!/+CMGS: 5 " },
	{ "AT+CMGS=3", "+CMGS:", "00AABB",
	  "AT+CMGS=3\r\r\n> \x01"
	  "00AABB\x1a\r\n+CMGS: 5\r\n\r\nOK\r\n",
	  "a:0!/+CMGS: 5 " },
	{ "AT+CMGS=3", "+CMGS:", "00AABB",
	  "\r\n+CMTI: \"SM\",1\r\n\r\n> \x01\r\n+CDS: 6\r\n00020A0B\r\n\r\n+CMGS: 5\r\n\r\nOK\r\n",
	  "u:+CMTI: \"SM\",1 u:+CDS: 6|00020A0B a:0!/+CMGS: 5 " },
	{ "AT+CMGS=3", "+CMGS:", "00AABB", "\r\n> \x01\r\n+CMS ERROR: 38\r\n", "a:3!(38) " },
	{ "AT+CMGS=3", "+CMGS:", "00AABB", "\r\n+CMS ERROR: 310\r\n", "a:3(310) " },
};

/* Feed in two pieces; \x01 marks where the payload must have gone out. */
static void play(struct world *w, const struct script *s, size_t cut)
{
	size_t i, len = strlen(s->says);
	char piece[512];
	size_t n = 0;

	ask(w, s->text, s->prefix, s->payload);
	for (i = 0; i <= len; i++) {
		bool mark = i < len && s->says[i] == '\x01';

		if (i == cut || i == len || mark) {
			at_chat_rx(w->chat, piece, n);
			n = 0;
		}
		if (mark) {
			char want[64];

			snprintf(want, sizeof(want), "%s\r%s\x1a", s->text, s->payload);
			assert_string_equal(w->sent, want);
		} else if (i < len) {
			piece[n++] = s->says[i];
		}
	}
}

static void scripts_cut_at_every_byte(void **state)
{
	struct world *w = *state;
	size_t i, cut;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		for (cut = 0; cut <= strlen(scripts[i].says); cut++) {
			w->seen[0] = w->sent[0] = '\0';
			play(w, &scripts[i], cut);
			assert_string_equal(w->seen, scripts[i].seen);
			assert_int_equal(at_chat_pending(w->chat), 0);
		}
	}
}

static void one_command_is_in_flight(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CSQ", "+CSQ:", NULL);
	ask(w, "AT+CREG?", "+CREG:", NULL);
	assert_string_equal(w->sent, "AT+CSQ\r");
	feed(w, "\r\nOK\r\n");
	assert_string_equal(w->sent, "AT+CSQ\rAT+CREG?\r");
}

static void urgent_goes_first_and_others_take_turns(void **state)
{
	struct world *w = *state;
	struct at_cmd cmd = { .done = on_done, .data = w, .deadline_ms = 1000 };
	static const struct {
		const char *text;
		enum at_lane lane;
	} queue[] = { { "AT1", AT_READ }, { "AT2", AT_READ }, { "AT3", AT_READ },
		      { "AT4", AT_POLL }, { "AT5", AT_POLL }, { "AT6", AT_URGENT } };
	size_t i;

	for (i = 0; i < 6; i++) {
		cmd.text = queue[i].text;
		cmd.lane = queue[i].lane;
		assert_int_equal(at_chat_send(w->chat, &cmd), 0);
	}
	for (i = 0; i < 6; i++)
		feed(w, "OK\r\n");
	assert_string_equal(w->sent, "AT1\rAT6\rAT4\rAT2\rAT5\rAT3\r");
}

static void deadline_ends_a_command_and_its_late_answer_is_dropped(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CSQ", "+CSQ:", NULL);
	ask(w, "AT+CREG?", "+CREG:", NULL);
	test_clock_add_ms(2900);
	assert_string_equal(w->seen, "");
	test_clock_add_ms(200);
	assert_string_equal(w->seen, "a:5 ");
	feed(w, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"); /* late: not the answer to CREG */
	feed(w, "\r\n+CMTI: \"ME\",3\r\n");
	assert_string_equal(w->seen, "a:5 u:+CMTI: \"ME\",3 ");
	w->sent[0] = '\0';
	test_clock_add_ms(1100); /* silence, then AT */
	assert_string_equal(w->sent, "\x1b"
				     "AT\r");
	feed(w, "\r\nOK\r\n");
	test_clock_add_ms(100);
	assert_string_equal(w->sent, "\x1b"
				     "AT\rAT+CREG?\r");
	assert_int_equal(w->synced, 2);
	assert_int_equal(w->hung, 0);
}

static void answer_from_before_is_not_taken_for_one_to_at(void **state)
{
	struct world *w = *state;

	at_chat_close(w->chat);
	at_chat_open(w->chat);
	feed(w, "\r\nOK\r\n"); /* to what another program asked */
	ask(w, "AT+CSQ", "+CSQ:", NULL);
	feed(w, "\r\nOK\r\n"); /* to AT */
	test_clock_add_ms(100);
	assert_string_equal(w->seen, "");
	feed(w, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n");
	assert_string_equal(w->seen, "a:0/+CSQ: 20,99 ");
}

static void silence_to_at_is_a_hang(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CSQ", "+CSQ:", NULL);
	ask(w, "AT+CREG?", "+CREG:", NULL);
	test_clock_add_ms(3000 + 1000 + 300 + 3 * 1000 + 500);
	assert_int_equal(w->hung, 1);
	assert_string_equal(w->seen, "a:5 ");
	at_chat_close(w->chat);
	assert_string_equal(w->seen, "a:5 a:6 ");
	assert_int_equal(at_chat_send(w->chat, &(struct at_cmd){ .text = "AT" }), -ENOTCONN);
}

static void no_prompt_is_left_with_escape_and_nothing_was_sent(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CMGS=3", "+CMGS:", "00AABB");
	test_clock_add_ms(3100);
	assert_string_equal(w->seen, "a:5 ");
	assert_string_equal(w->sent, "AT+CMGS=3\r\x1b");
}

static void refused_before_the_prompt_is_left_with_escape(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CMGS=3", "+CMGS:", "00AABB");
	feed(w, "\r\nERROR\r\n");
	assert_string_equal(w->seen, "a:1 ");
	assert_string_equal(w->sent, "AT+CMGS=3\r\x1b");
}

static void silence_after_the_payload_says_that_it_was_sent(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CMGS=3", "+CMGS:", "00AABB");
	feed(w, "\r\n> ");
	test_clock_add_ms(59000);
	assert_string_equal(w->seen, "");
	test_clock_add_ms(1100);
	assert_string_equal(w->seen, "a:5! ");
}

static void close_tells_running_and_waiting_commands(void **state)
{
	struct world *w = *state;

	ask(w, "AT+CMGS=3", "+CMGS:", "00AABB");
	ask(w, "AT+CSQ", "+CSQ:", NULL);
	feed(w, "\r\n> ");
	at_chat_close(w->chat);
	assert_string_equal(w->seen, "a:6! a:6 ");
	assert_int_equal(at_chat_pending(w->chat), 0);
}

static void half_of_a_text_is_dropped_after_two_seconds(void **state)
{
	struct world *w = *state;

	feed(w, "\r\n+CMT: ,22\r\n");
	test_clock_add_ms(2100);
	feed(w, "\r\n+CREG: 1\r\n");
	assert_string_equal(w->seen, "u:+CREG: 1 ");
	assert_int_equal(at_chat_counts(w->chat)->halves, 1);
}

static void unclosed_quote_ends_after_two_seconds(void **state)
{
	struct world *w = *state;

	feed(w, "\r\n+CUSD: 1,\"vuil\r\n");
	assert_string_equal(w->seen, "");
	test_clock_add_ms(2100);
	assert_string_equal(w->seen, "u:+CUSD: 1,\"vuil\n ");
}

static void closed_text_does_not_cut_off_the_next(void **state)
{
	struct world *w = *state;

	feed(w, "\r\n+CUSD: 0,\"een\r\ntwee\",15\r\n");
	test_clock_add_ms(1900);
	feed(w, "\r\n+CUSD: 0,\"S");
	test_clock_add_ms(200);
	feed(w, "aldo\",15\r\n");
	assert_string_equal(w->seen, "u:+CUSD: 0,\"een\ntwee\",15 u:+CUSD: 0,\"Saldo\",15 ");
}

static void open_text_ends_after_a_text_that_lost_its_half(void **state)
{
	struct world *w = *state;

	feed(w, "\r\n+CMT: ,22\r\n");
	test_clock_add_ms(1000);
	feed(w, "+CUSD: 1,\"vuil\r\n");
	test_clock_add_ms(1100);
	assert_string_equal(w->seen, "");
	test_clock_add_ms(2000);
	assert_string_equal(w->seen, "u:+CUSD: 1,\"vuil\n ");
}

static void line_over_4096_bytes_is_dropped_whole(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < 5000; i++)
		feed(w, "A");
	feed(w, "\r\n+CREG: 1\r\n");
	assert_string_equal(w->seen, "u:+CREG: 1 ");
	assert_int_equal(at_chat_counts(w->chat)->overlong, 1);
}

static bool truncated;
static size_t answer_size;

static void on_long(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	truncated = answer->truncated;
	answer_size = answer->size;
}

static void answer_over_256_kib_is_cut_and_says_so(void **state)
{
	struct world *w = *state;
	struct at_cmd cmd = { .text = "AT+CMGL=4",
			      .prefix = "+CMGL:",
			      .done = on_long,
			      .deadline_ms = 120000,
			      .pairs = true,
			      .lane = AT_READ };
	int i;

	assert_int_equal(at_chat_send(w->chat, &cmd), 0);
	for (i = 0; i < 20000; i++)
		feed(w, "+CMGL: 1,0,,4\r\n0001AABB\r\n");
	feed(w, "OK\r\n");
	assert_true(truncated);
	assert_true(answer_size <= AT_ANSWER_MAX);
}

static void queue_has_a_ceiling(void **state)
{
	struct world *w = *state;
	struct at_cmd cmd = { .text = "AT", .deadline_ms = 1000, .lane = AT_POLL };
	int i;

	for (i = 0; i < AT_QUEUE_MAX + 1; i++) /* one of them runs */
		assert_int_equal(at_chat_send(w->chat, &cmd), 0);
	assert_int_equal(at_chat_send(w->chat, &cmd), -ENOSPC);
}

static void echo_is_counted(void **state)
{
	struct world *w = *state;
	uint64_t before = at_chat_counts(w->chat)->echoes;

	ask(w, "AT+CSQ", "+CSQ:", NULL);
	feed(w, "AT+CSQ\r\r\nOK\r\n");
	assert_int_equal(at_chat_counts(w->chat)->echoes, before + 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scripts_cut_at_every_byte),
		TEST(one_command_is_in_flight),
		TEST(urgent_goes_first_and_others_take_turns),
		TEST(deadline_ends_a_command_and_its_late_answer_is_dropped),
		TEST(answer_from_before_is_not_taken_for_one_to_at),
		TEST(silence_to_at_is_a_hang),
		TEST(no_prompt_is_left_with_escape_and_nothing_was_sent),
		TEST(refused_before_the_prompt_is_left_with_escape),
		TEST(silence_after_the_payload_says_that_it_was_sent),
		TEST(close_tells_running_and_waiting_commands),
		TEST(half_of_a_text_is_dropped_after_two_seconds),
		TEST(unclosed_quote_ends_after_two_seconds),
		TEST(closed_text_does_not_cut_off_the_next),
		TEST(open_text_ends_after_a_text_that_lost_its_half),
		TEST(line_over_4096_bytes_is_dropped_whole),
		TEST(answer_over_256_kib_is_cut_and_says_so),
		TEST(queue_has_a_ceiling),
		TEST(echo_is_counted),
	};
	void *ctx = talloc_named_const(NULL, 0, "log");

	test_log_start(ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
