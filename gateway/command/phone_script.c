// SPDX-License-Identifier: AGPL-3.0-or-later
/* phone_script.c - "meldlijn phone" without a terminal: a line in is a text out, or a code
 * that is dialled or the answer to its page; what comes back is waited for before the next line is
 * read. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "command/cmd.h"
#include "command/phone_int.h"

#define LINGER_US 300000 /* an answer may be two texts */

static void next_line(struct phone *phone);

static void print_json(const struct phone_text *text)
{
	json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:s}", "direction", text->in ? "in" : "out",
				 "from", text->from, "to", text->to, "text", text->text, "at",
				 text->at);

	if (text->in)
		json_object_set_new(json, "id", json_integer(text->id));
	json_dumpf(json, stdout, JSON_COMPACT);
	json_decref(json);
	putchar('\n');
}

/* What is waited for is a page, which always comes, or the line says why not. */
static bool page_is_owed(const struct phone *phone)
{
	return phone->numbers[phone->current].session == PHONE_WAITS;
}

static void wait_over(void *data)
{
	struct phone *phone = data;

	if (phone->answered) {
		phone_stop(phone, 0);
		return;
	}
	if (phone->once) {
		cmd_wrong(1, "no answer within %d s", phone->wait_s);
		phone_stop(phone, 1);
		return;
	}
	phone->waiting = false;
	next_line(phone);
}

static void end_soon(struct phone *phone)
{
	phone->answered = true;
	osmo_timer_schedule(&phone->wait, 0, LINGER_US);
}

void phone_script_text(struct phone_number *num, const struct phone_text *text)
{
	struct phone *phone = num->phone;

	if (phone->json)
		print_json(text);
	else if (text->in)
		printf("%s\n", text->text);
	fflush(stdout);
	if (!text->in || page_is_owed(phone))
		return;
	if (phone->once) {
		end_soon(phone);
	} else if (phone->waiting) {
		phone->waiting = false;
		osmo_timer_del(&phone->wait);
		next_line(phone);
	}
}

void phone_script_page(struct phone_number *num, const struct phone_page *page)
{
	struct phone *phone = num->phone;
	json_t *json;

	if (phone->json) {
		json = json_pack("{s:s,s:s,s:b}", "type", "ussd", "text", page->text, "last",
				 page->last);
		json_dumpf(json, stdout, JSON_COMPACT);
		json_decref(json);
		putchar('\n');
	} else {
		printf("%s\n", page->text);
	}
	fflush(stdout);
	phone->waiting = false;
	if (phone->once)
		phone_stop(phone, 0);
	else
		next_line(phone);
}

void phone_script_call(struct phone_number *num, const char *file, double seconds,
		       const char *words)
{
	struct phone *phone = num->phone;
	json_t *json;

	if (phone->json) {
		json = file ? json_pack("{s:s,s:s,s:f}", "type", "call", "file", file, "seconds",
					seconds)
			    : json_pack("{s:s,s:s}", "type", "call", "state", words);
		json_dumpf(json, stdout, JSON_COMPACT);
		json_decref(json);
		putchar('\n');
	} else if (file) {
		printf("(sound, %.1f s) %s\n", seconds, file);
	} else {
		printf("(%s)\n", words);
	}
	fflush(stdout);
	/* answered: the first words follow; it rings: that is no answer */
	if (!file && (num->call == PHONE_TALKS || num->call == PHONE_RINGS))
		return;
	phone->waiting = false;
	osmo_timer_del(&phone->wait);
	next_line(phone);
}

void phone_script_taken(struct phone *phone)
{
	/* the answer may have come first */
	if (page_is_owed(phone))
		return;
	if (phone->waiting || (phone->once && !phone->answered))
		osmo_timer_schedule(&phone->wait, phone->wait_s, 0);
}

static void command(struct phone *phone, const char *line)
{
	struct phone_number *num;

	if (!strcmp(line, "/quit") || !strcmp(line, "/q")) {
		phone_stop(phone, 0);
	} else if (!strcmp(line, "/hangup")) {
		num = &phone->numbers[phone->current];
		if (!phone_call_end(num))
			phone_hang_up(num);
	} else if (!strcmp(line, "/answer")) {
		num = &phone->numbers[phone->current];
		num->answers = !phone_call_answer(num);
		phone->waiting = true;
		osmo_timer_schedule(&phone->wait, phone->wait_s, 0);
	} else if (!strcmp(line, "/call")) {
		phone->waiting = true;
		phone_call(&phone->numbers[phone->current]);
	} else if (!strncmp(line, "/n ", 3)) {
		bool known = false;
		unsigned int before = phone->n;

		num = phone_number_add(phone, line + 3);
		if (!num) {
			cmd_wrong(1, "\"%s\" is no telephone number, or one too many", line + 3);
			phone_stop(phone, 1);
			return;
		}
		known = phone->n == before;
		phone->current = (unsigned int)(num - phone->numbers);
		if (!known)
			phone_number_start(num);
	} else {
		cmd_wrong(1, "unknown command %s: /n NUMBER, /call, /answer, /hangup, /quit", line);
		phone_stop(phone, 1);
	}
}

static void take_line(struct phone *phone, const char *line)
{
	struct phone_number *num = &phone->numbers[phone->current];

	if (line[0] == '\0')
		return;
	if (line[0] == '/') {
		command(phone, line);
		return;
	}
	phone->waiting = true;
	if (phone_press(num, line))
		osmo_timer_schedule(&phone->wait, phone->wait_s, 0); /* keys may want more keys */
	else if (phone_is_code(line))
		phone_dial(num, line);
	else if (num->session == PHONE_SHOWS)
		phone_answer(num, line);
	else
		phone_send(num, line);
}

/* The next line that has been read, if its turn has come. */
static void next_line(struct phone *phone)
{
	while (!phone->waiting && !phone->stopped && phone->numbers[phone->current].synced) {
		char *end = memchr(phone->line, '\n', phone->line_len), *line;
		size_t n;

		if (!end && !(phone->input_ended && phone->line_len > 0))
			break;
		n = end ? (size_t)(end - phone->line) : phone->line_len;
		line = talloc_strndup(phone, phone->line, n);
		phone->line_len -= OSMO_MIN(n + 1, phone->line_len);
		memmove(phone->line, phone->line + n + 1, phone->line_len);
		line[strcspn(line, "\r")] = '\0';
		take_line(phone, line);
		talloc_free(line);
	}
	if (phone->input_ended && phone->line_len == 0 && !phone->waiting)
		end_soon(phone);
	else if (!phone->input_ended)
		osmo_fd_update_when(&phone->keys, ~OSMO_FD_READ,
				    phone->line_len < PHONE_EDIT_MAX ? OSMO_FD_READ : 0);
}

static int input_ready(struct osmo_fd *ofd, unsigned int what)
{
	struct phone *phone = ofd->data;
	ssize_t n = read(ofd->fd, phone->line + phone->line_len,
			 2 * PHONE_EDIT_MAX - phone->line_len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		phone->input_ended = true;
		osmo_fd_unregister(ofd);
	} else {
		phone->line_len += (size_t)n;
	}
	if (phone->line_len == 2 * PHONE_EDIT_MAX && !memchr(phone->line, '\n', phone->line_len)) {
		cmd_wrong(1, "a line of input is over %d octets", PHONE_EDIT_MAX);
		phone_stop(phone, 1);
		return 0;
	}
	next_line(phone);
	return 0;
}

void phone_script_ready(struct phone *phone)
{
	if (!phone->once)
		next_line(phone);
}

void phone_script_start(struct phone *phone)
{
	osmo_timer_setup(&phone->wait, wait_over, phone);
	if (phone->once && phone_is_code(phone->once))
		phone_dial(&phone->numbers[0], phone->once);
	else if (phone->once)
		phone_send(&phone->numbers[0], phone->once);
	if (phone->once)
		return;
	phone->line = talloc_size(phone, 2 * PHONE_EDIT_MAX + 1);
	OSMO_ASSERT(phone->line);
	phone_watch_keys(phone, input_ready);
}

void phone_script_stop(struct phone *phone)
{
	osmo_timer_del(&phone->wait);
	if (!phone->once && !phone->input_ended)
		osmo_fd_unregister(&phone->keys);
}
