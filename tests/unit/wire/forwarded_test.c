// SPDX-License-Identifier: AGPL-3.0-or-later
/* Examples of RFC 7239 and of what proxies in use write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "wire/forwarded.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *address;
	} rows[] = {
		{ "192.0.2.43", "192.0.2.43" },
		{ " 192.0.2.43:47011 ", "192.0.2.43" },
		{ "2001:db8:cafe::17", "2001:db8:cafe::17" },
		{ "[2001:DB8:cafe:0::17]:4711", "2001:db8:cafe::17" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "unknown", "" },
		{ "_gazonk", "" },
		{ "", "" },
		{ "[", "" },
		{ "[]", "" },
		{ ":80", "" },
		{ "1.2.3", "" },
		{ "192.0.2.43\n", "" },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "" },
	};
	char out[FORWARDED_ADDRESS_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = forwarded_address(out, rows[i].text, strlen(rows[i].text));

		assert_string_equal(out, rows[i].address);
		assert_int_equal(rc == 0, rows[i].address[0] != '\0');
	}
}

static void x_forwarded_from_the_right(void **state)
{
	struct forwarded_hop hops[4];

	assert_int_equal(
		forwarded_read_x(hops, 4, "6.6.6.6, 198.51.100.7 ,203.0.113.5", "http,https"), 3);
	assert_string_equal(hops[0].address, "203.0.113.5");
	assert_true(hops[0].https);
	assert_string_equal(hops[1].address, "198.51.100.7");
	assert_false(hops[1].https);
	assert_string_equal(hops[2].address, "6.6.6.6");
	assert_int_equal(forwarded_read_x(hops, 1, "6.6.6.6,198.51.100.7", NULL), 1);
	assert_string_equal(hops[0].address, "198.51.100.7");
	assert_int_equal(forwarded_read_x(hops, 4, NULL, "HTTPS"), 1);
	assert_true(hops[0].https);
	assert_string_equal(hops[0].address, "");
	assert_int_equal(forwarded_read_x(hops, 4, NULL, NULL), 0);
	/* nothing behind the comma is no address */
	assert_int_equal(forwarded_read_x(hops, 4, "198.51.100.7,", NULL), 2);
	assert_string_equal(hops[0].address, "");
	assert_string_equal(hops[1].address, "198.51.100.7");
}

static void forwarded(void **state)
{
	struct forwarded_hop hops[4];

	/* RFC 7239, 4 and 6 */
	assert_int_equal(forwarded_read(hops, 4, "for=192.0.2.60;proto=http;by=203.0.113.43"), 1);
	assert_string_equal(hops[0].address, "192.0.2.60");
	assert_false(hops[0].https);
	assert_int_equal(forwarded_read(hops, 4,
					"for=192.0.2.43, For=\"[2001:db8:cafe::17]:4711\"; "
					"Proto=HTTPS"),
			 2);
	assert_string_equal(hops[0].address, "2001:db8:cafe::17");
	assert_true(hops[0].https);
	assert_string_equal(hops[1].address, "192.0.2.43");
	assert_false(hops[1].https);
	/* what stands in quotes separates nothing */
	assert_int_equal(forwarded_read(hops, 4, "for=\"_a,for=6.6.6.6;proto=https\""), 1);
	assert_string_equal(hops[0].address, "");
	assert_false(hops[0].https);
	assert_int_equal(forwarded_read(hops, 4, "for=\"\\\",for=198.51.100.1"), 1);
	assert_string_equal(hops[0].address, "");
	assert_int_equal(forwarded_read(hops, 4, ""), 0);
	assert_int_equal(forwarded_read(hops, 4, "for"), 1);
	assert_string_equal(hops[0].address, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(x_forwarded_from_the_right),
		cmocka_unit_test(forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
