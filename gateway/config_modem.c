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
	install_element(MODEM_NODE, &cfg_modem_shutdown_cmd);
	install_element(MODEM_NODE, &cfg_modem_no_shutdown_cmd);
}
