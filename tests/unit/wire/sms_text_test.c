// SPDX-License-Identifier: AGPL-3.0-or-later
/* Limits and tables are those of 3GPP TS 23.038 and TS 23.040. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/sms_tables.h"
#include "wire/sms_text.h"

static char *repeat(const char *what, size_t n)
{
	size_t i, len = strlen(what);
	char *text = malloc(n * len + 1);

	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * len, what, len);
	text[n * len] = '\0';
	return text;
}

static struct sms_plan plan_of(const char *text, unsigned int flags)
{
	struct sms_plan plan;

	assert_int_equal(sms_text_plan(&plan, text, flags), 0);
	return plan;
}

/* n times a character: alphabet, parts and units left. */
static void assert_cost(const char *what, size_t n, unsigned int flags, int alphabet, int parts,
			int left)
{
	char *text = repeat(what, n);
	struct sms_plan plan = plan_of(text, flags);

	assert_int_equal(plan.alphabet, alphabet);
	assert_int_equal(plan.parts, parts);
	assert_int_equal(plan.left, left);
	free(text);
}

/* Cut and join; the text must come back. */
static void assert_round_trip(const char *text, unsigned int flags)
{
	struct sms_plan plan = plan_of(text, flags);
	struct sms_piece *pieces = calloc(plan.parts, sizeof(*pieces));
	char *out = malloc(strlen(text) + 1);

	assert_int_equal(sms_text_split(pieces, plan.parts, text, &plan), plan.parts);
	assert_int_equal(sms_text_join(out, strlen(text) + 1, pieces, plan.parts), strlen(text));
	assert_string_equal(out, text);
	free(out);
	free(pieces);
}

static void septets_pack_as_in_the_standard(void **state)
{
	static const uint8_t packed[] = { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37 };
	uint8_t out[16], septets[16];

	assert_int_equal(sms_septets_pack(out, (const uint8_t *)"hellohello", 10, 0), 9);
	assert_memory_equal(out, packed, 9);
	sms_septets_unpack(septets, 10, packed, 0);
	assert_memory_equal(septets, "hellohello", 10);
}

static void septets_come_back_after_any_fill(void **state)
{
	unsigned int fill;

	for (fill = 0; fill < 7; fill++) {
		uint8_t *out = malloc((fill + 7 * 9 + 7) / 8);
		uint8_t septets[9];

		sms_septets_pack(out, (const uint8_t *)"\x7f\x01pqr\x55\x2a\x40z", 9, fill);
		sms_septets_unpack(septets, 9, out, fill);
		assert_memory_equal(septets, "\x7f\x01pqr\x55\x2a\x40z", 9);
		free(out);
	}
}

static void part_limits_are_those_of_the_standard(void **state)
{
	assert_cost("a", 0, 0, SMS_GSM7, 1, 160);
	assert_cost("a", 160, 0, SMS_GSM7, 1, 0);
	assert_cost("a", 161, 0, SMS_GSM7, 2, 153 - 8);
	assert_cost("a", 306, 0, SMS_GSM7, 2, 0);
	assert_cost("a", 307, 0, SMS_GSM7, 3, 152);
	assert_cost("a", 304, SMS_FIT_REF16, SMS_GSM7, 2, 0);
	assert_cost("a", 305, SMS_FIT_REF16, SMS_GSM7, 3, 151);
	assert_cost("م", 70, 0, SMS_UCS2, 1, 0);
	assert_cost("م", 71, 0, SMS_UCS2, 2, 67 - 4);
	assert_cost("م", 134, 0, SMS_UCS2, 2, 0);
	assert_cost("م", 132, SMS_FIT_REF16, SMS_UCS2, 2, 0);
	assert_cost("م", 133, SMS_FIT_REF16, SMS_UCS2, 3, 65);
}

static void extension_characters_cost_two_and_are_never_cut(void **state)
{
	assert_cost("€", 80, 0, SMS_GSM7, 1, 0);
	assert_cost("€", 81, 0, SMS_GSM7, 2, 153 - 10);
	/* 153 is odd: 76 pairs a part and one septet unused */
	assert_cost("{", 152, 0, SMS_GSM7, 2, 1);
	assert_cost("{", 153, 0, SMS_GSM7, 3, 151);
	{
		char *text = repeat("{", 153);

		assert_round_trip(text, 0);
		free(text);
	}
}

static void surrogate_pairs_are_never_cut(void **state)
{
	struct sms_piece pieces[2];
	char *text = repeat("😀", 66);
	struct sms_plan plan = plan_of(text, 0);

	assert_int_equal(plan.parts, 2);
	assert_int_equal(plan.units, 132);
	assert_int_equal(sms_text_split(pieces, 2, text, &plan), 2);
	assert_int_equal(pieces[0].len, 132);
	assert_int_equal(pieces[1].len, 132);
	assert_round_trip(text, 0);
	free(text);
}

static void joined_emoji_stay_together_where_there_is_room(void **state)
{
	static const char family[] = "👨‍👩‍👧";
	struct sms_piece pieces[3];
	struct sms_plan plan;
	char text[256];

	/* 62 units and then 8 that would be cut at 67 */
	memset(text, 'a', 256);
	memcpy(text, "م", 2);
	strcpy(text + 63, family);
	strcat(text, " bbbb");
	plan = plan_of(text, 0);
	assert_int_equal(plan.units, 75);
	assert_int_equal(plan.parts, 2);
	assert_int_equal(sms_text_split(pieces, 3, text, &plan), 2);
	assert_int_equal(pieces[0].len, 62 * 2);
	assert_round_trip(text, 0);
}

static void plain_alphabet_is_kept_where_shift_saves_nothing(void **state)
{
	struct sms_plan plan = plan_of("Şehir", SMS_FIT_SHIFT);

	assert_int_equal(plan.alphabet, SMS_UCS2);
	assert_int_equal(plan.parts, 1);
	plan = plan_of("gewoon", SMS_FIT_SHIFT);
	assert_int_equal(plan.single + plan.locking, 0);
}

static void shift_tables_are_used_where_they_save_parts(void **state)
{
	/* the locking table: 155 septets, one for each of its letters */
	assert_cost("Çöp kutusu dolu ş ", 8, SMS_FIT_SHIFT, SMS_GSM7, 1, 155 - 8 * 18);
	assert_cost("ışığı ", 25, SMS_FIT_SHIFT, SMS_GSM7, 1, 5);
	assert_cost("ışığı ", 25, 0, SMS_UCS2, 3, 201 - 150);
	/* e-grave is not in it: the single shift table, two septets for s-cedilla */
	assert_cost("scène ş dolu kutu ", 8, SMS_FIT_SHIFT, SMS_GSM7, 1, 155 - 8 * 19);
	/* Spanish has a single shift table only: two septets for a-acute */
	assert_cost("ñá", 51, SMS_FIT_SHIFT, SMS_GSM7, 1, 2);
	/* Portuguese locking: one septet for each */
	assert_cost("ãõáí", 38, SMS_FIT_SHIFT, SMS_GSM7, 1, 3);
	assert_cost("ãõáí", 77, SMS_FIT_SHIFT, SMS_GSM7, 3, 447 - 308);
	assert_cost("ãõáí", 72, SMS_FIT_SHIFT | SMS_FIT_REF16, SMS_GSM7, 2, 296 - 288);
}

static void both_shift_tables_cost_eight_septets(void **state)
{
	/* i-dotless is only in Turkish tables, a-tilde only in Portuguese ones */
	assert_cost("ıãããããããããããããããããããã", 6, SMS_FIT_SHIFT, SMS_GSM7, 1, 152 - 6 * 22);
	assert_cost("ıãããããããããããããããããããã", 13, SMS_FIT_SHIFT, SMS_GSM7, 2, 292 - 13 * 22);
}

static void shifted_texts_come_back(void **state)
{
	char *turkish = repeat("Çöp konteyneri dolu, şehir ığİ€ ", 12);
	char *portuguese = repeat("não há coração ∞ ª Ê Ψ ", 15);

	assert_round_trip(turkish, SMS_FIT_SHIFT);
	assert_round_trip(portuguese, SMS_FIT_SHIFT | SMS_FIT_REF16);
	assert_round_trip("\f^{}\\[~]|€@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", 0);
	assert_int_equal(plan_of("\f^{}\\[~]|€", 0).units, 20);
	free(turkish);
	free(portuguese);
}

static void accents_are_dropped_only_where_that_saves_parts(void **state)
{
	struct sms_plan plan = plan_of("reünie geïnd ë", SMS_FIT_TRANSLITERATE);
	struct sms_piece piece;
	char *text = repeat("ideeën ", 20), out[256];

	assert_int_equal(plan.alphabet, SMS_UCS2);
	assert_false(plan.changed);
	plan = plan_of(text, SMS_FIT_TRANSLITERATE);
	assert_int_equal(plan.alphabet, SMS_GSM7);
	assert_int_equal(plan.parts, 1);
	assert_true(plan.changed);
	assert_int_equal(sms_text_split(&piece, 1, text, &plan), 1);
	assert_int_equal(sms_text_join(out, sizeof(out), &piece, 1), 140);
	out[14] = '\0';
	assert_string_equal(out, "ideeen ideeen ");
	assert_int_equal(plan_of(text, 0).parts, 3);
	free(text);
}

static void letters_without_a_base_letter_stay(void **state)
{
	char *text = repeat("ideeën 😀 ", 20);
	struct sms_plan plan = plan_of(text, SMS_FIT_TRANSLITERATE);

	assert_int_equal(plan.alphabet, SMS_UCS2);
	assert_false(plan.changed);
	free(text);
	assert_cost("المدينة ", 20, SMS_FIT_TRANSLITERATE, SMS_UCS2, 3, 41);
}

static void typographic_marks_have_plain_forms(void **state)
{
	char *text = repeat("“Łódź” – ’t… ", 12), out[256];
	struct sms_plan plan = plan_of(text, SMS_FIT_TRANSLITERATE);
	struct sms_piece pieces[2];
	int n;

	assert_int_equal(plan.alphabet, SMS_GSM7);
	n = sms_text_split(pieces, 2, text, &plan);
	assert_int_equal(n, 2);
	assert_true(sms_text_join(out, sizeof(out), pieces, 2) > 0);
	out[15] = '\0';
	assert_string_equal(out, "\"Lodz\" - 't... ");
	free(text);
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char *const texts[] = {
		"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"
	};
	struct sms_plan plan;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(sms_text_plan(&plan, texts[i], SMS_FIT_SHIFT), -EINVAL);
}

static void texts_of_more_than_255_parts_are_refused(void **state)
{
	struct sms_plan plan;
	char *text = repeat("a", 255 * 153 + 1);

	assert_int_equal(sms_text_plan(&plan, text, SMS_FIT_SHIFT | SMS_FIT_TRANSLITERATE),
			 -ENOSPC);
	text[255 * 153] = '\0';
	assert_int_equal(sms_text_plan(&plan, text, 0), 0);
	assert_int_equal(plan.parts, 255);
	free(text);
}

static void split_refuses_too_little_room(void **state)
{
	struct sms_piece piece;
	char *text = repeat("a", 161);
	struct sms_plan plan = plan_of(text, 0);

	assert_int_equal(sms_text_split(&piece, 1, text, &plan), -ENOSPC);
	free(text);
}

static struct sms_piece piece_of(int alphabet, const void *data, size_t len)
{
	struct sms_piece piece = { .alphabet = (uint8_t)alphabet, .len = (uint8_t)len };

	memcpy(piece.data, data, len);
	return piece;
}

static void assert_join(const struct sms_piece *pieces, size_t n, const char *want)
{
	char out[256];

	assert_int_equal(sms_text_join(out, sizeof(out), pieces, n), strlen(want));
	assert_string_equal(out, want);
}

static void escape_cut_by_a_phone_is_whole_again(void **state)
{
	struct sms_piece pieces[] = { piece_of(SMS_GSM7, "a\x1b", 2), piece_of(SMS_GSM7, "eb", 2) };

	assert_join(pieces, 2, "a€b");
	pieces[1].alphabet = SMS_UCS2;
	memcpy(pieces[1].data, "\0b", 2);
	assert_join(pieces, 2, "a b");
}

static void surrogate_cut_by_a_phone_is_whole_again(void **state)
{
	struct sms_piece pieces[] = { piece_of(SMS_UCS2, "\xd8\x3d", 2),
				      piece_of(SMS_UCS2, "\xde\x00", 2) };

	assert_join(pieces, 2, "😀");
	assert_join(pieces, 1, "\ufffd");
	assert_join(pieces + 1, 1, "\ufffd");
}

static void unknown_extensions_show_the_character_of_the_table(void **state)
{
	struct sms_piece piece = piece_of(SMS_GSM7,
					  "\x1b"
					  "a\x1b\x1b.\x1b",
					  6);

	assert_join(&piece, 1, "a . ");
	piece.locking = SMS_LANG_TURKISH;
	memcpy(piece.data, "\x1b\x60", 2);
	piece.len = 2;
	assert_join(&piece, 1, "ç");
}

static void unknown_languages_read_as_the_default(void **state)
{
	struct sms_piece piece = piece_of(SMS_GSM7,
					  "\x04\x1b"
					  "e",
					  3);

	piece.locking = 99;
	piece.single = 77;
	assert_join(&piece, 1, "è€");
	piece.locking = SMS_LANG_SPANISH; /* has none */
	assert_join(&piece, 1, "è€");
}

static void missing_part_is_marked(void **state)
{
	struct sms_piece pieces[] = { piece_of(SMS_GSM7, "eerste ", 7), piece_of(SMS_8BIT, "", 0),
				      piece_of(SMS_GSM7, " derde", 6) };

	assert_join(pieces, 3, "eerste [...] derde");
}

static void octets_are_utf8_if_they_can_be(void **state)
{
	struct sms_piece pieces[] = { piece_of(SMS_8BIT, "caf\xc3", 4),
				      piece_of(SMS_8BIT, "\xa9", 1) };

	assert_join(pieces, 2, "café");
	assert_join(pieces, 1, "cafÃ");
}

static void zero_does_not_end_a_text(void **state)
{
	struct sms_piece piece = piece_of(SMS_UCS2, "\0a\0\0\0b", 6);

	assert_join(&piece, 1,
		    "a\ufffd"
		    "b");
}

static void join_refuses_too_little_room(void **state)
{
	struct sms_piece piece = piece_of(SMS_GSM7, "abc", 3);
	char out[4];

	assert_int_equal(sms_text_join(out, 4, &piece, 1), 3);
	assert_int_equal(sms_text_join(out, 3, &piece, 1), -ENOSPC);
	assert_int_equal(sms_text_join(out, 0, &piece, 1), -ENOSPC);
}

static void tables_lead_back_to_themselves(void **state)
{
	uint8_t language, septet;

	for (language = 0; language < SMS_LANGUAGES; language++) {
		for (septet = 0; septet < 128; septet++) {
			uint16_t c = sms_table_locking(language, septet);

			if (c)
				assert_int_equal(
					sms_table_locking(language, (uint8_t)sms_table_find_locking(
									    language, c)),
					c);
			c = sms_table_single(language, septet);
			if (c) /* the asterisk stands twice in tables of India */
				assert_int_equal(
					sms_table_single(language, (uint8_t)sms_table_find_single(
									   language, c)),
					c);
		}
	}
}

static void tables_of_india_and_pakistan_are_read(void **state)
{
	static const struct {
		uint8_t language;
		const char *septets, *text; /* a 'word' of the script, then of the shift table */
	} words[] = {
		{ 4, "\x40\x50\x02\x46\x50\x1b\x1c", "বাঃলা২" },
		{ 5, "\x17\x53\x1d\x44\x50\x27\x52\x1b\x19", "ગુજરાતી।" },
		{ 6, "\x2f\x42\x4c\x5f\x27\x59\x1b\x1d", "नमस्ते१" },
		{ 7, "\x15\x2f\x5f\x2f\x24\x1b\x27", "ಕನ್ನಡೱ" },
		{ 8, "\x42\x46\x43\x50\x47\x01\x1b\x2e", "മലയാളംൺ" },
		{ 9, "\x13\x1b\x26\x51\x0f", "\u0b13\u0b5c\u0b3f\u0b0f" },
		{ 10, "\x3d\x7b\x1d\x50\x40\x52\x1b\x2d", "ਪੰਜਾਬੀੵ" },
		{ 11, "\x27\x42\x51\x48\x5f\x1b\x2e", "தமிழ்௺" },
		{ 12, "\x27\x58\x46\x53\x17\x53\x1b\x32", "తెలుగు౿" },
		{ 13, "\x00\x25\x1a\x53\x1b\x3f", "اردو۔" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = words[i].septets[0] ? strlen(words[i].septets)
						 : 1 + strlen(words[i].septets + 1);
		struct sms_piece piece = piece_of(SMS_GSM7, words[i].septets, len);

		piece.single = piece.locking = words[i].language;
		assert_join(&piece, 1, words[i].text);
		piece = piece_of(SMS_GSM7, "a z\x0a\x1b\x41\x1b\x65\x1b\x3c\x30", 12);
		piece.single = piece.locking = words[i].language;
		piece.len = 11;
		assert_join(&piece, 1, "a z\nA€[0");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(septets_pack_as_in_the_standard),
		cmocka_unit_test(septets_come_back_after_any_fill),
		cmocka_unit_test(part_limits_are_those_of_the_standard),
		cmocka_unit_test(extension_characters_cost_two_and_are_never_cut),
		cmocka_unit_test(surrogate_pairs_are_never_cut),
		cmocka_unit_test(joined_emoji_stay_together_where_there_is_room),
		cmocka_unit_test(plain_alphabet_is_kept_where_shift_saves_nothing),
		cmocka_unit_test(shift_tables_are_used_where_they_save_parts),
		cmocka_unit_test(both_shift_tables_cost_eight_septets),
		cmocka_unit_test(shifted_texts_come_back),
		cmocka_unit_test(accents_are_dropped_only_where_that_saves_parts),
		cmocka_unit_test(letters_without_a_base_letter_stay),
		cmocka_unit_test(typographic_marks_have_plain_forms),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(texts_of_more_than_255_parts_are_refused),
		cmocka_unit_test(split_refuses_too_little_room),
		cmocka_unit_test(escape_cut_by_a_phone_is_whole_again),
		cmocka_unit_test(surrogate_cut_by_a_phone_is_whole_again),
		cmocka_unit_test(unknown_extensions_show_the_character_of_the_table),
		cmocka_unit_test(unknown_languages_read_as_the_default),
		cmocka_unit_test(missing_part_is_marked),
		cmocka_unit_test(octets_are_utf8_if_they_can_be),
		cmocka_unit_test(zero_does_not_end_a_text),
		cmocka_unit_test(join_refuses_too_little_room),
		cmocka_unit_test(tables_lead_back_to_themselves),
		cmocka_unit_test(tables_of_india_and_pakistan_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
