// SPDX-License-Identifier: AGPL-3.0-or-later
/* Messages: words that must not become headers, what other letters than ASCII are written as, and how long lines are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <talloc.h>

#include "wire/mail.h"

static struct mail_message message(const char *subject, const char *text)
{
	return (struct mail_message){
		.from = "meldlijn@denhaag.example",
		.to = "jan@bedrijf.example",
		.subject = subject,
		.text = text,
		.key = "4829153 1",
		.at_s = 1764000000,
	};
}

static char *write_it(const char *subject, const char *text)
{
	struct mail_message m = message(subject, text);

	return mail_write(NULL, &m);
}

static void has(const char *out, const char *part)
{
	if (!strstr(out, part))
		fail_msg("no \"%s\" in:\n%s", part, out);
}

static void a_plain_one_is_as_the_standard_says(void **state)
{
	char *out = write_it("Order 482 915 3", "Spui 70");

	assert_string_equal(out, "Date: Mon, 24 Nov 2025 16:00:00 +0000\r\n"
				 "Message-ID: <4829153-1@denhaag.example>\r\n"
				 "From: <meldlijn@denhaag.example>\r\n"
				 "To: <jan@bedrijf.example>\r\n"
				 "Subject: Order 482 915 3\r\n"
				 "MIME-Version: 1.0\r\n"
				 "Content-Type: text/plain; charset=utf-8\r\n"
				 "Content-Transfer-Encoding: quoted-printable\r\n"
				 "Auto-Submitted: auto-generated\r\n"
				 "\r\n"
				 "Spui 70\r\n");
	talloc_free(out);
}

/* RFC 5322 3.6.4: what it answers, and all before it. */
static void an_update_names_the_message_of_its_order(void **state)
{
	struct mail_message m = message("x", "y");
	char *out;

	m.thread = "4829153 0";
	out = mail_write(NULL, &m);
	has(out, "\r\nMessage-ID: <4829153-1@denhaag.example>\r\n"
		 "In-Reply-To: <4829153-0@denhaag.example>\r\n"
		 "References: <4829153-0@denhaag.example>\r\n");
	talloc_free(out);
	m.thread = m.key;
	out = mail_write(NULL, &m);
	assert_null(strstr(out, "References"));
	talloc_free(out);
}

/* RFC 2047: base64 of "é" is w6k= */
static void other_letters_are_encoded_words(void **state)
{
	struct mail_message m = message("é", "x");
	char *out;

	m.name = "é";
	out = mail_write(NULL, &m);
	has(out, "\r\nSubject: =?UTF-8?B?w6k=?=\r\n");
	has(out, "\r\nFrom: =?UTF-8?B?w6k=?=\r\n <meldlijn@denhaag.example>\r\n");
	talloc_free(out);
	out = write_it("=?UTF-8?B?w6k=?=", "x"); /* is no encoded word of ours */
	has(out, "\r\nSubject: =?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?=\r\n");
	talloc_free(out);
}

static void words_become_no_headers(void **state)
{
	char *out = write_it("a\r\nBcc: all@bedrijf.example\nX: y", "b\r\n.\r\nc\rd\ne\001f");

	has(out, "\r\nSubject: a  Bcc: all@bedrijf.example X: y\r\n");
	has(out, "\r\n\r\nb\r\n.\r\nc\r\nd\r\ne f\r\n");
	assert_null(strstr(out, "\nBcc"));
	talloc_free(out);
}

/* RFC 2045, 6.7 (1) to (5) */
static void text_is_quoted_where_it_must_be(void **state)
{
	char *out = write_it("s", "a=b caf\xc3\xa9 \n \nend ");

	has(out, "\r\n\r\na=3Db caf=C3=A9=20\r\n=20\r\nend=20\r\n");
	talloc_free(out);
}

static void no_line_is_longer_than_76(void **state)
{
	char subject[400], text[2000];
	char *out, *line, *end;

	for (size_t i = 0; i + 1 < sizeof(subject); i += 2)
		memcpy(subject + i, "\xc3\xa9", 2);
	subject[398] = '\0';
	for (size_t from = 0; from < 4; from++) {
		memset(text, 'x', sizeof(text));
		for (size_t i = from; i + 3 < 1996; i += 7)
			memcpy(text + i, "\xe2\x82\xac", 3);
		text[1996] = '\0';
		out = write_it(subject, text);
		assert_non_null(out);
		for (line = out; (end = strstr(line, "\r\n")); line = end + 2)
			assert_in_range(end - line, 0, 76);
		assert_int_equal(*line, '\0');
		talloc_free(out);
	}
}

static void what_is_too_long_ends_with_a_character(void **state)
{
	char text[MAIL_TEXT_MAX + 10], *out;

	memset(text, 'x', sizeof(text));
	memcpy(text + MAIL_TEXT_MAX - 1, "\xc3\xa9", 2);
	text[MAIL_TEXT_MAX + 5] = '\0';
	out = write_it("s", text);
	assert_null(strstr(out, "=C3"));
	talloc_free(out);
}

static void what_cannot_be_written_is_not(void **state)
{
	struct mail_message m = message("s", "t");

	m.to = "jan@bedrijf.example>\r\nBcc: <all@bedrijf.example";
	assert_null(mail_write(NULL, &m));
	m = message("s", "t");
	m.key = "";
	assert_null(mail_write(NULL, &m));
	assert_null(write_it("\xff", "t"));
	assert_null(write_it("s", "\xc3"));
}

static void addresses(void **state)
{
	static const char *const good[] = { "a@b", "jan.de-vries+meld@bedrijf.example",
					    "o'neil@x1.example" };
	static const char *const wrong[] = {
		"",	  "a",	   "@b",      "a@",	 "a@b@c",	"a b@c",
		"a..b@c", ".a@b",  "a.@b",    "a@b..c",	 "a@.b",	"a@b.",
		"<a@b>",  "a@b\n", "a@b,c@d", "\"a\"@b", "a@[1.2.3.4]", "caf\xc3\xa9@b",
		"a@b c"
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(mail_is_address(good[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (mail_is_address(wrong[i]))
			fail_msg("\"%s\" is taken for an address", wrong[i]);
	assert_string_equal(mail_domain("a@b.example"), "b.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_one_is_as_the_standard_says),
		cmocka_unit_test(an_update_names_the_message_of_its_order),
		cmocka_unit_test(other_letters_are_encoded_words),
		cmocka_unit_test(words_become_no_headers),
		cmocka_unit_test(text_is_quoted_where_it_must_be),
		cmocka_unit_test(no_line_is_longer_than_76),
		cmocka_unit_test(what_is_too_long_ends_with_a_character),
		cmocka_unit_test(what_cannot_be_written_is_not),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
