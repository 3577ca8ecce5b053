/* place_word.h - private to talk/place*.c: the words that stand around places in residents' texts, in five languages.
 *
 * Words are folded as phrase_fold() does, and need no NUL.  Knows no register and no order of words: that is place.c's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum place_word {
	PLACE_WORD_NUMBER,	  /* a number follows: "nr" */
	PLACE_WORD_FILLER,	  /* says where, and is no name: "op", "near" */
	PLACE_WORD_BEFORE_STREET, /* after these a street begins */
	/* No street ends in these, so a number after one of them is another number. */
	PLACE_WORD_NEVER_LAST,
	PLACE_WORD_VERB,
	PLACE_WORD_COMMON, /* stands after "op" and "bij" and is no street */
	PLACE_WORD_UNIT,   /* a number before one of these counts something */
	PLACE_WORD_SUFFIX, /* of a house number, written apart: "bis" */
};

bool place_word_is(enum place_word which, const char *word, size_t len);

/*! What residents call the things with a number on them.
 *  \param[out] object  "container", "lamp"; NULL: any kind */
bool place_word_object(const char *word, size_t len, const char **object);

/*! Does it end as a Dutch street's name does, written out or short? */
bool place_word_ends_street(const char *word, size_t len);
