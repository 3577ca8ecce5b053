/* fuzzy.h - how far two words are apart, in typing errors.
 *
 * For texts that phrase_fold() has folded; counts letters, not bytes.  Pure.
 */
#pragma once

#include <stddef.h>

#define FUZZY_LETTERS_MAX 128

/*! Typing errors between two texts: a letter left out, one too many, another one, or two
 *  neighbours swapped (optimal string alignment).
 *  \param[in] ceiling  more than this need not be told apart; 0 or more
 *  \returns 0 to ceiling; ceiling + 1 if they are further apart, or one has more than
 *           FUZZY_LETTERS_MAX letters */
int fuzzy_distance(const char *a, const char *b, int ceiling);

/*! How many errors a name may have and still be forgiven: grows with its length.
 *  \param[in] letters  of the name that is compared with */
int fuzzy_allowed(size_t letters);

/*! Letters (code points) of a text; what is no UTF-8 counts a letter a byte. */
size_t fuzzy_letters(const char *text);
