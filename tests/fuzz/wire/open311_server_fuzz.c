// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any form and any query that is sent to our Open311 address: what is read is bounded, and nothing of it leaves its element. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "wire/open311.h"
#include "wire/open311_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two elements that we wrote, and no others. */
static void check_xml(void *ctx, const char *text)
{
	json_t *json = json_pack("[{s:s}]", "d", text);
	size_t angles = 0;

	if (!json)
		abort();
	for (const char *c = open311_xml(ctx, "r", "i", json); *c; c++)
		angles += *c == '<';
	if (angles != 7)
		abort();
	json_decref(json);
}

static void check_filing(void *ctx, const char *text, size_t size)
{
	struct open311_filing f;
	char *why = NULL;
	int rc = open311_read_filing(ctx, &f, text, size, &why);

	if (rc < 0 && !why)
		abort();
	if (rc < 0)
		return;
	if (!f.service_code || !(f.located || f.address_string || f.address_id))
		abort();
	if (f.located && !(fabs(f.lat) <= 90 && fabs(f.lon) <= 180))
		abort();
	if (!f.description)
		return;
	if (strlen(f.description) > 4 * OPEN311_DESCRIPTION_MAX ||
	    strlen(open311_public(ctx, f.description)) > strlen(f.description))
		abort();
	check_xml(ctx, f.description);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *text = talloc_strndup(ctx, (const char *)data, size), *why = NULL;
	struct open311_query *q = talloc(ctx, struct open311_query);
	struct target *target = talloc(ctx, struct target);
	struct open311_word word;

	check_filing(ctx, (const char *)data, size);
	open311_read_word(ctx, &word, (const char *)data, size, &why);
	if (target_read(target, talloc_asprintf(ctx, "/?%s", text)) == 0 &&
	    open311_read_query(ctx, q, target, 1700000000, &why) == 0 && q->n_refs == 0 &&
	    (q->to_s - q->from_s > OPEN311_SPAN_S || q->from_s > q->to_s || q->limit < 1 ||
	     q->limit > OPEN311_PAGE_MAX || q->offset > OPEN311_OFFSET_MAX))
		abort();
	talloc_free(ctx);
	return 0;
}
