// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_modem.c - the words of "modem". */
#include "config_int.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/tdef_vty.h>

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
	config_tell(cfg, CONFIG_MODEM_GONE, cm);
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

DEFUN(cfg_modem_replies, cfg_modem_replies_cmd, "replies-only",
      "Notices leave by other lines: what residents text here never waits for a part of one\n")
{
	struct config_modem *cm = vty->index;

	cm->cfg.replies_only = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_no_replies, cfg_modem_no_replies_cmd, "no replies-only",
      NO_STR "Notices leave by other lines\n")
{
	struct config_modem *cm = vty->index;

	cm->cfg.replies_only = false;
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

/* ---- the SIM's own USSD */

/* The next word of a line, "quoted" where it has blanks; in quotes \\ keeps what follows it.
 * \returns talloc'd child of ctx, NULL if there is none or its quote is open */
static char *next_word(void *ctx, const char **rest)
{
	const char *p = *rest + strspn(*rest, " ");
	char *word = talloc_zero_size(ctx, strlen(p) + 1), *to = word;
	bool quoted = *p == '"';

	for (p += quoted; *p && (quoted ? *p != '"' : *p != ' '); p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		*to++ = *p;
	}
	if (to == word || (quoted && *p != '"'))
		return NULL;
	*rest = p + quoted + strspn(p + quoted, " ");
	return word;
}

static void out_quoted(struct vty *vty, const char *text)
{
	char *quoted = talloc_zero_size(NULL, 2 * strlen(text) + 3), *to = quoted;

	*to++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '"';
	vty_out(vty, "%s", quoted);
	talloc_free(quoted);
}

static void say_when(struct vty *vty)
{
	if (vty->type != VTY_FILE)
		vty_out(vty, "as from the next \"no shutdown\" of this modem%s", VTY_NEWLINE);
}

DEFUN(cfg_modem_balance_code, cfg_modem_balance_code_cmd, "balance code CODE",
      "Credit of the SIM\nThe code that tells it\nas *100#\n")
{
	struct config_modem *cm = vty->index;
	const char *rest = argv[0];
	char *code = next_word(cm, &rest);

	if (!code || !modem_ussd_is_code(code)) {
		vty_out(vty, "%% a code is like *100#%s", VTY_NEWLINE);
		talloc_free(code);
		return CMD_WARNING;
	}
	SET(cm, cm->cfg.balance_code, code);
	talloc_free(code);
	say_when(vty);
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_balance_every, cfg_modem_balance_every_cmd, "balance every <1-168>",
      "Credit of the SIM\nHow often it is asked\nHours\n")
{
	struct config_modem *cm = vty->index;

	cm->cfg.balance_every_h = atoi(argv[0]);
	say_when(vty);
	return CMD_SUCCESS;
}

/* "5", "5.00", "5,5" to cents.  0; -EINVAL */
static int read_amount(int64_t *cents, const char *text)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	int64_t value = 0;

	if (whole == 0 || whole > 9)
		return -EINVAL;
	if (text[whole])
		part = strspn(text + whole + 1, "0123456789");
	if (text[whole] &&
	    (!strchr(".,", text[whole]) || part < 1 || part > 2 || text[whole + 1 + part]))
		return -EINVAL;
	for (size_t i = 0; i < whole; i++)
		value = value * 10 + (text[i] - '0');
	for (size_t i = 0; i < 2; i++)
		value = value * 10 + (i < part ? text[whole + 1 + i] - '0' : 0);
	*cents = value;
	return 0;
}

DEFUN(cfg_modem_balance_low, cfg_modem_balance_low_cmd, "balance low AMOUNT",
      "Credit of the SIM\nAlarm when it is less\nas 5.00\n")
{
	struct config_modem *cm = vty->index;

	if (read_amount(&cm->cfg.balance_low, argv[0]) < 0) {
		vty_out(vty, "%% an amount is like 5.00%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	cm->cfg.balance_watch = true;
	say_when(vty);
	return CMD_SUCCESS;
}

DEFUN(cfg_modem_no_balance, cfg_modem_no_balance_cmd, "no balance", NO_STR "Credit of the SIM\n")
{
	struct config_modem *cm = vty->index;

	SET(cm, cm->cfg.balance_code, NULL);
	cm->cfg.balance_every_h = 0;
	cm->cfg.balance_watch = false;
	cm->cfg.balance_low = 0;
	say_when(vty);
	return CMD_SUCCESS;
}

static unsigned int rule_count(const struct config_modem *cm)
{
	unsigned int n = 0;

	while (cm->cfg.rules && cm->cfg.rules[n].pattern)
		n++;
	return n;
}

static void rule_add(struct config_modem *cm, const char *pattern, const char *answer)
{
	unsigned int n = rule_count(cm);
	struct modem_rule *rules = talloc_realloc(cm, (struct modem_rule *)cm->cfg.rules,
						  struct modem_rule, n + 2);

	OSMO_ASSERT(rules);
	rules[n] = (struct modem_rule){ talloc_strdup(rules, pattern),
					talloc_strdup(rules, answer) };
	rules[n + 1] = (struct modem_rule){ NULL, NULL };
	cm->cfg.rules = rules;
}

/* \returns false if there is none */
static bool rule_remove(struct config_modem *cm, const char *pattern)
{
	struct modem_rule *rules = (struct modem_rule *)cm->cfg.rules;
	unsigned int n = rule_count(cm);

	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(rules[i].pattern, pattern) != 0)
			continue;
		memmove(&rules[i], &rules[i + 1], (n - i) * sizeof(*rules));
		return true;
	}
	return false;
}

DEFUN(cfg_modem_ussd_answer, cfg_modem_ussd_answer_cmd, "ussd answer .PATTERN_AND_TEXT",
      "USSD of the SIM itself\nAnswer what the network asks by itself\n"
      "A part of its text, or a pattern with * ? [; then the answer; quotes where there are blanks\n")
{
	struct config_modem *cm = vty->index;
	char *words = argv_concat(argv, argc, 0);
	const char *rest = words;
	char *pattern = next_word(words, &rest), *answer = next_word(words, &rest);
	int rc = CMD_WARNING;

	if (!pattern || !answer || *rest) {
		vty_out(vty, "%% say: ussd answer \"PATTERN\" \"TEXT\"%s", VTY_NEWLINE);
	} else {
		rule_add(cm, pattern, answer);
		say_when(vty);
		rc = CMD_SUCCESS;
	}
	talloc_free(words);
	return rc;
}

DEFUN(cfg_modem_no_ussd_answer, cfg_modem_no_ussd_answer_cmd, "no ussd answer .PATTERN",
      NO_STR "USSD of the SIM itself\nAnswer what the network asks by itself\nIts pattern\n")
{
	struct config_modem *cm = vty->index;
	char *words = argv_concat(argv, argc, 0);
	const char *rest = words;
	char *pattern = next_word(words, &rest);
	bool there = pattern && rule_remove(cm, pattern);

	if (there)
		say_when(vty);
	else
		vty_out(vty, "%% no answer has this pattern%s", VTY_NEWLINE);
	talloc_free(words);
	return there ? CMD_SUCCESS : CMD_WARNING;
}

static void write_ussd(struct vty *vty, const struct config_modem *cm)
{
	char amount[MODEM_AMOUNT_SIZE];

	config_out_word(vty, "balance code", cm->cfg.balance_code);
	if (cm->cfg.balance_every_h)
		vty_out(vty, " balance every %u%s", cm->cfg.balance_every_h, VTY_NEWLINE);
	if (cm->cfg.balance_watch)
		vty_out(vty, " balance low %s%s", modem_amount(amount, cm->cfg.balance_low),
			VTY_NEWLINE);
	for (unsigned int i = 0; i < rule_count(cm); i++) {
		vty_out(vty, " ussd answer ");
		out_quoted(vty, cm->cfg.rules[i].pattern);
		vty_out(vty, " ");
		out_quoted(vty, cm->cfg.rules[i].answer);
		vty_out(vty, "%s", VTY_NEWLINE);
	}
}

static int modem_switch(struct vty *vty, bool shutdown)
{
	struct config_modem *cm = vty->index;

	if (!shutdown && !cm->cfg.device && !cm->cfg.imei) {
		vty_out(vty, "%% give the modem a device or an imei first%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	cm->cfg.shutdown = shutdown;
	config_tell(config_of(vty), CONFIG_MODEM, cm);
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

/* "write file" must keep the PIN; on a terminal it is nobody's to read. */
static void write_pin(struct vty *vty, const char *pin)
{
	if (vty->type == VTY_FILE)
		config_out_word(vty, "pin", pin);
	else if (pin)
		vty_out(vty, " ! pin is set, not shown%s", VTY_NEWLINE);
}

/* "timer modem X11 30", "timer euse X6 8"; show timer tells what each is for. */
static struct osmo_tdef_group timer_groups[] = {
	{ .name = "modem", .desc = "The modems' waits, in seconds", .tdefs = modem_tdefs },
	{ .name = "euse", .desc = "The waits of USSD, in seconds", .tdefs = euse_tdefs },
	{}
};

static int write_modems(struct vty *vty)
{
	static const char *const modes[] = { "auto", "direct", "stored" };
	const struct config *cfg = config_of(vty);
	const struct config_modem *cm;

	osmo_tdef_vty_groups_write(vty, "");
	llist_for_each_entry (cm, &cfg->modems, list) {
		vty_out(vty, "modem %u%s", cm->nr, VTY_NEWLINE);
		config_out_word(vty, "device", cm->cfg.device);
		config_out_word(vty, "imei", cm->cfg.imei);
		config_out_word(vty, "search", cm->cfg.search);
		if (cm->cfg.baud)
			vty_out(vty, " baud %u%s", cm->cfg.baud, VTY_NEWLINE);
		if (cm->audio == CONFIG_AUDIO_NONE)
			vty_out(vty, " no audio%s", VTY_NEWLINE);
		else if (cm->audio != CONFIG_AUDIO_UNSAID)
			vty_out(vty, " audio %s %s%s",
				cm->audio == CONFIG_AUDIO_ALSA ? "alsa" : "serial",
				cm->audio_device, VTY_NEWLINE);
		write_pin(vty, cm->cfg.pin);
		config_out_word(vty, "number", cm->cfg.number);
		config_out_word(vty, "smsc", cm->cfg.smsc);
		if (cm->cfg.mode != MODEM_AUTO)
			config_out_word(vty, "receive", modes[cm->cfg.mode]);
		if (cm->cfg.replies_only)
			vty_out(vty, " replies-only%s", VTY_NEWLINE);
		write_ussd(vty, cm);
		vty_out(vty, " %sshutdown%s", cm->cfg.shutdown ? "" : "no ", VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

void config_modem_install(void)
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
	install_element(MODEM_NODE, &cfg_modem_replies_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_replies_cmd);
	install_element(MODEM_NODE, &cfg_modem_balance_code_cmd);
	install_element(MODEM_NODE, &cfg_modem_balance_every_cmd);
	install_element(MODEM_NODE, &cfg_modem_balance_low_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_balance_cmd);
	install_element(MODEM_NODE, &cfg_modem_ussd_answer_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_ussd_answer_cmd);
	install_element(MODEM_NODE, &cfg_modem_shutdown_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_shutdown_cmd);
}
