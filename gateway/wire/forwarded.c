// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/forwarded.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

struct piece {
	const char *at;
	size_t len;
};

static struct piece trim(const char *at, size_t len)
{
	while (len > 0 && (*at == ' ' || *at == '\t'))
		at++, len--;
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	return (struct piece){ at, len };
}

/* \returns where the host's text ends: before ":port", or at the bracket that closes it */
static size_t host_len(struct piece *p)
{
	const char *end;

	if (p->len > 0 && p->at[0] == '[') {
		p->at++;
		p->len--;
		end = memchr(p->at, ']', p->len);
		return end ? (size_t)(end - p->at) : 0;
	}
	end = memchr(p->at, ':', p->len);
	/* a second colon: IPv6 without brackets */
	if (end && !memchr(end + 1, ':', p->len - (size_t)(end + 1 - p->at)))
		return (size_t)(end - p->at);
	return p->len;
}

int forwarded_address(char out[FORWARDED_ADDRESS_SIZE], const char *text, size_t len)
{
	struct piece p = trim(text, len);
	size_t n = host_len(&p);
	char host[FORWARDED_ADDRESS_SIZE];
	struct in6_addr six;
	struct in_addr four;

	out[0] = '\0';
	if (n == 0 || n >= sizeof(host))
		return -EBADMSG;
	memcpy(host, p.at, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &four) == 1) {
		inet_ntop(AF_INET, &four, out, FORWARDED_ADDRESS_SIZE);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &six) != 1)
		return -EBADMSG;
	if (IN6_IS_ADDR_V4MAPPED(&six))
		inet_ntop(AF_INET, &six.s6_addr[12], out, FORWARDED_ADDRESS_SIZE);
	else
		inet_ntop(AF_INET6, &six, out, FORWARDED_ADDRESS_SIZE);
	return 0;
}

/* The last item of a list that ends at *len, which goes to before it.  Quotes hold no separator.
 * \returns false if there is none left */
static bool last_item(const char *text, size_t *len, char separator, struct piece *item)
{
	size_t start = 0, i;
	bool quoted = false;

	if (*len == 0)
		return false;
	for (i = 0; i < *len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == separator)
			start = i + 1;
	}
	*item = trim(text + start, *len - start);
	*len = start > 0 ? start - 1 : 0;
	return true;
}

static bool is_word(struct piece p, const char *word)
{
	return p.len == strlen(word) && !strncasecmp(p.at, word, p.len);
}

size_t forwarded_read_x(struct forwarded_hop *hops, size_t max, const char *addresses,
			const char *protos)
{
	size_t address_len = addresses ? strlen(addresses) : 0;
	size_t proto_len = protos ? strlen(protos) : 0, n;

	for (n = 0; n < max; n++) {
		struct piece address = { "", 0 }, proto = { "", 0 };
		bool has_address = last_item(addresses, &address_len, ',', &address);
		bool has_proto = last_item(protos, &proto_len, ',', &proto);

		if (!has_address && !has_proto)
			break;
		forwarded_address(hops[n].address, address.at, address.len);
		hops[n].https = is_word(proto, "https");
	}
	return n;
}

/* A backslash before a character of an address is nobody's habit: it makes it none. */
static struct piece unquote(struct piece p)
{
	if (p.len >= 2 && p.at[0] == '"' && p.at[p.len - 1] == '"')
		return (struct piece){ p.at + 1, p.len - 2 };
	return p;
}

static void read_element(struct forwarded_hop *hop, struct piece element)
{
	struct piece pair, name, value;
	size_t len = element.len;
	const char *equals;

	hop->address[0] = '\0';
	hop->https = false;
	while (last_item(element.at, &len, ';', &pair)) {
		equals = memchr(pair.at, '=', pair.len);
		if (!equals)
			continue;
		name = trim(pair.at, (size_t)(equals - pair.at));
		value = unquote(trim(equals + 1, pair.len - (size_t)(equals + 1 - pair.at)));
		if (is_word(name, "for"))
			forwarded_address(hop->address, value.at, value.len);
		else if (is_word(name, "proto"))
			hop->https = is_word(value, "https");
	}
}

size_t forwarded_read(struct forwarded_hop *hops, size_t max, const char *text)
{
	size_t len = strlen(text), n = 0;
	struct piece element;

	while (n < max && last_item(text, &len, ',', &element))
		read_element(&hops[n++], element);
	return n;
}
