// SPDX-License-Identifier: AGPL-3.0-or-later
/* How a place is read back, and the slots that it sets. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "desk/desk_int.h"

/* "70", "70A", "12-3", "70 BIS" */
static void house(char *out, size_t size, const struct place *p)
{
	const char *gap = "";

	if (p->suffix[0] && isdigit((unsigned char)p->suffix[0]))
		gap = "-";
	else if (p->suffix[0] && p->suffix[1] && !isdigit((unsigned char)p->suffix[1]))
		gap = " ";
	snprintf(out, size, "%d%s%s", p->number, gap, p->suffix);
}

/* The street, with the number unless rough; the postcode where no street is known. */
static void spot(char *out, size_t size, const struct place *p, bool rough)
{
	char number[40];

	house(number, sizeof(number), p);
	if (!p->street[0])
		snprintf(out, size, "%s", p->postcode);
	else if (rough || p->number == 0)
		snprintf(out, size, "%s", p->street);
	else
		snprintf(out, size, "%s %s", p->street, number);
}

void desk_label(char out[DESK_LABEL_SIZE], const struct place *p, bool rough,
		const struct dialogue_turn *turn)
{
	const char *city = turn->talk && turn->talk->city ? turn->talk->city : "";
	const char *where = p->area, *kind = p->asset_kind;
	char at[160];

	spot(at, sizeof(at), p, rough);
	/* In another town its name says more than that of its quarter. */
	if (p->town[0] && (!where[0] || (city[0] && strcmp(p->town, city) != 0)))
		where = p->town;
	if (turn->talk && turn->talk->categories && p->asset_id)
		kind = category_thing_name(turn->talk->categories, p->asset_kind, turn->language);
	out[0] = '\0';
	if (p->asset_id)
		snprintf(out, DESK_LABEL_SIZE, "%s %s%s", kind, p->asset_number, at[0] ? ", " : "");
	snprintf(out + strlen(out), DESK_LABEL_SIZE - strlen(out), "%s%s%s", at,
		 where[0] && (at[0] || p->asset_id) ? ", " : "", where);
}

json_t *desk_place_slots(const struct place *p, bool rough, const struct dialogue_turn *turn)
{
	char label[DESK_LABEL_SIZE], number[40];
	json_t *slots = json_object();

	desk_label(label, p, rough, turn);
	house(number, sizeof(number), p);
	desk_set_text(slots, "label", label);
	desk_set_text(slots, "place", label);
	desk_set_text(slots, "street", p->street);
	desk_set_int(slots, "street_id", p->street_id);
	desk_set_text(slots, "house", rough || p->number == 0 ? "" : number);
	desk_set_text(slots, "postcode", p->postcode);
	desk_set_text(slots, "town", p->town);
	desk_set_text(slots, "area", p->area);
	/* Whole sets, so that nothing of a place that was said before stays. */
	desk_set_int(slots, "address_id", rough ? 0 : p->address_id);
	desk_set_int(slots, "area_id", p->area_id);
	desk_set_int(slots, "asset_id", p->asset_id);
	json_object_set_new(slots, "asset_number", json_string(p->asset_number));
	json_object_set_new(slots, "asset_kind", json_string(p->asset_kind));
	json_object_set_new(slots, "asset_detail", json_string(p->asset_detail));
	json_object_set_new(slots, "lat", json_real(p->lat));
	json_object_set_new(slots, "lon", json_real(p->lon));
	return slots;
}
