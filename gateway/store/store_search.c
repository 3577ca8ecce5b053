// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_search.c - lists of reports for people who look.  The narrowest index that the search names is walked, newest
 * first; what else it asks is compared here, row by row. */
#include "store/store_search.h"

#include <time.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "store/store_int.h"
#include "talk/phrase.h"

#define IS_SET(text) ((text) && (text)[0])

#define BEGINNING_MIN 4 /* letters: the indexes of beginnings in sql/019 have 4, 5 and 6 */
#define BEGINNING_MAX 6
#define WINDOW_BITS   16	     /* of ids, as sql/019's view report_text has it */
#define WINDOW_MARK   0xe001	     /* the first window's */
#define WINDOW_MARKS  6000	     /* then again from the first one */
#define WINDOWS_MAX   8		     /* together */
#define MARK	      "\xee\x80\x80" /* U+E000, before other marks */
#define LOOK_FIRST    500	     /* rows before the clock is looked at */

struct search {
	struct store *st;
	const struct report_search *asked;
	bool (*each)(const struct report *r, void *data);
	void *data;
	size_t max, found, rows;
	size_t looked; /* rows whose report was read */
	int64_t next_id, ends_ms;
	void *row; /* what is read of the report in hand */

	char *match; /* for FTS5; "" nothing of it */
	size_t terms;
	char *longer[STORE_SEARCH_WORDS]; /* words whose beginning only is in match, folded */
	size_t n_longer;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_spent(const struct search *s)
{
	return s->looked >= STORE_SEARCH_LOOK || (s->rows >= LOOK_FIRST && now_ms() >= s->ends_ms);
}

/* ---- what FTS5 is asked ---- */

static void add_term(struct search *s, const char *term, bool beginning)
{
	s->match = talloc_asprintf_append_buffer(s->match, "%s\"%s\"%s", s->terms++ ? " " : "",
						 term, beginning ? "*" : "");
	OSMO_ASSERT(s->match);
}

/* Only what every tokenizer of SQLite takes for a part of a word, so that each term is one: the index knows no phrases.
 * Letters of what is younger than its tables are not among them, nor the marks. */
static bool is_letter(UChar32 c)
{
	UVersionInfo age;

	if (c < 0x80)
		return u_isalnum(c);
	u_charAge(c, age);
	return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) && age[0] > 0 && age[0] <= 6;
}

/* FTS5 takes these out of a word. */
static bool is_accent(UChar32 c)
{
	return c >= 0x300 && c <= 0x331;
}

static void add_word(struct search *s, const char *word, size_t letters, size_t cut)
{
	char *term = talloc_strndup(s->row, word, letters > BEGINNING_MAX ? cut : strlen(word));

	OSMO_ASSERT(term);
	add_term(s, term, letters >= BEGINNING_MIN);
	if (letters > BEGINNING_MAX)
		s->longer[s->n_longer++] = phrase_fold(s->row, word);
}

static void add_words(struct search *s, const char *text)
{
	char *word = talloc_size(s->row, strlen(text) + 1);
	size_t len = 0, letters = 0, cut = 0, words = 0;
	int32_t i = 0;
	UChar32 c;

	OSMO_ASSERT(word);
	do {
		int32_t from = i;

		U8_NEXT(text, i, -1, c);
		if (c > 0 && is_accent(c))
			continue;
		if (c > 0 && is_letter(c)) {
			memcpy(word + len, text + from, (size_t)(i - from));
			len += (size_t)(i - from);
			if (++letters == BEGINNING_MAX)
				cut = len;
			continue;
		}
		word[len] = '\0';
		if (letters > 0 && words++ < STORE_SEARCH_WORDS)
			add_word(s, word, letters, cut);
		len = letters = 0;
	} while (c != 0);
}

/* A category's mark, if its name has one that is a single word. */
static void add_category(struct search *s, const char *slug)
{
	char *mark = talloc_asprintf(s->row, MARK "c%s", slug);
	char *to = mark + strlen(MARK "c");

	for (; *slug; slug++) {
		if ((unsigned char)*slug < 0x80 && u_isalnum(*slug))
			*to++ = *slug;
		else if (*slug != '-' && *slug != '_')
			return;
	}
	*to = '\0';
	add_term(s, mark, false);
}

static void add_marks(struct search *s)
{
	if (IS_SET(s->asked->category))
		add_category(s, s->asked->category);
	if (s->asked->area_id > 0)
		add_term(s, talloc_asprintf(s->row, MARK "a%lld", (long long)s->asked->area_id),
			 false);
}

/* ---- looking ---- */

static bool state_fits(const char *state, const char *asked)
{
	enum report_state is;

	if (!IS_SET(asked))
		return true;
	if (strcmp(asked, "open") != 0)
		return !strcmp(state, asked);
	return report_state_read(&is, state) == 0 && report_is_open(is);
}

/* A row of LOOK_AT. */
static bool fits(sqlite3_stmt *row, const struct report_search *q)
{
	return state_fits(column_text(row, 1), q->state) &&
	       (!IS_SET(q->category) || !strcmp(column_text(row, 2), q->category)) &&
	       (!q->area_id || sqlite3_column_int64(row, 3) == q->area_id) &&
	       (!IS_SET(q->contractor) || !strcmp(column_text(row, 4), q->contractor));
}

static bool has_longer(struct search *s, const struct report *r)
{
	char *text = s->n_longer == 0
			     ? NULL
			     : talloc_asprintf(r->description, " %s %s", r->description, r->place);
	char *folded;

	if (!text)
		return true;
	folded = talloc_asprintf(text, " %s", phrase_fold(text, text));
	for (size_t i = 0; i < s->n_longer; i++) {
		const char *at = folded;
		size_t len = strlen(s->longer[i]);

		do
			at = strchr(at, ' ');
		while (at && strncmp(++at, s->longer[i], len) != 0);
		if (!at)
			return false;
	}
	return true;
}

/* \returns 1 if it is one; 0; -EIO */
static int show(struct search *s, int64_t id, bool *more)
{
	void *ctx = talloc_new(s->row);
	struct report r;
	int rc = store_report_get(ctx, s->st, id, &r);

	if (rc == 0 && has_longer(s, &r)) {
		*more = s->each(&r, s->data);
		rc = 1;
	}
	talloc_free(ctx);
	return rc;
}

/* \returns 1: enough, next_id says where to go on; 0 after the last row; -EIO */
static int look_at(struct search *s, sqlite3_stmt *rows)
{
	bool more = true;
	int rc;

	while ((rc = stmt_row(s->st, rows)) > 0) {
		s->rows++;
		s->looked += sqlite3_column_type(rows, 1) != SQLITE_NULL;
		s->next_id = sqlite3_column_int64(rows, 0);
		if (fits(rows, s->asked)) {
			rc = show(s, s->next_id, &more);
			if (rc < 0)
				break;
			s->found += (size_t)rc;
		}
		if (!more || s->found >= s->max || is_spent(s)) {
			rc = 1;
			break;
		}
	}
	if (rc != 0)
		stmt_end(rows);
	return rc;
}

/* ---- where to look ---- */

/* Only of what is open: all of it, or one such state. */
static bool asks_open(const struct report_search *q)
{
	enum report_state is;

	return IS_SET(q->state) && (!strcmp(q->state, "open") ||
				    (report_state_read(&is, q->state) == 0 && report_is_open(is)));
}

/* In FTS5's words: any of these windows, and all terms. */
static char *within(struct search *s, int64_t oldest, int64_t newest)
{
	char *match = talloc_strdup(s->row, "(");

	for (int64_t window = newest; window >= oldest; window--) {
		char mark[U8_MAX_LENGTH + 1] = "";
		size_t n = 0;

		U8_APPEND_UNSAFE(mark, n, (UChar32)(WINDOW_MARK + window % WINDOW_MARKS));
		match = talloc_asprintf_append_buffer(match, "%s\"%s\"",
						      window < newest ? " OR " : "", mark);
	}
	match = talloc_asprintf_append_buffer(match, ") AND (%s)", s->match);
	OSMO_ASSERT(match);
	return match;
}

/* One term is read from the newest on, and no further than is needed.  More than one may never meet: then FTS5 would look
 * through all of both, so windows of ids are asked for, the newest by itself, then more of them together: each time costs
 * something, however little there is. */
static int look_for_words(struct search *s, int64_t before)
{
	enum stmt which = asks_open(s->asked) ? STMT_SEARCH_WORDS_OPEN : STMT_SEARCH_WORDS;
	int64_t newest, window, oldest;
	int rc = 0;

	if (s->terms < 2)
		return look_at(s,
			       STORE_BIND(s->st, which, V_TEXT(s->match), V_INT(before), V_INT(0)));
	rc = stmt_get(s->st, &newest, STMT_REPORT_LAST, NULL, 0);
	if (rc < 0)
		return rc;
	window = OSMO_MIN(before - 1, newest) >> WINDOW_BITS;
	for (int many = 1; window >= 0 && rc == 0; many = OSMO_MIN(2 * many, WINDOWS_MAX)) {
		char *match;

		oldest = OSMO_MAX(window - many + 1, 0);
		match = within(s, oldest, window);
		rc = look_at(s, STORE_BIND(s->st, which, V_TEXT(match), V_INT(before),
					   V_INT(oldest << WINDOW_BITS)));
		talloc_free(match);
		if (rc == 0 && oldest > 0 && now_ms() >= s->ends_ms) {
			s->next_id = oldest << WINDOW_BITS;
			return 1;
		}
		window = oldest - 1;
	}
	return rc;
}

static sqlite3_stmt *walk_open(struct store *st, const struct report_search *q, struct value from)
{
	if (IS_SET(q->category))
		return STORE_BIND(st, STMT_SEARCH_OPEN_CATEGORY, V_TEXT(q->category), from);
	if (q->area_id)
		return STORE_BIND(st, STMT_SEARCH_OPEN_AREA, V_INT(q->area_id), from);
	if (strcmp(q->state, "open") != 0)
		return STORE_BIND(st, STMT_SEARCH_STATE, V_TEXT(q->state), from);
	return STORE_BIND(st, STMT_SEARCH_OPEN, from);
}

static sqlite3_stmt *walk(struct store *st, const struct report_search *q, struct value from)
{
	if (asks_open(q))
		return walk_open(st, q, from);
	if (IS_SET(q->category))
		return STORE_BIND(st, STMT_SEARCH_CATEGORY, V_TEXT(q->category), from);
	if (IS_SET(q->state))
		return STORE_BIND(st, STMT_SEARCH_STATE, V_TEXT(q->state), from);
	if (q->area_id)
		return STORE_BIND(st, STMT_SEARCH_AREA, V_INT(q->area_id), from);
	if (IS_SET(q->contractor))
		return STORE_BIND(st, STMT_SEARCH_CONTRACTOR, V_TEXT(q->contractor), from);
	return STORE_BIND(st, STMT_SEARCH_ALL, from);
}

static int look(struct search *s)
{
	const struct report_search *q = s->asked;
	int64_t before = q->before_id ? q->before_id : INT64_MAX;
	bool both = IS_SET(q->category) && q->area_id && !asks_open(q);

	if (IS_SET(q->words))
		add_words(s, q->words);
	if (s->terms == 0 && q->words && q->words[strspn(q->words, " \t\r\n")])
		return 0; /* signs only: no report has them as a word */
	if (s->terms > 0 || both)
		add_marks(s);
	if (s->terms > 0)
		return look_for_words(s, before);
	return look_at(s, walk(s->st, q, V_INT(before)));
}

int store_report_search(void *ctx, struct store *st, const struct report_search *search, size_t max,
			bool (*each)(const struct report *r, void *data), void *data,
			int64_t *next_id)
{
	struct search s = { .st = st,
			    .asked = search,
			    .each = each,
			    .data = data,
			    .max = max,
			    .ends_ms = now_ms() + STORE_SEARCH_MS };
	int rc = 0;

	*next_id = 0;
	s.row = talloc_new(ctx);
	s.match = talloc_strdup(s.row, "");
	if (search->area_id >= 0) /* no report is in another */
		rc = look(&s);
	talloc_free(s.row);
	if (rc < 0)
		return rc;
	if (rc > 0)
		*next_id = s.next_id;
	return (int)s.found;
}

int store_area_list(struct store *st,
		    bool (*each)(int64_t id, const char *name, const char *slug, void *data),
		    void *data)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_AREA_LIST, NULL, 0);
	int n = 0, rc;

	while ((rc = stmt_row(st, s)) > 0) {
		n++;
		if (!each(sqlite3_column_int64(s, 0), column_text(s, 1), column_text(s, 2), data)) {
			stmt_end(s);
			return n;
		}
	}
	return rc < 0 ? rc : n;
}
