// SPDX-License-Identifier: AGPL-3.0-or-later
/* log.c - see log.h. */
#include "log.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/utils.h>

static const struct log_info_cat categories[] = {
	[DMAIN] = { .name = "DMAIN",
		    .description = "start, stop, configuration",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DWEB] = { .name = "DWEB",
		   .description = "HTTP in",
		   .enabled = 1,
		   .loglevel = LOGL_NOTICE },
	[DFLOW] = { .name = "DFLOW",
		    .description = "messages and reports",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DLINE] = { .name = "DLINE",
		    .description = "modems and other lines",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DCONTR] = { .name = "DCONTR",
		     .description = "contractors",
		     .enabled = 1,
		     .loglevel = LOGL_NOTICE },
	[DVOICE] = { .name = "DVOICE",
		     .description = "calls and speech",
		     .enabled = 1,
		     .loglevel = LOGL_NOTICE },
	[DDESK] = { .name = "DDESK",
		    .description = "what menus ask of the city",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DSTORE] = { .name = "DSTORE",
		     .description = "the database",
		     .enabled = 1,
		     .loglevel = LOGL_NOTICE },
	[DTALK] = { .name = "DTALK",
		    .description = "the conversation",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
};

const struct log_info log_categories = {
	.cat = categories,
	.num_cat = ARRAY_SIZE(categories),
};

static const struct value_string levels[] = {
	{ LOGL_DEBUG, "debug" }, { LOGL_INFO, "info" }, { LOGL_NOTICE, "notice" },
	{ LOGL_ERROR, "error" }, { 0, NULL },
};

int log_start(void *ctx, const char *level)
{
	struct log_target *target;
	int value = get_string_value(levels, level ? level : "notice");

	if (value < 0)
		return -EINVAL;
	osmo_init_logging2(ctx, &log_categories);
	target = osmo_stderr_target;
	log_set_use_color(target, 0);
	log_set_print_category(target, 1);
	log_set_print_category_hex(target, 0);
	log_set_print_level(target, 1);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	if (level)
		log_set_log_level(target, value);
	return 0;
}

void log_again(const char *level)
{
	if (level)
		log_set_log_level(osmo_stderr_target, get_string_value(levels, level));
}
