/* phrase_yaml.h - a YAML file as libyaml's tree, with errors that name file and line.
 *
 * Thin: walks maps, lists and scalars of yaml_document_t.  The first error is kept, later ones are
 * its echoes.  A file has at most PHRASE_YAML_MAX bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#define PHRASE_YAML_MAX (4 * 1024 * 1024)

struct phrase_yaml {
	const char *name; /* of the file, as errors show it */
	yaml_document_t doc;
	char *error; /* "file:line: what is wrong"; NULL if all is well */
};

/*! Read a file, or bytes in memory that bear a name.
 *  \param[in] ctx  talloc parent; freeing the file frees the tree and its error
 *  \returns never NULL; look at ->error */
struct phrase_yaml *phrase_yaml_load(void *ctx, const char *path);
struct phrase_yaml *phrase_yaml_read(void *ctx, const char *name, const void *bytes, size_t size);

/*! Note what is wrong at a node (NULL: the file as a whole), unless something was noted before. */
void phrase_yaml_wrong(struct phrase_yaml *y, const yaml_node_t *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*! The top of the file, which must be a map; NULL if it is not (and noted). */
yaml_node_t *phrase_yaml_top(struct phrase_yaml *y);

/*! Step through a map or a list.  \param[in] i  from 0.  NULL after the last; a map's value comes
 *  back with its key in *key.  A node that is no map or list, or a key that is no text, is noted. */
yaml_node_t *phrase_yaml_pair(struct phrase_yaml *y, const yaml_node_t *map, size_t i,
			      const char **key);
yaml_node_t *phrase_yaml_item(struct phrase_yaml *y, const yaml_node_t *list, size_t i);

/* A word that may stand in a map, once, and where its value goes. */
struct phrase_yaml_word {
	const char *name;
	yaml_node_t **node;
};

/*! Read a map of such words; another one is noted.  map NULL: there is none. */
void phrase_yaml_words(struct phrase_yaml *y, const yaml_node_t *map,
		       const struct phrase_yaml_word *words, size_t n);

/*! A scalar's text, which lives as long as the file.  Something else is noted and is NULL. */
const char *phrase_yaml_text(struct phrase_yaml *y, const yaml_node_t *node);

/*! Is a map's pair its key's first one?  A second one is noted. */
bool phrase_yaml_first(struct phrase_yaml *y, const yaml_node_t *map, size_t i, const char *key);
