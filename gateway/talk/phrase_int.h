/* phrase_int.h - private to phrase*.c: the words as they stand in memory. */
#pragma once

#include "talk/phrase.h"
#include "talk/phrase_pattern.h"
#include "talk/phrase_yaml.h"

enum phrase_variant { PHRASE_TEXT, PHRASE_VOICE, PHRASE_USSD, PHRASE_VARIANTS };

struct phrase_entry {
	char *key;
	size_t line; /* in its file, for errors */
	struct phrase_pattern *patterns[PHRASE_VARIANTS];
};

struct phrase_language {
	char *code, *name, *fallback, *file;
	struct phrase_locale *locale;
	struct phrase_entry *entries; /* sorted by key */
	size_t n;
};

/* A word, folded, that means something: a keyword in one language, or (keyword NULL) the language. */
struct phrase_meaning {
	char *word;
	char *language;
	char *keyword;
	size_t order; /* of reading: the first meaning of a word counts */
};

struct phrases {
	struct phrase_language **languages; /* sorted by code */
	size_t n;
	struct phrase_meaning *keywords; /* sorted by word */
	size_t keyword_count;
	struct phrase_meaning *choices; /* sorted by word */
	size_t choice_count;
};

/*! Start with no languages; add files, which are freed by the caller; then sort and check as a whole.
 *  phrases_add() leaves what is wrong in the file; phrases_finish() in *error. */
struct phrases *phrases_alloc(void *ctx);
void phrases_add(struct phrases *ph, struct phrase_yaml *y);
int phrases_finish(struct phrases *ph, char **error);

/*! Fold a word that residents type; a sign that folds to nothing, such as "?", stays itself. */
char *phrase_word_fold(void *ctx, const char *word);
