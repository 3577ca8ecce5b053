/* inlet.h - reports that another system files with us, and its words on them, each in one step.
 *
 * Said twice is filed once: by a key of theirs, for ever; without one, the same content of the same source within
 * INLET_SAME_S.  done comes after the commit, with the outcome that is durable then.
 */
#pragma once

#include "desk/desk_filing.h"
#include "store/store.h"

#define INLET_SAME_S 600

struct inlet_filing {
	const char *source;    /* name of their key */
	const char *key;       /* theirs, the same for every try; NULL none */
	const char *content;   /* hash of what was said, hex */
	const char *media_url; /* pictures of it, one a line; NULL none */
	const char *number;    /* who wants to be told by text, E.164; NULL nobody */
	struct desk_filing report;
};

/*! \param[in] done  rc 0 filed, now or before: reference; -EEXIST their key was used for something else;
 *                   -EINVAL no such category; -EDQUOT this number filed enough today; -EIO */
void inlet_file(struct store *st, struct desk *d, const struct talk *talk,
		const struct inlet_filing *filing,
		void (*done)(int rc, const char *reference, void *data), void *data);

struct inlet_word {
	const char *source, *update_id; /* theirs */
	const char *reference, *state;	/* state NULL: only a note */
	const char *note, *media_url;	/* NULL none */
	int64_t said_s;			/* by their clock, as struct desk_word; 0 now */
};

/*! \param[in] done  rc 0 taken, now or before: event; -ENOENT no such report; -EPERM it was not filed by this
 *                   source; -EIO */
void inlet_word(struct store *st, struct desk *d, const struct inlet_word *word,
		void (*done)(int rc, int64_t event_id, void *data), void *data);
