// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_call.c - calls of a modem, one at a time: ringing, answered, called by us, over.
 *
 * What the modem says unasked is a hint, AT+CLCC is what counts (TS 27.007 7.18).  Its sound is in modem_audio.c,
 * keys and prompts in the leg.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "voice/sound.h"
#include "wire/at_line.h"

#define RING_LOST_S  15 /* a phone rings each five or six seconds */
#define ANSWER_S     20
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

static int send(struct modem *m, const char *text, unsigned int deadline_s, bool call,
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

/* ---- what the leg says */

/* From inside the leg: it is told when the leg is at rest, so that the user may end the call. */
static void leg_told(const struct leg_told *told, void *data)
{
	struct modem *m = data;
	struct modem_call *c = &m->call;

	if (c->n_told < ARRAY_SIZE(c->told_of))
		c->told_of[c->n_told++] = *told;
	osmo_timer_schedule(&c->told_timer, 0, 0);
}

static enum line_recorded recorded_how(const struct leg_told *told)
{
	if (told->why == LEG_DISK_FULL)
		return LINE_RECORDED_PART;
	if (told->seconds <= 0)
		return LINE_RECORDED_NOTHING;
	return told->why == LEG_HUNG_UP ? LINE_RECORDED_PART : LINE_RECORDED;
}

static void drop(struct modem *m, const char *why, bool tell);

static void tell_one(struct modem *m, const struct leg_told *told)
{
	struct modem_call *c = &m->call;
	const struct line_user *user = &m->line.user;
	uint64_t session = c->session;
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
	if (over && c->state == CALL_UP && c->session == session)
		drop(m, "all is said", true);
}

/* The user may ask for the next prompt from inside, or end it all. */
static void tell(struct modem *m)
{
	struct modem_call *c = &m->call;

	while (c->n_told > 0 && c->told) {
		struct leg_told one = c->told_of[0];

		memmove(c->told_of, c->told_of + 1, --c->n_told * sizeof(one));
		tell_one(m, &one);
	}
}

static void told_due(void *data)
{
	tell(data);
}

bool modem_call_frame(struct modem *m, const int16_t *in, int16_t *out)
{
	struct modem_call *c = &m->call;

	if (c->state != CALL_UP) /* what it sends before is not the caller */
		return false;
	modem_alarm(m, ALARM_AUDIO, false, NULL);
	leg_in(c->leg, in);
	leg_out(c->leg, out);
	tell(m);
	return c->state == CALL_UP;
}

/* ---- the end */

/* No more sound; what was recorded is told, if anybody still wants to know. */
static void silence(struct modem *m, bool tell_user)
{
	struct modem_call *c = &m->call;
	struct leg *leg = c->leg;

	c->leg = NULL;
	c->last = false;
	if (leg) {
		leg_hang_up(leg);
		if (tell_user)
			tell(m);
		leg_free(leg);
	}
	c->n_told = 0;
	osmo_timer_del(&c->told_timer);
	osmo_timer_del(&c->number_timer);
	modem_audio_close(m);
}

static void tell_ended(struct modem *m, bool was_told)
{
	m->call.told = false;
	if (was_told && m->line.user.ended)
		m->line.user.ended(&m->line, m->call.session, m->line.user.data);
}

/* The modem has no call any more. */
static void gone(struct modem *m, const char *why)
{
	struct modem_call *c = &m->call;
	bool was_told = c->told;

	LOG_MODEM(m, LOGL_INFO, "call over: %s\n", why);
	if (c->accepted && m->profile->audio_off)
		send(m, m->profile->audio_off, 5, false, NULL);
	c->accepted = false;
	enter(m, CALL_HANGING_UP); /* for who asks for anything from inside */
	silence(m, true);
	enter(m, CALL_NONE);
	tell_ended(m, was_told);
	if (c->state != CALL_NONE)
		return;
	m->line.user.changed(&m->line, m->line.user.data);
	modem_tx_pump(m);
}

static void hung_up(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	if (answer->result == AT_GONE || m->call.state != CALL_HANGING_UP)
		return;
	if (answer->result != AT_OK) /* some know only this */
		send(m, "ATH", HANG_UP_S, false, NULL);
	gone(m, "hung up by us");
}

/* We end it. */
static void drop(struct modem *m, const char *why, bool tell_user)
{
	bool was_told = m->call.told;

	LOG_MODEM(m, LOGL_INFO, "hanging up: %s\n", why);
	enter(m, CALL_HANGING_UP);
	silence(m, tell_user);
	if (send(m, "AT+CHUP", HANG_UP_S, false, hung_up) < 0)
		LOG_MODEM(m, LOGL_NOTICE, "cannot hang up\n");
	tell_ended(m, was_told && tell_user);
}

void modem_call_lost(struct modem *m)
{
	struct modem_call *c = &m->call;
	bool was_told = c->told;

	c->looking = false;
	if (c->state == CALL_NONE)
		return;
	LOG_MODEM(m, LOGL_NOTICE, "its call is lost\n");
	c->accepted = false;
	enter(m, CALL_HANGING_UP);
	silence(m, true);
	enter(m, CALL_NONE);
	tell_ended(m, was_told);
}

/* ---- the beginning */

static void take_leg(struct modem *m)
{
	struct leg_cfg cfg = { .recorder = m->call.recorder,
			       .inband_keys = !m->call.keys_by_urc,
			       .told = leg_told,
			       .data = m };

	m->call.leg = leg_alloc(m, &cfg);
	m->call.n_told = 0;
	m->call.last = m->call.recording = false;
}

static int open_audio(struct modem *m)
{
	int rc = modem_audio_open(m);

	if (rc < 0) {
		LOG_MODEM(m, LOGL_ERROR, "%s: %s\n", m->cfg.audio, strerror(-rc));
		modem_alarm(
			m, ALARM_AUDIO, true,
			"the port with the sound of calls cannot be opened: is it the right one?");
	}
	return rc;
}

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

	if (m->profile->audio_after)
		send(m, m->profile->audio_after, 5, false, NULL);
	c->octets_seen = c->audio.octets;
	c->quiet_s = 0;
	enter(m, CALL_UP);
	osmo_timer_schedule(&c->tick, 1, 0);
	LOG_MODEM(m, LOGL_INFO, "in a call\n");
	if (!c->outgoing)
		return;
	c->told = true;
	m->line.user.called(&m->line, &call, m->line.user.data);
}

static void accepted(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct modem_call *c = &m->call;

	if (answer->result == AT_GONE || (c->state != CALL_ANSWERING && c->state != CALL_DIALLING))
		return;
	if (answer->result == AT_HANGUP) {
		gone(m, "nobody is there");
	} else if (answer->result != AT_OK) {
		drop(m, "the modem does not take it", true);
	} else {
		c->accepted = true;
		c->age_s = 0;
		if (c->state == CALL_ANSWERING && !m->profile->audio_at_begin)
			connected(m);
		else
			look(m);
	}
}

/* ATA or ATD.  The port is opened first: an answered call without sound helps nobody. */
static int begin(struct modem *m, const char *command, enum call_state state)
{
	struct modem_call *c = &m->call;
	int rc = open_audio(m);

	if (rc < 0)
		return rc;
	if (m->profile->audio_before)
		send(m, m->profile->audio_before, 5, false, NULL);
	rc = send(m, command, state == CALL_DIALLING ? 60 : ANSWER_S, true, accepted);
	if (rc < 0) {
		modem_audio_close(m);
		return rc;
	}
	take_leg(m);
	c->accepted = c->hinted = false;
	enter(m, state);
	return 0;
}

int modem_call_answer(struct line *ln, uint64_t session)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct modem_call *c = find(ln, session);

	if (!c)
		return -ENOENT;
	if (c->state != CALL_OFFERED)
		return 0;
	if (begin(m, "ATA", CALL_ANSWERING) == 0)
		return 0;
	drop(m, "no sound is possible", false);
	return -ENOENT;
}

int modem_call_dial(struct line *ln, const struct line_dialling *dialling, uint64_t *session)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct modem_call *c = &m->call;
	const char *number = dialling->number;
	char command[64];
	size_t digits = strspn(number + (*number == '+'), "0123456789") + (*number == '+');

	if (number[digits] || digits < 2 || digits >= sizeof(c->number))
		return -EINVAL;
	if (!m->cfg.audio || c->state != CALL_NONE || m->fi->state != MODEM_READY ||
	    !modem_is_registered(m))
		return -EAGAIN;
	snprintf(command, sizeof(command), "ATD%s;", number); /* ';' makes it a voice call */
	OSMO_STRLCPY_ARRAY(c->number, number);
	if (begin(m, command, CALL_DIALLING) < 0)
		return -EAGAIN;
	c->outgoing = true;
	c->told = true;
	*session = ++c->session;
	return 0;
}

void modem_call_hang_up(struct line *ln, uint64_t session)
{
	if (find(ln, session))
		drop(container_of(ln, struct modem, line), "by the menu", false);
}

/* The end of the prompt before this one is not that of this one. */
static void forget_played(struct modem_call *c)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->n_told; i++)
		if (c->told_of[i].event != LEG_PLAYED)
			c->told_of[n++] = c->told_of[i];
	c->n_told = n;
}

int modem_call_prompt(struct line *ln, uint64_t session, const struct line_prompt *prompt)
{
	struct modem *m = container_of(ln, struct modem, line);
	struct modem_call *c = find(ln, session);
	size_t n = OSMO_MIN(prompt->n, LEG_SOUNDS_MAX);
	struct sound *sounds[LEG_SOUNDS_MAX];
	int rc;

	if (!c || !c->leg)
		return -ENOENT;
	for (size_t i = 0; i < n; i++)
		sounds[i] = sound_ref(prompt->sounds[i]);
	forget_played(c);
	c->last = prompt->last;
	c->recording = prompt->record != NULL;
	leg_play(c->leg, sounds, n, prompt->barge_in);
	if (!prompt->record)
		return 0;
	rc = leg_record(c->leg, prompt->record, prompt->record_s);
	if (rc < 0) {
		LOG_MODEM(m, LOGL_ERROR, "%s: %s\n", prompt->record, strerror(-rc));
		leg_told(&(struct leg_told){ .event = LEG_RECORDED, .why = LEG_DISK_FULL }, m);
	}
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

static void on_key(struct modem *m, const char *line)
{
	struct modem_call *c = &m->call;
	const char *p = strchr(line, ':') + 1;
	char key;

	p += strspn(p, " \"");
	key = m->profile->keys_ascii ? (char)(strtoul(p, NULL, 10) % KEY_ASCII_OK) : *p;
	if (c->state != CALL_UP || !c->keys_by_urc || !key || !strchr("0123456789*#ABCD", key))
		return;
	leg_key(c->leg, key);
	tell(m);
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
	};
	const char *keys = m->profile ? m->profile->keys_urc : NULL;

	if (!m->cfg.audio || m->fi->state != MODEM_READY || !m->line.user.called)
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
		send(m, "AT+CHLD=0", 10, false, NULL);
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
			gone(m, "so the modem says");
		return;
	}
	modem_clcc_read(&calls, answer, c->outgoing);
	if (calls.stat >= 0)
		seen(m, &calls);
	else if (++c->missed >= MISSES || c->hinted)
		gone(m, "the other side has hung up");
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

void modem_call_audio_lost(struct modem *m, const char *why)
{
	LOG_MODEM(m, LOGL_ERROR, "no sound: %s\n", why);
	modem_alarm(m, ALARM_AUDIO, true,
		    "calls have no sound: is the port of audio serial that of the modem's PCM?");
	if (m->call.state == CALL_ANSWERING || m->call.state == CALL_DIALLING ||
	    m->call.state == CALL_UP)
		drop(m, "without sound", true);
	else
		modem_audio_close(m);
}

static void watch_audio(struct modem *m)
{
	struct modem_call *c = &m->call;

	if (c->octets_seen != c->audio.octets) {
		c->octets_seen = c->audio.octets;
		c->quiet_s = 0;
		return;
	}
	c->quiet_s++;
	if (c->quiet_s == QUIET_AGAIN && m->profile->audio_after)
		send(m, m->profile->audio_after, 5, false, NULL);
	if (c->quiet_s >= QUIET_LOST)
		modem_call_audio_lost(m, "none came for two seconds");
}

static void tick(void *data)
{
	struct modem *m = data;
	struct modem_call *c = &m->call;

	osmo_timer_schedule(&c->tick, 1, 0);
	c->age_s++;
	if (c->state == CALL_UP)
		watch_audio(m);
	else if ((c->state == CALL_RINGING || c->state == CALL_OFFERED) && c->age_s >= RING_LOST_S)
		gone(m, "it does not ring any more");
	else if (c->state == CALL_ANSWERING && c->accepted && c->age_s >= ANSWER_S)
		drop(m, "it is not put through", true);
	else if (c->state == CALL_DIALLING && c->accepted &&
		 c->age_s >= osmo_tdef_get(modem_tdefs, -21, OSMO_TDEF_S, -1))
		drop(m, "nobody answers", true);
	else if (c->state == CALL_HANGING_UP && c->age_s >= 3 * HANG_UP_S)
		gone(m, "the modem does not say whether it hung up");
	if (c->state != CALL_NONE && c->state != CALL_HANGING_UP)
		look(m);
}

/* ---- life */

void modem_call_init(struct modem *m)
{
	modem_audio_init(m);
	m->call.recorder = recorder_alloc(m);
	osmo_timer_setup(&m->call.number_timer, number_due, m);
	osmo_timer_setup(&m->call.tick, tick, m);
	osmo_timer_setup(&m->call.told_timer, told_due, m);
}
