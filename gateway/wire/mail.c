// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "wire/utf8.h"

#define LOCAL_MAX   64
#define LINE_CHARS  76 /* characters, RFC 2045 6.7 and RFC 2047 2 */
/* Octets of one encoded word: with "=?UTF-8?B?", "?=" and the longest name before it, "Subject: ", a line holds it. */
#define WORD_OCTETS 39
#define WORD_TEXT   sodium_base64_ENCODED_LEN(WORD_OCTETS, sodium_base64_VARIANT_ORIGINAL)

/* RFC 5322 3.2.3 */
#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define ATEXT	       LETTERS_DIGITS "!#$%&'*+-/=?^_`{|}~"

/* ---- addresses ---- */

/* Words of these letters between dots. */
static bool is_dotted(const char *text, size_t len, const char *letters)
{
	bool dot = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? dot : !strchr(letters, text[i]))
			return false;
		dot = text[i] == '.';
	}
	return !dot;
}

bool mail_is_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at && strlen(text) <= MAIL_ADDRESS_MAX && at - text <= LOCAL_MAX &&
	       is_dotted(text, at - text, ATEXT) &&
	       is_dotted(at + 1, strlen(at + 1), LETTERS_DIGITS "-");
}

const char *mail_domain(const char *text)
{
	return strchr(text, '@') + 1;
}

/* ---- headers ---- */

static bool is_utf8(const char *text)
{
	size_t len = strlen(text), at = 0;
	uint32_t character;
	int n;

	for (; at < len; at += n)
		if ((n = utf8_read(&character, text + at, len - at)) <= 0)
			return false;
	return true;
}

/* The most octets, up to max, that end with a character. */
static size_t whole(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		;
	return len;
}

/* One line: control characters are blanks. */
static char *flat(void *ctx, const char *text, size_t max)
{
	char *out = talloc_strndup(ctx, text, whole(text, max));

	OSMO_ASSERT(out);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return out;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7e)
			return false;
	return true;
}

static char *add(char *out, const char *text)
{
	out = talloc_strdup_append_buffer(out, text);
	OSMO_ASSERT(out);
	return out;
}

/* Encoded words, a line each (RFC 2047 5): blanks between two of them are not shown. */
static char *add_encoded(char *out, const char *text)
{
	char base64[WORD_TEXT];

	while (*text) {
		size_t n = whole(text, WORD_OCTETS);

		sodium_bin2base64(base64, sizeof(base64), (const uint8_t *)text, n,
				  sodium_base64_VARIANT_ORIGINAL);
		text += n;
		out = talloc_asprintf_append_buffer(out, "=?UTF-8?B?%s?=%s", base64,
						    *text ? "\r\n " : "");
		OSMO_ASSERT(out);
	}
	return out;
}

static char *add_subject(char *out, const char *subject)
{
	char *text = flat(out, subject, MAIL_SUBJECT_MAX);

	out = add(out, "Subject: ");
	if (is_ascii(text) && strlen("Subject: ") + strlen(text) <= LINE_CHARS &&
	    !strstr(text, "=?"))
		out = add(out, text);
	else
		out = add_encoded(out, text);
	return add(out, "\r\n");
}

static char *add_from(char *out, const struct mail_message *message)
{
	char *name = flat(out, message->name ? message->name : "", MAIL_SUBJECT_MAX);

	out = add(out, "From: ");
	if (name[0]) {
		out = add_encoded(out, name);
		out = add(out, "\r\n ");
	}
	out = talloc_asprintf_append_buffer(out, "<%s>\r\n", message->from);
	OSMO_ASSERT(out);
	return out;
}

/* RFC 5322 3.3; strftime()'s words would be the locale's. */
static char *add_date(char *out, int64_t at_s)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t at = at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm))
		memset(&tm, 0, sizeof(tm));
	out = talloc_asprintf_append_buffer(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
					    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
					    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	OSMO_ASSERT(out);
	return out;
}

/* What no id may hold is a dash (RFC 5322 3.6.4). */
static char *add_id(char *out, const char *header, const struct mail_message *message,
		    const char *id)
{
	char *key = talloc_strndup(out, id, LOCAL_MAX);

	for (char *c = key; *c; c++)
		if (!strchr(LETTERS_DIGITS "-", *c))
			*c = '-';
	out = talloc_asprintf_append_buffer(out, "%s: <%s@%s>\r\n", header, key,
					    mail_domain(message->from));
	OSMO_ASSERT(out);
	return out;
}

/* One message, which answers none, is what both name. */
static char *add_thread(char *out, const struct mail_message *message)
{
	if (!message->thread || !*message->thread || !strcmp(message->thread, message->key))
		return out;
	out = add_id(out, "In-Reply-To", message, message->thread);
	return add_id(out, "References", message, message->thread);
}

/* ---- the text: quoted-printable, RFC 2045 6.7 ---- */

struct quoted {
	char *out;
	size_t n, line;
};

static void put(struct quoted *q, const char *text)
{
	size_t len = strlen(text);

	/* a character more than what is written: a soft line end, if another follows */
	if (q->line + len >= LINE_CHARS) {
		memcpy(q->out + q->n, "=\r\n", 3);
		q->n += 3;
		q->line = 0;
	}
	memcpy(q->out + q->n, text, len);
	q->n += len;
	q->line += len;
}

static void end_line(struct quoted *q)
{
	memcpy(q->out + q->n, "\r\n", 2);
	q->n += 2;
	q->line = 0;
}

static void put_octet(struct quoted *q, unsigned char c, bool last)
{
	char text[4] = { (char)c };

	if (c == '=' || c > 0x7e || (c == ' ' && last))
		snprintf(text, sizeof(text), "=%02X", c);
	put(q, text);
}

static bool is_end(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

static char *quote(void *ctx, const char *text)
{
	size_t len = whole(text, MAIL_TEXT_MAX);
	struct quoted q = { .out = talloc_size(ctx, 4 * len + 16) }; /* "=XX", and soft ends */

	OSMO_ASSERT(q.out);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c == '\r' || c == '\n') {
			if (c == '\r' && i + 1 < len && text[i + 1] == '\n')
				i++;
			end_line(&q);
		} else {
			bool control = c < 0x20 || c == 0x7f;

			put_octet(&q, control ? ' ' : c, i + 1 == len || is_end(text[i + 1]));
		}
	}
	end_line(&q);
	q.out[q.n] = '\0';
	return q.out;
}

/* ---- all of it ---- */

char *mail_write(void *ctx, const struct mail_message *message)
{
	char *out, *text;

	if (!message->key || !*message->key || !mail_is_address(message->from) ||
	    !mail_is_address(message->to) || !is_utf8(message->subject) ||
	    !is_utf8(message->text) || (message->name && !is_utf8(message->name)))
		return NULL;
	out = talloc_strdup(ctx, "");
	out = add_date(out, message->at_s);
	out = add_id(out, "Message-ID", message, message->key);
	out = add_thread(out, message);
	out = add_from(out, message);
	out = talloc_asprintf_append_buffer(out, "To: <%s>\r\n", message->to);
	out = add_subject(out, message->subject);
	out = add(out, "MIME-Version: 1.0\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Transfer-Encoding: quoted-printable\r\n"
		       "Auto-Submitted: auto-generated\r\n\r\n");
	text = quote(out, message->text);
	out = add(out, text);
	return out;
}
