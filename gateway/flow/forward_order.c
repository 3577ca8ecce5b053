// SPDX-License-Identifier: AGPL-3.0-or-later
/* forward_order.c - a report as its contractor gets it: the fields of an order, and its words for a text or a mail. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/forward_int.h"

static const char *alias(void *ctx, const struct forwarder *fw, const struct report *report)
{
	return talloc_asprintf(ctx, "%s %s", (*fw->talk)->short_code, report->reference);
}

int forward_fill_order(void *ctx, const struct forward_peer *pe, const struct forward *row,
		       const struct report *report, struct contractor_order *order)
{
	const struct talk *talk = *pe->fw->talk;
	struct report_event event;
	int rc;

	memset(order, 0, sizeof(*order));
	order->key = talloc_strdup(ctx, row->key);
	order->rung = row->rung;
	order->reference = report->reference;
	order->their_ref = row->withdraws ? row->their_ref : report->contractor_ref;
	order->category = report->category;
	order->category_name = category_name(talk->categories, report->category,
					     talk->languages[0]);
	order->area = report->area;
	order->place = report->place;
	order->asset_kind = report->asset_number ? report->thing : NULL;
	order->asset_number = report->asset_number;
	order->description = report->description;
	order->located = report->located;
	order->urgent = report->urgent;
	order->lat = report->lat;
	order->lon = report->lon;
	order->created_s = report->created_s;
	order->promise_s = report->promise_s;
	order->at_s = report->created_s;
	order->alias = alias(ctx, pe->fw, report);
	if (report->address_id)
		order->address_id = talloc_asprintf(ctx, "%lld", (long long)report->address_id);
	if (!row->event_id)
		return 0;
	rc = store_event_get(ctx, pe->fw->st, row->event_id, &event);
	if (rc < 0)
		return rc;
	order->update = true;
	order->at_s = event.at_s;
	order->state = row->withdraws			? "withdrawn"
		       : event.state == REPORT_REOPENED ? "reopened"
							: "note";
	order->note = event.note;
	return 0;
}

static const char *words_key(const struct forward *row, bool mail)
{
	if (row->withdraws)
		return mail ? "contractor.mail.withdrawn" : "contractor.withdrawn";
	if (row->event_id)
		return mail ? "contractor.mail.update" : "contractor.update";
	return mail ? "contractor.mail.order" : "contractor.order";
}

/* "" if there are none, or for who has to do no more of it: by now the link would be another's. */
static const char *link_of(void *ctx, const struct forward_peer *pe, const struct forward *row,
			   const struct report *report)
{
	if (!pe->fw->links || row->withdraws)
		return "";
	return order_link_write(ctx, pe->fw->links, report, clock_now_s());
}

static char *words_of(void *ctx, const struct forward_peer *pe, const char *key, const char *link,
		      const struct contractor_order *order, struct report *report)
{
	const struct talk *talk = *pe->fw->talk;
	json_t *args = json_object();
	char *text;

	desk_report_slots(report, talk, talk->languages[0], args);
	json_object_set_new(args, "description", json_string(order->description));
	json_object_set_new(args, "update", json_string(order->note ? order->note : ""));
	json_object_set_new(args, "has_update",
			    json_string(order->note && order->note[0] ? "yes" : "no"));
	json_object_set_new(args, "has_link", json_string(link[0] ? "yes" : "no"));
	json_object_set_new(args, "link", json_string(link));
	text = phrase_say(ctx, talk->phrases, talk->languages[0], NULL, key, args, talk->zone);
	json_decref(args);
	return text;
}

char *forward_write_text(void *ctx, const struct forward_peer *pe, const struct forward *row,
			 const struct contractor_order *order, struct report *report)
{
	const char *link = link_of(ctx, pe, row, report);
	char *text = words_of(ctx, pe, words_key(row, false), link, order, report);

	return link[0] ? talloc_asprintf_append_buffer(text, " %s", link) : text;
}

void forward_write_mail(void *ctx, const struct forward_peer *pe, const struct forward *row,
			struct contractor_order *order, struct report *report)
{
	const char *link = link_of(ctx, pe, row, report);

	order->subject = words_of(ctx, pe, "contractor.mail.subject", link, order, report);
	order->words = words_of(ctx, pe, words_key(row, true), link, order, report);
	order->thread = store_forward_order_key(ctx, pe->fw->st, row->report_id,
						forward_peer_name(pe));
}
