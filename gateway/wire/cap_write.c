// SPDX-License-Identifier: AGPL-3.0-or-later
/* cap_write.c - an alert written, in the order of the schema of CAP 1.2; see cap.h. */
#include "wire/cap.h"

#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/rfc3339.h"
#include "wire/xml.h"

const char *cap_time(char *out, int64_t at_s)
{
	size_t len;

	rfc3339_write(out, at_s, 0);
	len = strlen(out);
	snprintf(out + len - 1, CAP_TIME_SIZE - len + 1, "-00:00");
	return out;
}

/* "" is left out */
static char *element(char *out, const char *indent, const char *name, const char *text)
{
	if (!text || !*text)
		return out;
	out = talloc_asprintf_append_buffer(out, "%s<%s>", indent, name);
	out = xml_escape_append(out, text);
	return talloc_asprintf_append_buffer(out, "</%s>\n", name);
}

static char *time_element(char *out, const char *name, int64_t at_s)
{
	char text[CAP_TIME_SIZE];

	return at_s ? element(out, "    ", name, cap_time(text, at_s)) : out;
}

static char *write_polygon(char *out, const struct cap_polygon *polygon)
{
	out = talloc_strdup_append_buffer(out, "      <polygon>");
	for (size_t i = 0; i < polygon->n; i++)
		out = talloc_asprintf_append_buffer(out, "%s%.6f,%.6f", i ? " " : "",
						    polygon->points[i].lat, polygon->points[i].lon);
	return talloc_strdup_append_buffer(out, "</polygon>\n");
}

static char *write_area(char *out, const struct cap_area *area)
{
	out = talloc_strdup_append_buffer(out, "    <area>\n");
	out = element(out, "      ", "areaDesc", area->desc);
	for (size_t i = 0; i < area->n_polygons; i++)
		out = write_polygon(out, &area->polygons[i]);
	for (size_t i = 0; i < area->n_circles; i++)
		out = talloc_asprintf_append_buffer(
			out, "      <circle>%.6f,%.6f %.3f</circle>\n", area->circles[i].middle.lat,
			area->circles[i].middle.lon, area->circles[i].radius_km);
	for (size_t i = 0; i < area->n_geocodes; i++) {
		out = talloc_strdup_append_buffer(out, "      <geocode>\n");
		out = element(out, "        ", "valueName", area->geocodes[i].name);
		out = element(out, "        ", "value", area->geocodes[i].value);
		out = talloc_strdup_append_buffer(out, "      </geocode>\n");
	}
	return talloc_strdup_append_buffer(out, "    </area>\n");
}

static char *write_info(char *out, const struct cap_info *info)
{
	out = talloc_strdup_append_buffer(out, "  <info>\n");
	out = element(out, "    ", "language", info->language);
	out = element(out, "    ", "category", info->category);
	out = element(out, "    ", "event", info->event);
	out = element(out, "    ", "urgency", info->urgency);
	out = element(out, "    ", "severity", info->severity);
	out = element(out, "    ", "certainty", info->certainty);
	out = time_element(out, "effective", info->effective_s);
	out = time_element(out, "onset", info->onset_s);
	out = time_element(out, "expires", info->expires_s);
	out = element(out, "    ", "senderName", info->sender_name);
	out = element(out, "    ", "headline", info->headline);
	out = element(out, "    ", "description", info->description);
	out = element(out, "    ", "instruction", info->instruction);
	out = element(out, "    ", "web", info->web);
	for (size_t i = 0; i < info->n_areas; i++)
		out = write_area(out, &info->areas[i]);
	return talloc_strdup_append_buffer(out, "  </info>\n");
}

static char *write_references(char *out, const struct cap_alert *alert)
{
	char *text = talloc_strdup(out, "");

	for (size_t i = 0; i < alert->n_references; i++)
		text = talloc_asprintf_append_buffer(
			text, "%s%s,%s,%s", i ? " " : "", alert->references[i].sender,
			alert->references[i].identifier, alert->references[i].sent);
	out = element(out, "  ", "references", text);
	return out;
}

char *cap_write(void *ctx, const struct cap_alert *alert)
{
	char *out = talloc_strdup(ctx, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				       "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n");

	out = element(out, "  ", "identifier", alert->identifier);
	out = element(out, "  ", "sender", alert->sender);
	out = element(out, "  ", "sent", alert->sent);
	out = element(out, "  ", "status", cap_status_name(alert->status));
	out = element(out, "  ", "msgType", cap_type_name(alert->type));
	out = element(out, "  ", "scope", cap_scope_name(alert->scope));
	out = write_references(out, alert);
	for (size_t i = 0; i < alert->n_infos; i++)
		out = write_info(out, &alert->infos[i]);
	out = talloc_strdup_append_buffer(out, "</alert>\n");
	OSMO_ASSERT(out);
	return out;
}
