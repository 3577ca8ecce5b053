// SPDX-License-Identifier: AGPL-3.0-or-later
/* Sounds in and out of files; the files that are read are written by libsndfile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>
#include <talloc.h>

#include "voice/sound.h"

static char dir[] = "/tmp/sound_test.XXXXXX";

static const char *at(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int set_up(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

/* A sine of so many Hz and a second, the left channel only if there are two. */
static void write_sine(const char *path, int format, int rate, int channels, double hz)
{
	SF_INFO info = { .samplerate = rate, .channels = channels, .format = format };
	SNDFILE *file = sf_open(path, SFM_WRITE, &info);
	float *x = calloc((size_t)rate * channels, sizeof(*x));

	assert_non_null(file);
	assert_non_null(x);
	for (int i = 0; i < rate; i++)
		x[i * channels] = 0.5 * sin(2 * M_PI * hz * i / rate);
	assert_int_equal(sf_writef_float(file, x, rate), rate);
	sf_close(file);
	free(x);
}

/* Amplitude of one frequency (Goertzel by definition: the correlation with a rotating pointer). */
static double amplitude(struct sound *snd, double hz)
{
	double re = 0, im = 0;
	size_t n = sound_length(snd);

	for (size_t i = 0; i < n; i++) {
		double phase = 2 * M_PI * hz * i / SOUND_RATE;

		re += sound_samples(snd)[i] * cos(phase);
		im += sound_samples(snd)[i] * sin(phase);
	}
	return 2 * hypot(re, im) / n / 32768;
}

static struct sound *read_sine(int format, int rate, int channels, double hz)
{
	const char *error = NULL;
	struct sound *snd;

	write_sine(at("sine"), format, rate, channels, hz);
	snd = sound_read(at("sine"), &error);
	if (!snd)
		fail_msg("%s", error);
	return snd;
}

static void any_rate_and_format_becomes_8_khz(void **state)
{
	static const struct {
		int format, rate, channels;
		double amplitude;
	} cases[] = {
		{ SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 0.5 },
		{ SF_FORMAT_WAV | SF_FORMAT_PCM_24, 44100, 1, 0.5 },
		{ SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22050, 1, 0.5 },
		{ SF_FORMAT_WAV | SF_FORMAT_ALAW, 8000, 1, 0.5 },
		{ SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 48000, 1, 0.5 },
		{ SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 11025, 1, 0.5 },
		{ SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 2, 0.25 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sound *snd = read_sine(cases[i].format, cases[i].rate, cases[i].channels,
					      1000);

		assert_int_equal(sound_length(snd), 8000);
		assert_float_equal(amplitude(snd, 1000), cases[i].amplitude, 0.01);
		sound_unref(snd);
	}
}

static void what_8_khz_cannot_hold_does_not_fold_back(void **state)
{
	struct sound *snd = read_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100, 1, 5000);

	assert_true(amplitude(snd, 3000) < 0.0005); /* 60 dB under */
	sound_unref(snd);
}

static void begins_where_the_file_begins(void **state)
{
	struct sound *snd = read_sine(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 22050, 1, 500);

	/* a delay of one sample would be 22 degrees of 500 Hz: 0.19 of full scale */
	for (int i = 100; i < 7900; i++)
		assert_float_equal(sound_samples(snd)[i] / 32768.0,
				   0.5 * sin(2 * M_PI * 500 * i / 8000), 0.01);
	sound_unref(snd);
}

static void loudest_samples_do_not_turn_over(void **state)
{
	SF_INFO info = { .samplerate = 8000,
			 .channels = 1,
			 .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT };
	SNDFILE *file = sf_open(at("loud"), SFM_WRITE, &info);
	const float x[] = { 1.0f, 2.0f, 1000.0f, -1.0f, -2.0f, NAN, 0.0f };
	const int16_t want[] = { 32767, 32767, 32767, -32768, -32768, 0, 0 };
	const char *error;
	struct sound *snd;

	assert_int_equal(sf_write_float(file, x, 7), 7);
	sf_close(file);
	snd = sound_read(at("loud"), &error);
	assert_non_null(snd);
	assert_int_equal(sound_length(snd), 7);
	assert_memory_equal(sound_samples(snd), want, sizeof(want));
	sound_unref(snd);
}

static void what_cannot_be_read_says_why(void **state)
{
	const char *error = NULL;
	FILE *file;

	assert_null(sound_read(at("absent"), &error));
	assert_string_equal(error, strerror(ENOENT));
	error = NULL;
	assert_null(sound_read(dir, &error));
	assert_non_null(error);
	assert_int_equal(mkfifo(at("pipe"), 0600), 0);
	error = NULL;
	assert_null(sound_read(at("pipe"), &error)); /* and does not wait */
	assert_non_null(error);

	file = fopen(at("words"), "w");
	fputs("this is no sound\n", file);
	fclose(file);
	error = NULL;
	assert_null(sound_read(at("words"), &error));
	assert_non_null(error);
	file = fopen(at("empty"), "w");
	fclose(file);
	error = NULL;
	assert_null(sound_read(at("empty"), &error));
	assert_non_null(error);
}

static void libsndfile_reads_what_was_written(void **state)
{
	static const int16_t x[] = { 0, 1, -1, 32767, -32768, 256, 255 };
	int16_t got[8];
	SF_INFO info = { 0 };
	struct stat st;
	SNDFILE *file;
	size_t size;
	uint8_t *wav, octets[100];
	FILE *raw;

	assert_int_equal(sound_write(at("out.wav"), x, 7), 0);
	file = sf_open(at("out.wav"), SFM_READ, &info);
	assert_non_null(file);
	assert_int_equal(info.samplerate, 8000);
	assert_int_equal(info.channels, 1);
	assert_int_equal(info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
	assert_int_equal(sf_read_short(file, got, 8), 7);
	assert_memory_equal(got, x, sizeof(x));
	sf_close(file);

	wav = sound_wav(NULL, x, 7, &size);
	assert_int_equal(stat(at("out.wav"), &st), 0);
	assert_int_equal(size, st.st_size);
	raw = fopen(at("out.wav"), "r");
	assert_int_equal(fread(octets, 1, sizeof(octets), raw), size);
	fclose(raw);
	assert_memory_equal(wav, octets, size);
	talloc_free(wav);
}

static void failed_write_leaves_nothing(void **state)
{
	static const int16_t x[8];
	struct dirent *entry;
	DIR *d;

	assert_int_equal(sound_write(at("absent/out.wav"), x, 8), -ENOENT);
	assert_int_equal(mkdir(at("folder"), 0700), 0);
	assert_int_equal(sound_write(at("folder"), x, 8), -EISDIR);
	assert_int_equal(rmdir(at("folder")), 0);
	d = opendir(dir);
	while ((entry = readdir(d)))
		assert_null(strstr(entry->d_name, ".tmp"));
	closedir(d);
}

static void *ref_and_drop(void *arg)
{
	for (int i = 0; i < 100000; i++) {
		sound_ref(arg);
		sound_unref(arg);
	}
	sound_unref(arg);
	return NULL;
}

static void last_of_several_threads_frees(void **state)
{
	struct sound *snd = sound_new(4);
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ref_and_drop, sound_ref(snd)),
				 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(sound_length(snd),
			 4); /* freed too early or not at all: the sanitizer tells */
	sound_unref(snd);
	sound_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_rate_and_format_becomes_8_khz),
		cmocka_unit_test(what_8_khz_cannot_hold_does_not_fold_back),
		cmocka_unit_test(begins_where_the_file_begins),
		cmocka_unit_test(loudest_samples_do_not_turn_over),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(libsndfile_reads_what_was_written),
		cmocka_unit_test(failed_write_leaves_nothing),
		cmocka_unit_test(last_of_several_threads_frees),
	};

	return cmocka_run_group_tests_name("sound", tests, set_up, tear_down);
}
