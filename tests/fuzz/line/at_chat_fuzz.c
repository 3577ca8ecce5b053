// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any bytes from a modem, whatever was asked of it: no read past the end, no answer twice, and
 * every command has ended when the chat is closed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "../../unit/line/line_test.h"
#include "line/at_chat.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	int asked, answered;
};

static int on_write(const void *bytes, size_t len, void *data)
{
	return 0;
}

static void on_urc(struct at_chat *chat, const char *line, const char *payload, void *data)
{
	OSMO_ASSERT(strlen(line) <= AT_LINE_MAX);
	if (payload)
		OSMO_ASSERT(strlen(payload) <= AT_LINE_MAX);
}

static void on_hung(struct at_chat *chat, void *data)
{
	at_chat_close(chat);
	at_chat_open(chat);
}

static void on_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct fuzz *f = data;
	const char *line;
	size_t size = 0;

	f->answered++;
	for (line = at_answer_next(answer, NULL); line; line = at_answer_next(answer, line))
		size += strlen(line) + 1;
	OSMO_ASSERT(size == answer->size);
}

/* The first bytes choose what is asked; a 0 further on lets time pass. */
static void ask(struct at_chat *chat, struct fuzz *f, uint8_t which)
{
	static const struct at_cmd cmds[] = {
		{ .text = "AT+CMGL=4", .prefix = "+CMGL:", .pairs = true, .lane = AT_READ },
		{ .text = "AT+CMGS=20", .prefix = "+CMGS:", .payload = "0001", .lane = AT_SEND },
		{ .text = "AT+CGMI", .prefix = "", .lane = AT_POLL },
		{ .text = "AT+CNMA", .lane = AT_URGENT },
		{ .text = "ATD1;", .call = true, .lane = AT_URGENT },
	};
	struct at_cmd cmd = cmds[which % ARRAY_SIZE(cmds)];

	cmd.done = on_done;
	cmd.data = f;
	cmd.deadline_ms = 1000;
	cmd.payload_ms = 2000;
	if (at_chat_send(chat, &cmd) == 0)
		f->asked++;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	test_log_start(talloc_named_const(NULL, 0, "log"));
	test_clock_start();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { 0 };
	struct at_chat_user user = {
		.write = on_write, .urc = on_urc, .hung = on_hung, .data = &f
	};
	struct at_chat *chat = at_chat_alloc(NULL, "fuzz", &user);
	size_t i, start = OSMO_MIN(size, 3);

	at_chat_open(chat);
	for (i = 0; i < start; i++)
		ask(chat, &f, data[i]);
	for (i = start; i < size; i++) {
		if (data[i] == 0)
			test_clock_add_ms(1100);
		else
			at_chat_rx(chat, data + i, 1);
	}
	at_chat_close(chat);
	OSMO_ASSERT(f.asked == f.answered);
	talloc_free(chat);
	return 0;
}
