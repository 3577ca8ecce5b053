// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any octets in every place of a page where words of others may stand: the page keeps its elements and attributes, and
 * whoever takes it apart reads the words again.  Taken apart twice: strictly, by what HTML says of our subset of it (every
 * value in double quotes, no "<" and no loose "&" in words), and by libxml2. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>
#include <sodium.h>
#include <talloc.h>
#include <unicode/utf8.h>

#include "../../../gateway/clock.c"
#include "web/web_page.h"
#include "wire/form.h"

#define PARTS_MAX 512
#define MARK	  "Mark"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_)
{
	if (!true_)
		abort();
}

/* ---- a page ---- */

static char *write_page(void *ctx, const char *text)
{
	struct web *web = talloc_zero(ctx, struct web);
	struct web_req *req = talloc_zero(web, struct web_req);
	struct page *page;

	req->web = web;
	req->method = "GET";
	page = page_begin(req, NULL, NULL, "nl", PAGE_NONE, text);
	p_html(page, "<p title=\"");
	p_text(page, text);
	p_html(page, "\" lang=\"nl\">");
	p_text(page, text);
	p_html(page, "</p><a href=\"/console/people/");
	p_param(page, text);
	p_html(page, "?words=");
	p_param(page, text);
	p_html(page, "\">");
	p_textf(page, "a %s b", text);
	p_html(page, "</a><textarea name=\"words\">\n");
	p_text(page, text);
	p_html(page, "</textarea><svg role=\"img\"><title>");
	p_text(page, text);
	p_html(page, "</title></svg>");
	p_notice(page, true, text);
	p_form(page, text, text);
	p_form_end(page);
	page_end(page, MHD_HTTP_OK);
	return req->answer;
}

/* What is left of a text: what is no UTF-8 and what HTML may not hold is U+FFFD.  By ICU. */
static char *sanitized(void *ctx, const char *text)
{
	int32_t len = (int32_t)strlen(text), i = 0;
	char *out = talloc_size(ctx, 3 * (size_t)len + 1), *to = out;

	while (i < len) {
		int32_t from = i;
		UChar32 c;

		U8_NEXT(text, i, len, c);
		if (c < 0)
			i = from + 1;
		if (c < 0 || U_IS_UNICODE_NONCHAR(c) ||
		    ((c < ' ' || (c >= 0x7f && c < 0xa0)) && !strchr("\t\n\r", c)))
			to = (char *)mempcpy(to, "\xef\xbf\xbd", 3);
		else
			to = (char *)mempcpy(to, text + from, (size_t)(i - from));
	}
	*to = '\0';
	return out;
}

/* ---- taken apart strictly ---- */

struct part {
	char kind; /* < tag, = attribute, . words */
	const char *name, *value;
};

struct parts {
	struct part at[PARTS_MAX];
	size_t n;
};

static void add(struct parts *ps, char kind, const char *name, const char *value)
{
	must(ps->n < PARTS_MAX);
	ps->at[ps->n++] = (struct part){ kind, name, value };
}

static char *words(void *ctx, const char *text, size_t len)
{
	static const struct {
		const char *reference;
		char is;
	} all[] = {
		{ "&amp;", '&' },  { "&lt;", '<' },   { "&gt;", '>' },
		{ "&quot;", '"' }, { "&#39;", '\'' },
	};
	char *out = talloc_size(ctx, len + 1), *to = out;

	for (size_t i = 0; i < len; to++) {
		size_t r = 0;

		must(!strchr("<>\"", text[i]));
		if (text[i] != '&') {
			*to = text[i++];
			continue;
		}
		while (r < 5 && strncmp(text + i, all[r].reference, strlen(all[r].reference)) != 0)
			r++;
		must(r < 5);
		i += strlen(all[r].reference);
		*to = all[r].is;
	}
	*to = '\0';
	return out;
}

/* Behind "<". \returns behind ">" */
static const char *take_tag(void *ctx, struct parts *ps, const char *at)
{
	size_t len = strcspn(at, " >/");

	len += len == 0 && *at == '/' ? 1 + strcspn(at + 1, " >") : 0;
	must(len > 0 && strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789/!") == len);
	add(ps, '<', talloc_strndup(ctx, at, len), "");
	for (at += len; *at == ' ';) {
		const char *name = ++at;

		at += strspn(at, "abcdefghijklmnopqrstuvwxyz-");
		must(at > name);
		if (*at != '=') {
			add(ps, '=', talloc_strndup(ctx, name, (size_t)(at - name)), "");
			continue;
		}
		must(at[1] == '"');
		len = strcspn(at + 2, "\"");
		add(ps, '=', talloc_strndup(ctx, name, (size_t)(at - name)),
		    words(ctx, at + 2, len));
		at += 2 + len;
		must(*at++ == '"');
	}
	must(*at == '>');
	return at + 1;
}

static struct parts *take_apart(void *ctx, const char *page)
{
	struct parts *ps = talloc_zero(ctx, struct parts);

	while (*page) {
		size_t len = strcspn(page, "<");

		add(ps, '.', "", words(ctx, page, len));
		page += len;
		if (*page)
			page = take_tag(ctx, ps, page + 1);
	}
	return ps;
}

/* ---- compared ---- */

/* Where the mark stood the text must stand. */
static char *expected(void *ctx, const char *marked, const char *text)
{
	char *out = talloc_strdup(ctx, "");

	for (const char *at; (at = strstr(marked, MARK)) != NULL; marked = at + strlen(MARK)) {
		out = talloc_strndup_append_buffer(out, marked, (size_t)(at - marked));
		out = talloc_strdup_append_buffer(out, text);
	}
	return talloc_strdup_append_buffer(out, marked);
}

static bool is_token(const char *value)
{
	return strlen(value) == 32 && strspn(value, "0123456789abcdef") == 32;
}

static void check_param(const char *value, const char *text, size_t size)
{
	char *decoded = malloc(strlen(value) + 1), *wanted = NULL;
	void *ctx = talloc_new(NULL);
	int rc = form_decode(decoded, strlen(value) + 1, value, strlen(value), false);

	wanted = talloc_asprintf(ctx, "/console/people/%s?words=%s", text, text);
	must(rc == (int)(2 * size + strlen("/console/people/?words=")) && !strcmp(decoded, wanted));
	must(strspn(value + strlen("/console/people/"),
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._*%?=") ==
	     strlen(value) - strlen("/console/people/"));
	free(decoded);
	talloc_free(ctx);
}

static void compare(void *ctx, const struct parts *marked, const struct parts *got,
		    const char *text)
{
	const char *clean = sanitized(ctx, text);

	must(marked->n == got->n);
	for (size_t i = 0; i < got->n; i++) {
		const struct part *m = &marked->at[i], *g = &got->at[i];

		must(m->kind == g->kind && !strcmp(m->name, g->name));
		if (!strcmp(g->name, "href") && strstr(m->value, MARK))
			check_param(g->value, text, strlen(text));
		else if (!is_token(m->value))
			must(!strcmp(expected(ctx, m->value, clean), g->value));
	}
}

/* ---- and by libxml2 ---- */

static char *names_of(char *out, const xmlNode *node)
{
	for (; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		out = talloc_asprintf_append_buffer(out, "<%s", (const char *)node->name);
		for (const xmlAttr *a = node->properties; a; a = a->next)
			out = talloc_asprintf_append_buffer(out, " %s", (const char *)a->name);
		out = names_of(out, node->children);
		out = talloc_strdup_append_buffer(out, ">");
	}
	return out;
}

static char *peer_names(void *ctx, const char *page)
{
	xmlDoc *doc = htmlReadMemory(page, (int)strlen(page), NULL, "utf-8",
				     HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	char *out = talloc_strdup(ctx, "");

	must(doc != NULL);
	out = names_of(out, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct parts *marked;
	static const char *marked_names;
	static void *kept;
	void *ctx = talloc_new(NULL);
	char *text = talloc_strndup(ctx, (const char *)data, size), *page;

	if (!marked) {
		must(sodium_init() >= 0);
		kept = talloc_new(NULL);
		page = write_page(kept, MARK);
		marked = take_apart(kept, page);
		marked_names = peer_names(kept, page);
	}
	page = write_page(ctx, text);
	compare(ctx, marked, take_apart(ctx, page), text);
	must(!strcmp(marked_names, peer_names(ctx, page)));
	talloc_free(ctx);
	return 0;
}
