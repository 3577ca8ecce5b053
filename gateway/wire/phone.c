// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/phone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define E164_DIGITS_MAX	    15 /* ITU-T E.164, 6.2.1 */
#define E164_DIGITS_MIN	    7  /* shorter with a country code is nobody's number */
#define SHORT_DIGITS_MAX    8  /* longer without a prefix is a subscriber's number */
#define NATIONAL_DIGITS_MAX 10

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Keep the digits and one leading '+'; drop what people write between them.
 * \returns digits kept, or -EINVAL */
static int keep_digits(char digits[PHONE_SIZE], bool *plus, const char *number)
{
	size_t n = 0;

	*plus = false;
	for (; *number; number++) {
		if (is_digit(*number)) {
			if (n == PHONE_SIZE - 1)
				return -EINVAL;
			digits[n++] = *number;
		} else if (*number == '+') {
			if (*plus || n)
				return -EINVAL;
			*plus = true;
		} else if (!strncmp(number, "(0)", 3) && *plus) {
			number += 2; /* +31 (0)6: the trunk zero is not dialled from abroad */
		} else if (!strchr(" -.()/\t", *number)) {
			return -EINVAL;
		}
	}
	digits[n] = '\0';
	return (int)n;
}

static int write_international(char *out, const char *country, const char *digits)
{
	size_t n = strlen(country) + strlen(digits);

	if (n > E164_DIGITS_MAX || n < E164_DIGITS_MIN || digits[0] == '\0')
		return -EINVAL;
	if (country[0] == '\0' && digits[0] == '0')
		return -EINVAL;
	snprintf(out, PHONE_SIZE, "+%s%s", country, digits);
	return 0;
}

int phone_normalise(char *out, const char *number, const char *country)
{
	char digits[PHONE_SIZE];
	bool plus;
	int n = keep_digits(digits, &plus, number);

	if (n <= 0)
		return -EINVAL;
	if (plus)
		return write_international(out, "", digits);
	if (!strncmp(digits, "00", 2))
		return write_international(out, "", digits + 2);
	if (n >= E164_DIGITS_MIN && digits[0] == '0')
		return write_international(out, country, digits + 1);
	if (n > NATIONAL_DIGITS_MAX ||
	    (n > SHORT_DIGITS_MAX && !strncmp(digits, country, strlen(country))))
		return write_international(out, "", digits);
	if (n > SHORT_DIGITS_MAX)
		return write_international(out, country, digits);
	snprintf(out, PHONE_SIZE, "%s", digits);
	return 0;
}

const char *phone_masked(char *out, const char *number)
{
	size_t i, n = strlen(number);

	snprintf(out, PHONE_SIZE, "%s", number);
	n = strlen(out);
	if (!phone_can_answer(number) || n <= SHORT_DIGITS_MAX)
		return out;
	for (i = number[0] == '+' ? 4 : 3; i + 2 < n; i++)
		out[i] = '*';
	return out;
}

bool phone_can_answer(const char *number)
{
	size_t n;

	if (*number == '+')
		number++;
	n = strspn(number, "0123456789");
	return n > 0 && number[n] == '\0';
}

bool phone_same(const char *a, const char *b)
{
	size_t n, m;

	if (!strcmp(a, b))
		return *a != '\0';
	if (!phone_can_answer(a) || !phone_can_answer(b))
		return false;
	a += *a == '+';
	b += *b == '+';
	n = strlen(a);
	m = strlen(b);
	return n >= 8 && m >= 8 && !strcmp(a + n - 8, b + m - 8);
}
