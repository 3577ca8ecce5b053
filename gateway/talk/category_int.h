/* category_int.h - private to category*.c: the list in memory and the index of its words. */
#pragma once

#include "talk/category.h"
#include "talk/phrase_yaml.h"

#define CATEGORY_RULE_WORDS_MAX 6   /* words of one entry, fillers left out */
#define CATEGORY_TOKENS_MAX	128 /* words of a text that are looked at */
#define CATEGORY_RULES_MAX	65536

/* A name in one language. */
struct category_label {
	char *language, *text;
};

struct category_labels {
	struct category_label *list;
	size_t n;
};

struct category_group { /* a main or a thing */
	char *slug;
	struct category_labels names;
};

enum category_rule_kind {
	CATEGORY_RULE_CATEGORY,
	CATEGORY_RULE_THING,
	CATEGORY_RULE_MAIN,
	CATEGORY_RULE_DANGER,
	CATEGORY_RULE_UNLESS, /* of a danger */
};

/* One entry: its words together mean one thing. */
struct category_rule {
	enum category_rule_kind kind;
	uint16_t owner;	   /* place in the list of its kind */
	uint16_t language; /* place in categories->languages */
	uint16_t n;
	uint32_t words[CATEGORY_RULE_WORDS_MAX]; /* the rarest first: it leads here */
	uint32_t next;				 /* rule that the same word leads to, plus 1 */
};

struct category_word {
	char *text; /* folded */
	uint16_t letters;
	bool filler;
	uint32_t used;	/* in how many rules */
	uint32_t rules; /* first rule that it leads to, plus 1 */
};

/* Hash to word, several with the same hash side by side. */
struct category_table {
	struct {
		uint32_t hash, word_plus_1;
	} * slots;
	size_t size, used; /* a power of two; at most half is used */
};

struct categories {
	struct category *list;
	struct category_labels *names; /* of each in list */
	size_t n;
	struct category_group *mains;
	size_t main_count;
	struct category_group *things;
	size_t thing_count;
	struct danger *dangers;
	size_t danger_count;
	char **languages;
	size_t language_count;

	struct category_word *words;
	size_t word_count;
	struct category_rule *rules;
	size_t rule_count;
	struct category_table exact; /* whole words */
	struct category_table near;  /* long words, whole and with one letter left out */
};

/*! Read the list from memory; see categories_load(). */
struct categories *categories_read(void *ctx, struct phrase_yaml *y);

/*! Build the index: first the fillers, then every entry, then once the end.
 *  category_index_add(): 0; -EINVAL if nothing but fillers is left of it; -E2BIG if it has too many
 *  words, or the list too many entries */
void category_index_filler(struct categories *cats, const char *text);
int category_index_add(struct categories *cats, enum category_rule_kind kind, size_t owner,
		       const char *language, const char *text);
void category_index_end(struct categories *cats);

/*! Words that a text's word may be: itself, else those that one typing error made it of.
 *  \param[in] folded  one word as phrase_fold() leaves it
 *  \param[out] ids  places in cats->words
 *  \param[out] typo  it was none of ours as it stands
 *  \returns how many, at most max */
size_t category_index_find(const struct categories *cats, const char *folded, uint32_t *ids,
			   size_t max, bool *typo);
