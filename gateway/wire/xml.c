// SPDX-License-Identifier: AGPL-3.0-or-later
/* xml.c - see xml.h. */
#include "wire/xml.h"

#include <limits.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/utf8.h"

/* What stopped the parser, if we did. */
struct refusal {
	const char *why;
};

static void refuse(xmlParserCtxt *parser, const char *why)
{
	struct refusal *refusal = parser->_private;

	refusal->why = why;
	xmlStopParser(parser);
}

static void document_type(void *ctx, const xmlChar *name, const xmlChar *external,
			  const xmlChar *system)
{
	refuse(ctx, "it has a document type, which is not taken: take the DOCTYPE out");
}

static void element_begins(void *ctx, const xmlChar *name, const xmlChar *prefix,
			   const xmlChar *uri, int n_spaces, const xmlChar **spaces, int n_values,
			   int n_default, const xmlChar **values)
{
	xmlParserCtxt *parser = ctx;

	if (parser->nameNr >= XML_DEPTH_MAX)
		refuse(parser, "its elements stand too deep in each other");
	else
		xmlSAX2StartElementNs(ctx, name, prefix, uri, n_spaces, spaces, n_values, n_default,
				      values);
}

static char *parser_words(void *ctx, xmlParserCtxt *parser, const struct refusal *refusal)
{
	const char *message = parser->lastError.message ? parser->lastError.message : "no XML";

	if (refusal->why)
		return talloc_strdup(ctx, refusal->why);
	return talloc_asprintf(ctx, "line %d: %.*s", parser->lastError.line,
			       (int)strcspn(message, "\n"), message);
}

xmlDoc *xml_read(void *ctx, const char *text, size_t len, char **why)
{
	struct refusal refusal = {};
	xmlParserCtxt *parser;
	xmlDoc *doc;

	*why = NULL;
	if (len > XML_SIZE_MAX) {
		*why = talloc_asprintf(ctx, "it is larger than %d octets", XML_SIZE_MAX);
		return NULL;
	}
	parser = xmlNewParserCtxt();
	OSMO_ASSERT(parser);
	parser->_private = &refusal;
	parser->sax->internalSubset = document_type;
	parser->sax->startElementNs = element_begins;
	doc = xmlCtxtReadMemory(parser, text, (int)len, NULL, "UTF-8",
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
	if (!doc || refusal.why || !xmlDocGetRootElement(doc)) {
		*why = parser_words(ctx, parser, &refusal);
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(parser);
	return doc;
}

bool xml_is(const xmlNode *node, const char *space, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       strcmp((const char *)node->ns->href, space) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

char *xml_text(void *ctx, const xmlNode *node)
{
	char *text = talloc_strdup(ctx, "");
	size_t white, len;

	for (const xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_TEXT_NODE && child->content)
			text = talloc_strdup_append_buffer(text, (const char *)child->content);
	OSMO_ASSERT(text);
	white = strspn(text, " \t\r\n");
	len = strlen(text);
	memmove(text, text + white, len + 1 - white);
	len -= white;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* XML 1.0, 2.2 Char */
static bool is_carried(uint32_t c)
{
	return c >= 0x20 ? c != 0xfffe && c != 0xffff : c == '\t' || c == '\n' || c == '\r';
}

char *xml_escape_append(char *out, const char *text)
{
	size_t len = strlen(text), from = 0, at = 0;

	while (at < len) {
		uint32_t c = 0;
		int n = utf8_read(&c, text + at, len - at);
		const char *instead = NULL;

		if (n <= 0 || !is_carried(c))
			instead = "";
		else if (c == '&')
			instead = "&amp;";
		else if (c == '<')
			instead = "&lt;";
		else if (c == '>')
			instead = "&gt;";
		else if (c == '"')
			instead = "&quot;";
		else if (c == '\r')
			instead = "&#13;";
		n = OSMO_MAX(n, 1);
		if (instead) {
			out = talloc_strndup_append_buffer(out, text + from, at - from);
			out = talloc_strdup_append_buffer(out, instead);
			from = at + n;
		}
		at += n;
	}
	out = talloc_strndup_append_buffer(out, text + from, len - from);
	OSMO_ASSERT(out);
	return out;
}
