// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/open311_server.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/form.h"
#include "wire/open311.h"
#include "wire/rfc3339.h"
#include "wire/utf8.h"

#define NAME_SIZE  64
#define SHORT_MAX  128 /* characters of what is no free text */
#define PHONE_MIN  8   /* digits that may be somebody's number */
#define DEPTH_MAX  8
#define NUMBER_MAX 24

#define NO_WEB_ADDRESS "must begin with http:// or https://"
#define NO_TIME	       "must be a time such as 2026-11-26T08:00:00Z"

static int wrong(void *ctx, char **why, int rc, const char *name, const char *what)
{
	*why = talloc_asprintf(ctx, "%s %s", name, what);
	OSMO_ASSERT(*why);
	return rc;
}

/* ---- forms ---- */

struct field {
	const char *name;
	size_t offset; /* of a const char * in the struct */
	size_t max;    /* characters */
	bool several;  /* become lines; else the first of a name counts */
};

/* Characters of a text with nothing in it but characters; lines end with \n and other controls become spaces.
 * \returns count; -EBADMSG not UTF-8 */
static int tidy(char *text)
{
	const char *end = text + strlen(text);
	char *out = text;
	int n = 0;

	for (const char *in = text; *in; n++) {
		uint32_t c;
		int len = utf8_read(&c, in, (size_t)(end - in));

		if (len < 0)
			return -EBADMSG;
		if (c == '\r') {
			c = '\n';
			len += in[1] == '\n';
		} else if ((c < ' ' && c != '\n') || (c >= 0x7f && c < 0xa0)) {
			c = ' ';
		}
		in += len;
		out += utf8_write(out, c);
	}
	*out = '\0';
	return n;
}

static char *trimmed(char *text)
{
	size_t len;

	text += strspn(text, " \n");
	for (len = strlen(text); len > 0 && strchr(" \n", text[len - 1]); len--)
		text[len - 1] = '\0';
	return text;
}

static int take_field(void *ctx, void *out, const struct field *fields, const char *name,
		      char *value, char **why)
{
	for (; fields->name; fields++) {
		const char **to = (const char **)((char *)out + fields->offset);
		int n;

		if (strcmp(fields->name, name) != 0 || (*to && !fields->several))
			continue;
		n = tidy(value);
		if (n < 0)
			return wrong(ctx, why, n, fields->name, "is not UTF-8");
		value = trimmed(value);
		if ((size_t)n > fields->max && strlen(value) > fields->max)
			return wrong(ctx, why, -EINVAL, fields->name, "is too long");
		if (*value) {
			*to = *to ? talloc_asprintf_append_buffer((char *)*to, "\n%s", value)
				  : talloc_strdup(ctx, value);
			OSMO_ASSERT(*to);
		}
	}
	return 0;
}

static int read_fields(void *ctx, void *out, const struct field *fields, const char *text,
		       size_t len, char **why)
{
	char *value = talloc_size(ctx, len + 1), name[NAME_SIZE];
	struct form_reader reader;
	int rc;

	OSMO_ASSERT(value);
	form_open(&reader, text, len);
	while ((rc = form_next(&reader, name, sizeof(name), value, len + 1)) != 0) {
		if (rc == -ENOSPC) /* a name longer than any of ours */
			continue;
		if (rc < 0)
			return wrong(ctx, why, -EBADMSG, "the form", "is not written correctly");
		rc = take_field(ctx, out, fields, name, value, why);
		if (rc < 0)
			return rc;
	}
	talloc_free(value);
	return 0;
}

struct filing_form {
	struct open311_filing filing;
	const char *lat, *lon, *sms, *key, *fixmystreet_id;
};

#define FILING(name) offsetof(struct filing_form, filing.name)
#define RAW(name)    offsetof(struct filing_form, name)

static const struct field filing_fields[] = {
	{ "api_key", FILING(api_key), SHORT_MAX, false },
	{ "jurisdiction_id", FILING(jurisdiction_id), SHORT_MAX, false },
	{ "service_code", FILING(service_code), SHORT_MAX, false },
	{ "lat", RAW(lat), NUMBER_MAX, false },
	{ "long", RAW(lon), NUMBER_MAX, false },
	{ "address_string", FILING(address_string), 250, false },
	{ "address_id", FILING(address_id), SHORT_MAX, false },
	{ "description", FILING(description), OPEN311_DESCRIPTION_MAX, false },
	{ "phone", FILING(phone), SHORT_MAX, false },
	{ "media_url", FILING(media_url), 500, true },
	{ "media_url[]", FILING(media_url), 500, true },
	{ "account_id", FILING(account_id), SHORT_MAX, false },
	{ "device_id", FILING(device_id), SHORT_MAX, false },
	{ "attribute[asset_number]", FILING(asset_number), 32, false },
	{ "attribute[sms]", RAW(sms), SHORT_MAX, false },
	{ "attribute[idempotency_key]", RAW(key), SHORT_MAX, false },
	{ "attribute[fixmystreet_id]", RAW(fixmystreet_id), SHORT_MAX, false },
	{ NULL, 0, 0, false },
};

/* Digits with a point, nothing that another language writes. */
static bool read_degrees(double *out, const char *text, double max)
{
	char *end;

	if (text[strspn(text, "+-.0123456789")])
		return false;
	*out = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*out) && fabs(*out) <= max;
}

static bool is_web_address(const char *url)
{
	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		return false;
	return !strpbrk(url, " \n\"<>\\");
}

/* One a line. */
static int check_media(void *ctx, char **why, const char *media)
{
	for (int n = 0; media && *media; n++) {
		size_t len = strcspn(media, "\n");
		char *url = talloc_strndup(ctx, media, len);

		OSMO_ASSERT(url);
		if (!is_web_address(url))
			return wrong(ctx, why, -EINVAL, "media_url", NO_WEB_ADDRESS);
		if (n == OPEN311_MEDIA_MAX)
			return wrong(ctx, why, -EINVAL, "media_url", "is given over 10 times");
		media += len + (media[len] == '\n');
	}
	return 0;
}

static int check_filing(void *ctx, struct filing_form *form, char **why)
{
	struct open311_filing *f = &form->filing;

	if (!f->service_code)
		return wrong(ctx, why, -EINVAL, "service_code", "was not provided");
	if (!form->lat != !form->lon)
		return wrong(ctx, why, -EINVAL, "lat and long", "belong together");
	if (form->lat &&
	    (!read_degrees(&f->lat, form->lat, 90) || !read_degrees(&f->lon, form->lon, 180)))
		return wrong(ctx, why, -EINVAL, "lat and long", "must be degrees, WGS84");
	f->located = form->lat != NULL;
	if (!f->located && !f->address_string && !f->address_id)
		return wrong(ctx, why, -EINVAL, "a place",
			     "was not provided: lat and long, address_string or address_id");
	if (check_media(ctx, why, f->media_url) < 0)
		return -EINVAL;
	f->sms = form->sms && (!strcasecmp(form->sms, "yes") || !strcasecmp(form->sms, "true") ||
			       !strcmp(form->sms, "1"));
	f->key = form->key;
	if (!f->key && form->fixmystreet_id)
		f->key = talloc_asprintf(ctx, "fixmystreet_id %s", form->fixmystreet_id);
	return 0;
}

int open311_read_filing(void *ctx, struct open311_filing *out, const char *text, size_t len,
			char **why)
{
	struct filing_form form = { .lat = NULL };
	int rc = read_fields(ctx, &form, filing_fields, text, len, why);

	if (rc == 0)
		rc = check_filing(ctx, &form, why);
	*out = form.filing;
	return rc;
}

struct word_form {
	struct open311_word word;
	const char *update_id_ext, *updated;
};

#define WORD(name)     offsetof(struct word_form, word.name)
#define WORD_RAW(name) offsetof(struct word_form, name)

static const struct field word_fields[] = {
	{ "api_key", WORD(api_key), SHORT_MAX, false },
	{ "jurisdiction_id", WORD(jurisdiction_id), SHORT_MAX, false },
	{ "service_request_id", WORD(service_request_id), SHORT_MAX, false },
	{ "update_id", WORD(update_id), SHORT_MAX, false },
	{ "update_id_ext", WORD_RAW(update_id_ext), SHORT_MAX, false },
	{ "status", WORD(status), SHORT_MAX, false },
	{ "description", WORD(description), OPEN311_DESCRIPTION_MAX, false },
	{ "media_url", WORD(media_url), 500, true },
	{ "media_url[]", WORD(media_url), 500, true },
	{ "updated_datetime", WORD_RAW(updated), SHORT_MAX, false },
	{ NULL, 0, 0, false },
};

static int check_word(void *ctx, struct word_form *form, char **why)
{
	struct open311_word *w = &form->word;

	if (!w->update_id)
		w->update_id = form->update_id_ext;
	if (!w->service_request_id)
		return wrong(ctx, why, -EINVAL, "service_request_id", "was not provided");
	if (!w->update_id)
		return wrong(ctx, why, -EINVAL, "update_id", "was not provided");
	if (!w->status && !w->description)
		return wrong(ctx, why, -EINVAL, "status or description", "must be provided");
	if (check_media(ctx, why, w->media_url) < 0)
		return -EINVAL;
	if (form->updated &&
	    (rfc3339_read(&w->updated_s, form->updated, 0) < 0 || w->updated_s <= 0))
		return wrong(ctx, why, -EINVAL, "updated_datetime", NO_TIME);
	return 0;
}

int open311_read_word(void *ctx, struct open311_word *out, const char *text, size_t len, char **why)
{
	struct word_form form = { .updated = NULL };
	int rc = read_fields(ctx, &form, word_fields, text, len, why);

	if (rc == 0)
		rc = check_word(ctx, &form, why);
	*out = form.word;
	return rc;
}

/* ---- queries ---- */

static int read_refs(void *ctx, struct open311_query *q, const char *list, char **why)
{
	while (list && *list) {
		size_t len = strcspn(list, ",");
		const char *ref = talloc_strndup(ctx, list, len);

		OSMO_ASSERT(ref);
		if (q->n_refs == OPEN311_REFS_MAX)
			return wrong(ctx, why, -EINVAL, "service_request_id", "lists too many");
		if (*ref)
			q->refs[q->n_refs++] = ref;
		list += len + (list[len] == ',');
	}
	return 0;
}

static int read_codes(void *ctx, struct open311_query *q, const char *list, char **why)
{
	if (!list || !*list)
		return 0;
	if (strlen(list) + 3 > sizeof(q->codes))
		return wrong(ctx, why, -EINVAL, "service_code", "is too long");
	q->codes[0] = ',';
	memcpy(q->codes + 1, list, strlen(list));
	q->codes[strlen(list) + 1] = ',';
	return 0;
}

static int read_status(void *ctx, struct open311_query *q, const char *list, char **why)
{
	q->open = q->closed = !list || !*list;
	while (list && *list) {
		size_t len = strcspn(list, ",");

		if (len == 4 && !strncasecmp(list, "open", 4))
			q->open = true;
		else if (len == 6 && !strncasecmp(list, "closed", 6))
			q->closed = true;
		else
			return wrong(ctx, why, -EINVAL, "status", "must be open or closed");
		list += len + (list[len] == ',');
	}
	return 0;
}

static int read_date(void *ctx, int64_t *out, const struct target *target, const char *name,
		     char **why)
{
	const char *text = target_param(target, name);

	*out = -1;
	if (!text || !*text)
		return 0;
	if (rfc3339_read(out, text, 0) == 0 && *out >= 0)
		return 0;
	return wrong(ctx, why, -EINVAL, name, NO_TIME);
}

static int read_span(void *ctx, struct open311_query *q, const struct target *target,
		     const char *from, const char *to, int64_t now_s, char **why)
{
	int rc = read_date(ctx, &q->from_s, target, from, why);

	if (rc == 0)
		rc = read_date(ctx, &q->to_s, target, to, why);
	if (rc < 0)
		return rc;
	if (q->to_s < 0)
		q->to_s = q->from_s < 0 ? now_s : q->from_s + OPEN311_SPAN_S;
	if (q->from_s < 0)
		q->from_s = OSMO_MAX(q->to_s - OPEN311_SPAN_S, 0);
	if (q->from_s > q->to_s)
		return wrong(ctx, why, -EINVAL, from, "is after the end");
	if (q->to_s - q->from_s > OPEN311_SPAN_S)
		return wrong(ctx, why, -EINVAL, from, "and the end are over 90 days apart");
	return 0;
}

static int read_count(void *ctx, unsigned int *out, const struct target *target, const char *name,
		      unsigned int preset, unsigned int max, char **why)
{
	const char *text = target_param(target, name);
	unsigned long n = 0;

	*out = preset;
	if (!text || !*text)
		return 0;
	if (!text[strspn(text, "0123456789")] && strlen(text) < 9)
		n = strtoul(text, NULL, 10);
	if (n < 1 || n > max)
		return wrong(ctx, why, -EINVAL, name, "is no count, or too large");
	*out = (unsigned int)n;
	return 0;
}

static int read_page(void *ctx, struct open311_query *q, const struct target *target, char **why)
{
	unsigned int page;
	int rc = read_count(ctx, &q->limit, target, "page_size", OPEN311_PAGE_MAX, OPEN311_PAGE_MAX,
			    why);

	if (rc == 0)
		rc = read_count(ctx, &page, target, "page", 1, OPEN311_OFFSET_MAX, why);
	if (rc < 0)
		return rc;
	if ((page - 1) * q->limit > OPEN311_OFFSET_MAX)
		return wrong(ctx, why, -EINVAL, "page",
			     "is too far: narrow start_date and end_date");
	q->offset = (page - 1) * q->limit;
	return 0;
}

static bool has(const struct target *target, const char *name)
{
	const char *text = target_param(target, name);

	return text && *text;
}

int open311_read_query(void *ctx, struct open311_query *q, const struct target *target,
		       int64_t now_s, char **why)
{
	int rc;

	memset(q, 0, sizeof(*q));
	rc = read_refs(ctx, q, target_param(target, "service_request_id"), why);
	if (rc < 0 || q->n_refs > 0)
		return rc;
	q->by_update = has(target, "updated_after") || has(target, "updated_before");
	rc = read_codes(ctx, q, target_param(target, "service_code"), why);
	if (rc == 0)
		rc = read_status(ctx, q, target_param(target, "status"), why);
	if (rc == 0 && q->by_update && (has(target, "start_date") || has(target, "end_date")))
		rc = wrong(ctx, why, -EINVAL, "start_date and end_date",
			   "do not go with updated_after and updated_before");
	if (rc == 0)
		rc = read_span(ctx, q, target, q->by_update ? "updated_after" : "start_date",
			       q->by_update ? "updated_before" : "end_date", now_s, why);
	return rc < 0 ? rc : read_page(ctx, q, target, why);
}

/* ---- XML ---- */

/* U+FFFE and U+FFFF are no characters of XML. */
static bool is_no_character(const char *c)
{
	return (unsigned char)c[0] == 0xef && (unsigned char)c[1] == 0xbf &&
	       (unsigned char)c[2] >= 0xbe;
}

/* jansson holds UTF-8 only, without NUL. */
static void write_text(FILE *xml, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '<')
			fputs("&lt;", xml);
		else if (*c == '>')
			fputs("&gt;", xml);
		else if (*c == '&')
			fputs("&amp;", xml);
		else if (*c == '\r')
			fputs("&#13;", xml);
		else if (is_no_character(c))
			c += 2;
		else if (*c == '\t' || *c == '\n' || (unsigned char)*c >= ' ')
			putc(*c, xml);
	}
}

static void write_value(FILE *xml, const char *name, const json_t *value, int depth);

static void write_list(FILE *xml, const char *name, const json_t *list, int depth)
{
	char item[NAME_SIZE];

	OSMO_STRLCPY_ARRAY(item, name);
	item[strlen(item) - 1] = '\0';
	for (size_t i = 0; i < json_array_size(list); i++)
		write_value(xml, item, json_array_get(list, i), depth);
}

static void write_members(FILE *xml, const json_t *object, int depth)
{
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)object, key, member)
		write_value(xml, key, member, depth);
}

static void write_value(FILE *xml, const char *name, const json_t *value, int depth)
{
	OSMO_ASSERT(depth < DEPTH_MAX); /* what we write ourselves is shallow */
	fprintf(xml, "<%s>", name);
	if (json_is_string(value))
		write_text(xml, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(xml, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(xml, "%.6f", json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "true" : "false", xml);
	else if (json_is_array(value))
		write_list(xml, name, value, depth + 1);
	else if (json_is_object(value))
		write_members(xml, value, depth + 1);
	fprintf(xml, "</%s>", name);
}

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"

char *open311_xml(void *ctx, const char *root, const char *item, const json_t *json)
{
	char *text = NULL, *out;
	size_t len = 0;
	FILE *xml = open_memstream(&text, &len);

	OSMO_ASSERT(xml);
	fprintf(xml, XML_HEAD "<%s>", root);
	if (!item)
		write_members(xml, json, 0);
	for (size_t i = 0; item && i < json_array_size(json); i++)
		write_value(xml, item, json_array_get(json, i), 0);
	fprintf(xml, "</%s>\n", root);
	OSMO_ASSERT(fclose(xml) == 0);
	out = talloc_strndup(ctx, text, len);
	OSMO_ASSERT(out);
	free(text);
	return out;
}

/* ---- lists in pieces ---- */

char *open311_list_begin(void *ctx, const struct open311_list *list)
{
	char *text = list->xml ? talloc_asprintf(ctx, XML_HEAD "<%s>", list->root)
			       : talloc_strdup(ctx, "[");

	OSMO_ASSERT(text);
	return text;
}

static char *xml_record(const char *item, const json_t *record)
{
	char *text = NULL;
	size_t len = 0;
	FILE *xml = open_memstream(&text, &len);

	OSMO_ASSERT(xml);
	write_value(xml, item, record, 0);
	OSMO_ASSERT(fclose(xml) == 0);
	return text;
}

char *open311_list_add(char *text, struct open311_list *list, const json_t *record)
{
	char *more = list->xml ? xml_record(list->item, record) : json_dumps(record, JSON_COMPACT);

	OSMO_ASSERT(more);
	if (list->begun && !list->xml)
		text = talloc_strdup_append_buffer(text, ",");
	text = talloc_strdup_append_buffer(text, more);
	OSMO_ASSERT(text);
	free(more);
	list->begun = true;
	return text;
}

char *open311_list_end(char *text, const struct open311_list *list)
{
	text = list->xml ? talloc_asprintf_append_buffer(text, "</%s>\n", list->root)
			 : talloc_strdup_append_buffer(text, "]");
	OSMO_ASSERT(text);
	return text;
}

/* ---- what anyone may read ---- */

/* Bytes of a run of digits with what stands between those of a telephone number; 0 if they are too few. */
static size_t number_length(const char *text)
{
	size_t end = 0, digits = 0;

	for (size_t i = 0; text[i] && strchr("0123456789 ().-/+", text[i]); i++)
		if (isdigit((unsigned char)text[i])) {
			digits++;
			end = i + 1;
		}
	return digits >= PHONE_MIN ? end : 0;
}

static size_t address_length(const char *text)
{
	size_t len = strcspn(text, " \n\t,;<>()");
	const char *at = memchr(text, '@', len);

	return at && at > text && at + 1 < text + len ? len : 0;
}

char *open311_public(void *ctx, const char *text)
{
	char *out = talloc_size(ctx, strlen(text) + 1),
	     *end = out; /* what is hidden is never shorter */
	bool begins = true;

	OSMO_ASSERT(out);
	while (*text) {
		size_t hide = begins ? address_length(text) : 0;

		if (!hide && (*text == '+' || *text == '(' || isdigit((unsigned char)*text)))
			hide = number_length(text);
		begins = strchr(" \n\t,;<>()", *text) != NULL;
		if (hide)
			end = stpcpy(end, "...");
		else
			*end++ = *text;
		text += hide ? hide : 1;
	}
	*end = '\0';
	return out;
}
