/* desk_subscribe.h - what residents subscribed to: found by their words, added, ended; for the files of the desk.
 *
 * A subject is these slots: subject_kind (street, area, category, all, list, mine), and by it street_id and street,
 * area_id and area, category or main (a whole group), or list.  "mine" asks for what one has.
 */
#pragma once

#include "desk/desk_int.h"
#include "store/store_notice.h"

#define DESK_LIST_SIZE 64

/* \returns 0; -EIO */
int desk_find_subject(struct desk *d, const char *text, struct dialogue_turn *turn,
		      struct dialogue_found *found);
int desk_find_subscription(struct desk *d, const char *text, struct dialogue_turn *turn,
			   struct dialogue_found *found);

const char *desk_subscribe_place(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_subscribe_add(struct desk *d, json_t *slots, struct dialogue_turn *turn);
const char *desk_subscribe_remove(struct desk *d, json_t *slots, struct dialogue_turn *turn);
int desk_list_subscriptions(struct desk *d, json_t *slots, struct dialogue_turn *turn,
			    json_t *items);

/* "Spui, Afval": sets a slot to what one has, count to how many.  \returns 0; -EIO */
int desk_subscriptions_named(struct desk *d, json_t *slots, const char *slot,
			     struct dialogue_turn *turn);
