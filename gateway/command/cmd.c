// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd.c - see cmd.h: what the commands share. */
#include "command/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app_int.h"
#include "log.h"

int cmd_wrong(int status, const char *format, ...)
{
	va_list args;

	fputs("meldlijn: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int cmd_usage(const char *command, const char *wrong)
{
	if (wrong)
		return cmd_wrong(2,
				 "wrong usage: %s does not take \"%s\", or not like that: see "
				 "meldlijn %s --help",
				 command, wrong, command);
	return cmd_wrong(2,
			 "wrong usage: %s wants other words, or more of them: see meldlijn %s "
			 "--help",
			 command, command);
}

void cmd_json(json_t *value, size_t flags)
{
	json_dumpf(value, stdout, flags);
	putchar('\n');
	json_decref(value);
}

const char *cmd_usual_config(void)
{
	static const char *const places[] = { "meldlijn.cfg", "/etc/meldlijn/meldlijn.cfg" };

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

struct config *cmd_config(void *ctx, const char *path)
{
	struct config *cfg;
	int rc;

	if (!path)
		path = cmd_usual_config();
	if (!path) {
		cmd_wrong(1, "which line?  Give its configuration: -c FILE");
		return NULL;
	}
	cfg = config_alloc(ctx);
	app_vty_install();
	rc = config_read(cfg, path);
	if (rc < 0 && rc != -EINVAL)
		cmd_wrong(1, "%s: %s", path, strerror(-rc));
	return rc < 0 ? NULL : cfg;
}

int cmd_url(void *ctx, const char *config, const char **url)
{
	const struct config *cfg;

	if (*url)
		return 0;
	if (!config && !cmd_usual_config()) {
		*url = CMD_URL;
		return 0;
	}
	if (log_start(ctx, NULL) < 0)
		return 1;
	cfg = cmd_config(ctx, config);
	if (!cfg)
		return 1;
	if (!cfg->http_address)
		return cmd_wrong(1, "this line has no \"http\": give it \"http\" with \"listen "
				    "127.0.0.1 8070\"");
	*url = talloc_asprintf(ctx,
			       strchr(cfg->http_address, ':') ? "http://[%s]:%u" : "http://%s:%u",
			       cfg->http_address, cfg->http_port);
	return 0;
}
