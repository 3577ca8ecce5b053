// SPDX-License-Identifier: AGPL-3.0-or-later
/* config.c - see config.h: life, defaults, reading; the words are in config_words.c. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "config_int.h"
#include "log.h"

#define FILE_MAX   (1024 * 1024)
#define SECRET_MAX 4096
#define SAID_MAX   4096 /* of what libosmovty says about a line */

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
	cfg->http_request_s = WEB_REQUEST_S;
	cfg->http_answer_s = WEB_ANSWER_S;
	cfg->open311_posts = 60;
	cfg->open311_lists = 60;
	cfg->zone = talloc_strdup(cfg, "Europe/Amsterdam");
	cfg->languages[0] = talloc_strdup(cfg, "nl");
	cfg->database = talloc_strdup(cfg, "meldlijn.db");
	cfg->menus = talloc_strdup(cfg, "menus");
	cfg->prompts = talloc_strdup(cfg, "prompts");
	cfg->intake = (struct intake_cfg){
		.hourly_ceiling = 60,
		.same_ceiling = 5,
		.part_wait_s = 3600,
		.parts_per_sender = 512, /* two texts of the longest kind */
	};
	cfg->outbox = (struct outbox_cfg){
		.doubt_rule = OUTBOX_DOUBT_FAIL,
		.doubt_s = 1800,
		.validity_s = { 86400, 2 * 86400, 86400 },
		.give_up_tries = 12,
		.reports = true,
		.shift_tables = true,
		.headroom = true,
	};
	cfg->staff_phones.shift_s = 10 * 3600;
	cfg->staff_phones.code_wait_s = 15 * 60;
	cfg->staff_phones.hourly_ceiling = 600;
	cfg->calls = (struct call_cfg){ .silence_s = 6, .calls_max = 1000, .keep_days = 90 };
	cfg->speech_cache_mb = 500;
	cfg->broadcast = (struct broadcast_cfg){
		.quiet_from_min = 21 * 60,
		.quiet_to_min = 8 * 60,
		.currency = talloc_strdup(cfg, "EUR"),
		.lives_days = 730,
	};
	cfg->callouts = (struct callout_cfg){ .tries = 3,
					      .pause_s = 300,
					      .ring_s = 30,
					      .hours = { .from_min = 8 * 60, .to_min = 21 * 60 },
					      .at_once = 10 };
	INIT_LLIST_HEAD(&cfg->modems);
	INIT_LLIST_HEAD(&cfg->euses);
	INIT_LLIST_HEAD(&cfg->sips);
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

/* libosmovty says what is wrong with a line on standard error, in several lines and without its number.  All of it
 * goes to a file of our own while it reads. */
struct caught {
	int real, file;
};

static void catch_begin(struct caught *ct)
{
	fflush(stderr);
	ct->real = dup(STDERR_FILENO);
	ct->file = memfd_create("configuration", MFD_CLOEXEC);
	OSMO_ASSERT(ct->real >= 0 && ct->file >= 0);
	dup2(ct->file, STDERR_FILENO);
}

static void catch_end(struct caught *ct, char *said, size_t size)
{
	ssize_t len;

	fflush(stderr);
	dup2(ct->real, STDERR_FILENO);
	len = pread(ct->file, said, size - 1, 0);
	said[len > 0 ? len : 0] = '\0';
	close(ct->real);
	close(ct->file);
}

/* What libosmovty said, in our words; a word's own complaint begins with "% ". */
static const char *reason(char *said)
{
	char *own = strstr(said, "\n% ");

	if (own) {
		own += strlen("\n% ");
		own[strcspn(own, "\r\n")] = '\0';
		return own;
	}
	if (strstr(said, "no such command"))
		return "there is no such word here, or not with this value";
	if (strstr(said, "Ambiguous"))
		return "more than one word begins like this";
	if (strstr(said, "indentation"))
		return "it is not indented like the lines around it";
	return "something is missing behind this word";
}

/* The word alone: what stands behind it may be a PIN. */
static size_t word_len(const char *line)
{
	size_t len = strcspn(line, " \t\r\n");

	if (len == 2 && strncmp(line, "no ", 3) == 0)
		len += 1 + strcspn(line + 3, " \t\r\n");
	return len;
}

/* \param[in] read  how much of the text was read when it failed: up to the end of the wrong line */
static void refuse(const char *text, const char *name, size_t read, char *said)
{
	unsigned int nr = 1;
	const char *line = text;

	for (const char *pos = text; pos < text + read && *pos; pos++)
		if (*pos == '\n' && pos + 1 < text + read) {
			line = pos + 1;
			nr++;
		}
	line += strspn(line, " \t");
	fprintf(stderr, "meldlijn: %s:%u: \"%.*s\": %s\n", name, nr, (int)word_len(line), line,
		reason(said));
}

static int read_text(struct config *cfg, const char *text, const char *name)
{
	char *copy = talloc_strdup(cfg, text);
	struct caught ct;
	char said[SAID_MAX];
	size_t read;
	FILE *file;
	int rc;

	OSMO_ASSERT(copy);
	strip_comments(copy);
	file = fmemopen(copy, strlen(copy), "r");
	OSMO_ASSERT(file);
	catch_begin(&ct);
	rc = vty_read_config_filep(file, NULL);
	read = ftell(file);
	catch_end(&ct, said, sizeof(said));
	fclose(file);
	if (rc < 0)
		refuse(copy, name, read, said);
	else
		fputs(said, stderr);
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
	rc = ferror(file) ? -errno : 0;
	if (rc == 0 && (len == FILE_MAX || strlen(text) != len)) {
		fprintf(stderr, "meldlijn: %s: this is not a text of less than %u octets\n", path,
			FILE_MAX);
		rc = -EINVAL;
	}
	fclose(file);
	if (rc == 0 && len > 0)
		rc = read_text(cfg, text, path);
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
	const struct config_euse *ce;

	if (!cfg->city[0])
		return missing("a city: add \"city NAME\"");
	if (!cfg->short_code[0])
		return missing(
			"the number that residents text: add \" short-code NUMBER\" under city");
	llist_for_each_entry (cm, &cfg->modems, list)
		if (!cm->cfg.shutdown && !cm->cfg.device && !cm->cfg.imei)
			return missing("the device (or imei) of a modem");
	llist_for_each_entry (ce, &cfg->euses, list)
		if (!ce->cfg.shutdown && !ce->cfg.address)
			return missing("the hlr of an euse");
	llist_for_each_entry (co, &cfg->contractors, list)
		if (!co->cfg.url && co->cfg.format != CONTRACTOR_LINK)
			return missing("the url of a contractor");
		else if (co->cfg.format == CONTRACTOR_LINK && !co->cfg.sms_number &&
			 !co->cfg.mail_to)
			return missing("the mail-to or sms-number of a contractor of format link");
		else if (co->cfg.format == CONTRACTOR_LINK && co->cfg.mail_to &&
			 (!cfg->mail.url || !cfg->mail.from))
			return missing("the mail server of a contractor with mail-to: "
				       "add server and from under \"mail\"");
	if (cfg->mail.user && !cfg->mail_password_file)
		return missing("the password-file of the user under mail");
	if (cfg->mail.user && cfg->mail.tls_if_offered)
		return missing(
			"\"starttls required\" under mail: a password never goes in the clear");
	if (!cfg->http_certificate != !cfg->http_key)
		return missing("certificate or key under http: they go together");
	return 0;
}
