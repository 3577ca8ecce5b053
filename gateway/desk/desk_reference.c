// SPDX-License-Identifier: AGPL-3.0-or-later
/* A reference number in what a resident says. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "desk/desk_int.h"
#include "talk/fuzzy.h"
#include "talk/phrase_fold.h"

#define WORDS_MAX  96
#define DIGITS_MIN 7
#define MINE_MAX   32

struct finding {
	struct desk *d;
	void *ctx;
	const char *folded;
	struct phrase_word words[WORDS_MAX];
	size_t n;
	char reference[REPORT_REFERENCE_SIZE];
	struct report report;
	size_t first, last; /* words of it */
	bool right;	    /* the check digit */
	bool known;	    /* it is a report's */
};

static bool is_digits(const struct finding *f, size_t i)
{
	const char *s = f->folded + f->words[i].at;

	for (size_t k = 0; k < f->words[i].len; k++)
		if (!isdigit((unsigned char)s[k]))
			return false;
	return true;
}

/* The digits of words first to last; 0 if they are too many. */
static size_t join(const struct finding *f, size_t first, size_t last,
		   char out[REPORT_REFERENCE_SIZE])
{
	size_t n = 0;

	for (; first <= last; first++) {
		const struct phrase_word *w = &f->words[first];

		if (n + w->len >= REPORT_REFERENCE_SIZE)
			return 0;
		memcpy(out + n, f->folded + w->at, w->len);
		n += w->len;
	}
	out[n] = '\0';
	return n;
}

/* Take this reading if it is better than the one before: known, then right, then the first. */
static int try_words(struct finding *f, size_t first, size_t last)
{
	char digits[REPORT_REFERENCE_SIZE], reference[REPORT_REFERENCE_SIZE];
	struct report report;
	bool right;
	int rc;

	if (join(f, first, last, digits) < DIGITS_MIN)
		return 0;
	right = report_reference_read(reference, digits) == 0;
	if (f->reference[0] && (!right || f->known))
		return 0;
	rc = right ? store_report_by_reference(f->ctx, f->d->st, reference, &report) : -ENOENT;
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (f->right && rc == -ENOENT)
		return 0;
	OSMO_STRLCPY_ARRAY(f->reference, digits);
	f->first = first;
	f->last = last;
	f->right = right;
	f->known = rc == 0;
	if (f->known)
		f->report = report;
	return 0;
}

static int read_text(struct finding *f)
{
	int rc = 0;

	for (size_t i = 0; i < f->n; i++)
		for (size_t j = i; j < f->n && is_digits(f, j) && rc == 0; j++)
			rc = try_words(f, i, j);
	return rc;
}

static void offer(json_t *candidates, const char *reference, int64_t id)
{
	char shown[18];
	json_t *item = json_object();

	report_reference_show(shown, reference);
	desk_set_text(item, "label", shown);
	desk_set_text(item, "shown", shown);
	desk_set_text(item, "reference", reference);
	if (id)
		desk_set_int(item, "report_id", id);
	json_array_append_new(candidates, item);
}

/* A wrong check digit: of the asker's own reports, those that are one slip away. */
static int offer_slips(struct finding *f, const struct dialogue_turn *turn, json_t *candidates)
{
	struct report *mine = talloc_array(f->ctx, struct report, MINE_MAX);
	int n = 0;

	OSMO_ASSERT(mine);
	if (turn->person_id)
		n = store_report_of_person(f->ctx, f->d->st, turn->person_id, 0, mine, MINE_MAX);
	for (int i = 0; i < n; i++)
		if (fuzzy_distance(mine[i].reference, f->reference, 1) <= 1 &&
		    json_array_size(candidates) < DESK_CANDIDATES_MAX)
			offer(candidates, mine[i].reference, mine[i].id);
	return n < 0 ? n : 0;
}

int desk_find_reference(struct desk *d, const char *text, struct dialogue_turn *turn,
			struct dialogue_found *found)
{
	struct finding f = { .d = d, .ctx = talloc_new(d) };
	json_t *candidates = json_array();
	int rc;

	*found = (struct dialogue_found){};
	f.folded = phrase_fold_words(f.ctx, text, f.words, WORDS_MAX, &f.n);
	rc = read_text(&f);
	if (rc == 0 && f.reference[0]) {
		found->span_start = f.words[f.first].start;
		found->span_end = f.words[f.last].end;
		if (f.right)
			offer(candidates, f.reference, f.known ? f.report.id : 0);
		else
			rc = offer_slips(&f, turn, candidates);
		found->exact = f.right;
	}
	talloc_free(f.ctx);
	if (rc < 0)
		json_decref(candidates);
	else
		found->candidates = candidates;
	return rc;
}
