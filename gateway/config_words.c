// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_words.c - the words of the configuration, node by node: how each is read and written.  Those of
 * modems and contractors have files of their own. */
#include "config_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "wire/mail.h"

#define SHORT_CODE_MAX 20
#define ZONE_MAX       64

void config_set_text(void *owner, const char **field, const char *value)
{
	talloc_free((char *)*field);
	*field = value ? talloc_strdup(owner, value) : NULL;
}

bool config_is_address(struct vty *vty, const char *text)
{
	struct in6_addr any;

	if (inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1)
		return true;
	vty_out(vty, "%% give the address in numbers, as 127.0.0.1%s", VTY_NEWLINE);
	return false;
}

bool config_is_mail(struct vty *vty, const char *text)
{
	if (mail_is_address(text))
		return true;
	vty_out(vty, "%% give one address, as meldlijn@denhaag.nl%s", VTY_NEWLINE);
	return false;
}

void config_tell(struct config *cfg, enum config_part part, void *item)
{
	if (cfg->changed)
		cfg->changed(cfg, part, item, cfg->data);
}

void config_out_word(struct vty *vty, const char *word, const char *value)
{
	if (value)
		vty_out(vty, " %s %s%s", word, value, VTY_NEWLINE);
}

int config_say_at_start(struct vty *vty)
{
	if (config_of(vty)->changed)
		vty_out(vty, "%% taken at the next start; keep it with: write file%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- top ---- */

DEFUN(cfg_database, cfg_database_cmd, "database PATH", "The database file\nPath\n")
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->database, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_menus, cfg_menus_cmd, "menus PATH", "Folder of the menu trees\nPath\n")
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->menus, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_prompts, cfg_prompts_cmd, "prompts PATH", "Folder of the words\nPath\n")
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->prompts, argv[0]);
	return CMD_SUCCESS;
}

static int write_top(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	vty_out(vty, "database %s%s", cfg->database, VTY_NEWLINE);
	vty_out(vty, "menus %s%s", cfg->menus, VTY_NEWLINE);
	vty_out(vty, "prompts %s%s", cfg->prompts, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- city ---- */

static struct cmd_node city_node = { .node = CITY_NODE, .prompt = "%s(config-city)# ", .vtysh = 1 };

DEFUN(cfg_city, cfg_city_cmd, "city .NAME", "The city and its line\nName, as residents read it\n")
{
	struct config *cfg = config_of(vty);
	char *name = argv_concat(argv, argc, 0);

	SET(cfg, cfg->city, name);
	talloc_free(name);
	vty->index = cfg;
	vty->node = CITY_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_short_code, cfg_short_code_cmd, "short-code NUMBER",
      "The number that residents text\nDigits\n")
{
	struct config *cfg = config_of(vty);

	if (argv[0][strspn(argv[0], "+0123456789")] || strlen(argv[0]) > SHORT_CODE_MAX) {
		vty_out(vty, "%% a number has digits only, as 14070%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->short_code, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_country_code, cfg_country_code_cmd, "country-code CODE",
      "Country code of numbers without one\nDigits\n")
{
	struct config *cfg = config_of(vty);

	if (strspn(argv[0], "0123456789") != strlen(argv[0]) || strlen(argv[0]) > 3) {
		vty_out(vty, "%% a country code is one to three digits%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->country, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_languages, cfg_languages_cmd, "languages .CODES",
      "Languages of the line, the first is the default\nCodes: nl en tr pl ar\n")
{
	struct config *cfg = config_of(vty);

	if (argc > CONFIG_LANGUAGES_MAX) {
		vty_out(vty, "%% at most %u languages%s", CONFIG_LANGUAGES_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	for (unsigned int i = 0; i < CONFIG_LANGUAGES_MAX; i++)
		SET(cfg, cfg->languages[i], i < (unsigned int)argc ? argv[i] : NULL);
	return CMD_SUCCESS;
}

/* ICU takes UTC for a name that it does not know, and every promise would be an hour off. */
static bool is_zone(const char *name)
{
	UChar wide[ZONE_MAX], same[ZONE_MAX];
	UErrorCode status = U_ZERO_ERROR;
	UBool known = false;

	u_strFromUTF8(wide, ZONE_MAX, NULL, name, -1, &status);
	ucal_getCanonicalTimeZoneID(wide, -1, same, ZONE_MAX, &known, &status);
	return U_SUCCESS(status) && known;
}

DEFUN(cfg_zone, cfg_zone_cmd, "time-zone ZONE", "Time zone of dates\nName, as Europe/Amsterdam\n")
{
	struct config *cfg = config_of(vty);

	if (!is_zone(argv[0])) {
		vty_out(vty, "%% there is no such time zone: write a name, as Europe/Amsterdam%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->zone, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_texts_per_hour, cfg_texts_per_hour_cmd, "texts-per-hour <1-100000>",
      "Texts of one number that are answered in an hour\nTexts\n")
{
	config_of(vty)->intake.hourly_ceiling = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_same_texts, cfg_same_texts_cmd, "same-texts <2-1000>",
      "The same text so often in a row is a robot's\nTexts\n")
{
	config_of(vty)->intake.same_ceiling = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_staff_shift, cfg_staff_shift_cmd, "staff-shift <1-24>",
      "So long a one-time code holds for a phone of staff\nHours\n")
{
	config_of(vty)->staff_phones.shift_s = atoi(argv[0]) * 3600;
	return CMD_SUCCESS;
}

DEFUN(cfg_staff_code_wait, cfg_staff_code_wait_cmd, "staff-code-wait <1-1440>",
      "So long a phone of staff may take to send the one-time code that it is asked for\nMinutes\n")
{
	config_of(vty)->staff_phones.code_wait_s = atoi(argv[0]) * 60;
	return CMD_SUCCESS;
}

DEFUN(cfg_staff_texts, cfg_staff_texts_cmd, "staff-texts-per-hour <1-100000>",
      "Texts of one phone of staff or of a contractor that are answered in an hour\nTexts\n")
{
	config_of(vty)->staff_phones.hourly_ceiling = atoi(argv[0]);
	return CMD_SUCCESS;
}

static int write_city(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	write_top(vty);
	vty_out(vty, "city %s%s", cfg->city, VTY_NEWLINE);
	vty_out(vty, " short-code %s%s", cfg->short_code, VTY_NEWLINE);
	vty_out(vty, " country-code %s%s", cfg->country, VTY_NEWLINE);
	vty_out(vty, " languages");
	for (const char *const *code = cfg->languages; *code; code++)
		vty_out(vty, " %s", *code);
	vty_out(vty, "%s", VTY_NEWLINE);
	vty_out(vty, " time-zone %s%s", cfg->zone, VTY_NEWLINE);
	vty_out(vty, " texts-per-hour %d%s", cfg->intake.hourly_ceiling, VTY_NEWLINE);
	vty_out(vty, " same-texts %d%s", cfg->intake.same_ceiling, VTY_NEWLINE);
	vty_out(vty, " staff-shift %d%s", cfg->staff_phones.shift_s / 3600, VTY_NEWLINE);
	vty_out(vty, " staff-code-wait %d%s", cfg->staff_phones.code_wait_s / 60, VTY_NEWLINE);
	vty_out(vty, " staff-texts-per-hour %d%s", cfg->staff_phones.hourly_ceiling, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- sms: how texts leave, on every line ---- */

static struct cmd_node sms_node = { .node = SMS_NODE, .prompt = "%s(config-sms)# ", .vtysh = 1 };

DEFUN(cfg_sms, cfg_sms_cmd, "sms", "How texts come and leave\n")
{
	vty->index = config_of(vty);
	vty->node = SMS_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_in_doubt, cfg_in_doubt_cmd, "in-doubt (fail|resend) after <1-604800>",
      "A text that may or may not have been sent\nIt stays in doubt, nothing is sent twice\n"
      "It is sent again, the resident may get it twice\nWhen no status report comes\nSeconds\n")
{
	struct config *cfg = config_of(vty);

	cfg->outbox.doubt_rule = strcmp(argv[0], "resend") == 0 ? OUTBOX_DOUBT_RESEND
								: OUTBOX_DOUBT_FAIL;
	cfg->outbox.doubt_s = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_reports, cfg_reports_cmd, "status-reports", "Ask the network for status reports\n")
{
	config_of(vty)->outbox.reports = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_reports, cfg_no_reports_cmd, "no status-reports",
      NO_STR "Ask the network for status reports\n")
{
	config_of(vty)->outbox.reports = false;
	return CMD_SUCCESS;
}

DEFUN(cfg_shift, cfg_shift_cmd, "shift-tables",
      "National shift tables (TS 23.038) where they save parts\n")
{
	config_of(vty)->outbox.shift_tables = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_shift, cfg_no_shift_cmd, "no shift-tables",
      NO_STR "National shift tables (TS 23.038) where they save parts\n")
{
	config_of(vty)->outbox.shift_tables = false;
	return CMD_SUCCESS;
}

DEFUN(cfg_tries, cfg_tries_cmd, "tries <1-1000>", "Tries of a text before it is given up\nTries\n")
{
	config_of(vty)->outbox.give_up_tries = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_part_wait, cfg_part_wait_cmd, "part-wait <1-604800>",
      "How long a missing part of a long text is waited for\nSeconds\n")
{
	config_of(vty)->intake.part_wait_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_validity, cfg_validity_cmd, "validity (reply|status|notice) <1-63>",
      "How long the network may try (validity period)\nAnswers\nStatus texts\nNotices\nHours, 1 to 63\n")
{
	static const char *const lanes[] = { "reply", "status", "notice" };

	for (unsigned int i = 0; i < ARRAY_SIZE(lanes); i++)
		if (strcmp(lanes[i], argv[0]) == 0)
			config_of(vty)->outbox.validity_s[i] = atoi(argv[1]) * 3600;
	return CMD_SUCCESS;
}

static int write_sms(struct vty *vty)
{
	const struct config *cfg = config_of(vty);
	const struct outbox_cfg *ob = &cfg->outbox;

	vty_out(vty, "sms%s", VTY_NEWLINE);
	vty_out(vty, " in-doubt %s after %d%s",
		ob->doubt_rule == OUTBOX_DOUBT_RESEND ? "resend" : "fail", ob->doubt_s,
		VTY_NEWLINE);
	vty_out(vty, " %sstatus-reports%s", ob->reports ? "" : "no ", VTY_NEWLINE);
	vty_out(vty, " %sshift-tables%s", ob->shift_tables ? "" : "no ", VTY_NEWLINE);
	vty_out(vty, " tries %d%s", ob->give_up_tries, VTY_NEWLINE);
	vty_out(vty, " part-wait %d%s", cfg->intake.part_wait_s, VTY_NEWLINE);
	vty_out(vty, " validity reply %d%s", ob->validity_s[OUTBOX_REPLY] / 3600, VTY_NEWLINE);
	vty_out(vty, " validity status %d%s", ob->validity_s[OUTBOX_STATUS] / 3600, VTY_NEWLINE);
	vty_out(vty, " validity notice %d%s", ob->validity_s[OUTBOX_NOTICE] / 3600, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- handset ---- */

static struct cmd_node handset_node = { .node = HANDSET_NODE,
					.prompt = "%s(config-handset)# ",
					.vtysh = 1 };

DEFUN(cfg_handset, cfg_handset_cmd, "handset", "The simulated phone, for training and tests\n")
{
	struct config *cfg = config_of(vty);

	cfg->handset = true;
	vty->index = cfg;
	vty->node = HANDSET_NODE;
	return CMD_SUCCESS;
}

static int handset_switch(struct vty *vty, bool on)
{
	struct config *cfg = config_of(vty);

	cfg->handset_on = on;
	config_tell(cfg, CONFIG_HANDSET, NULL);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_handset, cfg_no_handset_cmd, "no handset", NO_STR "The simulated phone\n")
{
	config_of(vty)->handset = false;
	return handset_switch(vty, false);
}

DEFUN(cfg_handset_shutdown, cfg_handset_shutdown_cmd, "shutdown", "Stop this line\n")
{
	return handset_switch(vty, false);
}

DEFUN(cfg_handset_no_shutdown, cfg_handset_no_shutdown_cmd, "no shutdown",
      NO_STR "Stop this line\n")
{
	return handset_switch(vty, true);
}

static int write_handset(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (!cfg->handset)
		return CMD_SUCCESS;
	vty_out(vty, "handset%s", VTY_NEWLINE);
	vty_out(vty, " %sshutdown%s", cfg->handset_on ? "no " : "", VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- vty: taken at start ---- */

#define LISTEN_STR "Address and port to listen on\nIPv4 or IPv6 address\nPort\n"

static struct cmd_node listen_node = { .node = LISTEN_NODE,
				       .prompt = "%s(config-listen)# ",
				       .vtysh = 1 };

DEFUN(cfg_vty, cfg_vty_cmd, "vty", "This terminal\n")
{
	vty->index = config_of(vty);
	vty->node = LISTEN_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_vty_listen, cfg_vty_listen_cmd, "listen ADDRESS <1-65535>", LISTEN_STR)
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->vty_address, argv[0]);
	cfg->vty_port = atoi(argv[1]);
	return config_say_at_start(vty);
}

static int write_listen(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (cfg->vty_address)
		vty_out(vty, "vty%s listen %s %u%s", VTY_NEWLINE, cfg->vty_address, cfg->vty_port,
			VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- all of them ---- */

/* A node is left: what was changed in it takes effect as a whole. */
int config_node_left(struct vty *vty)
{
	struct config *cfg = config_of(vty);

	switch (vty->node) {
	case CITY_NODE:
		config_tell(cfg, CONFIG_CITY, NULL);
		break;
	case SMS_NODE:
		config_tell(cfg, CONFIG_SMS, NULL);
		break;
	case CONTRACTOR_NODE:
	case MAIL_NODE:
		config_tell(cfg, CONFIG_CONTRACTORS, NULL);
		break;
	case CALLS_NODE:
		config_tell(cfg, CONFIG_CALLS, NULL);
		break;
	case NOTICES_NODE:
		config_tell(cfg, CONFIG_NOTICES, NULL);
		break;
	default:
		break;
	}
	return 0;
}

static void install_city(void)
{
	install_node(&city_node, write_city);
	install_element(CONFIG_NODE, &cfg_city_cmd);
	install_element(CITY_NODE, &cfg_short_code_cmd);
	install_element(CITY_NODE, &cfg_country_code_cmd);
	install_element(CITY_NODE, &cfg_languages_cmd);
	install_element(CITY_NODE, &cfg_zone_cmd);
	install_element(CITY_NODE, &cfg_texts_per_hour_cmd);
	install_element(CITY_NODE, &cfg_same_texts_cmd);
	install_element(CITY_NODE, &cfg_staff_shift_cmd);
	install_element(CITY_NODE, &cfg_staff_code_wait_cmd);
	install_element(CITY_NODE, &cfg_staff_texts_cmd);
	install_node(&sms_node, write_sms);
	install_element(CONFIG_NODE, &cfg_sms_cmd);
	install_element(SMS_NODE, &cfg_in_doubt_cmd);
	install_element(SMS_NODE, &cfg_reports_cmd);
	install_element(SMS_NODE, &cfg_no_reports_cmd);
	install_element(SMS_NODE, &cfg_shift_cmd);
	install_element(SMS_NODE, &cfg_no_shift_cmd);
	install_element(SMS_NODE, &cfg_tries_cmd);
	install_element(SMS_NODE, &cfg_part_wait_cmd);
	install_element(SMS_NODE, &cfg_validity_cmd);
}

void config_words_install(void)
{
	install_city();
	install_element(CONFIG_NODE, &cfg_database_cmd);
	install_element(CONFIG_NODE, &cfg_menus_cmd);
	install_element(CONFIG_NODE, &cfg_prompts_cmd);
	config_modem_install();
	config_euse_install();
	config_call_install();
	config_sip_install();
	config_notice_install();
	install_node(&handset_node, write_handset);
	install_element(CONFIG_NODE, &cfg_handset_cmd);
	install_element(CONFIG_NODE, &cfg_no_handset_cmd);
	install_element(HANDSET_NODE, &cfg_handset_shutdown_cmd);
	install_element(HANDSET_NODE, &cfg_handset_no_shutdown_cmd);
	config_contractor_install();
	config_mail_install();
	config_http_install();
	config_open311_install();
	install_node(&listen_node, write_listen);
	install_element(CONFIG_NODE, &cfg_vty_cmd);
	install_element(LISTEN_NODE, &cfg_vty_listen_cmd);
}
