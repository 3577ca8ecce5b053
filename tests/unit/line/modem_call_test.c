// SPDX-License-Identifier: AGPL-3.0-or-later
/* Calls of a modem: a scripted modem on one pty, its sound on another.  What the makers' modems say is from their
 * manuals; the pairs of tones are those of ITU-T Q.23. */
#include <math.h>

#include <sys/ioctl.h>

#include "clock.c"
#include "modem_world.h"
#include "voice/media.h"
#include "voice/sound.h"
#include "line/modem_int.h"

#define OK     "\r\nOK\r\n"
#define FRAME  320
#define NUMBER "+31612345678"
#define TALKS  "\r\n+CLCC: 1,1,0,0,0,\"31612345678\",145\r\n\r\nOK\r\n"
/* TS 23.040: from +31612345678, "hello" */
#define HELLO                                    \
	"0791261326040000040B911316325476F80000" \
	"62111212000000"                         \
	"05E8329BFD06"
#define RINGS "\r\n+CLCC: 1,1,4,0,0\r\n\r\nOK\r\n"
#define TWO                                            \
	"\r\n+CLCC: 1,1,0,0,0,\"31612345678\",145\r\n" \
	"+CLCC: 2,1,5,0,0,\"31687654321\",145\r\n\r\nOK\r\n"

/* What the user of the line was told. */
struct told {
	int called, played, ended, changed, recorded, unreached, why, greeted, who;
	uint64_t session;
	bool outgoing;
	char number[40], keys[64];
	bool end_at_key; /* hangs up from inside key() */
};

static struct told told;
static struct rule script[4]; /* first: CLCC */
static struct media *media;
static int pcm;
static uint64_t said; /* octets of the caller, since the modem was started */

static void on_called(struct line *ln, const struct line_call *call, void *data)
{
	told.called++;
	told.session = call->session;
	told.outgoing = call->outgoing;
	snprintf(told.number, sizeof(told.number), "%s", call->number ? call->number : "none");
}

static void on_key(struct line *ln, uint64_t session, char key, void *data)
{
	assert_int_equal(session, told.session);
	told.keys[strlen(told.keys)] = key;
	if (told.end_at_key)
		ln->ops->hang_up(ln, session);
}

static void on_played(struct line *ln, uint64_t session, void *data)
{
	assert_int_equal(session, told.session);
	told.played++;
}

static void on_ended(struct line *ln, uint64_t session, void *data)
{
	assert_int_equal(session, told.session);
	told.ended++;
}

static void on_unreached(struct line *ln, uint64_t session, enum line_unreached why, void *data)
{
	assert_int_equal(session, told.session);
	told.unreached++;
	told.why = why;
}

static void on_greeted(struct line *ln, uint64_t session, enum line_greeting who, void *data)
{
	assert_int_equal(session, told.session);
	told.greeted++;
	told.who = who;
}

static void on_room(struct line *ln, void *data)
{
	told.changed++;
}

/* ---- the media thread */

static bool done;

static void back(void *arg)
{
	done = true;
}

static void there(void *arg)
{
	assert_int_equal(media_tell(media, back, NULL), 0);
}

/* What was posted is done, and what came of it was told. */
static void media_rests(struct world *w)
{
	done = false;
	assert_int_equal(media_post(media, there, NULL), 0);
	while (!done)
		osmo_select_main(0);
	settle_down(w);
}

/* All rests: a command that sound waited for, what its answer brought, and so on. */
static void all_rests(struct world *w)
{
	settle_down(w);
	for (int i = 0; i < 2; i++)
		media_rests(w);
}

static void now_clcc(const char *answer)
{
	script[0] = (struct rule){ "AT+CLCC", answer };
}

static void open_pcm(struct world *w, char *path)
{
	struct termios tio;
	int slave;

	assert_int_equal(openpty(&pcm, &slave, path, NULL, NULL), 0);
	tcgetattr(slave, &tio);
	cfmakeraw(&tio);
	tcsetattr(slave, TCSANOW, &tio);
	close(slave);
	w->cfg.audio = path;
}

static void start_as(struct world *w, const struct rule *vendor, const char *path)
{
	struct line_user *user;

	told = (struct told){ .called = 0 };
	now_clcc(OK);
	w->vendor = vendor;
	w->rules = script;
	w->cfg.audio = path;
	w->cfg.media = media;
	said = 0;
	start(w);
	assert_int_equal(state_of(w), LINE_UP);
	user = &modem_line(w->m)->user;
	user->called = on_called;
	user->key = on_key;
	user->played = on_played;
	user->ended = on_ended;
	user->unreached = on_unreached;
	user->greeted = on_greeted;
	user->changed = on_room;
}

static void modem_says(struct world *w, const char *line)
{
	say(w, "\r\n");
	say(w, line);
	say(w, "\r\n");
	all_rests(w);
}

static void rings(struct world *w)
{
	now_clcc(RINGS);
	modem_says(w, "RING");
	modem_says(w, "+CLIP: \"31612345678\",145,,,,0");
	assert_int_equal(told.called, 1);
}

static const struct line_ops *ops(struct world *w)
{
	return modem_line(w->m)->ops;
}

static void answer(struct world *w)
{
	now_clcc(TALKS);
	assert_int_equal(ops(w)->answer(modem_line(w->m), told.session), 0);
	all_rests(w);
}

/* The caller's sound; the modem gives it in whatever pieces. */
static void caller_says(struct world *w, const int16_t *samples, size_t n, size_t piece)
{
	const uint8_t *octets = (const uint8_t *)samples;
	size_t len = 2 * n;
	struct modem_audio_counts counts = { 0 };

	for (size_t at = 0; at < len; at += piece) {
		size_t part = OSMO_MIN(piece, len - at);

		assert_int_equal(write(pcm, octets + at, part), (int)part);
		said += part;
		/* one piece is one read */
		while (w->m->call.sound && counts.octets < said)
			modem_call_counts(w->m, &counts);
	}
	media_rests(w);
}

static void caller_is_silent(struct world *w, unsigned int frames)
{
	static const int16_t none[160];

	while (frames-- > 0)
		caller_says(w, none, 160, FRAME);
}

static size_t caller_hears(int16_t *samples, size_t max)
{
	struct pollfd pfd = { .fd = pcm, .events = POLLIN };
	uint8_t *octets = (uint8_t *)samples;
	size_t got = 0;
	ssize_t n;

	while (got < 2 * max && poll(&pfd, 1, 0) > 0) {
		n = read(pcm, octets + got, 2 * max - got);
		if (n <= 0)
			break;
		got += n;
	}
	assert_int_equal(got % 2, 0);
	return got / 2;
}

static void time_passes(struct world *w, unsigned int seconds)
{
	while (seconds-- > 0) {
		pass_s(w, 1);
		media_rests(w);
	}
}

/* ---- ringing */

static void a_caller_is_told_once_with_the_number(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	assert_true(got(w, "AT+CLIP=1 "));
	rings(w);
	assert_string_equal(told.number, NUMBER);
	assert_false(told.outgoing);
	modem_says(w, "RING");
	modem_says(w, "+CLIP: \"31612345678\",145,,,,0");
	assert_int_equal(told.called, 1);
	close(pcm);
}

static void a_number_may_be_withheld_or_come_by_clcc(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	now_clcc(RINGS);
	modem_says(w, "+CRING: VOICE");
	assert_int_equal(told.called, 0); /* one ring is waited for */
	modem_says(w, "+CRING: VOICE");
	assert_int_equal(told.called, 1);
	assert_string_equal(told.number, "none");
	now_clcc(OK);
	time_passes(w, 3);
	assert_int_equal(told.ended, 1); /* the caller gave up */

	now_clcc("\r\n+CLCC: 1,1,4,0,0,\"0612345678\",129\r\n\r\nOK\r\n");
	modem_says(w, "RING");
	assert_int_equal(told.called, 2);
	assert_string_equal(told.number, "0612345678");
	now_clcc(OK);
	time_passes(w, 3);

	now_clcc(RINGS);
	modem_says(w, "RING");
	modem_says(w, "+CLIP: \"\",128,,,,1");
	assert_int_equal(told.called, 3);
	assert_string_equal(told.number, "none");
	close(pcm);
}

static void data_calls_and_calls_without_audio_ring_on(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	modem_says(w, "+CRING: REL ASYNC");
	modem_says(w, "+CRING: REL ASYNC");
	assert_int_equal(told.called, 0);
	modem_free(w->m);
	w->got[0] = '\0';
	start_as(w, ec25, NULL);
	assert_false(got(w, "AT+CLIP"));
	modem_says(w, "RING");
	modem_says(w, "RING");
	assert_int_equal(told.called, 0);
	close(pcm);
}

/* ---- answering */

static void huawei_sends_sound_after_the_answer(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	rings(w);
	answer(w);
	assert_true(got(w, "ATA AT^DDSETEX=2 "));
	close(pcm);
}

static void quectel_wants_to_know_before_it(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	assert_true(got(w, "AT+QPCMV=1,0 ATA "));
	ops(w)->hang_up(modem_line(w->m), told.session);
	all_rests(w);
	assert_true(got(w, "AT+CHUP AT+QPCMV=0 "));
	assert_int_equal(told.ended, 0); /* who hung up knows */
	close(pcm);
}

static void sim7600_begins_after_its_ok(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, sim7600, path);
	rings(w);
	now_clcc(RINGS);
	assert_int_equal(ops(w)->answer(modem_line(w->m), told.session), 0);
	all_rests(w);
	assert_true(got(w, "ATA "));
	assert_false(got(w, "CPCMREG=1"));
	modem_says(w, "VOICE CALL: BEGIN");
	assert_true(got(w, "AT+CPCMREG=1 "));
	now_clcc(OK);
	modem_says(w, "VOICE CALL: END: 000017");
	assert_int_equal(told.ended, 1);
	assert_true(got(w, "AT+CPCMREG=0 "));
	close(pcm);
}

static void a_caller_who_is_gone_before_the_answer(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	script[1] = (struct rule){ "ATA", "\r\nNO CARRIER\r\n" };
	rings(w);
	answer(w);
	assert_int_equal(told.ended, 1);
	assert_int_equal(ops(w)->answer(modem_line(w->m), told.session), -ENOENT);
	script[1] = (struct rule){ NULL, NULL };
	close(pcm);
}

/* ---- sound */

static void a_prompt_is_heard_sample_by_sample(void **state)
{
	static const size_t pieces[] = { FRAME, 1, 7, 1600 };
	struct world *w = *state;
	struct sound *snd = sound_new(480);
	struct line_prompt prompt = { .sounds = &snd, .n = 1 };
	static const int16_t none[480];
	int16_t heard[2000];
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	for (int i = 0; i < 480; i++)
		sound_samples(snd)[i] = (int16_t)(i * 131 - 32000);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		assert_int_equal(ops(w)->prompt(modem_line(w->m), told.session, &prompt), 0);
		assert_int_equal(caller_hears(heard, 2000), 0); /* the modem's clock counts */
		caller_says(w, none, 480, pieces[i]);
		assert_int_equal(caller_hears(heard, 2000), 480);
		assert_memory_equal(heard, sound_samples(snd), 960);
		assert_int_equal(told.played, i + 1);
	}
	sound_unref(snd);
	close(pcm);
}

static void a_modem_that_takes_nothing_gets_no_old_sound(void **state)
{
	struct world *w = *state;
	static int16_t heard[60000];
	struct sound *snd = sound_new(160 * 100);
	struct line_prompt prompt = { .sounds = &snd, .n = 1 };
	char path[64];
	size_t n;

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	for (int i = 0; i < 160 * 100; i++)
		sound_samples(snd)[i] = (int16_t)(1 + i / 160);
	assert_int_equal(ops(w)->prompt(modem_line(w->m), told.session, &prompt), 0);
	caller_is_silent(w, 99);
	n = caller_hears(heard, 60000);
	assert_true(n < 160 * 99);
	caller_is_silent(w, 1); /* it takes again: the newest 200 ms come, whole samples */
	n = caller_hears(heard, 60000);
	assert_int_equal(heard[n - 1], 100);
	assert_true(heard[0] > 85);
	for (size_t i = 1; i < n; i++)
		assert_true(heard[i] == heard[i - 1] || heard[i] == heard[i - 1] + 1);
	sound_unref(snd);
	close(pcm);
}

static void without_sound_for_two_seconds_it_goes_on_by_text(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	rings(w);
	answer(w);
	caller_is_silent(w, 10);
	time_passes(w, 2); /* the first second had some */
	assert_int_equal(told.ended, 0);
	assert_int_equal(times_got(w, "AT^DDSETEX=2 "), 2); /* asked for once more */
	time_passes(w, 1);
	assert_int_equal(told.ended, 1);
	assert_non_null(strstr(w->alarms, "+audio"));
	assert_true(got(w, "AT+CHUP "));
	close(pcm);

	open_pcm(w, path);
	w->alarms[0] = '\0';
	modem_free(w->m);
	start_as(w, huawei, path);
	rings(w);
	answer(w);
	caller_is_silent(w, 1);
	assert_null(strstr(w->alarms, "+audio"));
	close(pcm);
}

static void a_port_that_is_not_there_leaves_nobody_on_a_dead_line(void **state)
{
	struct world *w = *state;

	start_as(w, ec25, "/nonexistent/tty");
	rings(w);
	assert_int_equal(ops(w)->answer(modem_line(w->m), told.session), 0);
	all_rests(w);
	assert_int_equal(told.ended, 1);
	assert_false(got(w, "ATA "));
	assert_true(got(w, "AT+CHUP "));
	assert_non_null(strstr(w->alarms, "+audio"));
}

/* ---- keys */

static void each_maker_tells_keys_its_way(void **state)
{
	static const struct {
		const struct rule *vendor;
		const char *on, *five, *hash;
	} makers[] = {
		{ huawei, "AT^DDTMFCFG=0,1 ", "^DDTMF: 5", "^DDTMF: #" },
		{ sim7600, "AT+DDET=1 ", "+RXDTMF: 5", "+RXDTMF: #" },
		{ ec25, "AT+QTONEDET=1 ", "+QTONEDET: 53", "+QTONEDET: 35" },
		{ sim800, "AT+DDET=1 ", "+DTMF: 5", "+DTMF: #" },
		{ ublox, "AT+UDTMFD=1,2 ", "+UUDTMFD: 5", "+UUDTMFD: #" },
		{ telit, "AT#DTMF=1 ", "#DTMFEV: 5,1", "#DTMFEV: #,1" },
	};
	struct world *w = *state;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		open_pcm(w, path);
		start_as(w, makers[i].vendor, path);
		assert_true(got(w, makers[i].on));
		rings(w);
		answer(w);
		time_passes(w, 1); /* SIM7600: CLCC says that it is put through */
		modem_says(w, makers[i].five);
		modem_says(w, "#DTMFEV: 5,0"); /* Telit's end of a tone */
		modem_says(w, makers[i].hash);
		modem_says(w, makers[i].five);
		assert_string_equal(told.keys, "5#5");
		modem_free(w->m);
		w->m = NULL;
		w->got[0] = '\0';
		close(pcm);
	}
}

static void press(struct world *w, double low, double high)
{
	int16_t samples[800];

	for (int i = 0; i < 800; i++) /* 100 ms at about -10 dBm0 each */
		samples[i] = (int16_t)(5000 * sin(2 * M_PI * low * i / 8000) +
				       5000 * sin(2 * M_PI * high * i / 8000));
	caller_says(w, samples, 800, 500);
	caller_is_silent(w, 5);
}

static void keys_are_heard_if_the_modem_tells_none(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	script[1] = (struct rule){ "AT+QTONEDET", "\r\nERROR\r\n" };
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	press(w, 697, 1209);
	press(w, 770, 1336);
	press(w, 770, 1336);
	press(w, 941, 1477);
	assert_string_equal(told.keys, "155#");
	modem_says(w, "+QTONEDET: 49"); /* one way per call */
	assert_string_equal(told.keys, "155#");
	script[1] = (struct rule){ NULL, NULL };
	close(pcm);
}

static void tones_do_not_count_twice(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	press(w, 697, 1209);
	modem_says(w, "+QTONEDET: 49");
	assert_string_equal(told.keys, "1");
	close(pcm);
}

static void a_key_may_end_it(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	script[1] = (struct rule){ "AT+QTONEDET", "\r\nERROR\r\n" };
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	told.end_at_key = true;
	press(w, 697, 1209);
	assert_string_equal(told.keys, "1");
	all_rests(w);
	assert_true(got(w, "AT+CHUP "));
	assert_int_equal(told.ended, 0);
	script[1] = (struct rule){ NULL, NULL };
	close(pcm);
}

static void a_key_cuts_a_prompt_and_the_next_is_not_over(void **state)
{
	struct world *w = *state;
	struct sound *snd = sound_new(16000);
	struct line_prompt prompt = { .sounds = &snd, .n = 1, .barge_in = true, .last = true };
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	prompt.last = false;
	assert_int_equal(ops(w)->prompt(modem_line(w->m), told.session, &prompt), 0);
	caller_is_silent(w, 5);
	modem_says(w, "+QTONEDET: 49");
	assert_string_equal(told.keys, "1");
	assert_int_equal(told.played, 1);
	prompt.last = true;
	prompt.barge_in = false;
	assert_int_equal(ops(w)->prompt(modem_line(w->m), told.session, &prompt), 0);
	caller_is_silent(w, 100);
	caller_is_silent(w, 12); /* a quarter of a second for what the modem has not sent yet */
	assert_false(got(w, "AT+CHUP "));
	caller_is_silent(w, 2);
	assert_int_equal(told.played, 2);
	assert_true(got(w, "AT+CHUP ")); /* it was the last */
	assert_int_equal(told.ended, 1);
	sound_unref(snd);
	close(pcm);
}

/* ---- the end */

static void the_other_side_hangs_up(void **state)
{
	static const char *const words[] = { "NO CARRIER", "^CEND:1,17,67,16",
					     "VOICE CALL: END: 000017", NULL };
	struct world *w = *state;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		open_pcm(w, path);
		start_as(w, huawei, path);
		rings(w);
		answer(w);
		caller_is_silent(w, 1);
		now_clcc(OK);
		if (words[i])
			modem_says(w, words[i]);
		else
			time_passes(w, 2); /* CLCC alone */
		assert_int_equal(told.ended, 1);
		assert_false(got(w, "AT+CHUP "));
		modem_free(w->m);
		w->m = NULL;
		w->got[0] = '\0';
		close(pcm);
	}
}

static void a_hint_alone_ends_nothing(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	rings(w);
	answer(w);
	modem_says(w, "^CEND:2,0,104,21"); /* of another one */
	assert_int_equal(told.ended, 0);
	close(pcm);
}

static void a_second_caller_hears_that_it_is_busy(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	now_clcc(TWO);
	modem_says(w, "+CCWA: \"31687654321\",145,1");
	assert_int_equal(times_got(w, "AT+CHLD=0 "), 1);
	assert_int_equal(told.called, 1);
	assert_int_equal(told.ended, 0);
	now_clcc(TALKS);
	caller_is_silent(w, 1);
	time_passes(w, 1);
	assert_int_equal(told.ended, 0);
	close(pcm);
}

static void a_lost_port_ends_it(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	close(w->master);
	w->master = -1;
	all_rests(w);
	assert_int_equal(told.ended, 1);
	assert_int_equal(
		ops(w)->prompt(modem_line(w->m), told.session, &(struct line_prompt){ .n = 0 }),
		-ENOENT);
	close(pcm);
}

static void a_call_that_was_left_behind_is_ended_at_start(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	assert_false(got(w, "AT+CHUP "));
	modem_free(w->m);
	w->got[0] = '\0';
	told = (struct told){ .called = 0 };
	now_clcc(TALKS);
	start(w);
	assert_true(got(w, "AT+CHUP "));
	close(pcm);
}

/* ---- texts */

static void texts_come_in_a_call_and_go_after_it(void **state)
{
	static const struct {
		const struct rule *vendor;
		const char *announced, *payload; /* as this maker is told to bring it */
	} makers[] = {
		{ huawei, "+CMTI: \"SM\",3", NULL },  { sim800, "+CMTI: \"SM\",3", NULL },
		{ sim7600, "+CMTI: \"SM\",3", NULL }, { zte, "+CMTI: \"SM\",3", NULL },
		{ ec25, "+CMT: ,24", HELLO },	      { ublox, "+CMT: ,24", HELLO },
		{ telit, "+CMT: ,24", HELLO },	      { cinterion, "+CMT: ,24", HELLO },
	};
	struct world *w = *state;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		open_pcm(w, path);
		script[1] = (struct rule){ "AT+CMGR=3",
					   "\r\n+CMGR: 0,,24\r\n" HELLO "\r\n\r\nOK\r\n" };
		w->n_heard = 0;
		start_as(w, makers[i].vendor, path);
		rings(w);
		answer(w);
		time_passes(w, 1); /* SIM7600: CLCC says that it is put through */
		caller_is_silent(w, 1);
		assert_int_equal(submit(w, 5), -EAGAIN);
		if (makers[i].payload) {
			say(w, "\r\n");
			say(w, makers[i].announced);
			modem_says(w, makers[i].payload);
		} else {
			modem_says(w, makers[i].announced);
		}
		assert_int_equal(w->n_heard, 1);
		assert_string_equal(w->heard, NUMBER ": hello");
		settle(w, true);
		assert_true(got(w, makers[i].payload ? "AT+CNMA" : "AT+CMGD=3"));
		assert_int_equal(told.ended, 0);
		assert_false(got(w, "AT+CMGS"));
		told.changed = 0;
		now_clcc(OK);
		modem_says(w, "NO CARRIER");
		assert_int_equal(told.ended, 1);
		assert_int_equal(told.changed, 1);
		assert_int_equal(submit(w, 5), 0);
		all_rests(w);
		assert_true(got(w, "AT+CMGS"));
		modem_free(w->m);
		w->m = NULL;
		w->got[0] = '\0';
		close(pcm);
	}
	script[1] = (struct rule){ NULL, NULL };
}

static void no_code(const struct modem_ussd_answer *said_back, void *data)
{
	fail();
}

static void codes_wait_for_the_end_of_a_call(void **state)
{
	struct world *w = *state;
	char path[64];
	int rc;

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	rc = modem_ussd_dial(w->m, "*100#", no_code, NULL);
	assert_true(rc < 0);
	assert_non_null(strstr(modem_ussd_trouble(rc), "in a call"));
	assert_false(got(w, "AT+CUSD=1,\""));
	close(pcm);
}

/* ---- trouble */

static void a_storm_of_lines_ends_nothing(void **state)
{
	static const char *const lines[] = {
		"RING",	    "+CLIP: \"31612345678\",145", "^RSSI:19",
		"+CREG: 1", "VOICE CALL: BEGIN",	  "^CONN:1,0"
	};
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	for (int i = 0; i < 300; i++) {
		say(w, "\r\n");
		say(w, lines[i % ARRAY_SIZE(lines)]);
		say(w, "\r\n");
		if (i % 20 == 0)
			settle_down(w);
	}
	all_rests(w);
	caller_is_silent(w, 1);
	modem_says(w, "+QTONEDET: 49");
	assert_string_equal(told.keys, "1");
	assert_int_equal(told.called, 1);
	assert_int_equal(told.ended, 0);
	close(pcm);
}

static void a_modem_that_shows_no_calls_is_believed(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	rings(w);
	now_clcc("\r\nERROR\r\n"); /* it knows no CLCC */
	assert_int_equal(ops(w)->answer(modem_line(w->m), told.session), 0);
	all_rests(w);
	for (int i = 0; i < 5; i++) {
		caller_is_silent(w, 1);
		time_passes(w, 1);
	}
	assert_int_equal(told.ended, 0);
	modem_says(w, "NO CARRIER");
	assert_int_equal(told.ended, 1);
	close(pcm);
}

static void a_ring_that_is_lost_is_a_caller_who_gave_up(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	modem_says(w, "+CLIP: \"31612345678\",145,,,,0"); /* its RING was not said */
	assert_int_equal(told.called, 1);
	assert_string_equal(told.number, NUMBER);
	now_clcc("\r\nERROR\r\n");
	time_passes(w, 20); /* and no other comes */
	assert_int_equal(told.ended, 1);
	close(pcm);
}

static void sound_that_comes_back_after_asking_goes_on(void **state)
{
	static const struct {
		const struct rule *vendor;
		const char *again;
	} makers[] = { { huawei, "AT^DDSETEX=2 " },
		       { ec25, "AT+QPCMV=1,0 " },
		       { sim7600, "AT+CPCMREG=1 " } };
	struct world *w = *state;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		open_pcm(w, path);
		start_as(w, makers[i].vendor, path);
		rings(w);
		answer(w);
		modem_says(w, "VOICE CALL: BEGIN"); /* only one of them does */
		caller_is_silent(w, 5);
		time_passes(w, 2);
		assert_int_equal(times_got(w, makers[i].again), 2);
		caller_is_silent(w, 5);
		for (int s = 0; s < 4; s++) {
			time_passes(w, 1);
			caller_is_silent(w, 1);
		}
		assert_int_equal(told.ended, 0);
		assert_null(strstr(w->alarms, "+audio"));
		modem_free(w->m);
		w->m = NULL;
		w->got[0] = '\0';
		close(pcm);
	}
}

static void a_port_that_hangs_up_in_a_call(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	rings(w);
	answer(w);
	caller_is_silent(w, 1);
	close(pcm);
	for (int i = 0; i < 100 && told.ended == 0; i++)
		all_rests(w);
	assert_int_equal(told.ended, 1);
	assert_non_null(strstr(w->alarms, "+audio"));
	assert_true(got(w, "AT+CHUP "));
}

static void a_card_that_is_not_there_says_so(void **state)
{
	struct world *w = *state;

	w->cfg.audio_card = true;
	start_as(w, ec25, "hw:nocard");
	rings(w);
	answer(w);
	for (int i = 0; i < 100 && told.ended == 0; i++)
		all_rests(w);
	assert_int_equal(told.ended, 1);
	assert_non_null(strstr(w->alarms, "+audio"));
	assert_false(got(w, "ATA "));
}

/* ---- calling */

#define THERE(stat) "\r\n+CLCC: 1,0," stat ",0,0,\"" NUMBER "\",145\r\n\r\nOK\r\n"

static const struct line_dialling to_number = { .number = NUMBER };

static int dial(struct world *w, const struct line_dialling *dialling)
{
	int rc = ops(w)->dial(modem_line(w->m), dialling, &told.session);

	all_rests(w);
	return rc;
}

static void somebody_is_called(void **state)
{
	static const struct line_dialling bad = { .number = "+316;1" };
	struct world *w = *state;
	uint64_t session;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	assert_int_equal(dial(w, &bad), -EINVAL);
	now_clcc(THERE("2"));
	assert_int_equal(dial(w, &to_number), 0);
	session = told.session;
	assert_int_equal(ops(w)->dial(modem_line(w->m), &to_number, &session), -EAGAIN);
	assert_true(got(w, "ATD" NUMBER "; "));
	now_clcc(THERE("3"));
	modem_says(w, "^CONF:1");
	time_passes(w, 3);
	assert_int_equal(told.called, 0); /* it rings over there */
	session = told.session;
	now_clcc(THERE("0"));
	modem_says(w, "^CONN:1,0");
	assert_int_equal(told.called, 1);
	assert_true(told.outgoing);
	assert_int_equal(told.session, session);
	assert_true(got(w, "AT^DDSETEX=2 "));
	caller_is_silent(w, 2);
	now_clcc(OK);
	modem_says(w, "NO CARRIER");
	assert_int_equal(told.ended, 1);
	assert_int_equal(told.unreached, 0);
	assert_false(got(w, "AT+CEER"));

	now_clcc(THERE("2")); /* and another */
	assert_int_equal(dial(w, &to_number), 0);
	now_clcc(OK);
	modem_says(w, "BUSY");
	assert_int_equal(told.unreached, 1);
	assert_int_equal(told.why, LINE_BUSY);
	assert_int_equal(told.ended, 1);
	assert_int_equal(told.called, 1);
	close(pcm);
}

/* Causes: TS 24.008 table 10.5.123.  Words: Quectel's and SIMCom's manuals of AT+CEER. */
static void the_modem_says_why_nobody_came(void **state)
{
	static const struct {
		const char *word, *report;
		enum line_unreached why;
	} ends[] = {
		{ "BUSY", "", LINE_BUSY },
		{ "NO ANSWER", "", LINE_NO_ANSWER },
		{ "^CEND:1,0,104,17", "", LINE_BUSY },
		{ "^CEND:1,0,104,1", "", LINE_NO_SUCH_NUMBER },
		{ "^CEND:1,0,104,38", "", LINE_NOT_DIALLED },
		{ "NO CARRIER", "\r\n+CEER: 5,19\r\n\r\nOK\r\n", LINE_NO_ANSWER },
		{ "NO CARRIER", "\r\n+CEER: 17\r\n\r\nOK\r\n", LINE_BUSY },
		{ "NO CARRIER", "\r\n+CEER: \"CM_CALL_END\",67,\"User busy\"\r\n\r\nOK\r\n",
		  LINE_BUSY },
		{ "NO CARRIER", "\r\n+CEER: Unassigned (unallocated) number\r\n\r\nOK\r\n",
		  LINE_NO_SUCH_NUMBER },
		{ "NO CARRIER", "\r\n+CEER: No cause information available\r\n\r\nOK\r\n",
		  LINE_NO_ANSWER },
		{ "NO CARRIER", "\r\nERROR\r\n", LINE_NO_ANSWER },
	};
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, huawei, path);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		script[1] = (struct rule){ "AT+CEER", ends[i].report };
		now_clcc(THERE("3"));
		assert_int_equal(dial(w, &to_number), 0);
		now_clcc(OK);
		modem_says(w, ends[i].word);
		assert_int_equal(told.unreached, i + 1);
		assert_int_equal(told.why, ends[i].why);
	}
	assert_int_equal(told.ended, 0);
	script[1] = (struct rule){ NULL, NULL };
	close(pcm);
}

static void what_atd_answers_may_be_the_end(void **state)
{
	static const struct {
		const char *answer;
		enum line_unreached why;
	} answers[] = { { "\r\nBUSY\r\n", LINE_BUSY },
			{ "\r\nNO ANSWER\r\n", LINE_NO_ANSWER },
			{ "\r\nNO DIALTONE\r\n", LINE_NOT_DIALLED },
			{ "\r\n+CME ERROR: 30\r\n", LINE_NOT_DIALLED } };
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		script[1] = (struct rule){ "ATD", answers[i].answer };
		assert_int_equal(dial(w, &to_number), 0);
		assert_int_equal(told.unreached, i + 1);
		assert_int_equal(told.why, answers[i].why);
	}
	assert_int_equal(told.ended, 0);
	script[1] = (struct rule){ NULL, NULL };
	close(pcm);
}

static void it_rings_so_long_and_no_longer(void **state)
{
	struct world *w = *state;
	struct line_dialling dialling = { .number = NUMBER, .ring_s = 8 };
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	now_clcc(THERE("2"));
	assert_int_equal(dial(w, &dialling), 0);
	time_passes(w, 10); /* the network looks for it */
	assert_int_equal(told.unreached, 0);
	now_clcc(THERE("3"));
	time_passes(w, 8);
	assert_int_equal(told.unreached, 0);
	time_passes(w, 2);
	assert_int_equal(told.unreached, 1);
	assert_int_equal(told.why, LINE_NO_ANSWER);
	assert_true(got(w, "AT+CHUP "));
	assert_int_equal(told.ended, 0);
	close(pcm);
}

static void who_hangs_up_before_the_answer_knows(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	now_clcc(THERE("3"));
	assert_int_equal(dial(w, &to_number), 0);
	ops(w)->hang_up(modem_line(w->m), told.session);
	now_clcc(OK);
	all_rests(w);
	assert_true(got(w, "AT+CHUP "));
	now_clcc(THERE("3"));
	assert_int_equal(dial(w, &to_number), 0);
	script[1] = (struct rule){ "AT+CEER", "" }; /* and while it is asked why */
	now_clcc(OK);
	modem_says(w, "NO CARRIER");
	assert_true(got(w, "AT+CEER "));
	ops(w)->hang_up(modem_line(w->m), told.session);
	script[1] = (struct rule){ NULL, NULL };
	say(w, "\r\nOK\r\n");
	all_rests(w);
	assert_int_equal(told.unreached + told.ended + told.called, 0);
	assert_int_equal(dial(w, &to_number), 0);
	close(pcm);
}

static void without_a_port_nothing_is_dialled(void **state)
{
	struct world *w = *state;

	start_as(w, ec25, "/nonexistent/tty");
	assert_int_equal(dial(w, &to_number), 0);
	assert_int_equal(told.unreached, 1);
	assert_int_equal(told.why, LINE_NOT_DIALLED);
	assert_false(got(w, "ATD"));
	assert_non_null(strstr(w->alarms, "+audio"));
}

static void who_calls_while_we_dial_is_refused_or_rings_on(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	now_clcc("\r\n+CLCC: 1,0,3,0,0,\"" NUMBER "\",145\r\n"
		 "+CLCC: 2,1,5,0,0,\"31687654321\",145\r\n\r\nOK\r\n");
	assert_int_equal(dial(w, &to_number), 0);
	modem_says(w, "+CCWA: \"31687654321\",145,1");
	modem_says(w, "RING");
	time_passes(w, 2);
	assert_int_equal(times_got(w, "AT+CHLD=0 "), 1);
	assert_int_equal(told.called, 0);
	now_clcc(OK);
	modem_says(w, "BUSY");
	assert_int_equal(told.unreached, 1);
	rings(w); /* it still does */
	assert_false(told.outgoing);
	close(pcm);
}

static void speaks(struct world *w, unsigned int frames)
{
	unsigned int noise = 1;
	int16_t samples[160];

	while (frames-- > 0) {
		for (int i = 0; i < 160; i++) {
			noise = noise * 1103515245 + 12345;
			samples[i] = (int16_t)(noise >> 16) / 8;
		}
		caller_says(w, samples, 160, FRAME);
	}
}

static void it_is_told_who_answered(void **state)
{
	struct line_dialling dialling = { .number = NUMBER, .greeting = true };
	struct world *w = *state;
	char path[64];

	for (int machine = 0; machine < 2; machine++) {
		open_pcm(w, path);
		start_as(w, huawei, path);
		now_clcc(THERE("0"));
		assert_int_equal(dial(w, &dialling), 0);
		time_passes(w, 1);
		assert_int_equal(told.called, 1);
		caller_is_silent(w, 25);
		speaks(w, machine ? 400 : 40);
		assert_int_equal(told.greeted, 0);
		caller_is_silent(w, 200);
		assert_int_equal(told.greeted, 1);
		assert_int_equal(told.who, machine ? LINE_MACHINE : LINE_PERSON);
		modem_free(w->m);
		w->m = NULL;
		w->got[0] = '\0';
		close(pcm);
	}
}

static void a_port_that_is_lost_while_we_dial(void **state)
{
	struct world *w = *state;
	char path[64];

	open_pcm(w, path);
	start_as(w, ec25, path);
	now_clcc(THERE("3"));
	assert_int_equal(dial(w, &to_number), 0);
	close(w->master);
	w->master = -1;
	all_rests(w);
	assert_int_equal(told.unreached, 1);
	assert_int_equal(told.why, LINE_NOT_DIALLED);
	close(pcm);
}

static int media_up(void **state)
{
	media = media_start(NULL);
	return media ? 0 : -1;
}

static int media_down(void **state)
{
	media_stop(media);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_caller_is_told_once_with_the_number),
		TEST(a_number_may_be_withheld_or_come_by_clcc),
		TEST(data_calls_and_calls_without_audio_ring_on),
		TEST(huawei_sends_sound_after_the_answer),
		TEST(quectel_wants_to_know_before_it),
		TEST(sim7600_begins_after_its_ok),
		TEST(a_caller_who_is_gone_before_the_answer),
		TEST(a_prompt_is_heard_sample_by_sample),
		TEST(a_modem_that_takes_nothing_gets_no_old_sound),
		TEST(without_sound_for_two_seconds_it_goes_on_by_text),
		TEST(a_port_that_is_not_there_leaves_nobody_on_a_dead_line),
		TEST(each_maker_tells_keys_its_way),
		TEST(keys_are_heard_if_the_modem_tells_none),
		TEST(tones_do_not_count_twice),
		TEST(a_key_may_end_it),
		TEST(a_key_cuts_a_prompt_and_the_next_is_not_over),
		TEST(the_other_side_hangs_up),
		TEST(a_hint_alone_ends_nothing),
		TEST(a_second_caller_hears_that_it_is_busy),
		TEST(a_lost_port_ends_it),
		TEST(a_call_that_was_left_behind_is_ended_at_start),
		TEST(texts_come_in_a_call_and_go_after_it),
		TEST(codes_wait_for_the_end_of_a_call),
		TEST(a_storm_of_lines_ends_nothing),
		TEST(a_modem_that_shows_no_calls_is_believed),
		TEST(a_ring_that_is_lost_is_a_caller_who_gave_up),
		TEST(sound_that_comes_back_after_asking_goes_on),
		TEST(a_port_that_hangs_up_in_a_call),
		TEST(a_card_that_is_not_there_says_so),
		TEST(somebody_is_called),
		TEST(the_modem_says_why_nobody_came),
		TEST(what_atd_answers_may_be_the_end),
		TEST(it_rings_so_long_and_no_longer),
		TEST(who_hangs_up_before_the_answer_knows),
		TEST(without_a_port_nothing_is_dialled),
		TEST(who_calls_while_we_dial_is_refused_or_rings_on),
		TEST(it_is_told_who_answered),
		TEST(a_port_that_is_lost_while_we_dial),
	};

	return cmocka_run_group_tests(tests, media_up, media_down);
}
