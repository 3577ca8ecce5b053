/* phrase_fold.h - fold a text for comparing, word by word, with the place of each word.
 *
 * Lower case, no accents, Turkish dotless i as i, Arabic letter variants as one, every digit as
 * ASCII, all else to blanks.  What is folded twice stays the same.  Any bytes survive; what is no
 * UTF-8 counts as a blank.
 */
#pragma once

#include <stddef.h>

struct phrase_word {
	size_t at, len;	   /* bytes in the folded text */
	size_t start, end; /* bytes in the text itself */
};

/*! Fold a text.
 *  \param[out] words  its first words
 *  \param[in] max  room in words; what lies beyond is folded too, but not listed
 *  \param[out] n  words listed
 *  \returns the words with one blank between; talloc child of ctx */
char *phrase_fold_words(void *ctx, const char *text, struct phrase_word *words, size_t max,
			size_t *n);
