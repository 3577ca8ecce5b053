/* xml.h - XML of strangers, as a tree of libxml2.
 *
 * UTF-8 only.  A document type is refused as soon as it begins, so that there are no entities to grow or to fetch; nothing
 * is loaded from anywhere.  Ceilings: XML_SIZE_MAX octets, XML_DEPTH_MAX elements deep.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#define XML_SIZE_MAX  (256 * 1024)
#define XML_DEPTH_MAX 32

/*! \param[out] why  what is wrong with it, child of ctx; NULL if nothing is
 *  \returns the document, to be freed by xmlFreeDoc(); NULL */
xmlDoc *xml_read(void *ctx, const char *text, size_t len, char **why);

/*! Is it an element of this name and namespace? */
bool xml_is(const xmlNode *node, const char *space, const char *name);

/*! Its text without what stands white at both ends; comments and elements in it are left out.  Child of ctx, never NULL. */
char *xml_text(void *ctx, const xmlNode *node);

/*! Append a text to a talloc'd one, escaped for an element or an attribute in quotes; what XML cannot carry is dropped.
 *  \returns out, perhaps moved */
char *xml_escape_append(char *out, const char *text);
