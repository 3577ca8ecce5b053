// SPDX-License-Identifier: AGPL-3.0-or-later
/*
 * Calls: a network in which somebody calls or is called, the modem's words for it in its maker's manner, and
 * the sound on a pty of its own: 8 kHz, 16 bit, little-endian, paced 20 ms by a clock that does not drift.
 */

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "sim.h"

#define FRAME	    160 /* samples of 20 ms */
#define FRAME_BYTES (2 * FRAME)
#define RING_MS	    5000
#define BEGIN_MS    60	/* from OK to "VOICE CALL: BEGIN" */
#define ALERT_MS    100 /* until it rings at who was dialled */
#define KEY_FRAMES  10	/* from one key to the next, where the modem tells them */
#define SOUND_PEAK  200 /* below it is silence */
#define FILE_MAX    (8000 * 2 * 600)

static bool active(const struct sim *sim)
{
	return sim->call.state == CALL_ACTIVE;
}

static void say_call(struct sim *sim, const char *state)
{
	control_event(sim, "call", "{s:s}", "state", state);
}

/* -- what the modem says by itself */

static void ring(void *data)
{
	struct sim *sim = data;
	struct call *c = &sim->call;

	if (c->state != CALL_INCOMING || !at_radio_on(sim))
		return;
	at_urc(sim, c->crc ? "+CRING: VOICE" : "RING");
	if (c->clip && *c->number)
		at_urc(sim, "+CLIP: \"%s\",%d,\"\",,\"\",0", c->number + (*c->number == '+'),
		       *c->number == '+' ? 145 : 129);
	else if (c->clip)
		at_urc(sim, "+CLIP: \"\",128,\"\",,\"\",1");
	after_ms(&c->ring_timer, RING_MS);
}

static void put_through(struct sim *sim)
{
	struct call *c = &sim->call;

	c->state = CALL_ACTIVE;
	c->ticks = 0;
	count(sim, CNT_ANSWERED);
	say_call(sim, "answered");
	if (sim->prof->call == CALL_AUDIO_AFTER)
		at_urc(sim, "^CONN:1,0");
	else if (sim->prof->call == CALL_AUDIO_AT_BEGIN)
		after_ms(&c->begin_timer, BEGIN_MS);
}

static void begin(void *data)
{
	struct sim *sim = data;

	sim->call.begun = true;
	at_urc(sim, "VOICE CALL: BEGIN");
}

static void over(struct sim *sim)
{
	struct call *c = &sim->call;

	osmo_timer_del(&c->ring_timer);
	osmo_timer_del(&c->begin_timer);
	osmo_timer_del(&c->alert_timer);
	if (c->state == CALL_NOBODY)
		return;
	c->state = CALL_NOBODY;
	c->audio = c->begun = c->waiting = c->alerting = false;
	c->keys_len = 0;
	buffer_clear(&c->play);
	if (c->heard)
		fclose(c->heard);
	c->heard = NULL;
	count(sim, CNT_OVER);
	say_call(sim, "over");
}

/* It rings at who was dialled. */
static void alert(void *data)
{
	struct sim *sim = data;

	sim->call.alerting = true;
	count(sim, CNT_ALERTED);
	if (sim->prof->call == CALL_AUDIO_AFTER)
		at_urc(sim, "^CONF:1");
}

/* How a call ends at the other side or in the network. */
struct end {
	const char *how, *word, *reason;
	int cause;
};

static const struct end ends[] = {
	{ "hangup", "NO CARRIER", "Normal call clearing", 16 },
	{ "busy", "BUSY", "User busy", 17 },
	{ "noanswer", "NO ANSWER", "User alerting, no answer", 19 },
	{ "nonumber", "NO CARRIER", "Unassigned (unallocated) number", 1 },
	{ "congestion", "NO CARRIER", "Switching equipment congestion", 42 },
};

static const struct end *end_of(const char *how)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (strcmp(ends[i].how, how) == 0)
			return &ends[i];
	return NULL;
}

static void far_end(struct sim *sim, const struct end *end)
{
	unsigned int seconds = sim->call.ticks / 50;

	sim->call.cause = end->cause;
	if (sim->prof->call == CALL_AUDIO_AFTER)
		at_urc(sim, "^CEND:1,%u,67,%d", seconds, end->cause);
	else if (sim->prof->call == CALL_AUDIO_AT_BEGIN && active(sim))
		at_urc(sim, "VOICE CALL: END: %06u", seconds);
	if (sim->call.state != CALL_INCOMING)
		at_urc(sim, "%s", end->word);
	over(sim);
}

/* -- commands of the client */

int call_list(struct sim *sim, char op, const char *arg)
{
	static const int stats[] = { [CALL_INCOMING] = 4, [CALL_DIALLED] = 3, [CALL_ACTIVE] = 0 };
	const struct call *c = &sim->call;
	int stat = c->state == CALL_DIALLED && !c->alerting ? 2 : stats[c->state];

	if (op != '!')
		return AT_OK;
	if (c->state != CALL_NOBODY && *c->number)
		at_say(sim, "+CLCC: 1,%d,%d,0,0,\"%s\",%d", !c->outgoing, stat,
		       c->number + (*c->number == '+'), *c->number == '+' ? 145 : 129);
	else if (c->state != CALL_NOBODY)
		at_say(sim, "+CLCC: 1,%d,%d,0,0", !c->outgoing, stat);
	if (c->waiting)
		at_say(sim, "+CLCC: 2,1,5,0,0,\"%s\",145", c->second);
	return AT_OK;
}

/* Why the last call ended: a number, or words. */
int call_report(struct sim *sim, char op, const char *arg)
{
	if (op != '!')
		return AT_OK;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (ends[i].cause != sim->call.cause)
			continue;
		if (sim->prof->call == CALL_AUDIO_AT_BEGIN)
			at_say(sim, "+CEER: %s", ends[i].reason);
		else
			at_say(sim, "+CEER: 5,%d", ends[i].cause);
	}
	return AT_OK;
}

int call_hang_up(struct sim *sim, char op, const char *arg)
{
	over(sim);
	return AT_OK;
}

/* 0: the one who waits hears "busy". */
int call_hold(struct sim *sim, char op, const char *arg)
{
	if (op == 't')
		at_say(sim, "+CHLD: (0,1,2)");
	if (op != '=')
		return AT_OK;
	if (*arg != '0' || !sim->call.waiting)
		return CME(3);
	sim->call.waiting = false;
	count(sim, CNT_REFUSED);
	return AT_OK;
}

static int flag(const char *name, struct sim *sim, bool *value, char op, const char *arg)
{
	int n = 0;

	if (op == '?')
		at_say(sim, "%s: %d", name, *value);
	if (op != '=')
		return AT_OK;
	arg_number(&arg, &n);
	*value = n == 1;
	return AT_OK;
}

int call_clip(struct sim *sim, char op, const char *arg)
{
	return flag("+CLIP", sim, &sim->call.clip, op, arg);
}

int call_crc(struct sim *sim, char op, const char *arg)
{
	return flag("+CRC", sim, &sim->call.crc, op, arg);
}

int call_answer(struct sim *sim)
{
	if (sim->call.state != CALL_INCOMING) {
		at_say(sim, "NO CARRIER");
		return AT_SILENT;
	}
	osmo_timer_del(&sim->call.ring_timer);
	put_through(sim);
	return AT_OK;
}

int call_dial(struct sim *sim, const char *number)
{
	struct call *c = &sim->call;
	size_t n = strcspn(number, ";");

	if (number[n] != ';' || !at_radio_on(sim) || c->state != CALL_NOBODY) {
		at_say(sim, "NO CARRIER");
		return AT_SILENT;
	}
	snprintf(c->number, sizeof(c->number), "%.*s", (int)n, number);
	c->outgoing = true;
	c->state = CALL_DIALLED;
	c->cause = 0;
	count(sim, CNT_DIALLED);
	say_call(sim, "dialled");
	after_ms(&c->alert_timer, ALERT_MS);
	return AT_OK;
}

/* When a modem listens to the words that switch its sound on is the maker's own secret. */
static int audio(struct sim *sim, char op, const char *arg)
{
	struct call *c = &sim->call;
	int on = 0;

	if (op != '=')
		return AT_OK;
	arg_number(&arg, &on);
	switch (sim->prof->call) {
	case CALL_AUDIO_AFTER:
		if (!active(sim))
			return AT_ERROR;
		c->audio = on == 2;
		break;
	case CALL_AUDIO_AT_BEGIN: /* too early is taken, and silent */
		c->audio = on == 1 && active(sim) && c->begun;
		break;
	case CALL_AUDIO_BEFORE:
		if (on != 1)
			c->audio = false;
		else if (!active(sim))
			c->audio = true;
		break;
	case CALL_NO_AUDIO:
		break;
	}
	return AT_OK;
}

int call_vendor(struct sim *sim, const char *name, char op, const char *arg)
{
	const struct profile *prof = sim->prof;

	if (prof->call_audio && strcasecmp(name, prof->call_audio) == 0)
		return audio(sim, op, arg);
	if (!prof->call_keys || strcasecmp(name, prof->call_keys) != 0)
		return AT_UNKNOWN;
	if (op != '=')
		return AT_OK;
	if (sim->fault.no_keys)
		return AT_ERROR;
	sim->call.keys_on = true;
	return AT_OK;
}

/* -- keys */

static void tell_key(struct sim *sim, char key)
{
	char shown[8];

	snprintf(shown, sizeof(shown), sim->prof->call_keys_ascii ? "%d" : "%c", key);
	at_urc(sim, "%s: %s", sim->prof->call_keys_urc, shown);
}

/* ITU-T Q.23; 100 ms each, and as long between them. */
static void put_tones(struct buffer *play, char key)
{
	static const char keys[] = "123A456B789C*0#D";
	static const double low[] = { 697, 770, 852, 941 }, high[] = { 1209, 1336, 1477, 1633 };
	const char *at = strchr(keys, key);
	int16_t samples[1600] = {};

	if (!at || !key)
		return;
	for (int i = 0; i < 800; i++)
		samples[i] = (int16_t)(5000 * sin(2 * M_PI * low[(at - keys) / 4] * i / 8000) +
				       5000 * sin(2 * M_PI * high[(at - keys) % 4] * i / 8000));
	buffer_put(play, samples, sizeof(samples));
}

/* -- sound */

static void hear(struct sim *sim, const uint8_t *octets)
{
	struct call *c = &sim->call;
	bool sound = false;

	for (int i = 0; i < FRAME; i++)
		sound |= abs((int16_t)(octets[2 * i] | octets[2 * i + 1] << 8)) > SOUND_PEAK;
	c->sounded |= sound;
	c->quiet_ms = sound ? 0 : c->quiet_ms + 20;
	if (c->heard) {
		fwrite(octets, FRAME_BYTES, 1, c->heard);
		fflush(c->heard);
	}
}

unsigned int call_quiet_ms(const struct sim *sim)
{
	const struct call *c = &sim->call;

	return c->sounded && call_is_spoken(sim) ? c->quiet_ms : 0;
}

bool call_is_spoken(const struct sim *sim)
{
	return sim->call.keys_len == 0 && sim->call.play.len < FRAME_BYTES;
}

static void read_sound(struct sim *sim)
{
	struct call *c = &sim->call;
	uint8_t octets[4096];
	ssize_t n;

	while ((n = read(c->pcm, octets, sizeof(octets))) > 0)
		if (active(sim) && c->audio)
			buffer_put(&c->said, octets, (size_t)n);
	while (c->said.len >= FRAME_BYTES) {
		hear(sim, c->said.data + c->said.start);
		buffer_take(&c->said, FRAME_BYTES);
	}
}

static void write_sound(struct sim *sim)
{
	static const uint8_t none[FRAME_BYTES];
	struct call *c = &sim->call;
	const uint8_t *octets = none;

	if (c->play.len >= FRAME_BYTES)
		octets = c->play.data + c->play.start;
	if (write(c->pcm, octets, FRAME_BYTES) < 0 && errno != EAGAIN)
		return; /* nobody listens: it is lost, as in a modem */
	if (octets == none)
		return;
	buffer_take(&c->play, FRAME_BYTES);
	c->sounded = false;
}

static bool somebody_listens(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP);
}

static int tick(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;
	struct call *c = &sim->call;
	uint64_t times = 0;

	if (read(fd->fd, &times, sizeof(times)) < 0)
		return 0;
	for (; times > 0 && active(sim); times--) {
		c->ticks++;
		if (c->keys_len > 0 && c->ticks % KEY_FRAMES == 0) {
			tell_key(sim, c->keys[0]);
			memmove(c->keys, c->keys + 1, c->keys_len--);
			c->sounded = false;
		}
		if (!somebody_listens(c->pcm))
			continue;
		if (c->audio && !sim->fault.no_sound)
			write_sound(sim);
		read_sound(sim);
	}
	return 0;
}

/* -- the control socket */

/* Raw samples, or a WAV of 8 kHz and 16 bit. */
static int put_file(struct buffer *play, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *octets = f ? malloc(FILE_MAX) : NULL;
	size_t n, from = 0;

	if (!f)
		return -errno;
	OSMO_ASSERT(octets);
	n = fread(octets, 1, FILE_MAX, f);
	fclose(f);
	if (n > 12 && memcmp(octets, "RIFF", 4) == 0) {
		uint8_t *chunk = memmem(octets, n, "data", 4);

		from = chunk ? (size_t)(chunk - octets) + 8 : n;
	}
	if (from < n)
		buffer_put(play, octets + from, (n - from) & ~(size_t)1);
	free(octets);
	return 0;
}

static const char *somebody_calls(struct sim *sim, const char *number, const char *file)
{
	struct call *c = &sim->call;

	if (active(sim) || c->state == CALL_DIALLED) {
		snprintf(c->second, sizeof(c->second), "%s", number + (*number == '+'));
		c->waiting = true;
		return NULL;
	}
	if (c->state != CALL_NOBODY)
		return "the modem is busy";
	snprintf(c->number, sizeof(c->number), "%s", strcmp(number, "-") == 0 ? "" : number);
	c->heard = file ? fopen(file, "wb") : NULL;
	if (file && !c->heard)
		return strerror(errno);
	c->outgoing = false;
	c->sounded = false;
	c->state = CALL_INCOMING;
	count(sim, CNT_RUNG);
	ring(sim);
	return NULL;
}

static const char *press(struct sim *sim, const char *how, const char *keys)
{
	struct call *c = &sim->call;

	if (!active(sim) || !keys)
		return "call urc|tones KEYS, in a call";
	c->sounded = false;
	if (strcmp(how, "tones") == 0) {
		for (; *keys; keys++)
			put_tones(&c->play, *keys);
		return NULL;
	}
	if (!c->keys_on)
		return "the modem was not told to tell keys";
	c->keys_len += (size_t)snprintf(c->keys + c->keys_len, sizeof(c->keys) - c->keys_len, "%s",
					keys);
	c->keys_len = OSMO_MIN(c->keys_len, sizeof(c->keys) - 1);
	return NULL;
}

static const char *pick_up(struct sim *sim, const char *file)
{
	struct call *c = &sim->call;

	c->heard = file && *file ? fopen(file, "wb") : NULL;
	if (file && *file && !c->heard)
		return strerror(errno);
	osmo_timer_del(&c->alert_timer);
	c->sounded = false;
	put_through(sim);
	return NULL;
}

const char *call_command(struct sim *sim, char *args)
{
	const char *what = strsep(&args, " ");
	struct call *c = &sim->call;

	if (!what || !*what)
		return "call NUMBER [FILE]|urc|tones|say|pickup|busy|hangup ...";
	if (strcmp(what, "urc") == 0 || strcmp(what, "tones") == 0)
		return press(sim, what, args);
	if (strcmp(what, "say") == 0 && args)
		return put_file(&c->play, args) < 0 ? "cannot read it" : NULL;
	if (strcmp(what, "pickup") == 0 && c->state == CALL_DIALLED)
		return pick_up(sim, args);
	if (end_of(what) && c->state != CALL_NOBODY) {
		far_end(sim, end_of(what));
		return NULL;
	}
	if (strspn(what, "+-0123456789") != strlen(what))
		return "no such thing now";
	return somebody_calls(sim, what, args && *args ? args : NULL);
}

/* -- life */

void call_modem_lost(struct sim *sim)
{
	sim->call.clip = sim->call.crc = sim->call.keys_on = false;
	over(sim);
}

int call_init(struct sim *sim, const char *link)
{
	struct call *c = &sim->call;
	const struct timespec each = { .tv_nsec = 20000000 };
	char name[64];
	int rc;

	osmo_timer_setup(&c->ring_timer, ring, sim);
	osmo_timer_setup(&c->begin_timer, begin, sim);
	osmo_timer_setup(&c->alert_timer, alert, sim);
	c->pcm = -1;
	c->tick.fd = -1;
	if (!link)
		return 0;
	c->link = strdup(link);
	c->pcm = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (c->pcm < 0 || grantpt(c->pcm) < 0 || unlockpt(c->pcm) < 0 ||
	    ptsname_r(c->pcm, name, sizeof(name)) != 0)
		return -EIO;
	rc = port_make(name, link);
	if (rc < 0)
		return rc;
	OSMO_ASSERT(osmo_timerfd_setup(&c->tick, tick, sim) >= 0);
	return osmo_timerfd_schedule(&c->tick, &each, &each);
}

void call_end(struct sim *sim)
{
	over(sim);
	if (sim->call.link)
		unlink(sim->call.link);
}
