// SPDX-License-Identifier: AGPL-3.0-or-later
/* config_notice.c - the words of "notices": what all notices to many have in common. */
#include "config_int.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "talk/hours.h"

static struct cmd_node notices_node = { .node = NOTICES_NODE,
					.prompt = "%s(config-notices)# ",
					.vtysh = 1 };

DEFUN(cfg_notices, cfg_notices_cmd, "notices", "Notices to many\n")
{
	struct config *cfg = config_of(vty);

	cfg->notices_said = true;
	vty->index = cfg;
	vty->node = NOTICES_NODE;
	return CMD_SUCCESS;
}

/* "21:00-08:00" may go over midnight, which opening hours do not: each half is read as one. */
static bool read_quiet(const char *text, int *from_min, int *to_min)
{
	struct hours from, to;
	char half[16];

	if (strlen(text) != strlen("21:00-08:00") || text[5] != '-')
		return false;
	snprintf(half, sizeof(half), "%.5s-24:00", text);
	if (hours_read(&from, NULL, half) < 0)
		return false;
	snprintf(half, sizeof(half), "%s-24:00", text + 6);
	if (hours_read(&to, NULL, half) < 0)
		return false;
	*from_min = from.from_min;
	*to_min = to.from_min;
	return *from_min != *to_min;
}

bool config_read_quiet(const char *text, int *from_min, int *to_min)
{
	*from_min = *to_min = 0;
	return strcmp(text, "none") == 0 || read_quiet(text, from_min, to_min);
}

DEFUN(cfg_notices_quiet, cfg_notices_quiet_cmd, "quiet-hours TIMES",
      "When no notice leaves that does not say otherwise\n21:00-08:00, or none\n")
{
	struct broadcast_cfg *bc = &config_of(vty)->broadcast;
	int from_min, to_min;

	if (!config_read_quiet(argv[0], &from_min, &to_min)) {
		vty_out(vty, "%% %s: quiet hours are written as 21:00-08:00, or none%s", argv[0],
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	bc->quiet_from_min = from_min;
	bc->quiet_to_min = to_min;
	return CMD_SUCCESS;
}

/* "0.085": thousandths. */
static bool read_price(const char *text, int *milli)
{
	char *end;
	long whole = strtol(text, &end, 10);
	int places = 0;

	if (end == text || *text < '0' || *text > '9' || whole > 1000)
		return false;
	*milli = whole * 1000;
	if (!*end)
		return true;
	if (*end++ != '.' || !*end)
		return false;
	for (int unit = 100; *end >= '0' && *end <= '9' && places < 3; places++, unit /= 10)
		*milli += (*end++ - '0') * unit;
	return places > 0 && !*end;
}

DEFUN(cfg_notices_cost, cfg_notices_cost_cmd, "cost-per-part PRICE CURRENCY",
      "What a text message costs, for estimates\n0.085\nEUR\n")
{
	struct config *cfg = config_of(vty);
	int milli;

	if (!read_price(argv[0], &milli)) {
		vty_out(vty, "%% %s: a price is written as 0.085%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	cfg->broadcast.cost_milli = milli;
	SET(cfg, cfg->broadcast.currency, argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_notices_lives, cfg_notices_lives_cmd, "report-age <1-3650>",
      "A report so old says no more where somebody lives\nDays\n")
{
	config_of(vty)->broadcast.lives_days = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_notices_land, cfg_notices_land_cmd, "land-lines .PREFIXES",
      "Numbers that take no texts: a notice by voice calls them\n+3170 +3110\n")
{
	struct config *cfg = config_of(vty);
	char *all = argv_concat(argv, argc, 0);

	if (all[strspn(all, "+0123456789 ")]) {
		vty_out(vty, "%% %s: give how numbers begin, as +3170 +3110%s", all, VTY_NEWLINE);
		talloc_free(all);
		return CMD_WARNING;
	}
	SET(cfg, cfg->broadcast.land_lines, all);
	talloc_free(all);
	return CMD_SUCCESS;
}

DEFUN(cfg_notices_headroom, cfg_notices_headroom_cmd, "headroom",
      "Leave the modems that residents text most to answers\n")
{
	config_of(vty)->outbox.headroom = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_notices_headroom, cfg_no_notices_headroom_cmd, "no headroom",
      NO_STR
      "Notices leave by all modems: they arrive sooner, and answers wait for a part of one\n")
{
	config_of(vty)->outbox.headroom = false;
	return CMD_SUCCESS;
}

/* CAP 1.2, 3.2.1 */
DEFUN(cfg_notices_sender, cfg_notices_sender_cmd, "cap-sender NAME",
      "Give public notices as CAP 1.2 at /cap/, from this sender\nmeldlijn@denhaag.nl\n")
{
	struct config *cfg = config_of(vty);

	if (strlen(argv[0]) > 100 || argv[0][strcspn(argv[0], ",<&")]) {
		vty_out(vty, "%% %s: a sender has no comma, < or &, and at most 100 letters%s",
			argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->broadcast.cap_sender, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_notices_feed, cfg_notices_feed_cmd, "cap-feed URL",
      "Take alerts of CAP 1.2 from there\nAn Atom feed, or one alert\n")
{
	struct config *cfg = config_of(vty);

	if (strncmp(argv[0], "http://", 7) != 0 && strncmp(argv[0], "https://", 8) != 0) {
		vty_out(vty, "%% %s: a feed begins with http:// or https://%s", argv[0],
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	SET(cfg, cfg->cap_feed.url, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_notices_poll, cfg_notices_poll_cmd, "cap-poll <10-86400>",
      "How often the feed is read\nSeconds\n")
{
	config_of(vty)->cap_feed.poll_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_notices_send, cfg_notices_send_cmd, "cap-send",
      "Send what the feed says at once; else each is a draft\n")
{
	config_of(vty)->cap_feed.send = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_notices_send, cfg_no_notices_send_cmd, "no cap-send",
      NO_STR "What the feed says is a draft, which staff send\n")
{
	config_of(vty)->cap_feed.send = false;
	return CMD_SUCCESS;
}

static void write_cap(struct vty *vty, const struct config *cfg)
{
	if (cfg->broadcast.land_lines)
		vty_out(vty, " land-lines %s%s", cfg->broadcast.land_lines, VTY_NEWLINE);
	if (cfg->broadcast.cap_sender)
		vty_out(vty, " cap-sender %s%s", cfg->broadcast.cap_sender, VTY_NEWLINE);
	if (cfg->cap_feed.url)
		vty_out(vty, " cap-feed %s%s", cfg->cap_feed.url, VTY_NEWLINE);
	if (cfg->cap_feed.poll_s)
		vty_out(vty, " cap-poll %d%s", cfg->cap_feed.poll_s, VTY_NEWLINE);
	if (cfg->cap_feed.send)
		vty_out(vty, " cap-send%s", VTY_NEWLINE);
}

static int write_notices(struct vty *vty)
{
	const struct config *cfg = config_of(vty);
	const struct broadcast_cfg *bc = &cfg->broadcast;

	if (!cfg->notices_said)
		return CMD_SUCCESS;
	vty_out(vty, "notices%s", VTY_NEWLINE);
	if (bc->quiet_from_min == bc->quiet_to_min)
		vty_out(vty, " quiet-hours none%s", VTY_NEWLINE);
	else
		vty_out(vty, " quiet-hours %02d:%02d-%02d:%02d%s", bc->quiet_from_min / 60,
			bc->quiet_from_min % 60, bc->quiet_to_min / 60, bc->quiet_to_min % 60,
			VTY_NEWLINE);
	if (bc->cost_milli)
		vty_out(vty, " cost-per-part %d.%03d %s%s", bc->cost_milli / 1000,
			bc->cost_milli % 1000, bc->currency, VTY_NEWLINE);
	vty_out(vty, " report-age %d%s", bc->lives_days, VTY_NEWLINE);
	vty_out(vty, " %sheadroom%s", cfg->outbox.headroom ? "" : "no ", VTY_NEWLINE);
	write_cap(vty, cfg);
	return CMD_SUCCESS;
}

void config_notice_install(void)
{
	install_node(&notices_node, write_notices);
	install_element(CONFIG_NODE, &cfg_notices_cmd);
	install_element(NOTICES_NODE, &cfg_notices_quiet_cmd);
	install_element(NOTICES_NODE, &cfg_notices_cost_cmd);
	install_element(NOTICES_NODE, &cfg_notices_lives_cmd);
	install_element(NOTICES_NODE, &cfg_notices_land_cmd);
	install_element(NOTICES_NODE, &cfg_notices_headroom_cmd);
	install_element(NOTICES_NODE, &cfg_no_notices_headroom_cmd);
	install_element(NOTICES_NODE, &cfg_notices_sender_cmd);
	install_element(NOTICES_NODE, &cfg_notices_feed_cmd);
	install_element(NOTICES_NODE, &cfg_notices_poll_cmd);
	install_element(NOTICES_NODE, &cfg_notices_send_cmd);
	install_element(NOTICES_NODE, &cfg_no_notices_send_cmd);
}
