// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <osmocom/core/utils.h>

#include "talk/phrase_locale.h"
#include "talk/phrase_pattern.h"

#define DEPTH_MAX 8   /* messages within messages */
#define STYLE_MAX 128 /* bytes of "::currency/EUR" and the like */

enum part_type {
	PART_TEXT,
	PART_VALUE,
	PART_NUMBER,
	PART_RULES,
	PART_DATE,
	PART_COUNT, /* '#', the number of the plural around it */
	PART_PLURAL,
	PART_ORDINAL,
	PART_SELECT,
};

struct option {
	struct option *next;
	char *selector; /* keyword; NULL if it is "=n" */
	double exactly;
	struct part *message;
};

struct part {
	struct part *next;
	enum part_type type;
	char *text;		      /* itself, or the argument's name */
	struct phrase_number *number; /* also of a real in PART_VALUE, and of '#' */
	struct phrase_rules *rules;
	struct phrase_date *date;
	double offset; /* taken off before the plural is chosen */
	struct option *options;
};

/* A pattern taken apart.  Few of the many words of all languages are ever said, so each is taken apart when
 * it is wanted first. */
struct parsed {
	struct part *message;
	char *arguments; /* their names one after another, each with NUL, then an empty one */
	size_t arguments_size;
};

struct phrase_pattern {
	struct phrase_locale *locale;
	char *text;
	char *arguments;       /* as in struct parsed */
	struct parsed *parsed; /* NULL: not yet */
};

struct reader {
	struct phrase_locale *locale;
	struct parsed *parsed; /* all of it hangs on this */
	const char *at;
	char *error;
	unsigned int depth;
};

static struct part *read_message(struct reader *r, bool counting);

static void wrong(struct reader *r, const char *what, const char *about)
{
	if (!r->error)
		r->error = talloc_asprintf(r->parsed, "%s%s%s", what, about ? " " : "",
					   about ?: "");
}

static void skip_blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n')
		r->at++;
}

static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* A name or a selector: all up to a blank or a sign that the syntax uses. */
static char *read_word(struct reader *r)
{
	size_t len;
	char *word;

	skip_blanks(r);
	len = strcspn(r->at, " \t\n{},#'|<");
	if (len == 0) {
		wrong(r, *r->at ? "a name is missing before" : "'}' is missing",
		      *r->at ? r->at : NULL);
		return NULL;
	}
	word = talloc_strndup(r->parsed, r->at, len);
	OSMO_ASSERT(word);
	r->at += len;
	return word;
}

static struct part *part_alloc(struct reader *r, enum part_type type)
{
	struct part *part = talloc_zero(r->parsed, struct part);

	OSMO_ASSERT(part);
	part->type = type;
	return part;
}

/* One letter of text, with its apostrophes: '' is one; ' before a brace (or before # in a plural)
 * takes all up to the next ' as it stands.  \returns false at the text's end */
static bool read_letter(struct reader *r, char **text, size_t *len, bool counting)
{
	const char *close;

	if (*r->at == '\0' || *r->at == '{' || *r->at == '}' || (*r->at == '#' && counting))
		return false;
	if (*r->at != '\'') {
		(*text)[(*len)++] = *r->at++;
		return true;
	}
	r->at++;
	if (*r->at == '\'') {
		(*text)[(*len)++] = *r->at++;
		return true;
	}
	if (*r->at != '{' && *r->at != '}' && !(*r->at == '#' && counting)) {
		(*text)[(*len)++] = '\'';
		return true;
	}
	for (close = r->at; *close && (*close != '\'' || close[1] == '\''); close++) {
		if (*close == '\'')
			close++;
		(*text)[(*len)++] = *close;
	}
	if (*close != '\'')
		wrong(r, "an apostrophe before", "'{', '}' or '#' opens a quote that never closes");
	r->at = *close ? close + 1 : close;
	return true;
}

static struct part *read_text(struct reader *r, bool counting)
{
	struct part *part = part_alloc(r, PART_TEXT);
	size_t len = 0;

	part->text = talloc_size(part, strlen(r->at) + 1);
	OSMO_ASSERT(part->text);
	while (read_letter(r, &part->text, &len, counting))
		;
	part->text[len] = '\0';
	part->text = talloc_realloc(part, part->text, char, len + 1);
	return part;
}

/* The rest of "{n, number, STYLE}", without its brace. */
static void read_style(struct reader *r, char style[STYLE_MAX])
{
	size_t len;

	style[0] = '\0';
	if (take(r, ',')) {
		skip_blanks(r);
		len = strcspn(r->at, "{}");
		if (len >= STYLE_MAX) {
			wrong(r, "this style is too long:", r->at);
			return;
		}
		memcpy(style, r->at, len);
		style[len] = '\0';
		r->at += len;
		while (len > 0 && isspace((unsigned char)style[len - 1]))
			style[--len] = '\0';
	}
	if (!take(r, '}'))
		wrong(r, "'}' is missing after", *style ? style : "an argument");
}

static void read_number(struct reader *r, struct part *part)
{
	char style[STYLE_MAX];
	const char *skeleton = NULL;

	read_style(r, style);
	part->type = PART_NUMBER;
	if (style[0] == '\0')
		skeleton = "";
	else if (strcmp(style, "integer") == 0)
		skeleton = "precision-integer";
	else if (strcmp(style, "percent") == 0)
		skeleton = "percent precision-integer scale/100";
	else if (strncmp(style, "::", 2) == 0)
		skeleton = style + 2;
	if (skeleton)
		part->number = phrase_locale_number(r->locale, skeleton);
	if (!part->number)
		wrong(r, "unknown number style", style);
}

static void read_rules(struct reader *r, struct part *part, bool ordinal)
{
	char style[STYLE_MAX];

	read_style(r, style);
	part->type = PART_RULES;
	part->rules = phrase_locale_rules(r->locale, ordinal, *style ? style : NULL);
	part->number = phrase_locale_number(r->locale, "");
	if (!part->rules)
		wrong(r, "unknown way to spell a number:", style);
}

static void read_date(struct reader *r, struct part *part, bool time)
{
	char style[STYLE_MAX];

	read_style(r, style);
	part->type = PART_DATE;
	part->date = phrase_locale_date(r->locale, style, time);
	if (!part->date)
		wrong(r, "unknown date style", style);
}

static bool is_plural_keyword(const char *word)
{
	static const char *const keywords[] = { "zero", "one", "two", "few", "many", "other" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (strcmp(word, keywords[i]) == 0)
			return true;
	}
	return false;
}

/* \returns true if the word is a number and nothing else */
static bool read_double(double *out, const char *word)
{
	char *end;

	if (!isdigit((unsigned char)*word) && *word != '-')
		return false;
	*out = strtod(word, &end);
	return *end == '\0' && isfinite(*out);
}

static struct option *read_option(struct reader *r, struct part *part)
{
	struct option *option = talloc_zero(part, struct option);
	bool plural = part->type != PART_SELECT;
	char *word = read_word(r);

	OSMO_ASSERT(option);
	if (!word)
		return NULL;
	if (plural && word[0] == '=') {
		if (!read_double(&option->exactly, word + 1))
			wrong(r, "no number:", word);
	} else {
		option->selector = word;
		if (plural && !is_plural_keyword(word))
			wrong(r, "no plural keyword (zero one two few many other) and no =number:",
			      word);
	}
	if (!take(r, '{')) {
		wrong(r, "'{' is missing after", word);
		return NULL;
	}
	option->message = read_message(r, plural);
	if (!r->error && !take(r, '}'))
		wrong(r, "'}' is missing after", word);
	return option;
}

static void read_offset(struct reader *r, struct part *part)
{
	char *word;

	skip_blanks(r);
	if (part->type == PART_SELECT || strncmp(r->at, "offset:", 7) != 0)
		return;
	r->at += 7;
	word = read_word(r);
	if (word && !read_double(&part->offset, word))
		wrong(r, "no number:", word);
}

static void read_options(struct reader *r, struct part *part, enum part_type type)
{
	struct option **last = &part->options;
	bool other = false;

	part->type = type;
	part->number = phrase_locale_number(r->locale, "");
	if (!take(r, ',')) {
		wrong(r, "what to choose from is missing after", part->text);
		return;
	}
	read_offset(r, part);
	while (!r->error && !take(r, '}')) {
		*last = read_option(r, part);
		if (!*last)
			return;
		if ((*last)->selector && strcmp((*last)->selector, "other") == 0)
			other = true;
		last = &(*last)->next;
	}
	if (!other)
		wrong(r, "other{...} is missing in", part->text);
}

static void note_argument(struct parsed *parsed, const char *name)
{
	size_t size = strlen(name) + 1, old = parsed->arguments_size;

	parsed->arguments = talloc_realloc(parsed, parsed->arguments, char, old + size);
	OSMO_ASSERT(parsed->arguments);
	memcpy(parsed->arguments + old - 1, name, size);
	parsed->arguments_size += size;
	parsed->arguments[parsed->arguments_size - 1] = '\0';
}

static struct part *read_argument(struct reader *r)
{
	struct part *part = part_alloc(r, PART_VALUE);
	char *type;

	part->text = read_word(r);
	if (!part->text)
		return part;
	note_argument(r->parsed, part->text);
	if (take(r, '}')) {
		part->number = phrase_locale_number(r->locale, "group-off");
		return part;
	}
	if (!take(r, ',')) {
		wrong(r, "'}' is missing after", part->text);
		return part;
	}
	type = read_word(r);
	if (!type)
		return part;
	if (strcmp(type, "number") == 0)
		read_number(r, part);
	else if (strcmp(type, "date") == 0 || strcmp(type, "time") == 0)
		read_date(r, part, type[0] == 't');
	else if (strcmp(type, "spellout") == 0 || strcmp(type, "ordinal") == 0)
		read_rules(r, part, type[0] == 'o');
	else if (strcmp(type, "plural") == 0)
		read_options(r, part, PART_PLURAL);
	else if (strcmp(type, "selectordinal") == 0)
		read_options(r, part, PART_ORDINAL);
	else if (strcmp(type, "select") == 0)
		read_options(r, part, PART_SELECT);
	else
		wrong(r, "unknown argument type", type);
	return part;
}

/* Up to the closing brace of the argument around it, or to the end. */
static struct part *read_message(struct reader *r, bool counting)
{
	struct part *first = NULL, **last = &first;

	if (++r->depth > DEPTH_MAX)
		wrong(r, "messages within messages, too deep", NULL);
	while (!r->error && *r->at && *r->at != '}') {
		if (*r->at == '{') {
			r->at++;
			*last = read_argument(r);
		} else if (*r->at == '#' && counting) {
			r->at++;
			*last = part_alloc(r, PART_COUNT);
		} else {
			*last = read_text(r, counting);
		}
		last = &(*last)->next;
	}
	r->depth--;
	return first;
}

/* \param[out] error  as phrase_pattern_read() \returns NULL on error */
static struct parsed *parse(void *ctx, struct phrase_locale *locale, const char *text, char **error)
{
	struct parsed *parsed = talloc_zero(ctx, struct parsed);
	struct reader r = { .locale = locale, .parsed = parsed, .at = text };

	OSMO_ASSERT(parsed);
	parsed->arguments = talloc_zero_size(parsed, 1);
	parsed->arguments_size = 1;
	OSMO_ASSERT(parsed->arguments);
	parsed->message = read_message(&r, false);
	if (!r.error && *r.at == '}')
		wrong(&r, "'}' without '{' before it, or quote it:", r.at);
	if (!r.error)
		return parsed;
	*error = talloc_steal(ctx, r.error);
	talloc_free(parsed);
	return NULL;
}

struct phrase_pattern *phrase_pattern_read(void *ctx, struct phrase_locale *locale,
					   const char *text, char **error)
{
	struct parsed *parsed = parse(ctx, locale, text, error);
	struct phrase_pattern *pattern;

	if (!parsed)
		return NULL;
	pattern = talloc_zero(ctx, struct phrase_pattern);
	OSMO_ASSERT(pattern);
	pattern->arguments = talloc_memdup(pattern, parsed->arguments, parsed->arguments_size);
	OSMO_ASSERT(pattern->arguments);
	talloc_free(parsed);
	pattern->locale = locale;
	pattern->text = talloc_strdup(pattern, text);
	OSMO_ASSERT(pattern->text);
	return pattern;
}

static const struct parsed *parsed_of(struct phrase_pattern *pattern)
{
	char *error;

	if (!pattern->parsed)
		pattern->parsed = parse(pattern, pattern->locale, pattern->text, &error);
	OSMO_ASSERT(pattern->parsed); /* it could be read before */
	return pattern->parsed;
}

const char *phrase_pattern_argument(const struct phrase_pattern *pattern, size_t i)
{
	const char *name = pattern->arguments;

	while (*name && i-- > 0)
		name += strlen(name) + 1;
	return *name ? name : NULL;
}

const char *phrase_pattern_text(const struct phrase_pattern *pattern)
{
	return pattern->text;
}

/* ---- saying it */

struct speaker {
	char *out;
	size_t len;
	const struct phrase_pattern *pattern;
	json_t *args;
	const char *zone;
};

/* A number as an argument gives it: a JSON number, or a text that is one. */
struct amount {
	bool integer;
	int64_t whole;
	double value;
};

static void put(struct speaker *s, const char *text)
{
	size_t n = strlen(text), room = PHRASE_SIZE - 1 - s->len;

	if (n > room) {
		for (n = room; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	}
	memcpy(s->out + s->len, text, n);
	s->len += n;
}

static bool read_amount(struct amount *amount, const json_t *value)
{
	*amount = (struct amount){};
	if (json_is_integer(value)) {
		amount->integer = true;
		amount->whole = json_integer_value(value);
		amount->value = (double)amount->whole;
		return true;
	}
	if (json_is_real(value)) {
		amount->value = json_real_value(value);
		return true;
	}
	return json_is_string(value) && read_double(&amount->value, json_string_value(value));
}

static void put_amount(struct speaker *s, const struct part *part, const struct amount *amount)
{
	char value[PHRASE_VALUE_SIZE];

	if (amount->integer)
		phrase_number_integer(value, part->number, amount->whole);
	else
		phrase_number_real(value, part->number, amount->value);
	put(s, value);
}

static void put_value(struct speaker *s, const struct part *part, const json_t *value)
{
	struct amount amount;
	char digits[24];

	if (json_is_string(value)) {
		put(s, json_string_value(value));
	} else if (json_is_boolean(value)) {
		put(s, json_is_true(value) ? "true" : "false");
	} else if (json_is_integer(value)) {
		snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(value));
		put(s, digits);
	} else if (read_amount(&amount, value)) {
		put_amount(s, part, &amount);
	}
}

static void put_formatted(struct speaker *s, const struct part *part, const json_t *value)
{
	char text[PHRASE_VALUE_SIZE];
	struct amount amount;

	if (!read_amount(&amount, value)) {
		put_value(s, part, value);
	} else if (part->type == PART_NUMBER) {
		put_amount(s, part, &amount);
	} else if (part->type == PART_RULES) {
		phrase_rules_say(text, part->rules, amount.value);
		put(s, text);
	} else {
		phrase_date_say(text, part->date, amount.value, s->zone);
		put(s, text);
	}
}

static const struct option *find_option(const struct part *part, const char *selector)
{
	const struct option *option, *other = NULL;

	for (option = part->options; option; option = option->next) {
		if (!option->selector)
			continue;
		if (strcmp(option->selector, selector) == 0)
			return option;
		if (strcmp(option->selector, "other") == 0)
			other = option;
	}
	return other;
}

static const struct option *find_plural(const struct speaker *s, const struct part *part,
					const struct amount *amount)
{
	const struct option *option;
	char keyword[16];

	for (option = part->options; option; option = option->next) {
		if (!option->selector && option->exactly == amount->value)
			return option;
	}
	phrase_locale_plural(keyword, s->pattern->locale, part->type == PART_ORDINAL,
			     amount->value - part->offset);
	return find_option(part, keyword);
}

static const struct option *find_selected(const struct part *part, const json_t *value)
{
	char digits[24];

	if (json_is_string(value))
		return find_option(part, json_string_value(value));
	if (json_is_boolean(value))
		return find_option(part, json_is_true(value) ? "true" : "false");
	if (!json_is_integer(value))
		return find_option(part, "other");
	snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(value));
	return find_option(part, digits);
}

static void say_message(struct speaker *s, const struct part *message, const struct part *plural,
			const struct amount *count);

static void say_plural(struct speaker *s, const struct part *part, const json_t *value)
{
	struct amount amount;
	const struct option *option;

	if (!read_amount(&amount, value))
		return;
	option = find_plural(s, part, &amount);
	if (part->offset != 0) {
		amount.integer = false;
		amount.value -= part->offset;
	}
	say_message(s, option->message, part, &amount);
}

static void say_message(struct speaker *s, const struct part *message, const struct part *plural,
			const struct amount *count)
{
	const struct part *part;

	for (part = message; part; part = part->next) {
		const json_t *value = part->type == PART_TEXT || part->type == PART_COUNT
					      ? NULL
					      : json_object_get(s->args, part->text);

		switch (part->type) {
		case PART_TEXT:
			put(s, part->text);
			break;
		case PART_VALUE:
			put_value(s, part, value);
			break;
		case PART_NUMBER:
		case PART_RULES:
		case PART_DATE:
			put_formatted(s, part, value);
			break;
		case PART_COUNT:
			put_amount(s, plural, count);
			break;
		case PART_PLURAL:
		case PART_ORDINAL:
			say_plural(s, part, value);
			break;
		case PART_SELECT:
			say_message(s, find_selected(part, value)->message, NULL, NULL);
			break;
		}
	}
}

size_t phrase_pattern_say(char *out, struct phrase_pattern *pattern, json_t *args, const char *zone)
{
	struct speaker s = { .out = out, .pattern = pattern, .args = args, .zone = zone };

	say_message(&s, parsed_of(pattern)->message, NULL, NULL);
	out[s.len] = '\0';
	return s.len;
}
