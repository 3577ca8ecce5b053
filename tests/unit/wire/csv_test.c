// SPDX-License-Identifier: AGPL-3.0-or-later
/* The rules and their examples are RFC 4180 section 2; the rest is what spreadsheets write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <talloc.h>

#include "wire/csv.h"

/* Rows as "line:field|field\n", so that a whole table is compared at once. */
struct seen {
	char text[4096];
	size_t rows;
	int answer; /* what the row function returns */
};

static int note_row(void *priv, const struct csv_row *row)
{
	struct seen *seen = priv;
	size_t i, at = strlen(seen->text);

	at += (size_t)snprintf(seen->text + at, sizeof(seen->text) - at, "%d:", (int)row->line);
	for (i = 0; i < row->n; i++) {
		assert_int_equal(strlen(row->fields[i]), row->lens[i]);
		at += (size_t)snprintf(seen->text + at, sizeof(seen->text) - at, "%s%s",
				       i ? "|" : "", row->fields[i]);
	}
	snprintf(seen->text + at, sizeof(seen->text) - at, "\n");
	seen->rows++;
	return seen->answer;
}

/* The table must read the same whole and byte by byte. */
static void assert_rows(const char *table, const char *want)
{
	size_t step, i, len = strlen(table);

	for (step = 1; step <= len; step += len > 1 ? len - 1 : 1) {
		struct seen seen = { .rows = 0 };
		struct csv *c = csv_alloc(NULL, 0, note_row, &seen);

		for (i = 0; i < len; i += step)
			assert_int_equal(csv_push(c, table + i, step < len - i ? step : len - i),
					 0);
		assert_int_equal(csv_finish(c), 0);
		assert_string_equal(seen.text, want);
		assert_null(csv_error(c));
		csv_free(c);
	}
}

static void assert_refused(const char *table, int rc, uint64_t line)
{
	struct seen seen = { .rows = 0 };
	struct csv *c = csv_alloc(NULL, 0, note_row, &seen);
	int got = csv_push(c, table, strlen(table));

	if (got == 0)
		got = csv_finish(c);
	assert_int_equal(got, rc);
	assert_non_null(csv_error(c));
	assert_int_equal(csv_line(c), line);
	assert_int_equal(csv_push(c, "x", 1), rc);
	csv_free(c);
}

static void rows_end_with_crlf_and_the_last_one_need_not(void **state)
{
	assert_rows("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "1:aaa|bbb|ccc\n2:zzz|yyy|xxx\n");
	assert_rows("aaa,bbb,ccc\r\nzzz,yyy,xxx", "1:aaa|bbb|ccc\n2:zzz|yyy|xxx\n");
	assert_rows("aaa,bbb\nzzz,yyy\n", "1:aaa|bbb\n2:zzz|yyy\n");
	assert_rows("aaa,bbb\rzzz,yyy\r", "1:aaa|bbb\n2:zzz|yyy\n");
}

static void quotes_hold_separators_line_ends_and_doubled_quotes(void **state)
{
	assert_rows("\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx\r\n",
		    "1:aaa|b \r\nbb|ccc\n3:zzz|yyy|xxx\n");
	assert_rows("\"aaa\",\"b\"\"bb\",\"c,c\"\r\n", "1:aaa|b\"bb|c,c\n");
	assert_rows("\"\"\"\"\"\",b\n\"\",c\n", "1:\"\"|b\n2:|c\n");
	assert_rows("a,5\" pipe\n", "1:a|5\" pipe\n");
}

static void spaces_are_part_of_a_field(void **state)
{
	assert_rows("a , b\n", "1:a | b\n");
}

static void empty_fields_count_and_blank_rows_do_not(void **state)
{
	assert_rows("a,,\n\n,b,\r\n\r\n,,", "1:a||\n3:|b|\n5:||\n");
	assert_rows("", "");
	assert_rows("\n\n", "");
}

static void separator_is_found_from_the_header(void **state)
{
	assert_rows("postcode;number;a,b\n2511BT;70;\n", "1:postcode|number|a,b\n2:2511BT|70|\n");
	assert_rows("a\tb\n1,5\t2\n", "1:a|b\n2:1,5|2\n");
	assert_rows("\"a;b;c\",d\n1;2,3\n", "1:a;b;c|d\n2:1;2|3\n");
	assert_rows("one\n2;3\n", "1:one\n2:2;3\n");
}

static void byte_order_mark_and_separator_line_are_no_data(void **state)
{
	assert_rows("\xef\xbb\xbf"
		    "a;b\n1;2\n",
		    "1:a|b\n2:1|2\n");
	assert_rows("\xef\xbb\xbf\"a\nx\";b\n1;2\n", "1:a\nx|b\n3:1|2\n");
	assert_rows("sep=;\r\na;b,c\r\n", "2:a|b,c\n");
}

static void given_separator_is_kept(void **state)
{
	struct seen seen = { .rows = 0 };
	struct csv *c = csv_alloc(NULL, ';', note_row, &seen);

	assert_int_equal(csv_push(c, "a,b,c;d\n", 8), 0);
	assert_string_equal(seen.text, "1:a,b,c|d\n");
	csv_free(c);
}

static void malformed_tables_are_refused_with_their_line(void **state)
{
	assert_refused("a,b\n1,2\n\"x,y\nz\n", -EBADMSG, 3);
	assert_refused("a,b\n\"x\"y,z\n", -EBADMSG, 2);
	assert_refused("\"a\n", -EBADMSG, 1);
}

static void zero_byte_is_refused(void **state)
{
	struct seen seen = { .rows = 0 };
	struct csv *c = csv_alloc(NULL, 0, note_row, &seen);

	assert_int_equal(csv_push(c, "a\0b\0\n\0", 6), -EBADMSG);
	csv_free(c);
}

static void row_has_a_longest_length(void **state)
{
	char *table = malloc(CSV_ROW_MAX + 16);

	memset(table, 'x', CSV_ROW_MAX + 8);
	table[CSV_ROW_MAX + 8] = '\0';
	memcpy(table, "a,b\n", 4);
	assert_refused(table, -EMSGSIZE, 2);
	table[4] = '"';
	assert_refused(table, -EMSGSIZE, 2);
	table[3] = 'x';
	assert_refused(table, -EMSGSIZE, 1);
	free(table);
}

static void row_has_a_largest_number_of_fields(void **state)
{
	char table[CSV_FIELDS_MAX + 16] = "h,i\n";

	memset(table + 4, ',', CSV_FIELDS_MAX);
	assert_refused(table, -EMSGSIZE, 2);
	table[CSV_FIELDS_MAX + 3] = '\0';
	{
		struct seen seen = { .rows = 0 };
		struct csv *c = csv_alloc(NULL, 0, note_row, &seen);

		assert_int_equal(csv_push(c, table, strlen(table)), 0);
		assert_int_equal(csv_finish(c), 0);
		assert_int_equal(seen.rows, 2);
		csv_free(c);
	}
}

static void row_function_can_stop_the_reader(void **state)
{
	struct seen seen = { .answer = -ECANCELED };
	struct csv *c = csv_alloc(NULL, 0, note_row, &seen);

	assert_int_equal(csv_push(c, "a\nb\nc\n", 6), -ECANCELED);
	assert_int_equal(csv_finish(c), -ECANCELED);
	assert_int_equal(seen.rows, 1);
	assert_null(csv_error(c));
	csv_free(c);
}

static void columns_are_found_by_any_of_their_names(void **state)
{
	static const char *const fields[] = { "Straat", " POSTCODE ", "nr", "" };
	static const size_t lens[] = { 6, 10, 2, 0 };
	struct csv_row header = { 1, 4, fields, lens };

	assert_int_equal(csv_column(&header, "postal_code|postcode|zip"), 1);
	assert_int_equal(csv_column(&header, "straat"), 0);
	assert_int_equal(csv_column(&header, "number|nr"), 2);
	assert_int_equal(csv_column(&header, "post"), -ENOENT);
	assert_int_equal(csv_column(&header, ""), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_end_with_crlf_and_the_last_one_need_not),
		cmocka_unit_test(quotes_hold_separators_line_ends_and_doubled_quotes),
		cmocka_unit_test(spaces_are_part_of_a_field),
		cmocka_unit_test(empty_fields_count_and_blank_rows_do_not),
		cmocka_unit_test(separator_is_found_from_the_header),
		cmocka_unit_test(byte_order_mark_and_separator_line_are_no_data),
		cmocka_unit_test(given_separator_is_kept),
		cmocka_unit_test(malformed_tables_are_refused_with_their_line),
		cmocka_unit_test(zero_byte_is_refused),
		cmocka_unit_test(row_has_a_longest_length),
		cmocka_unit_test(row_has_a_largest_number_of_fields),
		cmocka_unit_test(row_function_can_stop_the_reader),
		cmocka_unit_test(columns_are_found_by_any_of_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
