// SPDX-License-Identifier: AGPL-3.0-or-later
#include "command/notice_out.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/rfc3339.h"

json_t *notice_out_json(const struct notice *n)
{
	char start[RFC3339_SIZE], expires[RFC3339_SIZE];
	json_t *words = json_loads(n->words, 0, NULL);

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:b}",
			 "notice", (json_int_t)n->id, "key", n->key, "state",
			 notice_state_name(n->state), "kind", notice_kind_name(n->kind), "title",
			 n->title, "words", words ? words : json_null(), "start",
			 rfc3339_write(start, n->start_s, 0), "expires",
			 rfc3339_write(expires, n->expires_s, 0), "who", n->who, "people",
			 (json_int_t)n->recipients, "queued", (json_int_t)n->queued, "sent",
			 (json_int_t)n->sent, "delivered", (json_int_t)n->delivered, "failed",
			 (json_int_t)n->failed, "left_out", (json_int_t)n->skipped, "list_complete",
			 !n->taking);
}

bool notice_out_line(const struct notice *n, void *data)
{
	char start[RFC3339_SIZE];

	rfc3339_write(start, n->start_s, 0);
	printf("%5" PRId64 " %-9s %.16s %9" PRId64 " %9" PRId64 " %9" PRId64 " %7" PRId64 "  %s\n",
	       n->id, notice_state_name(n->state), start, n->recipients - n->skipped,
	       n->sent + n->delivered, n->delivered, n->failed, n->title);
	return true;
}

json_t *notice_out_estimate_json(const struct broadcast_estimate *e, const char *currency)
{
	json_t *languages = json_array(), *json;
	char last[RFC3339_SIZE];

	for (size_t i = 0; i < e->n; i++)
		json_array_append_new(languages,
				      json_pack("{s:s, s:I, s:i, s:s}", "language",
						e->languages[i].language, "people",
						(json_int_t)e->languages[i].people, "parts",
						(int)e->languages[i].parts, "alphabet",
						e->languages[i].ucs2 ? "ucs2" : "gsm7"));
	json = json_pack("{s:I, s:I, s:I, s:o}", "people", (json_int_t)e->people, "left_out",
			 (json_int_t)e->left_out, "parts", (json_int_t)e->parts, "languages",
			 languages);
	if (e->cost_milli)
		json_object_set_new(json, "cost",
				    json_pack("{s:f, s:s}", "amount", e->cost_milli / 1000.0,
					      "currency", currency));
	if (e->last_s)
		json_object_set_new(json, "last", json_string(rfc3339_write(last, e->last_s, 0)));
	return json;
}

void notice_out_estimate(const struct broadcast_estimate *e, const char *currency)
{
	char last[RFC3339_SIZE];

	for (size_t i = 0; i < e->n; i++)
		printf("%-9s %9" PRId64 " people, %u %s each%s\n", e->languages[i].language,
		       e->languages[i].people, e->languages[i].parts,
		       e->languages[i].parts == 1 ? "text" : "texts",
		       e->languages[i].ucs2 ? " (70 letters a text: UCS-2)" : "");
	printf("in all    %9" PRId64 " people, %" PRId64 " texts", e->people, e->parts);
	if (e->cost_milli)
		printf(", %s %" PRId64 ".%02d", currency, e->cost_milli / 1000,
		       (int)(e->cost_milli % 1000 / 10));
	if (e->left_out)
		printf("; %" PRId64 " left out, who said STOP", e->left_out);
	putchar('\n');
	if (e->last_s)
		printf("the last has it about %s\n", rfc3339_write(last, e->last_s, 0));
	else if (e->parts_a_second > 0)
		puts("NOT ALL have it before it expires: take more time, or more lines");
	else
		puts("when the last has it is not known: no line has sent anything yet");
}
