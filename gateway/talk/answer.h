/* answer.h - what a resident's plain answer means: a key, a day, a number, yes or no. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "talk/phrase.h"

/*! Bring what was received to something to work on: UTF-8 (what is not becomes a blank), no
 *  control characters, blanks single and none at the ends, at most ANSWER_TEXT_MAX bytes.
 *  \returns talloc'd text, child of ctx */
#define ANSWER_TEXT_MAX 2000
char *answer_clean(void *ctx, const char *text);

/*! Which option was chosen: "2", "2.", "(2)", or its label.
 *  \param[in] labels  n of them, from the first key on
 *  \param[in] loose  where nothing but a choice is asked: also "keuze 2", "1 graag", and words
 *                    that begin one label only
 *  \returns from 0; -1 if none */
int answer_option(const char *text, const char *const *labels, size_t n, bool loose);

/*! The same in words: "de eerste", "twee", "optie 2"; by the keywords key-1 to key-9, perhaps after one
 *  of "option". \returns from 0; -1 if none */
int answer_spelled(const char *text, size_t n, const struct phrases *ph);

/*! Read a whole number: "12", "12 stuks". \returns 0; -EINVAL; -ERANGE */
int answer_number(int64_t *out, const char *text);

/*! Read a day: 24-11, 24/11/2026, 2026-11-24, 24 11, or a word for today or tomorrow.  Without a
 *  year the next such day, a day of the last half year counts as past.
 *  \param[out] out  noon UTC of that day, which is the same day in the city
 *  \returns 0; -EINVAL if it is no day */
int answer_date(int64_t *out, const char *text, int64_t now_s, const struct phrases *ph,
		const char *language);

/*! \returns 1 yes, 0 no, -EINVAL neither */
int answer_yes_no(const char *text, const struct phrases *ph, const char *language);
