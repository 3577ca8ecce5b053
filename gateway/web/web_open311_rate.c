// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_open311_rate.c - who may ask how often at our Open311 address: what one key may post, and, for no key is needed to
 * read, what one address may ask as lists.  Who asks from this machine, or with a key, may list as it likes. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>

#include "clock.h"
#include "web/web_open311_int.h"

struct open311_key *open311_find_key(struct web_open311 *o, const char *text)
{
	struct open311_key *found = NULL;
	uint8_t hash[32];

	if (!text)
		return NULL;
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
	for (size_t i = 0; i < o->n_keys; i++)
		if (sodium_memcmp(hash, o->keys[i].hash, sizeof(hash)) == 0)
			found = &o->keys[i];
	return found;
}

/* Real seconds: a moved clock must not refill it. \returns seconds to wait; 0: go on */
static int spend(struct open311_rate *rate, int a_minute)
{
	int64_t now_s = clock_now_s() - clock_ahead_s();

	if (rate->filled_s)
		rate->left += (double)OSMO_MAX(now_s - rate->filled_s, 0) * a_minute / 60;
	else
		rate->left = a_minute;
	rate->left = OSMO_MIN(rate->left, (double)a_minute);
	rate->filled_s = now_s;
	if (rate->left < 1)
		return (int)((1 - rate->left) * 60 / a_minute) + 1;
	rate->left -= 1;
	return 0;
}

static bool may(struct web_req *req, struct open311_rate *rate, int a_minute)
{
	int wait_s = spend(rate, a_minute);
	char seconds[16];

	if (wait_s == 0)
		return true;
	snprintf(seconds, sizeof(seconds), "%d", wait_s);
	web_head(req, "Retry-After", seconds);
	web_answer_error(req, MHD_HTTP_TOO_MANY_REQUESTS, "too many in a minute: wait %d s",
			 wait_s);
	return false;
}

bool open311_may_post(struct web_req *req, struct open311_key *key)
{
	return may(req, &key->posts, req->web->open311->posts);
}

static struct open311_reader *reader_of(struct web_open311 *o, const struct web_req *req)
{
	struct open311_reader *oldest = &o->readers[0];
	char network[WEB_NETWORK_SIZE];

	web_client_network(req, network);
	for (size_t i = 0; i < OPEN311_READERS; i++) {
		struct open311_reader *r = &o->readers[i];

		if (!strcmp(r->network, network))
			return r;
		if (r->lists.filled_s < oldest->lists.filled_s)
			oldest = r;
	}
	memset(oldest, 0, sizeof(*oldest));
	OSMO_STRLCPY_ARRAY(oldest->network, network);
	return oldest;
}

bool open311_may_list(struct web_req *req)
{
	struct web_open311 *o = req->web->open311;

	if (web_comes_from_here(req) || open311_find_key(o, target_param(&req->target, "api_key")))
		return true;
	return may(req, &reader_of(o, req)->lists, o->lists);
}
