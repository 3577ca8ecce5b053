// SPDX-License-Identifier: AGPL-3.0-or-later
/* Lines are shaped as 3GPP TS 27.007 7.15 has them and as modems of several makers write them; packed
 * strings are those of TS 23.038, made by hand or by libosmocore. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsm_utils.h>

#include "wire/cusd.h"

static void assert_read(const char *line, enum cusd_form form, enum cusd_state state, int dcs,
			const char *text)
{
	struct cusd cusd;

	assert_int_equal(cusd_read(&cusd, line, form), 0);
	assert_int_equal(cusd.state, state);
	assert_int_equal(cusd.dcs, dcs);
	assert_int_equal(cusd.has_text, text != NULL);
	assert_string_equal(cusd.text, text ? text : "");
}

static void assert_no_cusd(const char *line)
{
	struct cusd cusd;
	int form;

	for (form = 0; form < CUSD_FORMS; form++)
		assert_int_equal(cusd_read(&cusd, line, (enum cusd_form)form), -EINVAL);
}

static void assert_written(const char *text, enum cusd_form form, const char *command)
{
	char out[CUSD_COMMAND_SIZE];

	assert_int_equal(cusd_write(out, sizeof(out), text, form), 0);
	assert_string_equal(out, command);
}

static void assert_not_written(const char *text, enum cusd_form form, int rc)
{
	char out[CUSD_COMMAND_SIZE];

	assert_int_equal(cusd_write(out, sizeof(out), text, form), rc);
}

static void a_state_alone(void **state)
{
	int form;

	for (form = 0; form < CUSD_FORMS; form++) {
		assert_read("+CUSD: 0", (enum cusd_form)form, CUSD_DONE, -1, NULL);
		assert_read("+CUSD:2", (enum cusd_form)form, CUSD_ENDED, -1, NULL);
		assert_read("+CUSD: 3", (enum cusd_form)form, CUSD_OTHER_CLIENT, -1, NULL);
		assert_read("+CUSD: 4", (enum cusd_form)form, CUSD_UNSUPPORTED, -1, NULL);
		assert_read("+CUSD: 5", (enum cusd_form)form, CUSD_TIMEOUT, -1, NULL);
		assert_read("+CUSD: 2,\"\",15", (enum cusd_form)form, CUSD_ENDED, 15, "");
		assert_read("+CUSD: 1,\"\"", (enum cusd_form)form, CUSD_ASKS, -1, "");
		assert_read("+CUSD: 0,,15", (enum cusd_form)form, CUSD_DONE, 15, NULL);
		assert_read("+CUSD: 2,", (enum cusd_form)form, CUSD_ENDED, -1, NULL);
	}
}

static void a_string_as_it_is(void **state)
{
	assert_read("+CUSD: 0,\"Uw saldo is EUR 12,50.\",15", CUSD_TEXT, CUSD_DONE, 15,
		    "Uw saldo is EUR 12,50.");
	assert_read("+CUSD: 1, \"1 = saldo\r\n2 = bundel\" , 15", CUSD_TEXT, CUSD_ASKS, 15,
		    "1 = saldo\r\n2 = bundel");
	assert_read("+CUSD: 0,\"Kies \"saldo\", dan \"OK\"\",15", CUSD_TEXT, CUSD_DONE, 15,
		    "Kies \"saldo\", dan \"OK\"");
	assert_read("+CUSD: 0,\"caf\xe9\",15", CUSD_TEXT, CUSD_DONE, 15, "café");
	assert_read("+CUSD: 0,\"café €\",15", CUSD_TEXT, CUSD_DONE, 15, "café €");
	/* digits may be hex, but the modem writes text */
	assert_read("+CUSD: 0,\"31612345678A\",15", CUSD_TEXT, CUSD_DONE, 15, "31612345678A");
	assert_read("+CUSD: 0,\"1234\"", CUSD_TEXT, CUSD_DONE, -1, "1234");
	/* a scheme beyond an octet says nothing */
	assert_read("+CUSD: 0,\"x\",256", CUSD_TEXT, CUSD_DONE, -1, "x");
}

static void packed_in_hex(void **state)
{
	/* "*100#" of the vendors' examples, and a CR of padding */
	assert_read("+CUSD: 0,\"AA180C3602\",15", CUSD_PACKED, CUSD_DONE, 15, "*100#");
	assert_read("+CUSD: 1,\"aa180c3602\"", CUSD_PACKED, CUSD_ASKS, -1, "*100#");
	assert_read("+CUSD: 0,\"31D98C56B3DD1A\",15", CUSD_PACKED, CUSD_DONE, 15, "1234567");
	assert_read("+CUSD: 0,\"0645062F\",72", CUSD_PACKED, CUSD_DONE, 72, "\u0645\u062f");
	assert_read("+CUSD: 0,\"61390645062F\",17", CUSD_PACKED, CUSD_DONE, 17, "\u0645\u062f");
	assert_read("+CUSD: 0,\"6F6B\",68", CUSD_PACKED, CUSD_DONE, 68, "ok");
	/* no hex, or half an octet of it: text after all */
	assert_read("+CUSD: 0,\"Saldo 5\",15", CUSD_PACKED, CUSD_DONE, 15, "Saldo 5");
	assert_read("+CUSD: 0,\"AA180C360\",15", CUSD_PACKED, CUSD_DONE, 15, "AA180C360");
}

static void ucs2_in_hex(void **state)
{
	assert_read("+CUSD: 0,\"00530061006C0064006F\",15", CUSD_UCS2, CUSD_DONE, 15, "Saldo");
	assert_read("+CUSD: 0,\"06450062d83dde00\",72", CUSD_UCS2, CUSD_DONE, 72, "\u0645b😀");
	assert_read("+CUSD: 0,\"Saldo\",15", CUSD_UCS2, CUSD_DONE, 15, "Saldo");
	assert_read("+CUSD: 0,\"00530\",15", CUSD_UCS2, CUSD_DONE, 15, "00530");
	/* a modem that writes text has no other way for these */
	assert_read("+CUSD: 0,\"06450062\",72", CUSD_TEXT, CUSD_DONE, 72, "\u0645b");
	assert_read("+CUSD: 0,\"06450062\",0", CUSD_TEXT, CUSD_DONE, 0, "06450062");
}

static void no_such_line(void **state)
{
	char line[1200] = "+CUSD: 0,\"";

	assert_no_cusd("");
	assert_no_cusd("+CUSD");
	assert_no_cusd("+CUSD:");
	assert_no_cusd("+CUSD: ");
	assert_no_cusd("+CUSD: x");
	assert_no_cusd("+CUSD: -1");
	assert_no_cusd("+CUSD: 6");
	assert_no_cusd("+CUSD: (0-2)");
	assert_no_cusd("+CUSD: 0,\"half");
	assert_no_cusd("+CUSD: 0,\"a\"b");
	assert_no_cusd("+CUSD: 0,\"");
	assert_no_cusd("+CUSD: 0,bare");
	assert_no_cusd("+CREG: 0");
	memset(line + 10, 'x', 1100); /* more than a string of the network becomes */
	strcpy(line + 1110, "\",15");
	assert_no_cusd(line);
}

static void the_longest_strings_are_read(void **state)
{
	char line[900] = "+CUSD: 0,\"", text[183], want[USSD_TEXT_MAX] = "";
	uint8_t octets[USSD_OCTETS_MAX + 2];
	int i, n;

	memset(text, 'a', 182);
	text[182] = '\0';
	gsm_7bit_encode_n_ussd(octets, sizeof(octets), text, &n);
	assert_int_equal(n, 160);
	osmo_hexdump_buf(line + 10, sizeof(line) - 10, octets, n, "", false);
	strcat(line, "\",15");
	assert_read(line, CUSD_PACKED, CUSD_DONE, 15, text);

	for (i = 0; i < 182; i++) {
		memcpy(line + 10 + 4 * i, "20AC", 5);
		strcat(want, "€");
	}
	strcat(line, "\",15");
	assert_read(line, CUSD_UCS2, CUSD_DONE, 15, want);
}

static void commands(void **state)
{
	assert_written("*100#", CUSD_TEXT, "AT+CUSD=1,\"*100#\",15");
	assert_written("*100#", CUSD_PACKED, "AT+CUSD=1,\"AA180C3602\",15");
	assert_written("1234567", CUSD_PACKED, "AT+CUSD=1,\"31D98C56B3DD1A\",15");
	assert_written("*100#", CUSD_UCS2, "AT+CUSD=1,\"002A0031003000300023\",15");
	assert_written("€", CUSD_PACKED, "AT+CUSD=1,\"9B32\",15");
	assert_written("é", CUSD_UCS2, "AT+CUSD=1,\"00E9\",15");
	/* a letter that the default alphabet lacks is asked for as UCS-2 */
	assert_written("ğ", CUSD_UCS2, "AT+CUSD=1,\"011F\",72");
	assert_written("\u0645😀", CUSD_UCS2, "AT+CUSD=1,\"0645D83DDE00\",72");
}

static void what_a_form_cannot_hold(void **state)
{
	assert_not_written("a\"b", CUSD_TEXT, -EINVAL);
	assert_not_written("@", CUSD_TEXT, -EINVAL); /* 0x40 in IRA, 0x00 in GSM */
	assert_not_written("$", CUSD_TEXT, -EINVAL);
	assert_not_written("_", CUSD_TEXT, -EINVAL);
	assert_not_written("[1]", CUSD_TEXT, -EINVAL);
	assert_not_written("é", CUSD_TEXT, -EINVAL);
	assert_not_written("1\r", CUSD_TEXT, -EINVAL);
	assert_not_written("\u0645", CUSD_PACKED, -EINVAL);
	assert_not_written("caf\xe9", CUSD_UCS2, -EINVAL);
	assert_not_written("1", CUSD_FORMS, -EINVAL);
}

static void what_is_too_long(void **state)
{
	char text[400], out[CUSD_COMMAND_SIZE];
	int i, form;

	memset(text, '1', 182);
	text[182] = '\0';
	for (form = 0; form < CUSD_FORMS; form++)
		assert_int_equal(cusd_write(out, sizeof(out), text, (enum cusd_form)form), 0);
	assert_int_equal(cusd_write(out, 100, text, CUSD_TEXT), -EMSGSIZE);
	strcat(text, "1");
	for (form = 0; form < CUSD_FORMS; form++)
		assert_not_written(text, (enum cusd_form)form, -EMSGSIZE);
	for (i = 0; i < 81; i++)
		memcpy(text + 2 * i, "ğ", 3);
	assert_not_written(text, CUSD_UCS2,
			   -EMSGSIZE); /* plain it would fit, but it is not asked */
}

/* ---- amounts */

static void assert_amount(const char *text, int64_t cents)
{
	int64_t got = INT64_MIN;

	if (!cusd_amount(text, &got))
		fail_msg("no amount: %s", text);
	if (got != cents)
		fail_msg("%lld: %s", (long long)got, text);
}

static void assert_no_amount(const char *text)
{
	int64_t got = 77;

	if (cusd_amount(text, &got))
		fail_msg("%lld: %s", (long long)got, text);
	assert_int_equal(got, 77);
}

static void an_amount_with_its_currency(void **state)
{
	assert_amount("Uw saldo is EUR 12,50.", 1250);
	assert_amount("Je tegoed is €7,05", 705);
	assert_amount("Je tegoed is € 7,05 en geldig t/m 31-12-2026", 705);
	assert_amount("Ihr Guthaben: 3.99 EUR. Gueltig bis 01.02.2027", 399);
	assert_amount("Your balance is £10", 1000);
	assert_amount("Your balance is $5.5", 550);
	assert_amount("Bakiyeniz 45,20 TL'dir.", 4520);
	assert_amount("Kalan bakiye: ₺1.045,20", 104520);
	assert_amount("Stan konta: 1 250,00 zł. Ważne do 2027-01-31", 125000);
	assert_amount("Stan konta 10zl", 1000);
	assert_amount("Kredit: 100\u00a0000,50 Kč", 10000050);
	assert_amount("Beltegoed EUR: 12,-. Bel 1200", 1200);
	assert_amount("Tegoed 1.250 euro", 125000);
	assert_amount("Balance: US$ 1,234.56", 123456);
	assert_amount("Balance CHF 1'234.50", 123450);
	assert_amount("Balance 4.1250 EUR", 412);
	assert_amount("Bundel 500 MB, nog 12 dagen, saldo 3,10 EUR", 310);
	assert_amount("Tarief EUR 0,20/min, saldo EUR 4,00", 400);
	assert_amount("saldo:\n0,00 euro", 0);
	assert_amount("رصيدك 12.50 EUR", 1250);
}

static void a_debt_is_negative(void **state)
{
	assert_amount("Saldo: EUR -1,25", -125);
	assert_amount("Saldo: -€1,25", -125);
	assert_amount("Saldo: €-1,25", -125);
	assert_amount("Saldo: \u22121,25 EUR", -125);
	assert_amount("Saldo -0,50", -50);
	assert_amount("Prepaid-5,00 EUR", 500); /* a dash */
}

static void a_number_with_two_decimals_alone(void **state)
{
	assert_amount("Uw saldo is 12,50.", 1250);
	assert_amount("Saldo 12.50 geldig tot 31-12-2026, bel 1200", 1250);
	assert_amount("Saldo: 1.234,56", 123456);
	assert_amount("Nog 1,50 GB; saldo 2,00", 200);
	assert_amount("Saldo 12,- geldig 30 dagen", 1200);
}

static void what_is_no_amount(void **state)
{
	assert_no_amount("");
	assert_no_amount("Onbekende code");
	assert_no_amount("U heeft nog 12 dagen");
	assert_no_amount("Geldig tot 31-12-2026");
	assert_no_amount("Geldig tot 31.12.2026");
	assert_no_amount("Geldig tot 31/12/26");
	assert_no_amount("Om 12:30 bellen");
	assert_no_amount("Om 12.30 uur bellen");
	assert_no_amount("Uw nummer is +31612345678");
	assert_no_amount("Bel 06-12.34.56.78");
	assert_no_amount("Bel *101# of 1200");
	assert_no_amount("Nog 1,50 GB");
	assert_no_amount("BTW 21,00%");
	assert_no_amount("Van 2,50 of 5,00"); /* which? */
	assert_no_amount("12345678901234567890,00 EUR");
	assert_no_amount("Europa 30 dagen"); /* not "eur" */
	assert_no_amount("12,50/min");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_alone),
		cmocka_unit_test(a_string_as_it_is),
		cmocka_unit_test(packed_in_hex),
		cmocka_unit_test(ucs2_in_hex),
		cmocka_unit_test(no_such_line),
		cmocka_unit_test(the_longest_strings_are_read),
		cmocka_unit_test(commands),
		cmocka_unit_test(what_a_form_cannot_hold),
		cmocka_unit_test(what_is_too_long),
		cmocka_unit_test(an_amount_with_its_currency),
		cmocka_unit_test(a_debt_is_negative),
		cmocka_unit_test(a_number_with_two_decimals_alone),
		cmocka_unit_test(what_is_no_amount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
