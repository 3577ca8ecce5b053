/* store_dossier.h - all that is kept of one person, and erasing it.
 *
 * Part of the store: see store.h for steps and errors.  What a person reported stays as the city's, with nobody's
 * name on it.  Not here: files of recordings (their paths are), and what the audit says (numbers are masked there).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct dossier_text {
	int64_t at_s;
	bool out; /* we sent it */
	const char *text;
	const char *state; /* of what we sent; else the verdict on what was heard */
};
/*! Newest first, up to max of each way: those heard, then those sent. \returns count */
int store_dossier_texts(struct store *st, const char *number, size_t max,
			bool (*each)(const struct dossier_text *text, void *data), void *data);
int store_dossier_text_counts(struct store *st, const char *number, int64_t *heard, int64_t *sent);
/*! Newest first, up to max. \returns count */
int store_dossier_calls(struct store *st, int64_t person_id, size_t max,
			bool (*each)(const struct call_row *call, void *data), void *data);
int store_dossier_recordings(void *ctx, struct store *st, int64_t person_id,
			     bool (*each)(const struct recording *rec, void *data), void *data);
/*! Lists of notices that they stopped, one by one. \returns count */
int store_dossier_lists(struct store *st, int64_t person_id,
			bool (*each)(const char *list, void *data), void *data);
/*! Why they are blocked, child of ctx; NULL: they are not. */
char *store_dossier_why(void *ctx, struct store *st, int64_t person_id);

/* What else has the number, or is of the person. */
enum dossier_kind {
	DOSSIER_CALLOUTS, /* name: why they are called; text: of a notice */
	DOSSIER_NOTICES,  /* name: its title; text: the language */
	DOSSIER_CARDS,	  /* name: the IMSI that USSD came from */
	DOSSIER_DIALOGUE, /* name: the line; text: the conversation as talk/dialogue.h keeps it */
	DOSSIER_KINDS
};
struct dossier_row {
	const char *name, *text, *state;
	int64_t at_s;
};
/*! Newest first, up to max. \returns count */
int store_dossier_rows(struct store *st, enum dossier_kind kind, int64_t person_id,
		       const char *number, size_t max,
		       bool (*each)(const struct dossier_row *row, void *data), void *data);

/*! Erase the person and all that has the number or their words in texts and recordings; texts that wait are not sent.
 *  Reports, calls and counts stay, of nobody; the history of each report says so.  Nothing of it stands in the database
 *  then, and soon nothing in its log: see store_cut_log().
 *  \param[in] who, channel  for that: "staff anna", "console"
 *  \returns 0; -EBUSY: a call is under way; -EIO */
int store_dossier_forget(struct store *st, int64_t person_id, const char *number, const char *who,
			 const char *channel, int64_t now_s);
