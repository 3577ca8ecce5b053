/* place.h - which places a text may mean: guesses that a register can settle.
 *
 * Free text has no edges: in "MELD AFVAL SPUI 70 container vol" the street may be "spui", "afval
 * spui" or "meld afval spui".  So a reading is a ranked list of guesses, bounded, each with the
 * bytes of the text that it takes.  Words are those of Dutch, English, Turkish, Polish and Arabic
 * texts; digits of any script.  Pure: knows no register.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PLACE_GUESSES_MAX   64
#define PLACE_STREET_SIZE   96
#define PLACE_SUFFIX_SIZE   8
#define PLACE_POSTCODE_SIZE 7
#define PLACE_OBJECT_SIZE   16

enum place_kind {
	PLACE_POSTCODE_NUMBER, /* "2511BT 70a", "70 2511 bt" */
	PLACE_OBJECT,	       /* "container 4711" */
	PLACE_STREET_NUMBER,   /* "spui 70" */
	PLACE_POSTCODE,	       /* "2511BT" */
	PLACE_STREET,	       /* "op het spui" */
	PLACE_NUMBER,	       /* "70": completes a street that was said before */
};

struct place_guess {
	enum place_kind kind;
	char postcode[PLACE_POSTCODE_SIZE];    /* "2511BT" */
	char street[PLACE_STREET_SIZE];	       /* folded as phrase_fold() does */
	int number;			       /* of the house */
	char suffix[PLACE_SUFFIX_SIZE];	       /* upper case, "" none */
	const char *object;		       /* "container", "lamp"; NULL: any kind */
	char object_number[PLACE_OBJECT_SIZE]; /* upper case, as on a sticker */
	bool certain; /* a street by its form ("...straat") or after "op", "aan": may be searched
			    * for with typing errors */
	size_t start, end; /* bytes of the text */
};

/*! Read the places that a text may mean.
 *  \param[in] thing  what the conversation is about ("container"): a bare number may be the one on its
 *                    sticker; NULL: nothing known, a number of three to six signs may be anything's
 *  \param[out] out  best first
 *  \returns count */
size_t place_read(const char *text, const char *thing, struct place_guess out[PLACE_GUESSES_MAX]);

/*! Does a folded word say where and nothing else ("op", "near"), so that it belongs to a place that it
 *  stands before? */
bool place_is_filler(const char *word);

/*! One key for all ways to write a street: "gr marktstr", "grote marktstraat" and "grotemarktstraat" give the
 *  same; so do "1e v d kunstr" and "eerste van der kunstraat".
 *  \param[in] folded  as phrase_fold() does
 *  \param[out] key  of PLACE_STREET_SIZE bytes */
void place_street_key(char *key, const char *folded);

/*! What of a street's name to search by, in pieces of words: its last letters, of a common end only the
 *  first two ("gr marktstraat" gives "gr marktst": the rest is that of a thousand others).
 *  \param[out] piece  of PLACE_STREET_SIZE bytes */
void place_street_piece(char *piece, const char *folded);
