/* spoken.h - words that came from outside (streets, categories, notes, numbers), as a person says them.
 *
 * A voice reads "70-2" as "seventy minus two", "Burg." as a word and a full stop, and "/" as "slash".  What we
 * write ourselves is written for the ear (the voice words of prompts/); this is for the rest.  Streets are
 * Dutch in every language, so are their abbreviations.  What is said already comes back as it is.  Pure.
 */
#pragma once

#include <stdbool.h>

/*! A place, a name or a note: abbreviations in full, ordinals as words, house numbers with their addition
 *  apart, postcodes and long numbers digit by digit, "A/B" as "A or B"; addresses of the web are left out.
 *  \param[in] text  UTF-8, any bytes survive
 *  \param[in] or  what is said for "/": "or", "of"
 *  \returns talloc'd text without a sign that is not said (spoken_sign()) */
char *spoken_text(void *ctx, const char *text, const char * or);

/*! A number that is said digit by digit, in the groups that it is written in; else "06" and pairs, an area code
 *  and the rest, or threes; five and fewer in one.  What holds more than digits and what parts them is a text.
 *  \returns talloc'd text: "4 8 2, 9 1 5, 3" */
char *spoken_number(void *ctx, const char *text, const char * or);

/*! The first sign of a text that a voice reads out by its name ("slash") or not at all; NULL if none.  An
 *  address of the web counts as one. */
const char *spoken_sign(const char *text);
