// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_assets.c - style, scripts and pictures, compiled in: /assets/HASH/NAME.  Another content is another address, so
 * a browser may keep what it has for ever. */
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "web/web_int.h"
#include "web/web_page.h"

struct asset {
	const char *name, *hash, *text;
};

static const struct asset assets[] = {
#include "web_assets.h"
};

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
};

static const struct asset *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(assets); i++)
		if (!strcmp(assets[i].name, name))
			return &assets[i];
	return NULL;
}

static const char *type_of(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].ending, ending))
			return types[i].type;
	return "text/plain; charset=utf-8";
}

void web_asset_put(char out[WEB_ASSET_ADDRESS_SIZE], const char *name)
{
	const struct asset *asset = find(name);

	OSMO_ASSERT(asset);
	snprintf(out, WEB_ASSET_ADDRESS_SIZE, "/assets/%s/%s", asset->hash, asset->name);
}

void web_asset(struct web_req *req)
{
	const struct asset *asset = find(web_segment(req, 2));
	const char *known = web_header(req, "If-None-Match");
	char tag[32];

	if (!asset || strcmp(web_segment(req, 1), asset->hash) != 0) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such file");
		return;
	}
	snprintf(tag, sizeof(tag), "\"%s\"", asset->hash);
	web_head(req, "Cache-Control", "public, max-age=31536000, immutable");
	web_head(req, "ETag", tag);
	if (known && strstr(known, tag))
		web_answer(req, MHD_HTTP_NOT_MODIFIED, type_of(asset->name), "");
	else
		web_answer(req, MHD_HTTP_OK, type_of(asset->name), asset->text);
}
