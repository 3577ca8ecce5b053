/* agenda.h - everything that waits longer than a protocol timer is a row with a due time; here is the
 * one timer for the earliest of them.
 */
#pragma once

#include <stdint.h>

#include "store/store.h"

struct agenda;

struct agenda *agenda_alloc(void *ctx, struct store *st);
/*! Whose due(now) is called when something is due. */
void agenda_add(struct agenda *ag, void (*due)(void *data, int64_t now_s), void *data);
/*! Something may have become due earlier: look again before the loop waits. */
void agenda_look(struct agenda *ag);
/*! The clock was moved, or the line has just started: see what is due at once. */
void agenda_now(struct agenda *ag);
