// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

#include "talk/phrase_fold.h"
#include "talk/place.h"
#include "talk/place_word.h"

/* Places stand in the first words of a text; a text of ten parts has more than these. */
#define WORDS_MAX	   96
#define STREET_WORDS_MAX   6
#define TOWN_WORDS_MAX	   2
/* A bare number with fewer digits may be anything's, one with more is a report's. */
#define STICKER_DIGITS_MIN 3
#define STICKER_DIGITS_MAX 6
#define STREET_ALONE_WORDS 3
#define SPACED_DIGITS_MIN  3
#define NUMBER_DIGITS_MAX  5
#define FILLERS_MAX	   5
/* A text of so few words may be all place; in a story only what ends like a street is. */
#define ANSWER_WORDS_MAX   6
#define NUMBERS_MAX	   4

/* A word, or a piece of one: "spui70" is two, "2511bt70" is two. */
struct piece {
	const char *s; /* folded, in the reader's text */
	size_t len;
	size_t start, end; /* bytes of the text */
	bool tied;	   /* to the piece before, without a blank: "70-a" */
};

struct reader {
	const char *text;
	struct piece pieces[WORDS_MAX];
	size_t n;
	struct place_guess *out;
	size_t count;
};

/* A house number as it stands: pieces first to last. */
struct house {
	int number;
	char suffix[PLACE_SUFFIX_SIZE];
	size_t first, last;
	bool loose; /* the suffix is a word of its own, perhaps of the sentence: "70 a" */
};

/* ---- words ---- */

static bool is(enum place_word which, const struct piece *p)
{
	return place_word_is(which, p->s, p->len);
}

bool place_is_filler(const char *word)
{
	size_t len = strlen(word);

	return place_word_is(PLACE_WORD_FILLER, word, len) ||
	       place_word_is(PLACE_WORD_NUMBER, word, len);
}

static bool is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0;
}

static bool is_letters(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < 'a' || s[i] > 'z')
			return false;
	return len > 0;
}

static size_t digits_at(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && isdigit((unsigned char)s[n]))
		n++;
	return n;
}

/* ---- pieces ---- */

/* Where a word is two: after a postcode ("2511bt70"), or where a name runs into a number
 * ("spui70", "nr70").  0: nowhere. */
static size_t seam_of(const char *s, size_t len)
{
	size_t letters = 0;

	if (len > 6 && digits_at(s, len) == 4 && is_letters(s + 4, 2) &&
	    isdigit((unsigned char)s[6]))
		return 6;
	while (letters < len && !isdigit((unsigned char)s[letters]))
		letters++;
	return letters >= 2 && letters < len ? letters : 0;
}

static void add_piece(struct reader *r, const char *s, size_t len, size_t start, size_t end)
{
	struct piece *p = &r->pieces[r->n];
	size_t before;

	if (r->n == WORDS_MAX || len == 0)
		return;
	*p = (struct piece){ .s = s, .len = len, .start = start, .end = end };
	if (r->n > 0) {
		before = p[-1].end;
		p->tied = start <= before ||
			  (start - before == 1 && strchr("-/.", r->text[before]));
	}
	r->n++;
}

static void cut_pieces(struct reader *r, const char *folded, const struct phrase_word *words,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct phrase_word *w = &words[i];
		const char *s = folded + w->at;
		size_t seam = seam_of(s, w->len);
		bool plain = w->end - w->start == w->len;

		if (seam == 0) {
			add_piece(r, s, w->len, w->start, w->end);
			continue;
		}
		add_piece(r, s, seam, w->start, plain ? w->start + seam : w->end);
		add_piece(r, s + seam, w->len - seam, plain ? w->start + seam : w->start, w->end);
	}
}

/* ---- guesses ---- */

static bool same_guess(const struct place_guess *a, const struct place_guess *b)
{
	return a->kind == b->kind && a->number == b->number && a->object == b->object &&
	       strcmp(a->postcode, b->postcode) == 0 && strcmp(a->street, b->street) == 0 &&
	       strcmp(a->suffix, b->suffix) == 0 && strcmp(a->object_number, b->object_number) == 0;
}

static void add_guess(struct reader *r, const struct place_guess *g)
{
	if (r->count == PLACE_GUESSES_MAX)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (same_guess(&r->out[i], g))
			return;
	r->out[r->count++] = *g;
}

static void set_span(const struct reader *r, struct place_guess *g, size_t first, size_t last)
{
	g->start = r->pieces[first].start;
	g->end = r->pieces[last].end;
}

static void copy_upper(char *to, size_t size, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		to[i] = (char)toupper((unsigned char)s[i]);
	to[i] = '\0';
}

/* With its suffix first; then, if that may be a word of the sentence, without. */
static void add_house(struct reader *r, struct place_guess *g, const struct house *h)
{
	size_t end = g->end;

	g->number = h->number;
	memcpy(g->suffix, h->suffix, sizeof(g->suffix));
	add_guess(r, g);
	if (!h->loose)
		return;
	g->suffix[0] = '\0';
	if (g->end == r->pieces[h->last].end)
		g->end = r->pieces[h->last - 1].end;
	add_guess(r, g);
	g->end = end;
}

/* ---- house numbers ---- */

/* "70", "70a", "12bis", "70hs", "12a2" */
static bool read_number(const struct piece *p, struct house *h)
{
	size_t digits = digits_at(p->s, p->len);
	int number = 0;

	if (digits == 0 || digits > NUMBER_DIGITS_MAX || p->len - digits > 4 || p->s[0] == '0')
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (p->s[i] - '0');
	for (size_t i = digits; i < p->len; i++)
		if ((unsigned char)p->s[i] >= 0x80)
			return false;
	h->number = number;
	copy_upper(h->suffix, sizeof(h->suffix), p->s + digits, p->len - digits);
	return true;
}

/* What may follow a number with a blank and still be its suffix. */
static bool is_suffix_word(const struct piece *p)
{
	return (p->len == 1 && is_letters(p->s, 1)) || is(PLACE_WORD_SUFFIX, p);
}

static bool read_house(const struct reader *r, size_t i, struct house *h)
{
	const struct piece *next = i + 1 < r->n ? &r->pieces[i + 1] : NULL;

	*h = (struct house){ .first = i, .last = i };
	if (!read_number(&r->pieces[i], h) || (next && is(PLACE_WORD_UNIT, next)))
		return false;
	if (h->suffix[0] || !next || next->len > 4)
		return true;
	if (is_suffix_word(next) || (next->tied && is_digits(next->s, next->len))) {
		copy_upper(h->suffix, sizeof(h->suffix), next->s, next->len);
		h->last = i + 1;
		h->loose = true;
	}
	return true;
}

/* ---- postcodes ---- */

/* "2511bt" or "2511" "bt".  Returns pieces taken, 0 if it is none.  SA, SD and SS are not given out. */
static size_t read_postcode(const struct reader *r, size_t i, char out[PLACE_POSTCODE_SIZE])
{
	const struct piece *p = &r->pieces[i], *q = p + 1;
	const char *letters = NULL;
	size_t taken = 1;

	if (digits_at(p->s, p->len) != 4 || p->s[0] == '0')
		return 0;
	if (p->len == 6) {
		letters = p->s + 4;
	} else if (p->len == 4 && i + 1 < r->n && q->len == 2) {
		letters = q->s;
		taken = 2;
	}
	if (!letters || !is_letters(letters, 2))
		return 0;
	if (letters[0] == 's' && strchr("ads", letters[1]))
		return 0;
	copy_upper(out, 5, p->s, 4);
	copy_upper(out + 4, 3, letters, 2);
	return taken;
}

/* Pieces [i..] that only lead to a number ("nr", "bij nummer"). */
static size_t skip_fillers(const struct reader *r, size_t i)
{
	size_t n = 0;

	while (i + n < r->n && n < FILLERS_MAX &&
	       (is(PLACE_WORD_NUMBER, &r->pieces[i + n]) ||
		is(PLACE_WORD_FILLER, &r->pieces[i + n])))
		n++;
	return n;
}

static void guess_postcode(struct reader *r, size_t i, bool with_number)
{
	struct place_guess g = { .kind = with_number ? PLACE_POSTCODE_NUMBER : PLACE_POSTCODE };
	size_t taken = read_postcode(r, i, g.postcode), at, back;
	struct house h;

	if (taken == 0)
		return;
	if (!with_number) {
		set_span(r, &g, i, i + taken - 1);
		add_guess(r, &g);
		return;
	}
	at = i + taken;
	at += skip_fillers(r, at);
	if (at < r->n && read_house(r, at, &h)) {
		set_span(r, &g, i, h.last);
		add_house(r, &g, &h);
	}
	/* "70 2511BT", "70 a, 2511BT" */
	for (back = 1; back <= 2 && back <= i; back++) {
		if (!read_house(r, i - back, &h) || h.last != i - 1)
			continue;
		h.loose = false;
		set_span(r, &g, i - back, i + taken - 1);
		add_house(r, &g, &h);
	}
}

/* ---- objects ---- */

static bool is_object_number(const struct piece *p)
{
	bool digit = false;

	if (p->len >= PLACE_OBJECT_SIZE)
		return false;
	for (size_t i = 0; i < p->len; i++) {
		if (!isalnum((unsigned char)p->s[i]))
			return false;
		digit |= isdigit((unsigned char)p->s[i]) != 0;
	}
	return digit;
}

/* "40 08", "4 0 0 8": a number as it is read out. */
static bool read_spaced(const struct reader *r, size_t i, struct place_guess *g, size_t *last)
{
	size_t len = 0, at = i;

	for (;
	     at < r->n && r->pieces[at].len <= 2 && is_digits(r->pieces[at].s, r->pieces[at].len) &&
	     len + r->pieces[at].len < PLACE_OBJECT_SIZE;
	     at++) {
		copy_upper(g->object_number + len, PLACE_OBJECT_SIZE - len, r->pieces[at].s,
			   r->pieces[at].len);
		len += r->pieces[at].len;
	}
	if (at < i + 2 || len < SPACED_DIGITS_MIN)
		return false;
	*last = at - 1;
	return true;
}

/* The number on a sticker at a piece; "L 1234" and "L-1234" are one. */
static bool read_object(const struct reader *r, size_t i, struct place_guess *g, size_t *last)
{
	const struct piece *p = &r->pieces[i];
	char postcode[PLACE_POSTCODE_SIZE];

	if (read_postcode(r, i, postcode) == 1 || (i + 1 < r->n && is(PLACE_WORD_UNIT, p + 1)))
		return false;
	*last = i;
	if (read_spaced(r, i, g, last))
		return true;
	if (is_object_number(p)) {
		copy_upper(g->object_number, sizeof(g->object_number), p->s, p->len);
		return true;
	}
	if (p->len > 3 || !is_letters(p->s, p->len) || i + 1 >= r->n || is(PLACE_WORD_FILLER, p) ||
	    is(PLACE_WORD_NUMBER, p) || !is_digits(p[1].s, p[1].len) ||
	    p->len + p[1].len >= PLACE_OBJECT_SIZE)
		return false;
	copy_upper(g->object_number, sizeof(g->object_number), p->s, p->len);
	copy_upper(g->object_number + p->len, sizeof(g->object_number) - p->len, p[1].s, p[1].len);
	*last = i + 1;
	return true;
}

static bool read_object_word(const struct piece *p, const char **object)
{
	return place_word_object(p->s, p->len, object);
}

static void guess_object(struct reader *r, size_t i)
{
	struct place_guess g = { .kind = PLACE_OBJECT };
	size_t at = i + 1, last;

	if (!read_object_word(&r->pieces[i], &g.object))
		return;
	while (at < r->n && at <= i + 2 && is(PLACE_WORD_NUMBER, &r->pieces[at]))
		at++;
	if (at < r->n && read_object(r, at, &g, &last)) {
		set_span(r, &g, i, last);
		add_guess(r, &g);
	}
}

/* Words that leave a number alone: "het is nr 4711", "container 4711". */
static bool is_beside_number(const struct piece *p)
{
	const char *object;

	return is(PLACE_WORD_FILLER, p) || is(PLACE_WORD_NUMBER, p) || is(PLACE_WORD_VERB, p) ||
	       read_object_word(p, &object);
}

/* The only thing that a text says, if the talk is of a thing with a number on it: "nr L1234". */
static void guess_bare_object(struct reader *r, const char *thing)
{
	struct place_guess g = { .kind = PLACE_OBJECT, .object = thing };
	size_t first = 0, last, i;

	while (first < r->n && is_beside_number(&r->pieces[first]))
		first++;
	if (first == r->n || !read_object(r, first, &g, &last) ||
	    (!thing && (strlen(g.object_number) < STICKER_DIGITS_MIN ||
			strlen(g.object_number) > STICKER_DIGITS_MAX)))
		return;
	for (i = last + 1; i < r->n; i++)
		if (!is_beside_number(&r->pieces[i]))
			return;
	set_span(r, &g, first, last);
	add_guess(r, &g);
}

/* ---- streets ---- */

/* Pieces first to last with one blank between; no street is all digits. */
static bool join_street(const struct reader *r, size_t first, size_t last,
			char street[PLACE_STREET_SIZE])
{
	const struct piece *from = &r->pieces[first], *to = &r->pieces[last];
	size_t len = 0;

	for (; from <= to; from++) {
		if (len + from->len + 2 > PLACE_STREET_SIZE)
			return false;
		if (len > 0)
			street[len++] = ' ';
		memcpy(street + len, from->s, from->len);
		len += from->len;
	}
	street[len] = '\0';
	return len >= 2 && strspn(street, "0123456789 ") < len;
}

static bool ends_like_street(const struct piece *p)
{
	return place_word_ends_street(p->s, p->len);
}

static bool never_ends_street(const struct piece *p)
{
	return is(PLACE_WORD_NEVER_LAST, p) || is(PLACE_WORD_NUMBER, p) ||
	       (is(PLACE_WORD_FILLER, p) && !ends_like_street(p));
}

static bool is_word_before_street(const struct reader *r, size_t first)
{
	return first > 0 && is(PLACE_WORD_BEFORE_STREET, &r->pieces[first - 1]);
}

/* Long enough, and no word of the trade: worth a search with typing errors. */
static bool is_name(const struct piece *p)
{
	const char *object;

	if (read_object_word(p, &object))
		return false;
	return ends_like_street(p) ||
	       (p->len >= 4 && !is(PLACE_WORD_FILLER, p) && !is(PLACE_WORD_COMMON, p));
}

/* The streets that may end at a piece, longest first. */
static void guess_streets(struct reader *r, size_t last, const struct house *h)
{
	struct place_guess g = { .kind = PLACE_STREET_NUMBER };
	size_t words = last + 1 < STREET_WORDS_MAX ? last + 1 : STREET_WORDS_MAX;

	if (never_ends_street(&r->pieces[last]))
		return;
	for (; words > 0; words--) {
		size_t first = last + 1 - words;

		if (!join_street(r, first, last, g.street))
			continue;
		g.certain = is_name(&r->pieces[last]);
		set_span(r, &g, first, h->last);
		add_house(r, &g, h);
	}
}

/* "kerkstraat den haag 5": only if there is such a street, for a town may be any word. */
static void guess_before_town(struct reader *r, const struct house *h)
{
	size_t from = r->count;

	for (size_t town = 1; town <= TOWN_WORDS_MAX && town < h->first; town++)
		if (ends_like_street(&r->pieces[h->first - 1 - town]))
			guess_streets(r, h->first - 1 - town, h);
	for (; from < r->count; from++)
		r->out[from].certain = false;
}

/* "spui 70", "op de grote marktstraat bij nummer 12a" */
static void guess_before_number(struct reader *r, const struct house *h)
{
	size_t last = h->first;

	if (last == 0)
		return;
	guess_streets(r, last - 1, h);
	for (size_t n = 0; n < FILLERS_MAX && last > 0; n++) {
		const struct piece *p = &r->pieces[last - 1];

		if (!is(PLACE_WORD_NUMBER, p) && !is(PLACE_WORD_FILLER, p))
			break;
		last--;
	}
	if (last > 0 && last < h->first)
		guess_streets(r, last - 1, h);
	guess_before_town(r, h);
}

/* "70 spui", as the English write it */
static void guess_after_number(struct reader *r, const struct house *h)
{
	struct place_guess g = { .kind = PLACE_STREET_NUMBER };
	size_t first = h->last + 1, words;
	struct house bare = *h;

	if (h->loose) {
		bare.suffix[0] = '\0';
		bare.loose = false;
		first--;
	}
	for (words = STREET_WORDS_MAX; words > 0; words--) {
		if (first + words > r->n || !join_street(r, first, first + words - 1, g.street))
			continue;
		g.certain = ends_like_street(&r->pieces[first + words - 1]);
		set_span(r, &g, h->first, first + words - 1);
		add_house(r, &g, &bare);
	}
}

/* A street alone: what ends like one, then what follows "op" or "near", then all of a short answer. */
static void guess_street_alone(struct reader *r)
{
	struct place_guess g = { .kind = PLACE_STREET };

	for (size_t last = 0; last < r->n; last++) {
		if (!ends_like_street(&r->pieces[last]))
			continue;
		for (size_t words = 4; words > 0; words--) {
			if (words > last + 1 || !join_street(r, last + 1 - words, last, g.street))
				continue;
			g.certain = r->pieces[last].len >= 5;
			set_span(r, &g, last + 1 - words, last);
			add_guess(r, &g);
		}
	}
	for (size_t first = 0; first < r->n; first++) {
		bool led = is_word_before_street(r, first);

		if (!led && (r->n > 4 || first > 0))
			continue;
		for (size_t words = 4; words > 0; words--) {
			if (first + words > r->n ||
			    never_ends_street(&r->pieces[first + words - 1]) ||
			    !join_street(r, first, first + words - 1, g.street))
				continue;
			g.certain = (led || words == r->n) &&
				    (r->n <= ANSWER_WORDS_MAX ||
				     ends_like_street(&r->pieces[first + words - 1])) &&
				    is_name(&r->pieces[first + words - 1]);
			set_span(r, &g, first, first + words - 1);
			add_guess(r, &g);
		}
	}
}

/* Every few words of a text that is not long, most words first: "lantaarn lange voorhout". */
static void guess_street_words(struct reader *r)
{
	struct place_guess g = { .kind = PLACE_STREET };

	for (size_t words = STREET_ALONE_WORDS; words > 0 && r->n <= 12; words--) {
		for (size_t i = 0; i + words <= r->n; i++) {
			const struct piece *last = &r->pieces[i + words - 1];

			if (last->len < 4 || is(PLACE_WORD_FILLER, last) ||
			    is_digits(last->s, last->len) ||
			    !join_street(r, i, i + words - 1, g.street))
				continue;
			set_span(r, &g, i, i + words - 1);
			add_guess(r, &g);
		}
	}
}

static void guess_numbers(struct reader *r, void (*guess)(struct reader *r, const struct house *h))
{
	char postcode[PLACE_POSTCODE_SIZE];
	struct house h;
	unsigned int seen = 0;

	for (size_t i = 0; i < r->n && seen < NUMBERS_MAX; i++) {
		if (read_house(r, i, &h) && read_postcode(r, i, postcode) != 1) {
			guess(r, &h);
			seen++;
		}
	}
}

static void guess_number_alone(struct reader *r, const struct house *h)
{
	struct place_guess g = { .kind = PLACE_NUMBER };

	set_span(r, &g, h->first, h->last);
	add_house(r, &g, h);
}

size_t place_read(const char *text, const char *thing, struct place_guess out[PLACE_GUESSES_MAX])
{
	struct phrase_word words[WORDS_MAX];
	struct reader r = { .text = text, .out = out };
	char *folded;
	size_t n;

	folded = phrase_fold_words(NULL, text, words, WORDS_MAX, &n);
	cut_pieces(&r, folded, words, n);
	for (size_t i = 0; i < r.n; i++)
		guess_postcode(&r, i, true);
	for (size_t i = 0; i < r.n; i++)
		guess_object(&r, i);
	guess_numbers(&r, guess_before_number);
	guess_bare_object(&r, thing && thing[0] ? thing : NULL);
	guess_numbers(&r, guess_after_number);
	for (size_t i = 0; i < r.n; i++)
		guess_postcode(&r, i, false);
	guess_street_alone(&r);
	guess_street_words(&r);
	guess_numbers(&r, guess_number_alone);
	talloc_free(folded);
	return r.count;
}
