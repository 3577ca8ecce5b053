// SPDX-License-Identifier: AGPL-3.0-or-later
/* app_speech.c - where speech of a configuration is kept. */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "app_int.h"

void app_speech_cfg(void *ctx, const struct config *cfg, struct speech_cfg *out)
{
	const char *slash = strrchr(cfg->database, '/');
	int folder = slash ? (int)(slash - cfg->database) + 1 : 0;

	*out = (struct speech_cfg){
		.cache = talloc_asprintf(ctx, "%.*sspeech", folder, cfg->database),
		.recordings = app_data_folder(ctx, cfg, cfg->prompts, DATADIR "/prompts"),
	};
}
