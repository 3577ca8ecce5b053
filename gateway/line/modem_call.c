// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_call.c - calls of a modem, one at a time: ringing, answered, called by us, over.
 *
 * What the modem says unasked is a hint, AT+CLCC is what counts (TS 27.007 7.18).  Its sound, prompts and keys are
 * in the media thread (modem_audio.h); what we dial is in modem_dial.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

#define RING_LOST_S  15 /* a phone rings each five or six seconds */
#define ANSWER_S     20
#define OPEN_S	     5 /* the port with the sound */
#define DIAL_S	     60
#define HANG_UP_S    10
#define MISSES	     2 /* CLCC without the call; some show it a moment late */
#define QUIET_AGAIN  1 /* seconds without sound: ask for it once more */
#define QUIET_LOST   2
#define KEY_ASCII_OK 128

static void look(struct modem *m);

bool modem_call_is_on(const struct modem *m)
{
	return m->call.state != CALL_NONE;
}

static struct modem_call *find(struct line *ln, uint64_t session)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct modem_call *c = &m->call;

	return c->told && c->session == session && c->state != CALL_NONE &&
			       c->state != CALL_HANGING_UP
		       ? c
		       : NULL;
}

static void enter(struct modem *m, enum call_state state)
{
	m->call.state = state;
	m->call.age_s = 0;
	m->call.missed = 0;
	if (state == CALL_NONE)
		osmo_timer_del(&m->call.tick);
	else if (!osmo_timer_pending(&m->call.tick))
		osmo_timer_schedule(&m->call.tick, 1, 0);
}

static int give(struct modem *m, const char *text, unsigned int deadline_s, bool call,
		void (*done)(struct at_chat *, const struct at_answer *, void *))
{
	struct at_cmd cmd = { .text = text,
			      .deadline_ms = deadline_s * 1000,
			      .lane = AT_URGENT,
			      .call = call,
			      .done = done,
			      .data = m };

	return at_chat_send(m->chat, &cmd);
}

/* A command of the maker's for the sound of a call; none is needed by some. */
static void send_vendor(struct modem *m, const char *port, const char *card)
{
	const char *text = m->cfg.audio_card && card ? card : port;

	if (text)
		give(m, text, 5, false, NULL);
}

/* ---- the end */

/* No more sound, and the user hears that it is over: after what was recorded. */
static void end_session(struct modem *m, bool tell)
{
	struct modem_call *c = &m->call;
	bool sound = c->sound, unreached = c->outgoing && !c->reached;

	tell &= c->told;
	c->told = c->sound = c->opening = c->last = false;
	osmo_timer_del(&c->number_timer);
	if (sound)
		modem_audio_close(c->audio, tell && !unreached);
	if (tell && unreached)
		modem_dial_unreached(m);
	else if (tell && !sound && m->line.user.ended)
		m->line.user.ended(&m->line, c->session, m->line.user.data);
}

void modem_call_gone(struct modem *m, const char *why)
{
	struct modem_call *c = &m->call;

	enter(m, CALL_HANGING_UP); /* for who asks for anything from inside */
	if (modem_dial_ask_why(m))
		return;
	LOG_MODEM(m, LOGL_INFO, "call over: %s\n", why);
	if (c->accepted)
		send_vendor(m, m->profile->audio_off, m->profile->card_off);
	c->accepted = false;
	end_session(m, true);
	enter(m, CALL_NONE);
	m->line.user.changed(&m->line, m->line.user.data);
	modem_tx_pump(m);
}

static void hung_up(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	if (answer->result == AT_GONE || m->call.state != CALL_HANGING_UP)
		return;
	if (answer->result != AT_OK) /* some know only this */
		give(m, "ATH", HANG_UP_S, false, NULL);
	modem_call_gone(m, "hung up by us");
}

/* We end it. */
static void drop(struct modem *m, const char *why, bool tell)
{
	LOG_MODEM(m, LOGL_INFO, "hanging up: %s\n", why);
	enter(m, CALL_HANGING_UP);
	if (give(m, "AT+CHUP", HANG_UP_S, false, hung_up) < 0)
		LOG_MODEM(m, LOGL_NOTICE, "cannot hang up\n");
	end_session(m, tell);
}

void modem_call_lost(struct modem *m)
{
	struct modem_call *c = &m->call;

	c->looking = false;
	if (c->state == CALL_NONE)
		return;
	LOG_MODEM(m, LOGL_NOTICE, "its call is lost\n");
	c->accepted = false;
	c->why = LINE_NOT_DIALLED;
	enter(m, CALL_HANGING_UP);
	end_session(m, true);
	enter(m, CALL_NONE);
}

/* ---- its sound */

static void no_sound(struct modem *m, const char *why, const char *detail)
{
	LOG_MODEM(m, LOGL_ERROR, "no sound: %s\n", why);
	modem_alarm(m, ALARM_AUDIO, true, detail);
	m->call.why = LINE_NOT_DIALLED;
	drop(m, "without sound", true);
}

static void sound_lost(struct modem *m, const char *why)
{
	no_sound(m, why,
		 m->cfg.audio_card
			 ? "calls have no sound: is the card of audio alsa the modem's own?"
			 : "calls have no sound: is the port of audio serial that of the "
			   "modem's PCM?");
}

static void accepted(struct at_chat *chat, const struct at_answer *answer, void *data);

/* An answered call without sound helps nobody: only now it is answered or dialled. */
static void sound_open(struct modem *m, int error)
{
	struct modem_call *c = &m->call;
	bool dials = c->state == CALL_DIALLING;
	char command[64] = "ATA";

	c->opening = false;
	if (error < 0) {
		no_sound(m, strerror(-error),
			 m->cfg.audio_card
				 ? "the card of audio alsa cannot be opened: is it the right one, "
				   "and free?"
				 : "the port with the sound of calls cannot be opened: is it the "
				   "right one?");
		return;
	}
	if (dials) /* ';' makes it a voice call */
		snprintf(command, sizeof(command), "ATD%s;", c->number);
	send_vendor(m, m->profile->audio_before, m->profile->card_before);
	if (give(m, command, dials ? DIAL_S : ANSWER_S, true, accepted) < 0)
		drop(m, "the modem takes no commands", true);
}

static enum line_recorded recorded_how(const struct leg_told *told)
{
	if (told->why == LEG_DISK_FULL)
		return LINE_RECORDED_PART;
	if (told->seconds <= 0)
		return LINE_RECORDED_NOTHING;
	return told->why == LEG_HUNG_UP ? LINE_RECORDED_PART : LINE_RECORDED;
}

static void leg_told(struct modem *m, uint64_t session, const struct leg_told *told)
{
	struct modem_call *c = &m->call;
	const struct line_user *user = &m->line.user;
	bool over = c->last && told->event == (c->recording ? LEG_RECORDED : LEG_PLAYED);

	if (told->event == LEG_KEY && user->key)
		user->key(&m->line, session, told->key, user->data);
	else if (told->event == LEG_PLAYED && user->played)
		user->played(&m->line, session, user->data);
	else if (told->event == LEG_RECORDED && user->recorded)
		user->recorded(&m->line, session, recorded_how(told), told->seconds, user->data);
	else if (told->event == LEG_GREETED && user->greeted)
		user->greeted(&m->line, session, told->machine ? LINE_MACHINE : LINE_PERSON,
			      user->data);
	/* the user may have ended it from inside, or begun another */
	if (over && c->state == CALL_UP && c->session == session)
		drop(m, "all is said", true);
}

/* The user may do anything from inside. */
static void audio_told(const struct modem_audio_told *told, void *data)
{
	struct modem *m = data;

	switch (told->event) {
	case MODEM_AUDIO_OPEN:
		sound_open(m, told->error);
		break;
	case MODEM_AUDIO_FLOWS:
		modem_alarm(m, ALARM_AUDIO, false, NULL);
		break;
	case MODEM_AUDIO_LEG:
		leg_told(m, told->session, &told->leg);
		break;
	case MODEM_AUDIO_LOST:
		sound_lost(m, told->why);
		break;
	case MODEM_AUDIO_CLOSED:
		if (m->line.user.ended)
			m->line.user.ended(&m->line, told->session, m->line.user.data);
		break;
	}
}

void modem_call_counts(const struct modem *m, struct modem_audio_counts *out)
{
	*out = (struct modem_audio_counts){ 0 };
	if (m->call.audio)
		modem_audio_counts(m->call.audio, out);
}

static uint64_t octets_now(const struct modem *m)
{
	struct modem_audio_counts counts;

	modem_call_counts(m, &counts);
	return counts.octets;
}

/* ---- the beginning */

/* The number as the network gives it; none is a caller who withholds it. */
static void offer(struct modem *m)
{
	struct modem_call *c = &m->call;
	struct line_call call;

	if (c->state != CALL_RINGING)
		return;
	osmo_timer_del(&c->number_timer);
	enter(m, CALL_OFFERED);
	c->session++;
	c->told = true;
	LOG_MODEM(m, LOGL_INFO, "a phone rings%s\n", *c->number ? "" : ", its number is withheld");
	call = (struct line_call){ .session = c->session, .number = *c->number ? c->number : NULL };
	m->line.user.called(&m->line, &call, m->line.user.data);
}

static void number_due(void *data)
{
	offer(data);
}

/* 145: with the country's code, TS 24.008 10.5.4.7. */
static void take_number(struct modem_call *c, const char *digits, int type)
{
	bool plus = type == 145 && *digits && *digits != '+';

	c->number[0] = '+';
	osmo_strlcpy(c->number + plus, digits, sizeof(c->number) - plus);
}

/* The sound flows, and the caller hears us. */
static void connected(struct modem *m)
{
	struct modem_call *c = &m->call;
	struct line_call call = { .session = c->session, .number = c->number, .outgoing = true };

	send_vendor(m, m->profile->audio_after, m->profile->card_after);
	c->octets_seen = octets_now(m);
	c->quiet_s = 0;
	enter(m, CALL_UP);
	osmo_timer_schedule(&c->tick, 1, 0);
	modem_audio_talk(c->audio);
	LOG_MODEM(m, LOGL_INFO, "in a call\n");
	if (!c->outgoing)
		return;
	c->reached = true;
	m->line.user.called(&m->line, &call, m->line.user.data);
}

static void not_accepted(struct modem *m, const struct at_answer *answer)
{
	static const int whys[] = { [AT_NO_CARRIER] = -1,
				    [AT_BUSY] = LINE_BUSY,
				    [AT_NO_ANSWER] = LINE_NO_ANSWER,
				    [AT_NO_DIALTONE] = LINE_NOT_DIALLED };

	if (answer->result == AT_HANGUP) {
		m->call.why = whys[answer->code];
		modem_call_gone(m, "nobody is there");
		return;
	}
	m->call.why = LINE_NOT_DIALLED;
	drop(m, "the modem does not take it", true);
}

static void accepted(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct modem_call *c = &m->call;

	if (answer->result == AT_GONE || (c->state != CALL_ANSWERING && c->state != CALL_DIALLING))
		return;
	if (answer->result != AT_OK) {
		not_accepted(m, answer);
		return;
	}
	c->accepted = true;
	c->age_s = 0;
	if (c->state == CALL_ANSWERING && !m->profile->audio_at_begin)
		connected(m);
	else
		look(m);
}

void modem_call_begin(struct modem *m, enum call_state state, bool greeting)
{
	struct modem_call *c = &m->call;

	c->accepted = c->hinted = c->last = c->recording = false;
	c->told = c->sound = c->opening = true;
	enter(m, state);
	modem_audio_open(c->audio, c->session, !c->keys_by_urc, greeting);
}

int modem_call_answer(struct line *ln, uint64_t session)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct modem_call *c = find(ln, session);

	if (!c)
		return -ENOENT;
	if (c->state == CALL_OFFERED)
		modem_call_begin(m, CALL_ANSWERING, false);
	return 0;
}

void modem_call_hang_up(struct line *ln, uint64_t session)
{
	struct modem *m = container_of(ln, struct modem, line);

	if (find(ln, session))
		drop(m, "by the menu", false);
	else if (m->call.session == session)
		m->call.told = false; /* it is over, and only asked why */
}

int modem_call_prompt(struct line *ln, uint64_t session, const struct line_prompt *prompt)
{
	struct modem_call *c = find(ln, session);

	if (!c || !c->sound)
		return -ENOENT;
	c->last = prompt->last;
	c->recording = prompt->record != NULL;
	modem_audio_prompt(c->audio, prompt);
	return 0;
}

/* ---- what the modem says */

static void on_ring(struct modem *m, const char *line)
{
	struct modem_call *c = &m->call;

	if (strncmp(line, "+CRING:", 7) == 0 && !strstr(line, "VOICE"))
		return; /* data or fax */
	if (c->state == CALL_RINGING) {
		offer(m); /* the second time, and no number came in between */
		return;
	}
	c->age_s = c->state == CALL_OFFERED ? 0 : c->age_s;
	if (c->state != CALL_NONE)
		return;
	c->number[0] = '\0';
	c->outgoing = c->told = c->hinted = c->accepted = c->second = false;
	enter(m, CALL_RINGING);
	osmo_timer_schedule(&c->number_timer, osmo_tdef_get(modem_tdefs, -20, OSMO_TDEF_S, -1), 0);
	look(m);
}

/* +CLIP: "31612345678",145,... and +CLIP: "",128,,,,1 */
static void on_number(struct modem *m, const char *line)
{
	struct modem_call *c = &m->call;
	char digits[sizeof(c->number) - 1] = "";
	struct at_line al;
	int type = 0;

	if (c->state == CALL_NONE)
		on_ring(m, "RING");
	if (c->state != CALL_RINGING || !at_line_open(&al, line, "+CLIP:"))
		return;
	if (at_line_string(&al, digits, sizeof(digits)) < 0)
		digits[0] = '\0';
	at_line_number(&al, &type);
	take_number(c, digits, type);
	offer(m);
}

/* Of which call it speaks is not always said. */
static void on_over(struct modem *m, const char *line)
{
	if (m->call.state == CALL_NONE || m->call.state == CALL_HANGING_UP)
		return;
	m->call.hinted = true;
	modem_dial_hint(m, line);
	look(m);
}

/* It rings over there. */
static void on_alerting(struct modem *m, const char *line)
{
	if (m->call.state == CALL_DIALLING)
		look(m);
}

static void on_begin(struct modem *m, const char *line)
{
	if (m->call.accepted && m->call.state == CALL_DIALLING)
		look(m); /* some say so when it only rings over there */
	else if (m->call.accepted && m->call.state == CALL_ANSWERING)
		connected(m);
}

static void on_second(struct modem *m, const char *line)
{
	if (m->call.state == CALL_UP)
		look(m);
}

/* "^DDTMF: 5", "+QTONEDET: 53"; Telit tells the end of the tone too, as "#DTMFEV: 5,0". */
static void on_key(struct modem *m, const char *line)
{
	struct modem_call *c = &m->call;
	const char *p = strchr(line, ':') + 1;
	char key;

	p += strspn(p, " \"");
	key = m->profile->keys_ascii ? (char)(strtoul(p, NULL, 10) % KEY_ASCII_OK) : *p;
	if (c->state != CALL_UP || !c->keys_by_urc || !key || !strchr("0123456789*#ABCD", key))
		return;
	if (!m->profile->keys_ascii && p[1] == ',' && p[2] == '0')
		return;
	modem_audio_key(c->audio, key);
}

bool modem_call_urc(struct modem *m, const char *line)
{
	static const struct {
		const char *prefix;
		void (*on)(struct modem *m, const char *line);
	} urcs[] = {
		{ "RING", on_ring },
		{ "+CRING:", on_ring },
		{ "+CLIP:", on_number },
		{ "+CCWA:", on_second },
		{ "NO CARRIER", on_over },
		{ "NO ANSWER", on_over },
		{ "BUSY", on_over },
		{ "^CEND:", on_over },
		{ "VOICE CALL: END", on_over },
		{ "MISSED_CALL:", on_over },
		{ "VOICE CALL: BEGIN", on_begin },
		{ "^CONN:", on_begin },
		{ "^CONF:", on_alerting },
	};
	const char *keys = m->profile ? m->profile->keys_urc : NULL;

	if (!m->call.audio || m->fi->state != MODEM_READY || !m->line.user.called)
		return false;
	if (keys && strncmp(line, keys, strlen(keys)) == 0) {
		on_key(m, line);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(urcs); i++) {
		if (strncmp(line, urcs[i].prefix, strlen(urcs[i].prefix)) == 0) {
			urcs[i].on(m, line);
			return true;
		}
	}
	return false;
}

/* ---- AT+CLCC */

/* The one who calls second hears that we are busy (TS 27.007 7.13). */
static void refuse_second(struct modem *m, bool there)
{
	if (there && !m->call.second)
		give(m, "AT+CHLD=0", 10, false, NULL);
	m->call.second = there;
}

static void seen(struct modem *m, const struct clcc *calls)
{
	struct modem_call *c = &m->call;

	c->missed = 0;
	refuse_second(m, calls->second);
	if (c->state == CALL_RINGING && *calls->number) {
		take_number(c, calls->number, calls->type);
		offer(m);
	} else if (c->state == CALL_DIALLING && calls->stat == CLCC_ALERTING && !c->alerting) {
		c->alerting = true;
		c->age_s = 0;
	} else if (c->accepted && calls->stat == CLCC_ACTIVE &&
		   (c->state == CALL_ANSWERING || c->state == CALL_DIALLING)) {
		connected(m);
	}
}

static void looked(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct modem_call *c = &m->call;
	struct clcc calls;

	c->looking = false;
	if (answer->result == AT_GONE || c->state == CALL_NONE || c->state == CALL_HANGING_UP)
		return;
	/* Nothing is there before the modem has taken it. */
	if ((c->state == CALL_ANSWERING || c->state == CALL_DIALLING) && !c->accepted)
		return;
	if (answer->result != AT_OK) { /* it has no CLCC, or is too slow: believe what it said */
		if (c->hinted)
			modem_call_gone(m, "so the modem says");
		return;
	}
	modem_clcc_read(&calls, answer, c->outgoing);
	if (calls.stat >= 0)
		seen(m, &calls);
	else if (++c->missed >= MISSES || c->hinted)
		modem_call_gone(m, "the other side has hung up");
}

static void look(struct modem *m)
{
	struct at_cmd cmd = { .text = "AT+CLCC",
			      .prefix = "+CLCC:",
			      .deadline_ms = 5000,
			      .lane = AT_URGENT,
			      .done = looked,
			      .data = m };

	if (!m->call.looking)
		m->call.looking = at_chat_send(m->chat, &cmd) == 0;
}

/* ---- while it lasts */

static void watch_audio(struct modem *m)
{
	struct modem_call *c = &m->call;
	const struct modem_profile *p = m->profile;
	uint64_t octets = octets_now(m);

	if (c->octets_seen != octets) {
		c->octets_seen = octets;
		c->quiet_s = 0;
		return;
	}
	c->quiet_s++;
	if (c->quiet_s == QUIET_AGAIN && (p->audio_after || p->card_after))
		send_vendor(m, p->audio_after, p->card_after);
	else if (c->quiet_s == QUIET_AGAIN)
		send_vendor(m, p->audio_before, p->card_before);
	if (c->quiet_s >= QUIET_LOST)
		sound_lost(m, "none came for two seconds");
}

static unsigned int dial_limit_s(const struct modem *m)
{
	return m->call.alerting ? m->call.ring_s : osmo_tdef_get(modem_tdefs, -21, OSMO_TDEF_S, -1);
}

static void watch_state(struct modem *m)
{
	struct modem_call *c = &m->call;

	if (c->state == CALL_UP) {
		watch_audio(m);
	} else if (c->opening && c->age_s >= OPEN_S) {
		sound_lost(m, "its port or card does not open");
	} else if ((c->state == CALL_RINGING || c->state == CALL_OFFERED) &&
		   c->age_s >= RING_LOST_S) {
		modem_call_gone(m, "it does not ring any more");
	} else if (c->state == CALL_ANSWERING && c->accepted && c->age_s >= ANSWER_S) {
		drop(m, "it is not put through", true);
	} else if (c->state == CALL_DIALLING && c->accepted && c->age_s >= dial_limit_s(m)) {
		c->why = LINE_NO_ANSWER;
		drop(m, "nobody answers", true);
	} else if (c->state == CALL_HANGING_UP && c->age_s >= 3 * HANG_UP_S) {
		modem_call_gone(m, "the modem does not say whether it hung up");
	}
}

static void tick(void *data)
{
	struct modem *m = data;
	struct modem_call *c = &m->call;

	osmo_timer_schedule(&c->tick, 1, 0);
	c->age_s++;
	watch_state(m);
	if (c->state != CALL_NONE && c->state != CALL_HANGING_UP)
		look(m);
}

/* ---- life */

void modem_call_init(struct modem *m)
{
	struct modem_audio_cfg cfg = { .media = m->cfg.media,
				       .device = m->cfg.audio,
				       .card = m->cfg.audio_card,
				       .told = audio_told,
				       .data = m };

	if (m->cfg.audio && m->cfg.media)
		m->call.audio = modem_audio_alloc(m, &cfg);
	osmo_timer_setup(&m->call.number_timer, number_due, m);
	osmo_timer_setup(&m->call.tick, tick, m);
}

void modem_call_stop(struct modem *m)
{
	if (m->call.audio)
		modem_audio_stop(m->call.audio);
}
