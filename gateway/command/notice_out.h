/* notice_out.h - a notice and what it takes, as "meldlijn notice" writes them: lines for people, JSON for programs. */
#pragma once

#include <jansson.h>

#include "flow/broadcast.h"

/*! A new object. */
json_t *notice_out_json(const struct notice *n);
json_t *notice_out_estimate_json(const struct broadcast_estimate *e, const char *currency);

/*! A row of the list on stdout, for store_notice_list(). */
bool notice_out_line(const struct notice *n, void *data);
/*! By language, in all, and until when, on stdout. */
void notice_out_estimate(const struct broadcast_estimate *e, const char *currency);
