// SPDX-License-Identifier: AGPL-3.0-or-later
/* Recordings, read back by libsndfile and by opusinfo.  Who speaks is espeak-ng. */
#include "voice/leg_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

static void open_ear(struct ear *ear, bool inband_keys)
{
	struct recorder *rec = recorder_alloc(NULL);
	struct leg_cfg cfg = {
		.recorder = rec, .inband_keys = inband_keys, .told = ear_told, .data = ear
	};

	*ear = (struct ear){ .leg = leg_alloc(NULL, &cfg), .recorder = rec };
	unlink(path); /* of the test before */
}

/* Afterwards all is written. */
static void close_ear(struct ear *ear)
{
	leg_free(ear->leg);
	assert_int_equal(recorder_lost(ear->recorder), 0);
	recorder_free(ear->recorder);
}

/* The thread writes as fast as it can, and so do we. */
static void wait_for_room(struct ear *ear)
{
	time_t end = time(NULL) + 20;

	while (!leg_has_room(ear->leg)) {
		assert_true(time(NULL) < end);
		sched_yield();
	}
}

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
		wait_for_room(ear);
		leg_in(ear->leg, frame);
	}
}

/* The end is told with the next frame after the file is closed. */
static void hear_the_end(struct ear *ear)
{
	const int16_t frame[SOUND_FRAME] = { 0 };

	wait_for_room(ear);
	leg_in(ear->leg, frame);
}

static void assert_recorded(struct ear *ear, enum leg_why why, double seconds, double within)
{
	if (ear->n == 0)
		hear_the_end(ear);
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

	open_ear(&ear, false);
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
	close_ear(&ear);
}

static void opusinfo_finds_no_fault(void **state)
{
	char command[128], line[256], all[4096] = "";
	FILE *out;
	struct ear ear;

	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, speech_n, 1, 10);
	leg_key(ear.leg, '#');
	close_ear(&ear);
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

	open_ear(&ear, false);
	hear(&ear, NULL, S(6), 0, 300); /* a prompt's time beside a road */
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, speech_n, 0.7, 300);
	assert_int_equal(ear.n, 0);
	hear(&ear, NULL, S(4), 0, 300);
	assert_recorded(&ear, LEG_SILENCE, speech_n / 8000.0 + 3, 1);
	close_ear(&ear);
}

static void nobody_speaks(void **state)
{
	struct ear ear;
	int16_t click[SOUND_FRAME] = { 20000, -20000 };

	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, NULL, S(3), 0, 30);
	wait_for_room(&ear);
	leg_in(ear.leg, click);
	hear(&ear, NULL, S(2.9), 0, 30);
	assert_int_equal(ear.n, 0);
	hear(&ear, NULL, S(1), 0, 30);
	assert_recorded(&ear, LEG_SILENCE, 0, 0);
	assert_int_equal(access(path, F_OK), -1);
	close_ear(&ear);
}

/* What was spoken over the prompt is not in it. */
static void it_begins_after_what_plays(void **state)
{
	struct ear ear;
	int16_t frame[SOUND_FRAME];
	int i;

	open_ear(&ear, false);
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
	close_ear(&ear);
}

/* A talk of two is recorded on one side: what that one says. */
static void it_goes_on_while_two_talk(void **state)
{
	struct ear ear, other;
	int16_t frame[SOUND_FRAME];
	int i;

	open_ear(&ear, false);
	open_ear(&other, false);
	leg_join(ear.leg, other.leg);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	for (i = 0; i < 100; i++) {
		hear(&ear, speech + i * SOUND_FRAME, SOUND_FRAME, 1, 0);
		assert_true(leg_out(other.leg, frame));
		assert_memory_equal(frame, speech + i * SOUND_FRAME, sizeof(frame));
	}
	leg_key(ear.leg, '#');
	assert_recorded(&ear, LEG_HASH, 2, 0.001);
	close_ear(&ear);
	close_ear(&other);
}

static void hung_up_before_a_word(void **state)
{
	struct ear ear;

	open_ear(&ear, false);
	play(&ear, flat(S(1), 100), false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	leg_hang_up(ear.leg);
	assert_recorded(&ear, LEG_HUNG_UP, 0, 0);
	assert_int_equal(access(path, F_OK), -1);
	close_ear(&ear);
}

static void hash_ends_it_and_is_no_key(void **state)
{
	struct ear ear;

	open_ear(&ear, false);
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
	close_ear(&ear);
}

/* A tone of '#' that ends it is no voice. */
static void hash_as_a_tone(void **state)
{
	dtmf_tx_state_t *tx = dtmf_tx_init(NULL);
	int16_t tone[10 * SOUND_FRAME] = { 0 };
	struct ear ear;

	open_ear(&ear, true);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, NULL, S(1), 0, 30);
	dtmf_tx_put(tx, "#", -1);
	dtmf_tx(tx, tone, ARRAY_SIZE(tone));
	hear(&ear, tone, ARRAY_SIZE(tone), 1, 30);
	assert_recorded(&ear, LEG_HASH, 0, 0);
	dtmf_tx_free(tx);
	close_ear(&ear);
}

static void the_longest(void **state)
{
	struct ear ear;

	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 2), 0);
	assert_int_equal(leg_record(ear.leg, path, 2), -EBUSY);
	hear(&ear, speech, S(3), 1, 0);
	assert_recorded(&ear, LEG_LONG, 2, 0.001);
	close_ear(&ear);
}

static void freed_in_the_middle(void **state)
{
	struct ear ear;
	int16_t *got;

	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, S(2), 1, 0);
	close_ear(&ear);
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
	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	hear(&ear, speech, said, 1, 0);
	if (ear.n == 0)
		leg_key(ear.leg, '#'); /* the last page is written when it is closed */
	if (ear.n == 0)
		hear_the_end(&ear);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].why, LEG_DISK_FULL);
	close_ear(&ear);
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

	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, "/tmp/there-is-no/folder/a.opus", 2), 0);
	hear(&ear, speech, S(1), 1, 0);
	if (ear.n == 0)
		leg_key(ear.leg, '#');
	assert_recorded(&ear, LEG_DISK_FULL, 0, 0);
	close_ear(&ear);
}

/* ---- a disk that hangs: a FIFO that nobody reads, or reads no more of */

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As a call does it: who brings sound does not wait. */
static void hear_at_once(struct ear *ear, const int16_t *voice, size_t n)
{
	size_t at;

	for (at = 0; at + SOUND_FRAME <= n && ear->n == 0; at += SOUND_FRAME)
		leg_in(ear->leg, voice + at);
}

/* No frame takes long, whatever the disk does, and after a while the caller is told. */
static void it_hangs_and_holds_no_call(void **state)
{
	double begun_s = now_s();
	struct leg_counts counts;
	struct ear ear;
	int fd;

	open_ear(&ear, false);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear_at_once(&ear, speech, speech_n);
	assert_true(speech_n >= S(3.2)); /* the ring, and half a second that was lost */
	assert_true(now_s() - begun_s < 1);
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].why, LEG_DISK_FULL);
	assert_true(ear.told[0].seconds == 0);
	assert_true(recorder_lost(ear.recorder) > 0);
	leg_counts(ear.leg, &counts);
	assert_int_equal(counts.lost, recorder_lost(ear.recorder));
	/* the next message of the call is not held either */
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear_at_once(&ear, speech, S(1));
	leg_hang_up(ear.leg);
	assert_int_equal(ear.n, 2);
	assert_int_equal(ear.told[1].why, LEG_HUNG_UP);
	leg_free(ear.leg);
	fd = open(path, O_RDONLY | O_NONBLOCK); /* it comes back */
	assert_true(fd >= 0);
	recorder_free(ear.recorder);
	close(fd);
	unlink(path);
}

/* The message is said, and its end waits for the disk: two seconds, then the call goes on. */
static void it_hangs_at_the_end(void **state)
{
	const int16_t frame[SOUND_FRAME] = { 0 };
	struct ear ear;
	double begun_s;
	int fd;

	open_ear(&ear, false);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear_at_once(&ear, speech, S(1));
	leg_key(ear.leg, '#');
	begun_s = now_s();
	assert_int_equal(ear.n, 0);
	assert_false(leg_has_room(ear.leg));
	for (; ear.n == 0 && now_s() - begun_s < 10; sched_yield())
		leg_in(ear.leg, frame);
	assert_true(now_s() - begun_s >= 1.9 && now_s() - begun_s < 3);
	assert_int_equal(ear.n, 1);
	assert_int_equal(ear.told[0].why, LEG_DISK_FULL);
	assert_true(leg_has_room(ear.leg));
	leg_free(ear.leg);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	recorder_free(ear.recorder);
	close(fd);
	unlink(path);
}

/* It never comes back: who stops waits two seconds and no more, and nothing is used after it was freed. */
static void it_hangs_for_ever(void **state)
{
	double begun_s;
	struct ear ear;
	int fd;

	open_ear(&ear, false);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear_at_once(&ear, speech, S(1));
	leg_free(ear.leg);
	begun_s = now_s();
	recorder_free(ear.recorder);
	assert_true(now_s() - begun_s > 1.9 && now_s() - begun_s < 4);
	fd = open(path, O_RDONLY | O_NONBLOCK); /* the thread's end, for the leak checker */
	assert_true(fd >= 0);
	while (read(fd, (char[4096]){ 0 }, 4096) != 0)
		sched_yield();
	close(fd);
	unlink(path);
}

/* Many at once are each as they were said. */
static void many_at_once(void **state)
{
	enum { MANY = 40 };
	static struct ear ears[MANY];
	struct recorder *rec = recorder_alloc(NULL);
	char file[96];
	int16_t *got;
	int i;

	for (i = 0; i < MANY; i++) {
		struct leg_cfg cfg = { .recorder = rec, .told = ear_told, .data = &ears[i] };

		ears[i] = (struct ear){ .leg = leg_alloc(NULL, &cfg), .recorder = rec };
		snprintf(file, sizeof(file), "%s.%d", path, i);
		assert_int_equal(leg_record(ears[i].leg, file, 120), 0);
	}
	for (i = 0; i < MANY; i++)
		hear(&ears[i], speech, S(2) + i * SOUND_FRAME, 1, 0);
	for (i = 0; i < MANY; i++) {
		leg_hang_up(ears[i].leg);
		assert_recorded(&ears[i], LEG_HUNG_UP, 2 + i * 0.02, 0.001);
		leg_free(ears[i].leg);
	}
	recorder_free(rec);
	for (i = 0; i < MANY; i++) {
		snprintf(file, sizeof(file), "%s.%d", path, i);
		assert_int_equal(rename(file, path), 0);
		assert_int_equal(read_back(&got), S(2) + i * SOUND_FRAME);
		free(got);
	}
}

/* Another prompt ends it: what was said is kept, and nothing is told of it. */
static void another_prompt_ends_it(void **state)
{
	struct ear ear;
	int16_t *got;

	open_ear(&ear, false);
	assert_int_equal(leg_record(ear.leg, path, 120), 0);
	hear(&ear, speech, S(2), 1, 0);
	play(&ear, flat(S(1), 100), false);
	assert_int_equal(leg_record(ear.leg, "/tmp/there-is-no/folder/a.opus", 120), 0);
	leg_hang_up(ear.leg);
	assert_recorded(&ear, LEG_HUNG_UP, 0, 0);
	close_ear(&ear);
	assert_int_equal(read_back(&got), S(2));
	free(got);
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
		cmocka_unit_test(it_hangs_and_holds_no_call),
		cmocka_unit_test(it_hangs_at_the_end),
		cmocka_unit_test(it_hangs_for_ever),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(another_prompt_ends_it),
	};

	return cmocka_run_group_tests(tests, speak, hush);
}
