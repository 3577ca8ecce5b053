/* handset.h - the simulated phone as a line: what is submitted counts as sent and delivered at once.
 *
 * Texts come in through handset_text() (web/ offers it over HTTP on loopback) and are read back
 * from the outbox, so a handset needs no memory of its own.
 */
#pragma once

#include <stdint.h>

#include "line/line.h"

struct handset;

struct handset *handset_alloc(void *ctx, const char *short_code);
struct line *handset_line(struct handset *hs);

/*! A resident's text. done comes once it is stored (ok) or not.
 *  \returns 0; -EAGAIN if the line is shut down */
int handset_text(struct handset *hs, const char *from, const char *to, const char *text,
		 void (*done)(bool ok, void *data), void *data);
