// SPDX-License-Identifier: AGPL-3.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unicode/utf8.h>

#include <osmocom/core/utils.h>

#include "talk/phrase_yaml.h"

static int yaml_free(struct phrase_yaml *y)
{
	yaml_document_delete(&y->doc);
	return 0;
}

static struct phrase_yaml *yaml_alloc(void *ctx, const char *name)
{
	struct phrase_yaml *y = talloc_zero(ctx, struct phrase_yaml);

	OSMO_ASSERT(y);
	y->name = talloc_strdup(y, name);
	talloc_set_destructor(y, yaml_free);
	return y;
}

static void wrong_at(struct phrase_yaml *y, size_t line, const char *what)
{
	if (y->error)
		return;
	if (line)
		y->error = talloc_asprintf(y, "%s:%zu: %s", y->name, line, what);
	else
		y->error = talloc_asprintf(y, "%s: %s", y->name, what);
	OSMO_ASSERT(y->error);
}

void phrase_yaml_wrong(struct phrase_yaml *y, const yaml_node_t *node, const char *fmt, ...)
{
	va_list ap;
	char *what;

	va_start(ap, fmt);
	what = talloc_vasprintf(y, fmt, ap);
	va_end(ap);
	OSMO_ASSERT(what);
	wrong_at(y, node ? node->start_mark.line + 1 : 0, what);
	talloc_free(what);
}

struct phrase_yaml *phrase_yaml_read(void *ctx, const char *name, const void *bytes, size_t size)
{
	struct phrase_yaml *y = yaml_alloc(ctx, name);
	yaml_parser_t parser;

	if (size > PHRASE_YAML_MAX) {
		wrong_at(y, 0, "larger than 4 MiB");
		return y;
	}
	OSMO_ASSERT(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, bytes, size);
	if (!yaml_parser_load(&parser, &y->doc)) {
		memset(&y->doc, 0, sizeof(y->doc));
		wrong_at(y, (parser.problem_mark.line ?: parser.context_mark.line) + 1,
			 talloc_asprintf(y,
					 "%s: look at the quotes, brackets and blanks of this line "
					 "and the one before",
					 parser.problem ?: "not YAML"));
	}
	yaml_parser_delete(&parser);
	return y;
}

struct phrase_yaml *phrase_yaml_load(void *ctx, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct phrase_yaml *y;
	char *bytes;
	size_t size;

	if (!file) {
		y = yaml_alloc(ctx, path);
		wrong_at(y, 0, strerror(errno));
		return y;
	}
	bytes = talloc_size(ctx, PHRASE_YAML_MAX + 1);
	OSMO_ASSERT(bytes);
	size = fread(bytes, 1, PHRASE_YAML_MAX + 1, file);
	if (ferror(file)) {
		y = yaml_alloc(ctx, path);
		wrong_at(y, 0, "cannot be read");
	} else {
		y = phrase_yaml_read(ctx, path, bytes, size);
	}
	fclose(file);
	talloc_free(bytes);
	return y;
}

yaml_node_t *phrase_yaml_top(struct phrase_yaml *y)
{
	yaml_node_t *top = y->error ? NULL : yaml_document_get_root_node(&y->doc);

	if (top && top->type == YAML_MAPPING_NODE)
		return top;
	phrase_yaml_wrong(y, top, top ? "must be a map" : "empty");
	return NULL;
}

yaml_node_t *phrase_yaml_pair(struct phrase_yaml *y, const yaml_node_t *map, size_t i,
			      const char **key)
{
	yaml_node_pair_t *pair;

	if (map->type != YAML_MAPPING_NODE) {
		phrase_yaml_wrong(y, map, "must be a map");
		return NULL;
	}
	pair = map->data.mapping.pairs.start + i;
	if (pair >= map->data.mapping.pairs.top)
		return NULL;
	*key = phrase_yaml_text(y, yaml_document_get_node(&y->doc, pair->key));
	return *key ? yaml_document_get_node(&y->doc, pair->value) : NULL;
}

yaml_node_t *phrase_yaml_item(struct phrase_yaml *y, const yaml_node_t *list, size_t i)
{
	yaml_node_item_t *item;

	if (list->type != YAML_SEQUENCE_NODE) {
		phrase_yaml_wrong(y, list, "must be a list");
		return NULL;
	}
	item = list->data.sequence.items.start + i;
	return item < list->data.sequence.items.top ? yaml_document_get_node(&y->doc, *item) : NULL;
}

const char *phrase_yaml_text(struct phrase_yaml *y, const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE) {
		phrase_yaml_wrong(y, node, "must be a text");
		return NULL;
	}
	if (memchr(node->data.scalar.value, '\0', node->data.scalar.length)) {
		phrase_yaml_wrong(y, node, "holds a NUL");
		return NULL;
	}
	return (const char *)node->data.scalar.value;
}

bool phrase_yaml_first(struct phrase_yaml *y, const yaml_node_t *map, size_t i, const char *key)
{
	const char *earlier;
	size_t k;

	for (k = 0; k < i && phrase_yaml_pair(y, map, k, &earlier); k++) {
		if (strcmp(earlier, key) == 0) {
			phrase_yaml_pair(y, map, i, &earlier);
			phrase_yaml_wrong(y, phrase_yaml_pair(y, map, i, &earlier),
					  "\"%s\" stands here twice", key);
			return false;
		}
	}
	return true;
}

void phrase_yaml_words(struct phrase_yaml *y, const yaml_node_t *map,
		       const struct phrase_yaml_word *words, size_t n)
{
	yaml_node_t *node;
	const char *key;
	size_t i, k;

	for (i = 0; map && (node = phrase_yaml_pair(y, map, i, &key)); i++) {
		for (k = 0; k < n && strcmp(words[k].name, key) != 0; k++)
			;
		if (k == n)
			phrase_yaml_wrong(y, node, "unknown word \"%s\"", key);
		else if (phrase_yaml_first(y, map, i, key))
			*words[k].node = node;
	}
}
