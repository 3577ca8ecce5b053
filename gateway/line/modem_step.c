// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_step.c - runs a table of steps, and the steps that find out who the modem is. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"

#define BARE_ERROR_TRIES 3

static void run_step(struct modem *m);

static void steps_over(struct modem *m, enum modem_event event)
{
	m->step = NULL;
	osmo_timer_del(&m->step_timer);
	osmo_fsm_inst_dispatch(m->fi, event, NULL);
}

static void next_step(struct modem *m)
{
	m->step++;
	m->step_tries = m->extra = 0;
	run_step(m);
}

/* How often a refused step is asked again.  A bare ERROR may be a busy SIM too, but from a modem
 * without error codes it mostly means that it does not know the command. */
static unsigned int busy_tries(const struct at_answer *answer)
{
	switch (answer->result) {
	case AT_CME:
		return answer->code == 14 || answer->code == 13 ? SIM_BUSY_TRIES : 0;
	case AT_CMS:
		return answer->code == 314 || answer->code == 313 ? SIM_BUSY_TRIES : 0;
	case AT_ERROR:
		return BARE_ERROR_TRIES;
	default:
		return 0;
	}
}

/* What an answer means for the table, before take() is asked. */
static enum step_next judge(struct modem *m, const struct at_answer *answer)
{
	const struct step *step = m->step;

	if ((step->flags & STEP_SIM_BUSY) && m->step_tries < busy_tries(answer))
		return STEP_AGAIN;
	if (answer->result == AT_OK || (step->flags & STEP_DECIDES))
		return step->take ? (enum step_next)step->take(m, answer) : STEP_NEXT;
	if (step->flags & STEP_MAY_FAIL)
		return STEP_NEXT;
	modem_count(m, MODEM_CTR_ERRORS);
	return STEP_FAIL;
}

/* Soon at first, as a quick SIM needs a fraction of a second; then every second. */
static void again_soon(struct modem *m)
{
	unsigned int pause_ms = OSMO_MIN(++m->step_tries * 100, 1000u);

	osmo_timer_schedule(&m->step_timer, pause_ms / 1000, pause_ms % 1000 * 1000);
}

static void step_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	const struct step *step = m->step;
	enum step_next next;

	if (answer->result == AT_GONE || !step)
		return;
	next = judge(m, answer);
	if (m->step != step)
		return; /* take() has dispatched an event that started something else */
	switch (next) {
	case STEP_NEXT:
		next_step(m);
		break;
	case STEP_AGAIN:
		again_soon(m);
		break;
	case STEP_REPEAT:
		run_step(m);
		break;
	case STEP_LEAVE:
		m->step = NULL;
		break;
	case STEP_FAIL:
		LOG_MODEM(m, LOGL_NOTICE, "bring-up failed at %s (result %d, code %d)\n",
			  step->text	 ? step->text
			  : step->prefix ? step->prefix
					 : "a setting",
			  answer->result, answer->code);
		steps_over(m, MODEM_EV_FAILED);
		break;
	}
}

static void run_step(struct modem *m)
{
	char built[256];
	struct at_cmd cmd = { .done = step_done, .data = m, .lane = AT_READ };

	for (;; m->step++, m->step_tries = m->extra = 0) {
		if (m->step->flags & STEP_LAST) {
			steps_over(m, MODEM_EV_DONE);
			return;
		}
		cmd.text = m->step->text;
		if (cmd.text)
			break;
		if (m->step->build(m, built, sizeof(built)) == 0) {
			cmd.text = built;
			break;
		}
	}
	cmd.prefix = m->step->prefix;
	cmd.mine = m->step->mine;
	cmd.deadline_ms = m->step->deadline_s * 1000;
	cmd.secret = m->step->flags & STEP_SECRET;
	if (at_chat_send(m->chat, &cmd) < 0)
		steps_over(m, MODEM_EV_FAILED);
}

static void step_again(void *data)
{
	struct modem *m = data;

	if (m->step)
		run_step(m);
}

void modem_steps_start(struct modem *m, const struct step *steps)
{
	osmo_timer_del(&m->step_timer);
	m->step = steps;
	m->step_tries = m->extra = 0;
	run_step(m);
}

void modem_steps_stop(struct modem *m)
{
	m->step = NULL;
	osmo_timer_del(&m->step_timer);
}

void modem_steps_init(struct modem *m)
{
	osmo_timer_setup(&m->step_timer, step_again, m);
	m->profile = modem_profile_find("", "");
}

/* ---- who is it */

/* The first line of an answer without the command's own name and without quotes. */
static void take_words(const struct at_answer *answer, char *out, size_t size)
{
	const char *line = at_answer_next(answer, NULL);
	const char *colon;

	if (!line)
		return;
	if (*line == '+' && (colon = strchr(line, ':')))
		line = colon + 1;
	line += strspn(line, " \"");
	osmo_strlcpy(out, line, size);
	out[strcspn(out, "\"")] = '\0';
}

static int take_echo_off(struct modem *m, const struct at_answer *answer)
{
	m->quiet = answer->result == AT_OK;
	m->echoes = at_chat_counts(m->chat)->echoes;
	return STEP_NEXT;
}

static int take_maker(struct modem *m, const struct at_answer *answer)
{
	take_words(answer, m->maker, sizeof(m->maker));
	return STEP_NEXT;
}

static int take_model(struct modem *m, const struct at_answer *answer)
{
	take_words(answer, m->model, sizeof(m->model));
	m->profile = modem_profile_find(m->maker, m->model);
	/* An echo after ATE0 was obeyed means that the modem does not keep it off. */
	if (at_chat_counts(m->chat)->echoes != m->echoes)
		m->quiet = false;
	LOG_MODEM(m, LOGL_INFO, "%s %s: profile %s\n", m->maker, m->model, m->profile->vendor);
	return STEP_NEXT;
}

static int take_revision(struct modem *m, const struct at_answer *answer)
{
	take_words(answer, m->revision, sizeof(m->revision));
	return STEP_NEXT;
}

/* The first run of at least min digits in an answer. */
static bool find_digits(const struct at_answer *answer, size_t min, char *out, size_t size)
{
	const char *line, *p;
	size_t n;

	for (line = at_answer_next(answer, NULL); line; line = at_answer_next(answer, line)) {
		for (p = line; *p; p += n ? n : 1) {
			n = strspn(p, "0123456789");
			if (n >= min && n < size) {
				memcpy(out, p, n);
				out[n] = '\0';
				return true;
			}
		}
	}
	return false;
}

/* 14 digits say which device; the 15th is a check digit that some leave out or send as 0. */
static int take_imei(struct modem *m, const struct at_answer *answer)
{
	char imei[20] = "";

	/* OK without a number may be the answer to something else: ask again, then do without. */
	if (answer->result == AT_OK && !find_digits(answer, 14, imei, sizeof(imei)) &&
	    m->step_tries < 2)
		return STEP_AGAIN;
	OSMO_STRLCPY_ARRAY(m->imei, imei);
	if (!m->cfg.imei || strncmp(m->imei, m->cfg.imei, 14) == 0)
		return STEP_NEXT;
	LOG_MODEM(m, LOGL_INFO, "IMEI %s is not ours\n", *m->imei ? m->imei : "(none)");
	osmo_fsm_inst_dispatch(m->fi, MODEM_EV_WRONG, NULL);
	return STEP_LEAVE;
}

const struct step steps_probe[] = {
	{ .text = "ATE0", .deadline_s = 3, .flags = STEP_DECIDES, .take = take_echo_off },
	{ .text = "AT+CMEE=1", .deadline_s = 3, .flags = STEP_MAY_FAIL },
	{ .text = "AT+CGMI",
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = take_maker },
	{ .text = "AT+CGMM",
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = take_model },
	{ .text = "AT+CGMR",
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = take_revision },
	{ .text = "AT+CGSN",
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = take_imei },
	{ .flags = STEP_LAST },
};

int modem_build_iccid(struct modem *m, char *out, size_t size)
{
	if (m->extra > 1 || (m->extra == 1 && !m->profile->iccid))
		return -ENOENT;
	/* The maker's own command first, then the one that most have. */
	osmo_strlcpy(out, m->extra == 0 && m->profile->iccid ? m->profile->iccid : "AT+CCID", size);
	m->extra++;
	return 0;
}

int modem_take_iccid(struct modem *m, const struct at_answer *answer)
{
	if (answer->result == AT_OK && find_digits(answer, 18, m->iccid, sizeof(m->iccid)))
		return STEP_NEXT;
	return STEP_REPEAT;
}

static int build_iccid_anew(struct modem *m, char *out, size_t size)
{
	if (m->extra == 0)
		m->iccid[0] = '\0'; /* another SIM may be in it now */
	return modem_build_iccid(m, out, size);
}

const struct step steps_pin_look[] = {
	{ .build = build_iccid_anew,
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = modem_take_iccid },
	{ .text = "AT+CPIN?",
	  .prefix = "+CPIN:",
	  .deadline_s = 10,
	  .flags = STEP_DECIDES,
	  .take = modem_pin_take_state },
	{ .flags = STEP_LAST },
};

static int build_tries(struct modem *m, char *out, size_t size)
{
	if (!m->profile->pin_tries)
		return -ENOENT;
	osmo_strlcpy(out, m->profile->pin_tries, size);
	return 0;
}

const struct step steps_pin_enter[] = {
	{ .build = build_tries,
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = modem_pin_take_tries },
	{ .build = modem_pin_build,
	  .deadline_s = 30,
	  .flags = STEP_DECIDES | STEP_SECRET,
	  .take = modem_pin_take_entered },
	{ .flags = STEP_LAST },
};
