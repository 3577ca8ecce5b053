// SPDX-License-Identifier: AGPL-3.0-or-later
/* at_chat.c - see at_chat.h.
 *
 * Three layers, top to bottom: bytes to lines (rx_byte, end_line), lines to what they
 * belong to (take_line), and the queue with its deadlines (pump, finish, deadline_passed).
 */
#include "line/at_chat.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "log.h"

#define HALF_S	      2	    /* for the second line of +CMT and the closing quote of +CUSD */
#define SILENCE_S     1	    /* after a deadline, before AT is tried: late answers fall into it */
#define DRAIN_MAX_S   5	    /* a storm of unsolicited lines is no reason to wait longer */
#define OK_MS	      5000u /* from +CMGS to its OK */
#define SYNC_FIRST_MS 300   /* a modem that is awake answers AT at once */
#define SETTLE_MS     60 /* the OK may be of a command before it, given by who had the port before us */
#define SYNC_MS	      1000
#define SYNC_TRIES    4
#define COMMAND_MAX   1024
#define ESC	      "\x1b"
#define CTRL_Z	      "\x1a"

#define LOG_CHAT(chat, level, fmt, args...) LOGP(DLINE, level, "%s: " fmt, (chat)->name, ##args)

enum phase {
	PHASE_CLOSED,
	PHASE_IDLE,
	PHASE_ANSWER,
	PHASE_PROMPT, /* the command is out, "> " has not come */
	PHASE_DATA,   /* the payload is out */
	PHASE_DRAIN,  /* a deadline passed: late answers are thrown away */
	PHASE_SYNC,   /* AT is out */
	PHASE_SETTLE, /* AT was answered, or something before it was: wait for the rest */
	PHASE_HUNG,
};

/* A queued command: its own copy of everything. */
struct command {
	struct llist_head entry;
	struct at_cmd cmd;
};

struct at_chat {
	const char *name;
	struct at_chat_user user;
	enum phase phase;
	bool in_done; /* done() runs: its answer must not be overwritten */
	struct llist_head lanes[AT_LANES];
	size_t waiting;
	enum at_lane last;
	struct command *running;
	struct osmo_timer_list deadline;
	unsigned int sync_tries;
	int64_t drain_until_ms;
	char *late_prefix; /* of the command that was given up */

	char line[AT_LINE_MAX + 1];
	size_t len;
	bool overlong, quoted;
	struct osmo_timer_list half; /* for held or for an open quote */
	char held[AT_LINE_MAX + 1];  /* first line of +CMT; "" if none waits */

	char *answer;
	size_t answer_len, answer_size;
	bool truncated, want_hex;

	struct at_chat_counts counts;
};

static bool starts(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

static bool is_hex(const char *line)
{
	return *line && line[strspn(line, "0123456789ABCDEFabcdef")] == '\0';
}

/* ---- the queue */

static int64_t now_ms(void)
{
	struct timespec ts;

	osmo_clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void arm(struct osmo_timer_list *timer, unsigned int ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

static void put(struct at_chat *chat, const char *text)
{
	chat->user.write(text, strlen(text), chat->user.data);
}

static struct command *next_command(struct at_chat *chat)
{
	enum at_lane lane = AT_URGENT;
	unsigned int i;

	for (i = 0; i < AT_LANES; i++) {
		if (i > 0) /* the lanes below urgent, beginning after the one that had its turn */
			lane = 1 + (chat->last - 1 + i) % (AT_LANES - 1);
		if (llist_empty(&chat->lanes[lane]))
			continue;
		if (lane != AT_URGENT)
			chat->last = lane;
		return llist_first_entry(&chat->lanes[lane], struct command, entry);
	}
	return NULL;
}

/* Start the next command, unless one runs. */
static void pump(struct at_chat *chat)
{
	char text[COMMAND_MAX + 2];
	struct command *c;

	if (chat->phase != PHASE_IDLE || chat->in_done)
		return;
	c = next_command(chat);
	if (!c)
		return;
	llist_del(&c->entry);
	chat->waiting--;
	chat->running = c;
	chat->phase = c->cmd.payload ? PHASE_PROMPT : PHASE_ANSWER;
	chat->answer_len = 0;
	chat->truncated = chat->want_hex = false;
	LOG_CHAT(chat, LOGL_DEBUG, "-> %s\n", c->cmd.secret ? "(secret)" : c->cmd.text);
	arm(&chat->deadline, c->cmd.deadline_ms);
	snprintf(text, sizeof(text), "%s\r", c->cmd.text);
	put(chat, text);
}

/* Give the running command its answer; the phase after it is set already. */
static void finish(struct at_chat *chat, enum at_result result, int code, bool data_sent)
{
	struct command *c = chat->running;
	struct at_answer answer = {
		.result = result,
		.code = code,
		.text = chat->answer ? chat->answer : "",
		.size = chat->answer_len,
		.truncated = chat->truncated,
		.data_sent = data_sent,
	};

	chat->running = NULL;
	chat->in_done = true;
	if (c->cmd.done)
		c->cmd.done(chat, &answer, c->cmd.data);
	chat->in_done = false;
	chat->want_hex = false;
	talloc_free(c);
	pump(chat);
}

static void final_line(struct at_chat *chat, enum at_result result, int code)
{
	bool data_sent = chat->phase == PHASE_DATA;

	if (chat->phase == PHASE_SYNC || chat->phase == PHASE_SETTLE) {
		chat->phase = PHASE_SETTLE;
		arm(&chat->deadline, SETTLE_MS);
		return;
	}
	if (!chat->running) {
		chat->counts.late++;
		return;
	}
	osmo_timer_del(&chat->deadline);
	/* The modem may still wait for data that it refused: leave its prompt. */
	if (chat->phase == PHASE_PROMPT && result != AT_OK)
		put(chat, ESC);
	chat->phase = PHASE_IDLE;
	finish(chat, result, code, data_sent);
}

static void prompt_came(struct at_chat *chat)
{
	const struct at_cmd *cmd = &chat->running->cmd;

	chat->phase = PHASE_DATA;
	arm(&chat->deadline, cmd->payload_ms);
	put(chat, cmd->payload);
	put(chat, CTRL_Z);
}

static void try_sync(struct at_chat *chat, bool escape)
{
	chat->phase = PHASE_SYNC;
	arm(&chat->deadline, chat->sync_tries ? SYNC_MS : SYNC_FIRST_MS);
	put(chat, escape ? ESC "AT\r" : "AT\r");
}

/* Nothing more came: the next answer belongs to the next command. */
static void settled(struct at_chat *chat)
{
	chat->phase = PHASE_IDLE;
	TALLOC_FREE(chat->late_prefix);
	if (chat->user.synced)
		chat->user.synced(chat, chat->user.data);
	pump(chat);
}

static void begin_drain(struct at_chat *chat)
{
	chat->phase = PHASE_DRAIN;
	chat->sync_tries = 0;
	chat->drain_until_ms = now_ms() + DRAIN_MAX_S * 1000;
	arm(&chat->deadline, SILENCE_S * 1000);
}

static void command_timed_out(struct at_chat *chat)
{
	const struct at_cmd *cmd = &chat->running->cmd;
	bool data_sent = chat->phase == PHASE_DATA;

	chat->counts.timeouts++;
	LOG_CHAT(chat, LOGL_NOTICE, "no answer to %s in %u ms; waiting for silence, then AT\n",
		 cmd->secret ? "a command" : cmd->text,
		 data_sent ? cmd->payload_ms : cmd->deadline_ms);
	if (chat->phase == PHASE_PROMPT)
		put(chat, ESC);
	TALLOC_FREE(chat->late_prefix);
	chat->late_prefix = talloc_strdup(chat, cmd->prefix ? cmd->prefix : "");
	begin_drain(chat);
	finish(chat, AT_TIMEOUT, -1, data_sent);
}

static void deadline_passed(void *data)
{
	struct at_chat *chat = data;

	switch (chat->phase) {
	case PHASE_ANSWER:
	case PHASE_PROMPT:
	case PHASE_DATA:
		command_timed_out(chat);
		break;
	case PHASE_DRAIN:
		try_sync(chat, true);
		break;
	case PHASE_SYNC:
		if (++chat->sync_tries < SYNC_TRIES) {
			try_sync(chat, false);
			break;
		}
		chat->phase = PHASE_HUNG;
		LOG_CHAT(chat, LOGL_NOTICE, "AT was not answered %u times\n", SYNC_TRIES);
		chat->user.hung(chat, chat->user.data);
		break;
	case PHASE_SETTLE:
		settled(chat);
		break;
	case PHASE_CLOSED:
	case PHASE_IDLE:
	case PHASE_HUNG:
		break;
	}
}

/* ---- lines */

static void add_line(struct at_chat *chat, const char *line)
{
	size_t need = strlen(line) + 1;

	if (chat->answer_len + need > AT_ANSWER_MAX) {
		chat->truncated = true;
		return;
	}
	if (chat->answer_len + need > chat->answer_size) {
		chat->answer_size = OSMO_MIN(AT_ANSWER_MAX, 2 * (chat->answer_len + need));
		chat->answer = talloc_realloc(chat, chat->answer, char, chat->answer_size);
		OSMO_ASSERT(chat->answer);
	}
	memcpy(chat->answer + chat->answer_len, line, need);
	chat->answer_len += need;
}

static bool is_echo(const struct at_chat *chat, const char *line)
{
	const struct at_cmd *cmd;

	if (starts(line, "AT+") || starts(line, "AT^") || starts(line, "AT#") ||
	    strcmp(line, "AT") == 0)
		return true;
	if (!chat->running)
		return false;
	cmd = &chat->running->cmd;
	return strcmp(line, cmd->text) == 0 ||
	       (chat->phase == PHASE_DATA && strcmp(line, cmd->payload) == 0);
}

/* Does the running command expect this line, by its prefix? */
static bool is_answer(const struct at_chat *chat, const char *line)
{
	const struct at_cmd *cmd;

	if (!chat->running)
		return false;
	cmd = &chat->running->cmd;
	if (!cmd->prefix)
		return false;
	if (*cmd->prefix)
		return starts(line, cmd->prefix) && (!cmd->mine || cmd->mine(line));
	/* Without a prefix; some modems send the command's own name all the same. */
	if (at_result_is_signed(line))
		return strlen(cmd->text) > 3 &&
		       strncmp(line, cmd->text + 2, strcspn(cmd->text + 2, "?=")) == 0;
	return !at_result_is_word(line);
}

static bool is_late(const struct at_chat *chat, const char *line)
{
	if (chat->phase != PHASE_DRAIN && chat->phase != PHASE_SYNC && chat->phase != PHASE_SETTLE)
		return false;
	if (!chat->late_prefix)
		return false;
	return *chat->late_prefix ? starts(line, chat->late_prefix)
				  : !at_result_is_signed(line) && !at_result_is_word(line);
}

static void send_up(struct at_chat *chat, const char *line, const char *payload)
{
	LOG_CHAT(chat, LOGL_DEBUG, "unsolicited: %s\n", line);
	chat->user.urc(chat, line, payload, chat->user.data);
}

/* The second line of +CMT: any line that is not plainly something else. */
static bool take_payload(struct at_chat *chat, const char *line)
{
	char head[AT_LINE_MAX + 1];
	enum at_result result;
	int code;

	if (!chat->held[0])
		return false;
	if (!is_hex(line) &&
	    (at_result_is_signed(line) || at_result_is_word(line) || is_echo(chat, line) ||
	     at_result_is_final(line, false, &result, &code)))
		return false;
	osmo_timer_del(&chat->half);
	OSMO_STRLCPY_ARRAY(head, chat->held);
	chat->held[0] = '\0';
	send_up(chat, head, line);
	return true;
}

static void hold_head(struct at_chat *chat, const char *line)
{
	if (chat->held[0]) {
		chat->counts.halves++;
		LOG_CHAT(chat, LOGL_NOTICE, "%s came without its PDU; dropped\n", chat->held);
	}
	OSMO_STRLCPY_ARRAY(chat->held, line);
	osmo_timer_schedule(&chat->half, HALF_S, 0);
}

static void take_line(struct at_chat *chat, const char *line)
{
	enum at_result result;
	int code;

	LOG_CHAT(chat, LOGL_DEBUG, "<- %s\n", line);
	if (take_payload(chat, line))
		return;
	if (is_echo(chat, line)) {
		chat->counts.echoes++;
		return;
	}
	if (chat->want_hex && is_hex(line)) {
		chat->want_hex = false;
		add_line(chat, line);
		return;
	}
	if (at_result_is_final(line, chat->running && chat->running->cmd.call, &result, &code)) {
		final_line(chat, result, code);
		return;
	}
	if (at_result_has_pdu(line)) {
		hold_head(chat, line);
		return;
	}
	if (is_answer(chat, line)) {
		chat->want_hex = chat->running->cmd.pairs;
		add_line(chat, line);
		if (chat->phase == PHASE_DATA) /* it is done: only OK is missing */
			arm(&chat->deadline, OSMO_MIN(chat->running->cmd.payload_ms, OK_MS));
		return;
	}
	if (is_late(chat, line)) {
		chat->counts.late++;
		LOG_CHAT(chat, LOGL_NOTICE, "late answer dropped: %s\n", line);
		return;
	}
	send_up(chat, line, NULL);
}

static void end_line(struct at_chat *chat)
{
	char *line = chat->line;
	size_t len = chat->len;

	chat->len = 0;
	chat->quoted = false;
	if (chat->overlong) {
		chat->overlong = false;
		chat->counts.overlong++;
		LOG_CHAT(chat, LOGL_NOTICE, "a line over %d bytes dropped\n", AT_LINE_MAX);
		return;
	}
	while (len > 0 && line[len - 1] == ' ')
		len--;
	line[len] = '\0';
	line += strspn(line, " ");
	if (*line && chat->phase != PHASE_CLOSED)
		take_line(chat, line);
}

/* A +CUSD with a string: in it any byte may stand. */
static bool in_cusd(const struct at_chat *chat)
{
	return chat->len > 6 && memcmp(chat->line, "+CUSD:", 6) == 0 &&
	       memchr(chat->line, '"', chat->len);
}

/* Does the line end as its string does: with a quote, and maybe a comma and a number?  A number makes it
 * sure; a quote alone may be one of the text's own. */
static bool string_is_closed(const struct at_chat *chat)
{
	size_t n = chat->len;

	while (n > 0 && (chat->line[n - 1] == ' ' || isdigit((unsigned char)chat->line[n - 1])))
		n--;
	if (n > 1 && n < chat->len && chat->line[n - 1] == ',' && chat->line[n - 2] == '"')
		return true;
	return n > 0 && chat->line[n - 1] == '"' && !chat->quoted;
}

/* A +CUSD whose text goes on over line ends.  Modems do not escape the quotes in it. */
static bool quote_open(const struct at_chat *chat)
{
	return in_cusd(chat) && !string_is_closed(chat);
}

static void half_passed(void *data)
{
	struct at_chat *chat = data;

	chat->counts.halves++;
	if (chat->held[0]) {
		LOG_CHAT(chat, LOGL_NOTICE, "%s came without its PDU; dropped\n", chat->held);
		chat->held[0] = '\0';
		if (quote_open(chat))
			osmo_timer_schedule(&chat->half, HALF_S, 0);
	} else if (quote_open(chat)) {
		end_line(chat);
	}
}

static void rx_line_end(struct at_chat *chat)
{
	if (!quote_open(chat)) {
		if (!chat->held[0])
			osmo_timer_del(&chat->half); /* or it would cut off the next text */
		end_line(chat);
		return;
	}
	if (chat->line[chat->len - 1] != '\n' && chat->len < AT_LINE_MAX)
		chat->line[chat->len++] = '\n';
	if (!osmo_timer_pending(&chat->half))
		osmo_timer_schedule(&chat->half, HALF_S, 0);
}

static void rx_byte(struct at_chat *chat, unsigned char c)
{
	if (c == '\r' || c == '\n') {
		rx_line_end(chat);
		return;
	}
	if (c < 0x20 || c == 0x7f || (c >= 0x80 && !chat->quoted && !in_cusd(chat))) {
		chat->counts.junk++;
		return;
	}
	/* The prompt has no line end, and some firmware leaves the blank out. */
	if (c == '>' && chat->len == 0 && chat->phase == PHASE_PROMPT) {
		prompt_came(chat);
		return;
	}
	if (chat->len == AT_LINE_MAX) {
		chat->overlong = true;
		return;
	}
	chat->line[chat->len++] = c;
	if (c == '"')
		chat->quoted = !chat->quoted;
}

void at_chat_rx(struct at_chat *chat, const void *bytes, size_t len)
{
	const unsigned char *c = bytes;
	size_t i;

	if (chat->phase == PHASE_DRAIN && now_ms() < chat->drain_until_ms)
		arm(&chat->deadline, SILENCE_S * 1000);
	for (i = 0; i < len && chat->phase != PHASE_CLOSED; i++)
		rx_byte(chat, c[i]);
}

/* ---- life */

struct at_chat *at_chat_alloc(void *ctx, const char *name, const struct at_chat_user *user)
{
	struct at_chat *chat = talloc_zero(ctx, struct at_chat);
	unsigned int i;

	OSMO_ASSERT(chat);
	chat->name = name;
	chat->user = *user;
	chat->last = AT_POLL;
	for (i = 0; i < AT_LANES; i++)
		INIT_LLIST_HEAD(&chat->lanes[i]);
	osmo_timer_setup(&chat->deadline, deadline_passed, chat);
	osmo_timer_setup(&chat->half, half_passed, chat);
	return chat;
}

void at_chat_open(struct at_chat *chat)
{
	chat->len = 0;
	chat->held[0] = '\0';
	chat->overlong = chat->quoted = false;
	chat->sync_tries = 0;
	try_sync(chat, true);
}

void at_chat_restart(struct at_chat *chat)
{
	at_chat_close(chat);
	chat->overlong = chat->quoted = false;
	begin_drain(chat);
}

void at_chat_close(struct at_chat *chat)
{
	struct command *c, *c2;
	LLIST_HEAD(gone);
	unsigned int i;
	bool data_sent = chat->phase == PHASE_DATA;

	chat->phase = PHASE_CLOSED;
	osmo_timer_del(&chat->deadline);
	osmo_timer_del(&chat->half);
	TALLOC_FREE(chat->late_prefix);
	chat->len = 0;
	chat->held[0] = '\0';
	for (i = 0; i < AT_LANES; i++)
		llist_splice_init(&chat->lanes[i], &gone);
	chat->waiting = 0;
	if (chat->running)
		finish(chat, AT_GONE, -1, data_sent);
	llist_for_each_entry_safe (c, c2, &gone, entry) {
		struct at_answer answer = { .result = AT_GONE, .code = -1, .text = "" };

		llist_del(&c->entry);
		if (c->cmd.done)
			c->cmd.done(chat, &answer, c->cmd.data);
		talloc_free(c);
	}
}

int at_chat_send(struct at_chat *chat, const struct at_cmd *cmd)
{
	struct command *c;

	if (chat->phase == PHASE_CLOSED)
		return -ENOTCONN;
	if (chat->waiting >= AT_QUEUE_MAX)
		return -ENOSPC;
	if (strlen(cmd->text) > COMMAND_MAX)
		return -EMSGSIZE;
	c = talloc_zero(chat, struct command);
	OSMO_ASSERT(c);
	c->cmd = *cmd;
	c->cmd.text = talloc_strdup(c, cmd->text);
	if (cmd->prefix)
		c->cmd.prefix = talloc_strdup(c, cmd->prefix);
	if (cmd->payload)
		c->cmd.payload = talloc_strdup(c, cmd->payload);
	llist_add_tail(&c->entry, &chat->lanes[cmd->lane]);
	chat->waiting++;
	pump(chat);
	return 0;
}

size_t at_chat_pending(const struct at_chat *chat)
{
	return chat->waiting + (chat->running ? 1 : 0);
}

const struct at_chat_counts *at_chat_counts(const struct at_chat *chat)
{
	return &chat->counts;
}

const char *at_answer_next(const struct at_answer *answer, const char *line)
{
	const char *next = line ? line + strlen(line) + 1 : answer->text;

	return next < answer->text + answer->size ? next : NULL;
}

const char *at_answer_find(const struct at_answer *answer, const char *prefix)
{
	const char *line;

	for (line = at_answer_next(answer, NULL); line; line = at_answer_next(answer, line))
		if (starts(line, prefix))
			return line;
	return NULL;
}
