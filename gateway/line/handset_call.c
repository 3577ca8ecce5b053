// SPDX-License-Identifier: AGPL-3.0-or-later
/* handset_call.c - calls of the simulated phone: a leg on the loop, without a clock where nobody waits.
 *
 * What the leg tells from inside its calls is kept until it has returned: who is above may hang up or
 * play the next prompt at once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "line/handset_int.h"
#include "log.h"
#include "voice/leg.h"
#include "voice/recorder.h"
#include "wire/phone.h"

#define RING_S	     30
#define KEEP_S	     120  /* a call that is over can be looked at so long */
#define PLAY_FRAMES  500  /* taken before the loop goes on */
#define SPEAK_FRAMES 25	  /* the same, where each may have to be coded */
#define ROOM_US	     2000 /* looks so often whether the recorder has room */
#define SILENCE_MS   100
#define FRAME_MS     20
#define HEARD_MAX    ((size_t)HANDSET_HEARD_MAX_S * SOUND_RATE)
#define HEARD_DROP   ((size_t)60 * SOUND_RATE)
#define HEARD_ROOM   ((size_t)8 * SOUND_RATE)
#define TOLD_MAX     8 /* one call of the leg tells three things at most */

struct call {
	struct llist_head entry;
	struct handset *hs;
	uint64_t id;
	char number[PHONE_SIZE];
	enum handset_call_state state;
	bool to_phone;
	struct leg *leg; /* while it is up */
	struct osmo_timer_list timer;

	/* the prompt */
	bool plays;
	bool records;
	bool last;
	bool no_disk; /* the recording could not be begun */

	bool greeting;		 /* it is to be told who answered, and is not yet */
	struct call *joined;	 /* whom it hears instead of us; NULL: none */
	enum line_unreached why; /* a call that we place comes to nothing */

	struct leg_told told[TOLD_MAX];
	unsigned int n_told;

	int16_t *heard;
	size_t heard_n, heard_room;
	int64_t dropped;

	struct sound *said; /* what the caller is saying, as far as at */
	size_t at;
	bool was_recorded;
	void (*said_done)(bool recorded, void *data);
	void *said_data;

	void (*done)(uint64_t id, void *data); /* who waits for the answer */
	void *data;
};

static struct call *call_find(struct handset *hs, uint64_t id)
{
	struct call *call;

	llist_for_each_entry (call, &hs->calls, entry)
		if (call->id == id)
			return call;
	return NULL;
}

static struct call *call_of(struct handset *hs, const char *number)
{
	struct call *call;

	llist_for_each_entry (call, &hs->calls, entry)
		if (call->state != HANDSET_CALL_OVER && !strcmp(call->number, number))
			return call;
	return NULL;
}

static struct call *call_mine(struct handset *hs, const char *number, uint64_t id)
{
	struct call *call = call_find(hs, id);

	return call && !strcmp(call->number, number) ? call : NULL;
}

static struct call *call_up(struct line *ln, uint64_t session)
{
	struct call *call = call_find(container_of(ln, struct handset, line), session);

	return call && call->state == HANDSET_CALL_UP ? call : NULL;
}

static void changed(struct handset *hs, uint64_t id)
{
	if (hs->call_changed)
		hs->call_changed(id, hs->call_changed_data);
}

/* ---- life ---- */

static void part(struct call *call)
{
	if (!call->joined)
		return;
	leg_part(call->leg);
	call->joined->joined = NULL;
	call->joined = NULL;
}

static int free_call(struct call *call)
{
	part(call);
	osmo_timer_del(&call->timer);
	llist_del(&call->entry);
	call->hs->n_calls--;
	if (call->leg)
		leg_free(call->leg);
	sound_unref(call->said);
	return 0;
}

static void forget(void *data)
{
	talloc_free(data);
}

static void said_over(struct call *call)
{
	void (*done)(bool recorded, void *data) = call->said_done;

	sound_unref(call->said);
	call->said = NULL;
	call->said_done = NULL;
	if (done)
		done(call->was_recorded, call->said_data);
}

/* Who called and hears no more may still look at what was heard. */
static void call_end(struct call *call)
{
	void (*done)(uint64_t id, void *data) = call->done;

	part(call);
	call->state = HANDSET_CALL_OVER;
	call->plays = call->records = call->greeting = false;
	call->n_told = 0;
	call->done = NULL;
	if (call->leg)
		leg_free(call->leg);
	call->leg = NULL;
	osmo_timer_setup(&call->timer, forget, call);
	osmo_timer_schedule(&call->timer, KEEP_S, 0);
	said_over(call);
	if (done)
		done(0, call->data);
	changed(call->hs, call->id);
}

static void tell_ended(struct handset *hs, uint64_t id)
{
	struct line *ln = &hs->line;

	if (ln->user.ended)
		ln->user.ended(ln, id, ln->user.data);
}

/* It rang at the phone, and nobody came. */
static void tell_unreached(struct call *call, enum line_unreached why)
{
	struct handset *hs = call->hs;
	struct line *ln = &hs->line;
	uint64_t id = call->id;

	call_end(call);
	if (ln->user.unreached)
		ln->user.unreached(ln, id, why, ln->user.data);
}

static void ring_over(void *data)
{
	struct call *call = data;
	struct handset *hs = call->hs;
	uint64_t id = call->id;

	if (call->to_phone) {
		tell_unreached(call, call->why);
		return;
	}
	call_end(call);
	tell_ended(hs, id);
}

/* One that is over makes room for the next. */
static bool make_room(struct handset *hs)
{
	struct call *call;

	if (hs->n_calls < HANDSET_CALLS_MAX)
		return true;
	llist_for_each_entry (call, &hs->calls, entry) {
		if (call->state != HANDSET_CALL_OVER)
			continue;
		talloc_free(call);
		return true;
	}
	return false;
}

static struct call *call_new(struct handset *hs, const char *number, bool to_phone)
{
	struct call *call = talloc_zero(hs, struct call);

	OSMO_ASSERT(call);
	call->hs = hs;
	call->id = ++hs->last_session;
	call->to_phone = to_phone;
	osmo_strlcpy(call->number, number, sizeof(call->number));
	llist_add_tail(&call->entry, &hs->calls);
	hs->n_calls++;
	osmo_timer_setup(&call->timer, ring_over, call);
	osmo_timer_schedule(&call->timer, RING_S, 0);
	talloc_set_destructor(call, free_call);
	return call;
}

/* ---- what the leg tells ---- */

static void leg_told_us(const struct leg_told *told, void *data)
{
	struct call *call = data;

	if (call->n_told < TOLD_MAX)
		call->told[call->n_told++] = *told;
	else
		LOGP(DLINE, LOGL_ERROR, "handset: a call has more to tell than is kept\n");
}

static enum line_recorded how_recorded(const struct leg_told *told)
{
	if (told->why == LEG_DISK_FULL)
		return LINE_RECORDED_PART;
	if (told->seconds <= 0)
		return LINE_RECORDED_NOTHING;
	return told->why == LEG_HUNG_UP ? LINE_RECORDED_PART : LINE_RECORDED;
}

static void tell_recorded(struct call *call, const struct leg_told *told)
{
	struct line *ln = &call->hs->line;

	call->records = false;
	if (call->said) {
		call->was_recorded = true;
		said_over(call);
	}
	if (ln->user.recorded)
		ln->user.recorded(ln, call->id, how_recorded(told), told->seconds, ln->user.data);
}

static void tell_played(struct call *call)
{
	static const struct leg_told no_disk = { .event = LEG_RECORDED, .why = LEG_DISK_FULL };
	struct handset *hs = call->hs;
	struct line *ln = &hs->line;
	bool last = call->last, lost = call->no_disk;
	uint64_t id = call->id;

	call->plays = call->last = call->no_disk = false;
	if (lost)
		leg_told_us(&no_disk, call);
	changed(hs, id);
	if (ln->user.played)
		ln->user.played(ln, id, ln->user.data);
	call = last ? call_up(ln, id) : NULL;
	if (call)
		call_end(call);
}

static void tell_greeted(struct call *call, const struct leg_told *told)
{
	struct line *ln = &call->hs->line;

	call->greeting = false;
	if (ln->user.greeted)
		ln->user.greeted(ln, call->id, told->machine ? LINE_MACHINE : LINE_PERSON,
				 ln->user.data);
}

/* \returns false if the call is over: it may not be there any more */
static bool tell(struct call *call)
{
	struct handset *hs = call->hs;
	struct line *ln = &hs->line;
	uint64_t id = call->id;

	while (call && call->n_told > 0) {
		struct leg_told told = call->told[0];

		call->n_told--;
		memmove(call->told, call->told + 1, call->n_told * sizeof(told));
		if (told.event == LEG_PLAYED)
			tell_played(call);
		else if (told.event == LEG_RECORDED)
			tell_recorded(call, &told);
		else if (told.event == LEG_GREETED)
			tell_greeted(call, &told);
		else if (told.event == LEG_KEY && ln->user.key)
			ln->user.key(ln, id, told.key, ln->user.data);
		call = call_up(ln, id);
	}
	return call != NULL;
}

/* ---- sound ---- */

static void hear(struct call *call, const int16_t *frame)
{
	if (call->heard_n + SOUND_FRAME > HEARD_MAX) {
		call->heard_n -= HEARD_DROP;
		memmove(call->heard, call->heard + HEARD_DROP, call->heard_n * sizeof(*frame));
		call->dropped += (int64_t)HEARD_DROP;
	}
	if (call->heard_n + SOUND_FRAME > call->heard_room) {
		call->heard_room = OSMO_MIN(OSMO_MAX(2 * call->heard_room, HEARD_ROOM), HEARD_MAX);
		call->heard = talloc_realloc(call, call->heard, int16_t, call->heard_room);
		OSMO_ASSERT(call->heard);
	}
	memcpy(call->heard + call->heard_n, frame, SOUND_FRAME * sizeof(*frame));
	call->heard_n += SOUND_FRAME;
}

static void play_some(struct call *call)
{
	int16_t frame[SOUND_FRAME];

	for (unsigned int i = 0; i < PLAY_FRAMES && leg_is_playing(call->leg); i++) {
		leg_out(call->leg, frame);
		hear(call, frame);
	}
}

/* Not while something is to be told, nor faster than it can be recorded. */
static bool may_feed(const struct call *call)
{
	return !call->n_told && leg_has_room(call->leg);
}

/* What the one says is heard by the other at once. */
static void hear_other(struct call *call)
{
	int16_t frame[SOUND_FRAME];

	leg_out(call->leg, frame);
	hear(call, frame);
}

/* The last frame is filled up with silence. */
static void say_some(struct call *call)
{
	int16_t frame[SOUND_FRAME];
	size_t length = sound_length(call->said);

	for (unsigned int i = 0; i < SPEAK_FRAMES && may_feed(call) && call->at < length; i++) {
		size_t n = OSMO_MIN(length - call->at, (size_t)SOUND_FRAME);

		memset(frame, 0, sizeof(frame));
		memcpy(frame, sound_samples(call->said) + call->at, n * sizeof(*frame));
		call->at += n;
		call->was_recorded |= call->records;
		leg_in(call->leg, frame);
		if (call->joined)
			hear_other(call->joined);
	}
	if (call->at < length || call->n_told)
		return;
	if (call->joined)
		changed(call->hs, call->joined->id);
	said_over(call);
}

static void be_silent(struct call *call)
{
	static const int16_t frame[SOUND_FRAME];

	for (unsigned int i = 0; i < SILENCE_MS / FRAME_MS && may_feed(call); i++)
		leg_in(call->leg, frame);
}

static void step(void *data);

static void step_next(struct call *call)
{
	osmo_timer_setup(&call->timer, step, call);
	if (call->plays || call->said)
		osmo_timer_schedule(&call->timer, 0,
				    !call->plays && !leg_has_room(call->leg) ? ROOM_US : 0);
	else if (call->records || call->greeting)
		osmo_timer_schedule(&call->timer, 0, SILENCE_MS * 1000);
	else
		osmo_timer_del(&call->timer);
}

static void step(void *data)
{
	struct call *call = data;

	if (call->plays)
		play_some(call);
	else if (call->said)
		say_some(call);
	else
		be_silent(call);
	if (tell(call))
		step_next(call);
}

/* ---- from above ---- */

int handset_call_answer(struct line *ln, uint64_t session)
{
	struct call *call = call_find(container_of(ln, struct handset, line), session);
	void (*done)(uint64_t id, void *data);

	if (!call || call->state != HANDSET_CALL_RINGS || call->to_phone)
		return -ENOENT;
	done = call->done;
	call->done = NULL;
	call->state = HANDSET_CALL_UP;
	call->leg = leg_alloc(call, &(struct leg_cfg){ .greeting = call->greeting,
						       .recorder = call->hs->recorder,
						       .told = leg_told_us,
						       .data = call });
	step_next(call);
	if (done)
		done(call->id, call->data);
	return 0;
}

/* What was cut short by a key is not what plays now. */
static void drop_played(struct call *call)
{
	unsigned int i, n = 0;

	for (i = 0; i < call->n_told; i++)
		if (call->told[i].event != LEG_PLAYED)
			call->told[n++] = call->told[i];
	call->n_told = n;
}

int handset_call_prompt(struct line *ln, uint64_t session, const struct line_prompt *prompt)
{
	struct call *call = call_up(ln, session);
	struct sound *sounds[LEG_SOUNDS_MAX];
	size_t i, n;
	int rc;

	if (!call)
		return -ENOENT;
	part(call);
	n = OSMO_MIN(prompt->n, (size_t)LEG_SOUNDS_MAX);
	for (i = 0; i < n; i++)
		sounds[i] = sound_ref(prompt->sounds[i]);
	leg_play(call->leg, sounds, n, prompt->barge_in);
	drop_played(call);
	call->plays = true;
	call->records = false;
	call->last = prompt->last;
	call->no_disk = false;
	if (prompt->record) {
		rc = leg_record(call->leg, prompt->record, prompt->record_s);
		call->records |= rc == 0;
		call->no_disk = rc < 0;
		if (rc < 0)
			LOGP(DLINE, LOGL_ERROR, "handset: %s: %s\n", prompt->record, strerror(-rc));
	}
	step_next(call);
	return 0;
}

void handset_call_refuse(struct line *ln, uint64_t session)
{
	struct call *call = call_find(container_of(ln, struct handset, line), session);

	if (call && call->state != HANDSET_CALL_OVER)
		call_end(call);
}

/* A phone that is in a call, or rings already, is busy. */
int handset_call_dial(struct line *ln, const struct line_dialling *dialling, uint64_t *session)
{
	struct handset *hs = container_of(ln, struct handset, line);
	bool busy = call_of(hs, dialling->number) != NULL;
	struct call *call;

	if (ln->state != LINE_UP || !make_room(hs))
		return -EAGAIN;
	call = call_new(hs, dialling->number, true);
	call->greeting = dialling->greeting;
	call->why = busy ? LINE_BUSY : LINE_NO_ANSWER;
	osmo_timer_schedule(&call->timer,
			    busy	       ? 0
			    : dialling->ring_s ? dialling->ring_s
					       : RING_S,
			    0);
	*session = call->id;
	if (!busy)
		changed(hs, call->id);
	return 0;
}

int handset_call_join(struct line *ln, uint64_t session, uint64_t other)
{
	struct call *one = call_up(ln, session), *two = call_up(ln, other);

	if (!one || !two || one == two)
		return -ENOENT;
	part(one);
	part(two);
	one->plays = two->plays = false;
	leg_join(one->leg, two->leg);
	one->joined = two;
	two->joined = one;
	step_next(one);
	step_next(two);
	return 0;
}

/* ---- from the phone ---- */

/* Those who are above are told last: they may begin another call. */
static void hang_up(struct call *call)
{
	struct handset *hs = call->hs;
	uint64_t id = call->id;

	if (call->state == HANDSET_CALL_RINGS && call->to_phone) {
		tell_unreached(call, hs->line.state == LINE_UP ? LINE_BUSY : LINE_NOT_DIALLED);
		return;
	}
	call->last = false;
	if (call->leg) {
		call->n_told = 0;
		leg_hang_up(call->leg);
		if (!tell(call))
			return;
	}
	call_end(call);
	tell_ended(hs, id);
}

void handset_calls_end(struct handset *hs)
{
	struct call *call, *next;

	llist_for_each_entry_safe (call, next, &hs->calls, entry)
		if (call->state != HANDSET_CALL_OVER)
			hang_up(call);
}

/* It rang at the phone, which was picked up. */
static void pick_up(struct call *call, void (*done)(uint64_t id, void *data), void *data)
{
	struct line *ln = &call->hs->line;
	struct line_call up = { .session = call->id, .number = call->number, .outgoing = true };

	call->to_phone = false;
	call->done = done;
	call->data = data;
	handset_call_answer(ln, call->id);
	call->to_phone = true;
	ln->user.called(ln, &up, ln->user.data);
}

int handset_call(struct handset *hs, const char *from, void (*done)(uint64_t id, void *data),
		 void *data)
{
	struct line *ln = &hs->line;
	struct call *call = call_of(hs, from);
	struct line_call up = { .number = from };

	if (ln->state != LINE_UP)
		return -EAGAIN;
	if (!ln->user.called)
		return -ENOTSUP;
	if (call && (call->state != HANDSET_CALL_RINGS || !call->to_phone))
		return -EBUSY;
	if (call) {
		pick_up(call, done, data);
		return 0;
	}
	if (!make_room(hs))
		return -ENOSPC;
	call = call_new(hs, from, false);
	call->done = done;
	call->data = data;
	up.session = call->id;
	ln->user.called(ln, &up, ln->user.data);
	return 0;
}

static void look(const struct call *call, struct handset_call *out)
{
	*out = (struct handset_call){
		.id = call->id,
		.state = call->state,
		.to_phone = call->to_phone,
		.speaks = call->plays,
		.records = call->records && !call->plays,
		.heard = call->dropped + (int64_t)call->heard_n,
		.dropped = call->dropped,
		.samples = call->heard,
	};
}

bool handset_call_look(struct handset *hs, const char *from, uint64_t id, struct handset_call *out)
{
	const struct call *call = call_mine(hs, from, id);

	if (call)
		look(call, out);
	return call != NULL;
}

bool handset_call_current(struct handset *hs, const char *from, struct handset_call *out)
{
	const struct call *call = call_of(hs, from);

	if (call)
		look(call, out);
	return call != NULL;
}

int handset_call_keys(struct handset *hs, const char *from, uint64_t id, const char *keys)
{
	struct call *call = call_mine(hs, from, id);
	size_t i, n = strlen(keys);

	if (!call)
		return -ENOENT;
	if (call->state != HANDSET_CALL_UP)
		return -EPIPE;
	if (n == 0 || n > HANDSET_KEYS_MAX || strspn(keys, "0123456789*#") != n)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		leg_key(call->leg, keys[i]);
		if (!tell(call))
			return 0;
	}
	step_next(call);
	return 0;
}

int handset_call_speak(struct handset *hs, const char *from, uint64_t id, struct sound *snd,
		       void (*done)(bool recorded, void *data), void *data)
{
	struct call *call = call_mine(hs, from, id);

	if (!call)
		return -ENOENT;
	if (call->state != HANDSET_CALL_UP)
		return -EPIPE;
	if (call->said)
		return -EAGAIN;
	call->said = snd;
	call->at = 0;
	call->was_recorded = false;
	call->said_done = done;
	call->said_data = data;
	step_next(call);
	return 0;
}

int handset_call_hang_up(struct handset *hs, const char *from, uint64_t id)
{
	struct call *call = call_mine(hs, from, id);

	if (!call)
		return -ENOENT;
	if (call->state == HANDSET_CALL_OVER)
		return -EPIPE;
	hang_up(call);
	return 0;
}

void handset_call_watch(struct handset *hs, void (*changed_cb)(uint64_t id, void *data), void *data)
{
	hs->call_changed = changed_cb;
	hs->call_changed_data = data;
}
