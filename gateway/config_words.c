// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_words.c - every word of the configuration, node by node: how it is read and written. */
#include "config_int.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/tdef_vty.h>

static void set_text(void *owner, const char **field, const char *value)
{
	talloc_free((char *)*field);
	*field = value ? talloc_strdup(owner, value) : NULL;
}

#define SET(owner, field, value) set_text((owner), (const char **)&(field), (value))

static void tell(struct config *cfg, enum config_part part, void *item)
{
	if (cfg->changed)
		cfg->changed(cfg, part, item, cfg->data);
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

DEFUN(cfg_zone, cfg_zone_cmd, "time-zone ZONE", "Time zone of dates\nName, as Europe/Amsterdam\n")
{
	struct config *cfg = config_of(vty);

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

/* ---- modem ---- */

#define MODEM_STR "A GSM modem on a serial port\nNumber\n"

static struct cmd_node modem_node = { .node = MODEM_NODE,
				      .prompt = "%s(config-modem)# ",
				      .vtysh = 1 };

static struct config_modem *modem_find(struct config *cfg, unsigned int nr)
{
	struct config_modem *cm;

	llist_for_each_entry (cm, &cfg->modems, list)
		if (cm->nr == nr)
			return cm;
	return NULL;
}

DEFUN(cfg_modem, cfg_modem_cmd, "modem <1-64>", MODEM_STR)
{
	struct config *cfg = config_of(vty);
	unsigned int nr = atoi(argv[0]);
	struct config_modem *cm = modem_find(cfg, nr);

	if (!cm) {
		cm = talloc_zero(cfg, struct config_modem);
		OSMO_ASSERT(cm);
		cm->nr = nr;
		cm->cfg.name = talloc_asprintf(cm, "modem %u", nr);
		cm->cfg.shutdown = true;
		llist_add_tail(&cm->list, &cfg->modems);
	}
	vty->index = cm;
	vty->node = MODEM_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_modem, cfg_no_modem_cmd, "no modem <1-64>", NO_STR MODEM_STR)
{
	struct config *cfg = config_of(vty);
	struct config_modem *cm = modem_find(cfg, atoi(argv[0]));

	if (!cm) {
		vty_out(vty, "%% there is no modem %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	tell(cfg, CONFIG_MODEM_GONE, cm);
	llist_del(&cm->list);
	talloc_free(cm);
	return CMD_SUCCESS;
}

#define MODEM_WORD(name, field, text, help)                    \
	DEFUN(name, name##_cmd, text, help)                    \
	{                                                      \
		struct config_modem *cm = vty->index;          \
                                                               \
		SET(cm, cm->cfg.field, argc ? argv[0] : NULL); \
		return CMD_SUCCESS;                            \
	}

MODEM_WORD(cfg_modem_device, device, "device PATH",
	   "Serial port\nPath; a link of /dev/serial/by-path survives renumbering\n")
/* Two lines with one IMEI would take each other's modem.  The 15th digit only checks the others. */
DEFUN(cfg_modem_imei, cfg_modem_imei_cmd, "imei IMEI",
      "The modem with this IMEI, whatever port it is on\n15 digits\n")
{
	struct config_modem *cm = vty->index, *other;
	size_t n = strspn(argv[0], "0123456789");

	if (argv[0][n] || n < 14 || n > 15) {
		vty_out(vty, "%% an IMEI is 14 or 15 digits%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	llist_for_each_entry (other, &config_of(vty)->modems, list) {
		if (other == cm || !other->cfg.imei || strncmp(other->cfg.imei, argv[0], 14) != 0)
			continue;
		vty_out(vty, "%% modem %u has this IMEI: name each by its device%s", other->nr,
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cm, cm->cfg.imei, argv[0]);
	return CMD_SUCCESS;
}

MODEM_WORD(cfg_modem_pin, pin, "pin PIN", "PIN of the SIM\n4 to 8 digits\n")
MODEM_WORD(cfg_modem_no_pin, pin, "no pin", NO_STR "PIN of the SIM\n")
MODEM_WORD(cfg_modem_number, number, "number NUMBER", "Our own number on this SIM\nE.164, with +\n")
MODEM_WORD(cfg_modem_smsc, smsc, "smsc NUMBER",
	   "Service centre for a SIM that has none\nE.164, with +\n")

DEFUN(cfg_modem_search, cfg_modem_search_cmd, "search .PATTERNS",
      "Ports to look for the IMEI on\nPatterns, as /dev/ttyUSB*\n")
{
	struct config_modem *cm = vty->index;
	char *patterns = argv_concat(argv, argc, 0);

	SET(cm, cm->cfg.search, patterns);
	talloc_free(patterns);
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_baud, cfg_modem_baud_cmd, "baud <1200-4000000>", "Speed of the port\nBaud\n")
{
	struct config_modem *cm = vty->index;

	cm->cfg.baud = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_mode, cfg_modem_mode_cmd, "receive (auto|direct|stored)",
      "How texts come in\nAs this modem does it best\nDirect, acknowledged (+CMT, CNMA)\n"
      "Through the memory (+CMTI, CMGD)\n")
{
	struct config_modem *cm = vty->index;

	cm->cfg.mode = strcmp(argv[0], "direct") == 0	? MODEM_DIRECT
		       : strcmp(argv[0], "stored") == 0 ? MODEM_STORED
							: MODEM_AUTO;
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_audio, cfg_modem_audio_cmd, "audio (serial|alsa) DEVICE",
      "Where the sound of calls is\nA serial port with PCM\nA sound card\nPath or name\n")
{
	struct config_modem *cm = vty->index;

	cm->audio = strcmp(argv[0], "alsa") == 0 ? CONFIG_AUDIO_ALSA : CONFIG_AUDIO_SERIAL;
	SET(cm, cm->audio_device, argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_no_audio, cfg_modem_no_audio_cmd, "no audio",
      NO_STR "Where the sound of calls is\n")
{
	struct config_modem *cm = vty->index;

	cm->audio = CONFIG_AUDIO_NONE;
	SET(cm, cm->audio_device, NULL);
	return CMD_SUCCESS;
}

static int modem_switch(struct vty *vty, bool shutdown)
{
	struct config_modem *cm = vty->index;

	if (!shutdown && !cm->cfg.device && !cm->cfg.imei) {
		vty_out(vty, "%% give the modem a device or an imei first%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	cm->cfg.shutdown = shutdown;
	tell(config_of(vty), CONFIG_MODEM, cm);
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_shutdown, cfg_modem_shutdown_cmd, "shutdown", "Stop this line\n")
{
	return modem_switch(vty, true);
}

DEFUN(cfg_modem_no_shutdown, cfg_modem_no_shutdown_cmd, "no shutdown", NO_STR "Stop this line\n")
{
	return modem_switch(vty, false);
}

static void out_word(struct vty *vty, const char *word, const char *value)
{
	if (value)
		vty_out(vty, " %s %s%s", word, value, VTY_NEWLINE);
}

/* "write file" must keep the PIN; on a terminal it is nobody's to read. */
static void write_pin(struct vty *vty, const char *pin)
{
	if (vty->type == VTY_FILE)
		out_word(vty, "pin", pin);
	else if (pin)
		vty_out(vty, " ! pin is set, not shown%s", VTY_NEWLINE);
}

/* "timer modem X11 30"; show timer tells what each is for. */
static struct osmo_tdef_group timer_groups[] = {
	{ .name = "modem", .desc = "The modems' waits, in seconds", .tdefs = modem_tdefs }, {}
};

static int write_modems(struct vty *vty)
{
	static const char *const modes[] = { "auto", "direct", "stored" };
	const struct config *cfg = config_of(vty);
	const struct config_modem *cm;

	osmo_tdef_vty_groups_write(vty, "");
	llist_for_each_entry (cm, &cfg->modems, list) {
		vty_out(vty, "modem %u%s", cm->nr, VTY_NEWLINE);
		out_word(vty, "device", cm->cfg.device);
		out_word(vty, "imei", cm->cfg.imei);
		out_word(vty, "search", cm->cfg.search);
		if (cm->cfg.baud)
			vty_out(vty, " baud %u%s", cm->cfg.baud, VTY_NEWLINE);
		if (cm->audio == CONFIG_AUDIO_NONE)
			vty_out(vty, " no audio%s", VTY_NEWLINE);
		else if (cm->audio != CONFIG_AUDIO_UNSAID)
			vty_out(vty, " audio %s %s%s",
				cm->audio == CONFIG_AUDIO_ALSA ? "alsa" : "serial",
				cm->audio_device, VTY_NEWLINE);
		write_pin(vty, cm->cfg.pin);
		out_word(vty, "number", cm->cfg.number);
		out_word(vty, "smsc", cm->cfg.smsc);
		if (cm->cfg.mode != MODEM_AUTO)
			out_word(vty, "receive", modes[cm->cfg.mode]);
		vty_out(vty, " %sshutdown%s", cm->cfg.shutdown ? "" : "no ", VTY_NEWLINE);
	}
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
	tell(cfg, CONFIG_HANDSET, NULL);
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

/* ---- contractor ---- */

#define CONTRACTOR_STR "One who repairs, over HTTP\nName: letters, digits, dash\n"

static struct cmd_node contractor_node = { .node = CONTRACTOR_NODE,
					   .prompt = "%s(config-contractor)# ",
					   .vtysh = 1 };

static struct config_contractor *contractor_find(struct config *cfg, const char *name)
{
	struct config_contractor *co;

	llist_for_each_entry (co, &cfg->contractors, list)
		if (strcmp(co->cfg.name, name) == 0)
			return co;
	return NULL;
}

DEFUN(cfg_contractor, cfg_contractor_cmd, "contractor NAME", CONTRACTOR_STR)
{
	struct config *cfg = config_of(vty);
	struct config_contractor *co = contractor_find(cfg, argv[0]);

	if (!osmo_identifier_valid(argv[0]) || strlen(argv[0]) > 40) {
		vty_out(vty, "%% a contractor's name is letters, digits and dashes, at most 40%s",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!co) {
		co = talloc_zero(cfg, struct config_contractor);
		OSMO_ASSERT(co);
		co->cfg.name = talloc_strdup(co, argv[0]);
		co->cfg.poll_s = 300;
		co->cfg.rung_after_s = 3600;
		co->cfg.window = 4;
		llist_add_tail(&co->list, &cfg->contractors);
	}
	vty->index = co;
	vty->node = CONTRACTOR_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_contractor, cfg_no_contractor_cmd, "no contractor NAME", NO_STR CONTRACTOR_STR)
{
	struct config *cfg = config_of(vty);
	struct config_contractor *co = contractor_find(cfg, argv[0]);

	if (!co) {
		vty_out(vty, "%% there is no contractor %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	llist_del(&co->list);
	tell(cfg, CONFIG_CONTRACTORS, NULL);
	talloc_free(co);
	return CMD_SUCCESS;
}

#define CONTRACTOR_WORD(name, field, text, help)           \
	DEFUN(name, name##_cmd, text, help)                \
	{                                                  \
		struct config_contractor *co = vty->index; \
                                                           \
		SET(co, co->field, argc ? argv[0] : NULL); \
		return CMD_SUCCESS;                        \
	}

CONTRACTOR_WORD(cfg_co_url, cfg.url, "url URL", "Where orders go\nhttp or https\n")
CONTRACTOR_WORD(cfg_co_url2, cfg.second_url, "second-url URL",
		"The next rung, when the first fails too long\nhttp or https\n")
CONTRACTOR_WORD(cfg_co_sms, cfg.sms_number, "sms-number NUMBER",
		"The last rung: orders by text\nE.164, with +\n")
CONTRACTOR_WORD(cfg_co_key, api_key_file, "api-key-file PATH",
		"File with the API key on its first line\nPath\n")
CONTRACTOR_WORD(cfg_co_secret, callback_secret_file, "callback-secret-file PATH",
		"File with the secret that signs webhooks and callbacks\nPath\n")
CONTRACTOR_WORD(cfg_co_jurisdiction, cfg.jurisdiction, "jurisdiction ID",
		"Open311 jurisdiction_id\nId\n")

DEFUN(cfg_co_format, cfg_co_format_cmd, "format (open311|webhook)",
      "How orders are written\nOpen311 GeoReport v2\nStandard Webhooks, signed JSON\n")
{
	struct config_contractor *co = vty->index;

	co->cfg.format = strcmp(argv[0], "webhook") == 0 ? CONTRACTOR_WEBHOOK : CONTRACTOR_OPEN311;
	return CMD_SUCCESS;
}

DEFUN(cfg_co_poll, cfg_co_poll_cmd, "poll <0-86400>",
      "Open311: how often to ask what is new\nSeconds; 0: never, callbacks only\n")
{
	struct config_contractor *co = vty->index;

	co->cfg.poll_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_co_rung, cfg_co_rung_cmd, "rung-after <1-604800>",
      "Failing so long, the next rung is taken and an alarm is on\nSeconds\n")
{
	struct config_contractor *co = vty->index;

	co->cfg.rung_after_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

static int set_list(struct vty *vty, struct config_contractor *co, const char **list,
		    unsigned int *n, int argc, const char **argv)
{
	if (argc > CONTRACTOR_LIST_MAX - 1) {
		vty_out(vty, "%% at most %u words%s", CONTRACTOR_LIST_MAX - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	for (unsigned int i = 0; i < CONTRACTOR_LIST_MAX; i++)
		SET(co, list[i], i < (unsigned int)argc ? argv[i] : NULL);
	*n = argc;
	return CMD_SUCCESS;
}

DEFUN(cfg_co_category, cfg_co_category_cmd, "category .CATEGORIES",
      "What they do; without it all\nCategories or groups of menus/categories.yaml\n")
{
	struct config_contractor *co = vty->index;

	return set_list(vty, co, co->cfg.categories, &co->categories, argc, argv);
}

DEFUN(cfg_co_area, cfg_co_area_cmd, "area .AREAS",
      "Where they do it; without it everywhere\nAreas of the address register\n")
{
	struct config_contractor *co = vty->index;

	return set_list(vty, co, co->cfg.areas, &co->areas, argc, argv);
}

static void out_list(struct vty *vty, const char *word, const char *const *list)
{
	if (!list[0])
		return;
	vty_out(vty, " %s", word);
	for (; *list; list++)
		vty_out(vty, " %s", *list);
	vty_out(vty, "%s", VTY_NEWLINE);
}

static int write_contractors(struct vty *vty)
{
	const struct config *cfg = config_of(vty);
	const struct config_contractor *co;

	llist_for_each_entry (co, &cfg->contractors, list) {
		vty_out(vty, "contractor %s%s", co->cfg.name, VTY_NEWLINE);
		out_word(vty, "url", co->cfg.url);
		out_word(vty, "second-url", co->cfg.second_url);
		out_word(vty, "sms-number", co->cfg.sms_number);
		out_word(vty, "format",
			 co->cfg.format == CONTRACTOR_WEBHOOK ? "webhook" : "open311");
		out_word(vty, "api-key-file", co->api_key_file);
		out_word(vty, "callback-secret-file", co->callback_secret_file);
		out_word(vty, "jurisdiction", co->cfg.jurisdiction);
		vty_out(vty, " poll %d%s", co->cfg.poll_s, VTY_NEWLINE);
		vty_out(vty, " rung-after %d%s", co->cfg.rung_after_s, VTY_NEWLINE);
		out_list(vty, "category", co->cfg.categories);
		out_list(vty, "area", co->cfg.areas);
	}
	return CMD_SUCCESS;
}

/* ---- http and vty: taken at start ---- */

#define LISTEN_STR "Address and port to listen on\nIPv4 or IPv6 address\nPort\n"

static struct cmd_node http_node = { .node = HTTP_NODE, .prompt = "%s(config-http)# ", .vtysh = 1 };
static struct cmd_node listen_node = { .node = LISTEN_NODE,
				       .prompt = "%s(config-listen)# ",
				       .vtysh = 1 };

DEFUN(cfg_http, cfg_http_cmd, "http", "The web server\n")
{
	vty->index = config_of(vty);
	vty->node = HTTP_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_vty, cfg_vty_cmd, "vty", "This terminal\n")
{
	vty->index = config_of(vty);
	vty->node = LISTEN_NODE;
	return CMD_SUCCESS;
}

static int say_at_start(struct vty *vty)
{
	if (config_of(vty)->changed)
		vty_out(vty, "%% taken at the next start; keep it with: write file%s", VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(cfg_http_listen, cfg_http_listen_cmd, "listen ADDRESS <0-65535>", LISTEN_STR)
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->http_address, argv[0]);
	cfg->http_port = atoi(argv[1]);
	return say_at_start(vty);
}

DEFUN(cfg_vty_listen, cfg_vty_listen_cmd, "listen ADDRESS <1-65535>", LISTEN_STR)
{
	struct config *cfg = config_of(vty);

	SET(cfg, cfg->vty_address, argv[0]);
	cfg->vty_port = atoi(argv[1]);
	return say_at_start(vty);
}

static int write_http(struct vty *vty)
{
	const struct config *cfg = config_of(vty);

	if (cfg->http_address)
		vty_out(vty, "http%s listen %s %u%s", VTY_NEWLINE, cfg->http_address,
			cfg->http_port, VTY_NEWLINE);
	return CMD_SUCCESS;
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
		tell(cfg, CONFIG_CITY, NULL);
		break;
	case SMS_NODE:
		tell(cfg, CONFIG_SMS, NULL);
		break;
	case CONTRACTOR_NODE:
		tell(cfg, CONFIG_CONTRACTORS, NULL);
		break;
	default:
		break;
	}
	return 0;
}

static void install_modem(void)
{
	osmo_tdef_vty_groups_init(CONFIG_NODE, timer_groups);
	install_node(&modem_node, write_modems);
	install_element(CONFIG_NODE, &cfg_modem_cmd);
	install_element(CONFIG_NODE, &cfg_no_modem_cmd);
	install_element(MODEM_NODE, &cfg_modem_device_cmd);
	install_element(MODEM_NODE, &cfg_modem_imei_cmd);
	install_element(MODEM_NODE, &cfg_modem_search_cmd);
	install_element(MODEM_NODE, &cfg_modem_baud_cmd);
	install_element(MODEM_NODE, &cfg_modem_audio_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_audio_cmd);
	install_element(MODEM_NODE, &cfg_modem_pin_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_pin_cmd);
	install_element(MODEM_NODE, &cfg_modem_number_cmd);
	install_element(MODEM_NODE, &cfg_modem_smsc_cmd);
	install_element(MODEM_NODE, &cfg_modem_mode_cmd);
	install_element(MODEM_NODE, &cfg_modem_shutdown_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_shutdown_cmd);
}

static void install_contractor(void)
{
	install_node(&contractor_node, write_contractors);
	install_element(CONFIG_NODE, &cfg_contractor_cmd);
	install_element(CONFIG_NODE, &cfg_no_contractor_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_url_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_url2_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_sms_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_format_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_key_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_secret_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_jurisdiction_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_poll_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_rung_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_category_cmd);
	install_element(CONTRACTOR_NODE, &cfg_co_area_cmd);
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
	install_modem();
	install_node(&handset_node, write_handset);
	install_element(CONFIG_NODE, &cfg_handset_cmd);
	install_element(CONFIG_NODE, &cfg_no_handset_cmd);
	install_element(HANDSET_NODE, &cfg_handset_shutdown_cmd);
	install_element(HANDSET_NODE, &cfg_handset_no_shutdown_cmd);
	install_contractor();
	install_node(&http_node, write_http);
	install_element(CONFIG_NODE, &cfg_http_cmd);
	install_element(HTTP_NODE, &cfg_http_listen_cmd);
	install_node(&listen_node, write_listen);
	install_element(CONFIG_NODE, &cfg_vty_cmd);
	install_element(LISTEN_NODE, &cfg_vty_listen_cmd);
}
