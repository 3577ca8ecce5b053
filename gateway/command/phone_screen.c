// SPDX-License-Identifier: AGPL-3.0-or-later
/* phone_screen.c - "meldlijn phone" at a terminal: texts as bubbles and pages of a session in frames
 * that scroll away upwards, below them two lines that are drawn again and again: who texts whom and
 * what it costs, and the text being typed. */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <osmocom/core/utils.h>

#include "command/phone_int.h"
#include "wire/rfc3339.h"
#include "wire/sms_text.h"
#include "wire/utf8.h"

#define WIDTH_MIN     24
#define WIDTH_DEFAULT 80
#define BUBBLE_MAX    60
#define CODE_SHOWN    20     /* characters of a code that are shown */
#define ESCAPE_US     100000 /* the rest of a key comes sooner, even from afar */

static const char dim[] = "\x1b[2m", plain[] = "\x1b[0m", green[] = "\x1b[32m", bold[] = "\x1b[1m",
		  yellow[] = "\x1b[33m";

static const char help[] =
	"What you type is texted to the line; Enter sends it.\n"
	"*140#      is dialled; what you type then answers its pages; Esc or /hangup ends\n"
	"/call      calls the line; 1 or 2511# are then keys that are pressed; Esc hangs up\n"
	"/answer    when the line calls; /hangup refuses\n"
	"/n NUMBER  another phone, or back to one; F1 to F4 and Tab do it faster\n"
	"/help      this     /quit  stop (Ctrl-C too)\n"
	"Up and Down bring back what was sent; Ctrl-A, E, K, U, W edit as in a shell.\n"
	"Try: MELD AFVAL SPUI 70 container vol, STATUS, BIJ 2511BT, ENGLISH, HELP, STOP";

/* ---- measuring ---- */

/* The next character. \returns octets; its columns in *columns */
static size_t character(const char *text, unsigned int *columns)
{
	uint32_t c;
	int n = utf8_read(&c, text, strlen(text)), w;

	if (n <= 0) {
		*columns = 1;
		return 1;
	}
	w = wcwidth((wchar_t)c);
	*columns = w > 0 ? (unsigned int)w : 0;
	return (size_t)n;
}

static unsigned int columns_of(const char *text, size_t len)
{
	unsigned int all = 0, one;
	size_t i;

	for (i = 0; i < len; all += one)
		i += character(text + i, &one);
	return all;
}

/* How much of a text fits in one row, broken at a space or a line end if there is one.
 * \param[out] next  where the next row begins */
static size_t row_of(const char *text, unsigned int width, size_t *next)
{
	unsigned int used = 0, one;
	size_t i = 0, space = 0;

	while (text[i]) {
		size_t n = character(text + i, &one);

		if (text[i] == '\n') {
			*next = i + 1;
			return i;
		}
		if (used + one > width) {
			*next = space ? space + 1 : i;
			return space ? space : i;
		}
		if (text[i] == ' ')
			space = i;
		used += one;
		i += n;
	}
	*next = i;
	return i;
}

static unsigned int widest_row(const char *text, unsigned int width)
{
	unsigned int widest = 0;
	size_t len, next;

	for (; *text; text += next) {
		len = row_of(text, width, &next);
		widest = OSMO_MAX(widest, columns_of(text, len));
		if (next == 0)
			break;
	}
	return widest;
}

/* What a terminal would obey is shown as a dot. */
static void print_safely(const char *text, size_t len)
{
	uint32_t c;
	size_t i;
	int n;

	for (i = 0; i < len; i += (size_t)OSMO_MAX(n, 1)) {
		n = utf8_read(&c, text + i, len - i);
		if (n <= 0 || c < ' ' || (c >= 0x7f && c < 0xa0))
			fputs("·", stdout);
		else
			fwrite(text + i, 1, (size_t)n, stdout);
	}
}

/* ---- the two lines at the bottom ---- */

static void erase(struct phone *phone)
{
	if (phone->drawn)
		fputs("\r\x1b[1A\x1b[J", stdout);
	phone->drawn = false;
}

/* What becomes of what is typed. */
static void print_cost(const char *text)
{
	static const char *const alphabets[] = { "GSM", "8-bit", "Unicode" };
	struct sms_plan plan;

	if (text[0] == '/' || text[0] == '\0')
		return;
	if (phone_is_code(text))
		printf(" · a code, is dialled");
	else if (sms_text_plan(&plan, text, SMS_FIT_SHIFT) < 0)
		printf(" · too long for a text");
	else
		printf(" · %u characters %s, %u text%s, %u left", (unsigned int)plan.units,
		       alphabets[plan.alphabet % ARRAY_SIZE(alphabets)], (unsigned int)plan.parts,
		       plan.parts == 1 ? "" : "s", (unsigned int)plan.left);
}

static bool in_session(const struct phone_number *num)
{
	return num->session == PHONE_SHOWS || num->session == PHONE_WAITS;
}

static void print_current(const struct phone_number *num)
{
	printf("%s%s%s%s → ", plain, bold, num->number, plain);
	if (in_session(num))
		printf("%.*s ", CODE_SHOWN, num->code);
	else
		printf("%s ", num->phone->to);
}

/* While a session is open, how to leave it matters more than the other numbers. */
static void print_other(const struct phone *phone, unsigned int i)
{
	const struct phone_number *num = &phone->numbers[i];
	const char *news = num->unread ? " (new)" : "";

	if (phone->width < 60)
		return;
	if (in_session(&phone->numbers[phone->current]))
		printf("%sF%u%s ", dim, i + 1, news);
	else
		printf("%sF%u %s%s ", dim, i + 1, num->number, news);
}

static void print_status(const struct phone *phone)
{
	const struct phone_number *current = &phone->numbers[phone->current];
	unsigned int i;

	fputs(dim, stdout);
	for (i = 0; i < phone->n; i++) {
		if (i == phone->current)
			print_current(current);
		else
			print_other(phone, i);
		fputs(dim, stdout);
	}
	if (current->session == PHONE_WAITS)
		fputs(" · waits for the page · Esc leaves", stdout);
	else if (current->session == PHONE_SHOWS)
		fputs(" · session open: type the answer · Esc leaves", stdout);
	else
		print_cost(phone->edit.text);
	printf("%s\x1b[K\r\n", plain);
}

static const char *prompt_of(const struct phone *phone)
{
	return phone->numbers[phone->current].session == PHONE_SHOWS ? "answer> " : "> ";
}

/* The part of the text round the cursor that fits. */
static void print_input(const struct phone *phone)
{
	const struct phone_edit *edit = &phone->edit;
	const char *prompt = prompt_of(phone);
	unsigned int room = phone->width - (unsigned int)strlen(prompt) - 1, one;
	size_t from = 0, to;
	unsigned int used;

	while (columns_of(edit->text + from, edit->pos - from) > room)
		from += character(edit->text + from, &one);
	used = 0;
	for (to = from; to < edit->len; used += one) {
		size_t n = character(edit->text + to, &one);

		if (used + one > room)
			break;
		to += n;
	}
	fputs(prompt, stdout);
	print_safely(edit->text + from, to - from);
	printf("\x1b[K\r\x1b[%uC",
	       (unsigned int)strlen(prompt) + columns_of(edit->text + from, edit->pos - from));
}

static void draw(struct phone *phone)
{
	if (!phone->raw)
		return;
	erase(phone);
	fputs("\x1b[?7l", stdout); /* a row that is too long must not become two */
	print_status(phone);
	print_input(phone);
	fputs("\x1b[?7h", stdout);
	fflush(stdout);
	phone->drawn = true;
}

/* ---- bubbles ---- */

static void print_time(const char *at)
{
	int64_t at_s;
	struct tm tm;
	time_t t;
	char text[16];

	if (rfc3339_read(&at_s, at, 0) < 0)
		return;
	t = (time_t)at_s;
	if (localtime_r(&t, &tm) && strftime(text, sizeof(text), "%H:%M", &tm) > 0)
		fputs(text, stdout);
}

static void repeat(const char *what, unsigned int n)
{
	while (n-- > 0)
		fputs(what, stdout);
}

#define HEAD_TIME  8 /* " 09:05" and room at the edge */
#define HEAD_ARROW 3

void phone_screen_text(struct phone_number *num, const struct phone_text *text)
{
	struct phone *phone = num->phone;
	unsigned int room = OSMO_MIN(BUBBLE_MAX, phone->width - 8);
	unsigned int width = widest_row(text->text, room);
	unsigned int margin = text->in ? 0 : phone->width - width - 5;
	unsigned int head = strlen(text->in ? text->from : text->to) + HEAD_TIME +
			    (phone->n > 1 ? strlen(num->number) + HEAD_ARROW : 0);
	const char *pos = text->text, *colour = text->in ? green : "";
	size_t len, next;

	if (num != &phone->numbers[phone->current] && text->in)
		num->unread++;
	erase(phone);
	/* a short text's bubble is narrower than its head */
	repeat(" ", OSMO_MIN(margin, phone->width > head ? phone->width - head : 0));
	printf("%s%s ", dim, text->in ? text->from : text->to);
	if (phone->n > 1)
		printf(text->in ? "→ %s " : "← %s ", num->number);
	print_time(text->at);
	printf("%s\r\n", plain);
	repeat(" ", margin);
	printf("%s╭", colour);
	repeat("─", width + 2);
	printf("╮%s\r\n", plain);
	do {
		len = row_of(pos, room, &next);
		repeat(" ", margin);
		printf("%s│%s ", colour, plain);
		print_safely(pos, len);
		repeat(" ", width - OSMO_MIN(width, columns_of(pos, len)));
		printf(" %s│%s\r\n", colour, plain);
		pos += next;
	} while (*pos && next > 0);
	repeat(" ", margin);
	printf("%s╰", colour);
	repeat("─", width + 2);
	printf("╯%s\r\n", plain);
	draw(phone);
}

/* ---- pages of a session ---- */

static void print_frame_line(const char *left, const char *words, unsigned int width,
			     const char *right)
{
	unsigned int used = *words ? columns_of(words, strlen(words)) + 2 : 0;

	printf("%s%s═%s%s%s", yellow, left, *words ? " " : "", words, *words ? " " : "");
	repeat("═", width + 1 - OSMO_MIN(used, width + 1));
	printf("%s%s\r\n", right, plain);
}

static void print_frame(const char *title, const char *text, const char *foot, unsigned int room)
{
	unsigned int width = OSMO_MAX(widest_row(text, room), columns_of(title, strlen(title)) + 2);
	const char *pos = text;
	size_t len, next;

	print_frame_line("╔", title, width, "╗");
	do {
		len = row_of(pos, room, &next);
		printf("%s║%s ", yellow, plain);
		print_safely(pos, len);
		repeat(" ", width - OSMO_MIN(width, columns_of(pos, len)));
		printf(" %s║%s\r\n", yellow, plain);
		pos += next;
	} while (*pos && next > 0);
	print_frame_line("╚", foot, width, "╝");
}

void phone_screen_page(struct phone_number *num, const struct phone_page *page)
{
	struct phone *phone = num->phone;
	unsigned int room = OSMO_MIN(BUBBLE_MAX, phone->width - 8);
	char title[PHONE_SIZE + CODE_SHOWN + 2];

	if (num != &phone->numbers[phone->current])
		num->unread++;
	snprintf(title, OSMO_MIN(sizeof(title), room - 1), "%s%s%.*s",
		 phone->n > 1 ? num->number : "", phone->n > 1 ? " " : "", CODE_SHOWN, num->code);
	erase(phone);
	print_frame(title, page->text, page->last ? "end" : "", room);
	draw(phone);
}

/* What was dialled or answered, at the right, where texts that go out are. */
void phone_screen_said(struct phone_number *num, const char *what)
{
	struct phone *phone = num->phone;
	const char *from = phone->n > 1 ? num->number : "";
	unsigned int used = strlen(from) + columns_of(what, strlen(what)) + HEAD_ARROW;

	erase(phone);
	repeat(" ", phone->width - OSMO_MIN(used, phone->width));
	printf("%s%s%s→ ", dim, from, *from ? " " : "");
	print_safely(what, strlen(what));
	printf("%s\r\n", plain);
	draw(phone);
}

/* ---- words of our own ---- */

void phone_screen_say(struct phone *phone, const char *fmt, ...)
{
	char words[1024];
	const char *line, *end;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	erase(phone);
	for (line = words; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		fputs(dim, stdout);
		print_safely(line, (size_t)(end - line));
		printf("%s\r\n", plain);
	}
	draw(phone);
}

/* ---- keys ---- */

static void show_number(struct phone *phone, unsigned int i)
{
	if (i >= phone->n)
		return;
	phone->current = i;
	phone->past = 0;
	phone->numbers[i].unread = 0;
	draw(phone);
}

static void hang_up(struct phone *phone)
{
	struct phone_number *num = &phone->numbers[phone->current];

	if (phone_call_end(num) || !phone_hang_up(num))
		return;
	phone_edit_clear(&phone->edit); /* an answer must not become a text */
	phone_screen_say(phone, "hung up: %.*s# goes on where you were",
			 1 + (int)strcspn(num->code + 1, "*#"), num->code);
}

static void choose_number(struct phone *phone, const char *text)
{
	unsigned int before = phone->n;
	struct phone_number *num = phone_number_add(phone, text);

	if (!num) {
		phone_screen_say(phone, "%s is no telephone number, or the ninth", text);
		return;
	}
	show_number(phone, (unsigned int)(num - phone->numbers));
	if (phone->n > before)
		phone_number_start(num);
}

static void call(struct phone *phone, const char *to)
{
	if (*to && strcmp(to, phone->to) != 0)
		phone_screen_say(phone, "only %s answers calls here", phone->to);
	else if (phone_call(&phone->numbers[phone->current]) < 0)
		phone_screen_say(phone, "this phone is in a call: /hangup first");
}

static void answer(struct phone *phone)
{
	if (!phone_call_answer(&phone->numbers[phone->current]))
		phone_screen_say(phone, "this phone does not ring");
}

static void command(struct phone *phone, const char *line)
{
	if (!strcmp(line, "/quit") || !strcmp(line, "/q"))
		phone_stop(phone, 0);
	else if (!strcmp(line, "/hangup"))
		hang_up(phone);
	else if (!strcmp(line, "/answer"))
		answer(phone);
	else if (!strncmp(line, "/n ", 3))
		choose_number(phone, line + 3);
	else if (!strcmp(line, "/call") || !strncmp(line, "/call ", 6))
		call(phone, line + (line[5] ? 6 : 5));
	else
		phone_screen_say(phone, "%s", help);
}

static void say_it(struct phone_number *num, const char *line)
{
	if (phone_press(num, line))
		return;
	if (phone_is_code(line)) {
		if (phone_dial(num, line) < 0)
			phone_screen_say(num->phone, "the page before is still on its way");
	} else if (num->session == PHONE_SHOWS) {
		phone_answer(num, line);
	} else if (phone_send(num, line) < 0) {
		phone_screen_say(num->phone, "too many texts wait to be sent");
	}
}

static void enter(struct phone *phone)
{
	struct phone_number *num = &phone->numbers[phone->current];
	char line[PHONE_EDIT_MAX + 1];

	if (num->session == PHONE_WAITS && phone->edit.text[0] != '/')
		return; /* stays as typed until the page is there */
	memcpy(line, phone->edit.text, phone->edit.len + 1);
	phone_edit_clear(&phone->edit);
	phone->past = 0;
	if (line[0] == '/')
		command(phone, line);
	else if (line[0])
		say_it(num, line);
	draw(phone);
}

static void bring_back(struct phone *phone, int step)
{
	const struct phone_number *num = &phone->numbers[phone->current];
	int past = (int)phone->past + step;

	if (past < 0 || past > (int)num->n_sent)
		return;
	phone->past = (unsigned int)past;
	phone_edit_set(&phone->edit, past ? num->sent[num->n_sent - (unsigned int)past] : "");
	draw(phone);
}

static void take_key(struct phone *phone, enum phone_edit_key key)
{
	switch (key) {
	case PHONE_EDIT_NOTHING:
		break;
	case PHONE_EDIT_CHANGED:
		draw(phone);
		break;
	case PHONE_EDIT_ENTER:
		enter(phone);
		break;
	case PHONE_EDIT_UP:
		bring_back(phone, 1);
		break;
	case PHONE_EDIT_DOWN:
		bring_back(phone, -1);
		break;
	case PHONE_EDIT_NEXT:
		show_number(phone, (phone->current + 1) % phone->n);
		break;
	case PHONE_EDIT_F1:
	case PHONE_EDIT_F2:
	case PHONE_EDIT_F3:
	case PHONE_EDIT_F4:
		show_number(phone, (unsigned int)(key - PHONE_EDIT_F1));
		break;
	case PHONE_EDIT_ESCAPE:
		hang_up(phone);
		break;
	case PHONE_EDIT_REDRAW:
		phone_screen_resized(phone);
		break;
	case PHONE_EDIT_QUIT:
		phone_stop(phone, 0);
		break;
	}
}

static void escape_over(void *data)
{
	struct phone *phone = data;

	take_key(phone, phone_edit_escape(&phone->edit));
}

static int keys_ready(struct osmo_fd *ofd, unsigned int what)
{
	struct phone *phone = ofd->data;
	unsigned char bytes[256];
	ssize_t n = read(ofd->fd, bytes, sizeof(bytes)), i;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		phone_stop(phone, 0);
	for (i = 0; i < n && !phone->stopped; i++)
		take_key(phone, phone_edit_byte(&phone->edit, bytes[i]));
	if (phone_edit_escaping(&phone->edit))
		osmo_timer_schedule(&phone->escape, 0, ESCAPE_US);
	else
		osmo_timer_del(&phone->escape);
	return 0;
}

/* ---- life ---- */

static void measure(struct phone *phone)
{
	struct winsize size;

	phone->width = WIDTH_DEFAULT;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		phone->width = OSMO_MAX(size.ws_col, WIDTH_MIN);
}

void phone_screen_resized(struct phone *phone)
{
	if (!phone->raw)
		return;
	measure(phone);
	draw(phone);
}

void phone_screen_start(struct phone *phone)
{
	struct termios raw;

	setlocale(LC_CTYPE, "C.UTF-8"); /* for wcwidth() */
	measure(phone);
	osmo_timer_setup(&phone->escape, escape_over, phone);
	tcgetattr(STDIN_FILENO, &phone->before);
	raw = phone->before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	phone->raw = true;
	phone_watch_keys(phone, keys_ready);
	phone_screen_say(phone, "%s", help);
}

void phone_screen_stop(struct phone *phone)
{
	if (!phone->raw)
		return;
	erase(phone);
	fflush(stdout);
	osmo_timer_del(&phone->escape);
	osmo_fd_unregister(&phone->keys);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &phone->before);
	phone->raw = false;
}
