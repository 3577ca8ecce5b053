// SPDX-License-Identifier: AGPL-3.0-or-later
/* config.c - see config.h: life, defaults, reading; the words are in config_words.c. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "config_int.h"
#include "log.h"

#define FILE_MAX   (1024 * 1024)
#define SECRET_MAX 4096

extern struct host host; /* libosmovty's own: the way from a command to its program */

/* libosmovty hands no data to a command, but the info that it was given: the configuration stands next
 * to it. */
struct config_vty {
	struct vty_app_info info;
	struct config *cfg;
};

struct config *config_of(struct vty *vty)
{
	return container_of(host.app_info, struct config_vty, info)->cfg;
}

struct config *config_alloc(void *ctx)
{
	struct config *cfg = talloc_zero(ctx, struct config);
	struct config_vty *cv = talloc_zero(cfg, struct config_vty);

	OSMO_ASSERT(cfg && cv);
	cfg->ctx = ctx;
	cfg->city = talloc_strdup(cfg, "");
	cfg->short_code = talloc_strdup(cfg, "");
	cfg->country = talloc_strdup(cfg, "31");
	cfg->zone = talloc_strdup(cfg, "Europe/Amsterdam");
	cfg->languages[0] = talloc_strdup(cfg, "nl");
	cfg->database = talloc_strdup(cfg, "meldlijn.db");
	cfg->menus = talloc_strdup(cfg, "menus");
	cfg->prompts = talloc_strdup(cfg, "prompts");
	cfg->intake = (struct intake_cfg){
		.hourly_ceiling = 60,
		.same_ceiling = 5,
		.part_wait_s = 3600,
		.parts_per_sender = 64,
	};
	cfg->outbox = (struct outbox_cfg){
		.doubt_rule = OUTBOX_DOUBT_FAIL,
		.doubt_s = 1800,
		.validity_s = { 86400, 2 * 86400, 86400 },
		.give_up_tries = 12,
		.reports = true,
		.shift_tables = true,
	};
	INIT_LLIST_HEAD(&cfg->modems);
	INIT_LLIST_HEAD(&cfg->contractors);
	cv->cfg = cfg;
	cv->info = (struct vty_app_info){
		.name = "meldlijn",
		.version = VERSION,
		.copyright = "License AGPL-3.0-or-later\r\n",
		.tall_ctx = ctx,
		.go_parent_cb = config_node_left,
	};
	vty_init(&cv->info);
	config_words_install();
	return cfg;
}

/* "  ! words" at the end of a line is blanked; a line that begins with '!' is libosmovty's own comment. */
static void strip_comments(char *text)
{
	char *pos = text;

	while ((pos = strchr(pos, '!'))) {
		char *start = pos;

		while (start > text && (start[-1] == ' ' || start[-1] == '\t'))
			start--;
		if (start == pos || start == text || start[-1] == '\n') {
			pos++;
			continue;
		}
		while (*start && *start != '\n') {
			memmove(start, start + 1, strlen(start));
		}
		pos = start;
	}
}

int config_read_text(struct config *cfg, const char *text)
{
	char *copy = talloc_strdup(cfg, text);
	FILE *file;
	int rc;

	OSMO_ASSERT(copy);
	strip_comments(copy);
	file = fmemopen(copy, strlen(copy), "r");
	OSMO_ASSERT(file);
	rc = vty_read_config_filep(file, NULL);
	fclose(file);
	talloc_free(copy);
	return rc < 0 ? -EINVAL : 0;
}

int config_read(struct config *cfg, const char *path)
{
	FILE *file = fopen(path, "r");
	char *text;
	size_t len;
	int rc;

	if (!file)
		return -errno;
	text = talloc_zero_size(cfg, FILE_MAX + 1);
	OSMO_ASSERT(text);
	len = fread(text, 1, FILE_MAX, file);
	rc = ferror(file) ? -EIO : 0;
	fclose(file);
	if (rc == 0 && strlen(text) != len)
		rc = -EINVAL;
	if (rc == 0 && len > 0)
		rc = config_read_text(cfg, text);
	if (rc == 0) {
		osmo_talloc_replace_string(cfg, &cfg->file, path);
		host_config_set(path);
	}
	talloc_free(text);
	return rc;
}

char *config_secret(void *ctx, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[SECRET_MAX];
	char *secret = NULL;

	if (!file) {
		LOGP(DMAIN, LOGL_ERROR, "%s: %s\n", path, strerror(errno));
		return NULL;
	}
	if (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0])
			secret = talloc_strdup(ctx, line);
	}
	if (!secret)
		LOGP(DMAIN, LOGL_ERROR, "%s: the file's first line is empty\n", path);
	fclose(file);
	return secret;
}

static int missing(const char *what)
{
	fprintf(stderr, "meldlijn: the configuration lacks %s\n", what);
	return -EINVAL;
}

int config_check(const struct config *cfg)
{
	const struct config_contractor *co;
	const struct config_modem *cm;

	if (!cfg->city[0])
		return missing("a city: add \"city NAME\"");
	if (!cfg->short_code[0])
		return missing(
			"the number that residents text: add \" short-code NUMBER\" under city");
	llist_for_each_entry (cm, &cfg->modems, list)
		if (!cm->cfg.shutdown && !cm->cfg.device && !cm->cfg.imei)
			return missing("the device (or imei) of a modem");
	llist_for_each_entry (co, &cfg->contractors, list)
		if (!co->cfg.url)
			return missing("the url of a contractor");
	return 0;
}
