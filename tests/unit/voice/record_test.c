// SPDX-License-Identifier: AGPL-3.0-or-later
/* Recordings, read back by libsndfile and by opusinfo.  Who speaks is espeak-ng. */
#include "voice/leg_fixture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <signal.h>

#include <espeak-ng/speak_lib.h>
#include <sndfile.h>
#include <spandsp.h>

#define S(seconds) ((size_t)((seconds)*SOUND_RATE))

static char folder[] = "/tmp/recordXXXXXX";
static char path[64];
static int16_t *speech; /* of one sentence, 8 kHz */
static size_t speech_n;

/* ---- a voice */

static int speech_made(short *samples, int n, espeak_EVENT *events)
{
	static double due; /* 22050 to 8000 Hz by the nearest sample: good enough to speak */
	int i;

	for (i = 0; samples && i < n; i++) {
		due += SOUND_RATE / 22050.0;
		if (due < 1 || speech_n >= S(20))
			continue;
		due -= 1;
		speech[speech_n++] = samples[i];
	}
	return 0;
}

static int speak(void **state)
{
	static const char text[] =
		"Er ligt een grote berg afval naast de container op de hoek van de "
		"straat, en dat is al een hele week zo.";

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/message.opus", folder);
	speech = calloc(S(20), sizeof(*speech));
	assert_int_equal(espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 100, NULL, 0), 22050);
	espeak_SetSynthCallback(speech_made);
	espeak_SetVoiceByName("nl");
	espeak_Synth(text, sizeof(text), 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL, NULL);
	espeak_Synchronize();
	assert_true(speech_n > S(3));
	return 0;
}

static int hush(void **state)
{
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	free(speech);
	return 0;
}

/* ---- feeding a leg */

static unsigned int seed = 1;

/* n samples of a voice so loud (NULL: none) over noise of so many units rms. */
static void hear(struct ear *ear, const int16_t *voice, size_t n, double gain, double noise)
{
	int16_t frame[SOUND_FRAME];
	size_t at, i;
	double sample;

	for (at = 0; at + SOUND_FRAME <= n; at += SOUND_FRAME) {
		for (i = 0; i < SOUND_FRAME; i++) {
			sample = noise * sqrt(12) * (rand_r(&seed) / (double)RAND_MAX - 0.5);
			sample += voice ? gain * voice[at + i] : 0;
			frame[i] = (int16_t)sample;
		}
		leg_in(ear->leg, frame);
	}
}

static void assert_recorded(const struct ear *ear, enum leg_why why, double seconds, double within)
{
	assert_int_equal(ear->n, 1);
	assert_int_equal(ear->told[0].event, LEG_RECORDED);
	assert_int_equal(ear->told[0].why, why);
	assert_true(fabs(ear->told[0].seconds - seconds) <= within);
}

/* ---- reading it back */

/* \returns frames; samples are to be freed */
static size_t read_back(int16_t **samples)
{
	SF_INFO info = { 0 };
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	sf_count_t n;

	assert_non_null(file);
	assert_int_equal(info.channels, 1);
	assert_int_equal(info.samplerate, SOUND_RATE);
	*samples = calloc((size_t)info.frames + 1, sizeof(**samples));
	n = sf_readf_short(file, *samples, info.frames);
	sf_close(file);
	return (size_t)n;
}

static double energy(const int16_t *samples, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (double)samples[i] * samples[i];
	return sum;
}

/* The best likeness of what was said to what is read, over 30 ms of shift: 1 is the same. */
static double likeness(const int16_t *said, const int16_t *got, size_t n)
{
	double best = 0, sum;
	size_t shift, i;

	for (shift = 0; shift < 240; shift++) {
		for (sum = 0, i = 0; i + 240 < n; i++)
			sum += (double)said[i] * got[i + shift];
		sum /= sqrt(energy(said, n - 240) * energy(got + shift, n - 240));
		best = fmax(best, sum);
	}
	return best;
}

static void a_message_ends_with_silence(void **state)
{
	struct ear ear;
	struct stat file;
	int16_t *got;
	size_t n;

	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, speech_n, 1, 10);
	assert_int_equal(ear.n, 0);
	hear(&ear, NULL, S(2.5), 0, 10);
	assert_int_equal(ear.n, 0);
	hear(&ear, NULL, S(3), 0, 10);
	assert_recorded(&ear, LEG_SILENCE, speech_n / 8000.0 + 3, 0.6);
	n = read_back(&got);
	assert_true(fabs(n / 8000.0 - ear.told[0].seconds) < 0.03);
	assert_true(likeness(speech, got, speech_n) > 0.8);
	free(got);
	assert_int_equal(stat(path, &file), 0);
	assert_true(file.st_size < n / 8000.0 * 3000);
	assert_int_equal(file.st_mode & 07007, 0);
	leg_free(ear.leg);
}

static void opusinfo_finds_no_fault(void **state)
{
	char command[128], line[256], all[4096] = "";
	FILE *out;
	struct ear ear;

	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, speech_n, 1, 10);
	leg_key(ear.leg, '#');
	leg_free(ear.leg);
	snprintf(command, sizeof(command), "opusinfo %s 2>&1", path);
	out = popen(command, "r");
	while (fgets(line, sizeof(line), out))
		if (strlen(all) + strlen(line) < sizeof(all))
			strcat(all, line);
	assert_int_equal(pclose(out), 0);
	assert_non_null(strstr(all, "Playback length"));
	assert_null(strstr(all, "WARNING"));
}

static void a_quiet_voice_in_noise_is_heard(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	hear(&ear, NULL, S(6), 0, 300); /* a prompt's time beside a road */
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, speech_n, 0.7, 300);
	assert_int_equal(ear.n, 0);
	hear(&ear, NULL, S(4), 0, 300);
	assert_recorded(&ear, LEG_SILENCE, speech_n / 8000.0 + 3, 1);
	leg_free(ear.leg);
}

static void nobody_speaks(void **state)
{
	struct ear ear;
	int16_t click[SOUND_FRAME] = { 20000, -20000 };

	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	assert_int_equal(access(path, F_OK), 0);
	hear(&ear, NULL, S(3), 0, 30);
	leg_in(ear.leg, click);
	hear(&ear, NULL, S(2.9), 0, 30);
	assert_int_equal(ear.n, 0);
	hear(&ear, NULL, S(1), 0, 30);
	assert_recorded(&ear, LEG_SILENCE, 0, 0);
	assert_int_equal(access(path, F_OK), -1);
	leg_free(ear.leg);
}

/* What was spoken over the prompt is not in it. */
static void it_begins_after_what_plays(void **state)
{
	struct ear ear;
	int16_t frame[SOUND_FRAME];
	int i;

	ear_open(&ear, false);
	play(&ear, flat(S(1), 100), false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	for (i = 0; i < 50; i++) {
		hear(&ear, speech + i * SOUND_FRAME, SOUND_FRAME, 1, 0);
		leg_out(ear.leg, frame);
	}
	assert_int_equal(ear.n, 1);
	ear.n = 0;
	hear(&ear, speech + S(1), S(2), 1, 0);
	leg_hang_up(ear.leg);
	assert_recorded(&ear, LEG_HUNG_UP, 2, 0.001);
	leg_free(ear.leg);
}

/* A talk of two is recorded on one side: what that one says. */
static void it_goes_on_while_two_talk(void **state)
{
	struct ear ear, other;
	int16_t frame[SOUND_FRAME];
	int i;

	ear_open(&ear, false);
	ear_open(&other, false);
	leg_join(ear.leg, other.leg);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	for (i = 0; i < 100; i++) {
		hear(&ear, speech + i * SOUND_FRAME, SOUND_FRAME, 1, 0);
		assert_true(leg_out(other.leg, frame));
		assert_memory_equal(frame, speech + i * SOUND_FRAME, sizeof(frame));
	}
	leg_key(ear.leg, '#');
	assert_recorded(&ear, LEG_HASH, 2, 0.001);
	leg_free(ear.leg);
	leg_free(other.leg);
}

static void hung_up_before_a_word(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	play(&ear, flat(S(1), 100), false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	leg_hang_up(ear.leg);
	assert_recorded(&ear, LEG_HUNG_UP, 0, 0);
	assert_int_equal(access(path, F_OK), -1);
	leg_free(ear.leg);
}

static void hash_ends_it_and_is_no_key(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	play(&ear, flat(S(1), 100), true);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	leg_key(ear.leg, '#'); /* of the prompt: the message is still to come */
	assert_int_equal(ear.n, 2);
	ear.n = 0;
	hear(&ear, speech, S(2), 1, 0);
	leg_key(ear.leg, '#');
	assert_recorded(&ear, LEG_HASH, 2, 0.001);
	leg_key(ear.leg, '#');
	assert_int_equal(ear.n, 2);
	assert_int_equal(ear.told[1].key, '#');
	leg_free(ear.leg);
}

/* A tone of '#' that ends it is no voice. */
static void hash_as_a_tone(void **state)
{
	dtmf_tx_state_t *tx = dtmf_tx_init(NULL);
	int16_t tone[10 * SOUND_FRAME] = { 0 };
	struct ear ear;

	ear_open(&ear, true);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, NULL, S(1), 0, 30);
	dtmf_tx_put(tx, "#", -1);
	dtmf_tx(tx, tone, ARRAY_SIZE(tone));
	hear(&ear, tone, ARRAY_SIZE(tone), 1, 30);
	assert_recorded(&ear, LEG_HASH, 0, 0);
	dtmf_tx_free(tx);
	leg_free(ear.leg);
}

static void the_longest(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 2), 0);
	assert_int_equal(leg_record(ear.leg, path, 2), -EBUSY);
	hear(&ear, speech, S(3), 1, 0);
	assert_recorded(&ear, LEG_LONG, 2, 0.001);
	leg_free(ear.leg);
}

static void freed_in_the_middle(void **state)
{
	struct ear ear;
	int16_t *got;

	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, S(2), 1, 0);
	leg_free(ear.leg);
	assert_int_equal(ear.n, 0);
	assert_int_equal(read_back(&got), S(2));
	free(got);
}

/* So many octets fit, then the disk is full: what fitted is read back. */
static void full_after(size_t octets, size_t said)
{
	struct rlimit before, limit;
	struct ear ear;
	int16_t *got;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = (struct rlimit){ .rlim_cur = octets, .rlim_max = before.rlim_max };
	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	hear(&ear, speech, said, 1, 0);
	if (said < S(1))
		leg_hang_up(ear.leg); /* the only page is written when it is closed */
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].why, LEG_DISK_FULL);
	leg_free(ear.leg);
	if (ear.told[0].seconds > 0) {
		size_t n = read_back(&got);

		assert_true(fabs(n / 8000.0 - ear.told[0].seconds) < 0.03);
		assert_true(likeness(speech, got, n) > 0.8);
		free(got);
	} else {
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void a_full_disk(void **state)
{
	full_after(6000, speech_n);
}

static void a_full_disk_at_once(void **state)
{
	full_after(10, speech_n);
	full_after(60, speech_n);
	full_after(300, S(0.5));
}

static void no_such_folder(void **state)
{
	struct ear ear;

	ear_open(&ear, false);
	assert_int_equal(leg_record(ear.leg, "/tmp/there-is-no/folder/a.opus", 2), -ENOENT);
	hear(&ear, speech, S(1), 1, 0);
	leg_hang_up(ear.leg);
	assert_int_equal(ear.n, 0);
	leg_free(ear.leg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_ends_with_silence),
		cmocka_unit_test(opusinfo_finds_no_fault),
		cmocka_unit_test(a_quiet_voice_in_noise_is_heard),
		cmocka_unit_test(nobody_speaks),
		cmocka_unit_test(it_begins_after_what_plays),
		cmocka_unit_test(it_goes_on_while_two_talk),
		cmocka_unit_test(hung_up_before_a_word),
		cmocka_unit_test(hash_ends_it_and_is_no_key),
		cmocka_unit_test(hash_as_a_tone),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(freed_in_the_middle),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(a_full_disk_at_once),
		cmocka_unit_test(no_such_folder),
	};

	return cmocka_run_group_tests(tests, speak, hush);
}
