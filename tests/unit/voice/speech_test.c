// SPDX-License-Identifier: AGPL-3.0-or-later
/* Words to sound, measured: five languages, the cache, recordings, many askers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sndfile.h>

#include "log.h"
#include "voice/speech.h"

#define DEADLINE_S 20

struct fixture {
	char dir[40], cache[60], recordings[60];
	struct speech *sp;
	unsigned int done, failed;
	struct sound *last;
	char order[300];
};

static unsigned int notices;
static char notice[300];

static void on_log(struct log_target *target, unsigned int level, const char *line)
{
	if (level < LOGL_NOTICE)
		return;
	notices++;
	snprintf(notice, sizeof(notice), "%s", line);
}

static int start_log(void **state)
{
	static struct log_info_cat cats[LOG_CATEGORIES];
	static const struct log_info info = { .cat = cats, .num_cat = LOG_CATEGORIES };
	struct log_target *target;

	for (int i = 0; i < LOG_CATEGORIES; i++)
		cats[i] = (struct log_info_cat){
			.name = "D", .description = "test", .enabled = 1, .loglevel = LOGL_NOTICE
		};
	osmo_init_logging2(NULL, &info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	target = log_target_create();
	target->output = on_log;
	log_set_all_filter(target, 1);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_add_target(target);
	return 0;
}

static struct speech *open_speech(struct fixture *f, bool on_disk, size_t memory_max)
{
	struct speech_cfg cfg = { .cache = on_disk ? f->cache : NULL,
				  .recordings = f->recordings,
				  .memory_max = memory_max };
	char *error = NULL;
	struct speech *sp = speech_alloc(NULL, &cfg, &error);

	if (!sp)
		fail_msg("%s", error);
	return sp;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/speech_test.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->cache, sizeof(f->cache), "%s/cache/a", f->dir);
	snprintf(f->recordings, sizeof(f->recordings), "%s/recordings", f->dir);
	mkdir(f->recordings, 0700);
	f->sp = open_speech(f, true, 0);
	notices = 0;
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	speech_free(f->sp);
	sound_unref(f->last);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static void took(struct sound *snd, void *data)
{
	struct fixture *f = data;

	f->done++;
	if (!snd)
		f->failed++;
	sound_unref(f->last);
	f->last = snd;
}

static void wait_for(const unsigned int *count, unsigned int wanted)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (*count < wanted && time(NULL) < end)
		osmo_select_main(0);
	assert_int_equal(*count, wanted);
}

static struct speech_words words_of(const char *language, const char *text)
{
	return (struct speech_words){ .language = language, .text = text };
}

static struct sound *say(struct fixture *f, const char *language, const char *text)
{
	struct speech_words words = words_of(language, text);
	struct sound *snd = speech_now(f->sp, &words);

	assert_non_null(snd);
	return snd;
}

static struct speech_figures figures(struct fixture *f)
{
	struct speech_figures fig;

	speech_figures(f->sp, &fig);
	return fig;
}

/* ---- what it sounds like */

static const struct {
	const char *language, *text;
} prompts[] = {
	{ "nl", "Welkom bij de meldlijn van de gemeente. Een container is vol: toets 1." },
	{ "en", "Welcome to the report line of the city. A container is full: press 1." },
	{ "tr", "Belediye bildirim hattına hoş geldiniz. Konteyner dolu ise 1'e basın." },
	{ "pl", "Witamy na linii zgłoszeń miasta. Kontener jest pełny: naciśnij 1." },
	{ "ar", "مرحبا بكم في خط البلاغات في المدينة. الحاوية ممتلئة: اضغط 1." },
	{ "nl-plain", "Bedankt." },
};

/* dBov of the frames of 10 ms that are above -40 dBov. */
static double loudness(struct sound *snd)
{
	const int16_t *x = sound_samples(snd);
	double sum = 0;
	size_t frames = 0;

	for (size_t i = 0; i + 80 <= sound_length(snd); i += 80) {
		double power = 0;

		for (size_t j = 0; j < 80; j++)
			power += pow(x[i + j] / 32768.0, 2) / 80;
		if (power > 1e-4) {
			sum += power;
			frames++;
		}
	}
	assert_true(frames > 0);
	return 10 * log10(sum / frames);
}

static void every_language_is_as_loud_as_the_others(void **state)
{
	double low = 0, high = -100;

	for (size_t i = 0; i < ARRAY_SIZE(prompts); i++) {
		struct sound *snd = say(*state, prompts[i].language, prompts[i].text);
		double level = loudness(snd);

		low = OSMO_MIN(low, level);
		high = OSMO_MAX(high, level);
		for (size_t j = 0; j < sound_length(snd); j++)
			assert_in_range(abs(sound_samples(snd)[j]), 0, 23198); /* -3 dB */
		sound_unref(snd);
	}
	print_message("%.2f to %.2f dBov\n", low, high);
	assert_true(high - low <= 1.0);
	assert_true(low > -21.5 && high < -18.5);
}

static void takes_as_long_as_a_person_would(void **state)
{
	for (size_t i = 0; i < 5; i++) {
		struct sound *snd = say(*state, prompts[i].language, prompts[i].text);
		double seconds = (double)sound_length(snd) / SOUND_RATE;

		/* 11 to 16 words at 100 to 220 a minute */
		assert_true(seconds > 3.0 && seconds < 9.6);
		sound_unref(snd);
	}
}

static void slow_takes_a_third_longer(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 5; i++) {
		struct speech_words words = words_of(prompts[i].language, prompts[i].text);
		struct sound *quick = say(f, words.language, words.text), *slow;
		double ratio;

		words.slow = true;
		slow = speech_now(f->sp, &words);
		assert_non_null(slow);
		ratio = (double)sound_length(slow) / sound_length(quick);
		assert_true(ratio > 1.2 && ratio < 1.5);
		sound_unref(quick);
		sound_unref(slow);
	}
}

/* The ends are at rest and are reached without a jump; 100 ms to 250 ms of pause follow the words. */
static void ends_do_not_click(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(prompts); i++) {
		struct sound *snd = say(*state, prompts[i].language, prompts[i].text);
		const int16_t *x = sound_samples(snd);
		size_t n = sound_length(snd), last = n;

		assert_in_range(abs(x[0]), 0, 3);
		assert_in_range(abs(x[1]), 0, 30);
		assert_int_equal(x[n - 1], 0);
		while (last > 0 && x[last - 1] == 0)
			last--;
		assert_in_range(abs(x[last - 1]), 0, 30);
		assert_in_range(n - last, 800, 2000);
		sound_unref(snd);
	}
}

static void begins_at_once(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(prompts); i++) {
		struct sound *snd = say(*state, prompts[i].language, prompts[i].text);
		size_t first = 0;

		while (abs(sound_samples(snd)[first]) < 100)
			first++;
		assert_in_range(first, 0, 400); /* 50 ms */
		sound_unref(snd);
	}
}

/* ---- kept */

static void assert_same(struct sound *a, struct sound *b)
{
	assert_int_equal(sound_length(a), sound_length(b));
	assert_memory_equal(sound_samples(a), sound_samples(b), 2 * sound_length(a));
}

static unsigned int files_in(const char *folder, char *path, size_t size)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (*entry->d_name != '.') {
			n++;
			if (path)
				snprintf(path, size, "%s/%s", folder, entry->d_name);
		}
	closedir(d);
	return n;
}

static void another_process_has_the_same_samples(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", prompts[0].text);
	char *argv0 = realpath("/proc/self/exe", NULL), want[100], path[100];
	struct sound *mine, *theirs;
	const char *error;
	pid_t child;
	int status;

	snprintf(path, sizeof(path), "%s/child.wav", f->dir);
	snprintf(want, sizeof(want), "SPEECH_CHILD=%s", f->cache);
	child = fork();
	if (child == 0) {
		execle(argv0, argv0, path, words.text, NULL, (char *[]){ want, NULL });
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(argv0);
	mine = say(f, "nl", words.text);
	assert_int_equal(figures(f).made, 0);
	assert_int_equal(figures(f).from_disk, 1);
	theirs = sound_read(path, &error);
	assert_non_null(theirs);
	assert_same(mine, theirs);
	sound_unref(mine);
	sound_unref(theirs);
}

static int child_main(const char *cache, const char *path, const char *text)
{
	struct speech_cfg cfg = { .cache = cache };
	struct speech_words words = words_of("nl", text);
	char *error;
	struct speech *sp = speech_alloc(NULL, &cfg, &error);
	struct sound *snd = sp ? speech_now(sp, &words) : NULL;
	int rc = snd ? sound_write(path, sound_samples(snd), sound_length(snd)) : -1;

	sound_unref(snd);
	speech_free(sp);
	return rc == 0 ? 0 : 1;
}

static void words_voice_and_speed_are_kept_apart(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Vier.");

	sound_unref(speech_now(f->sp, &words));
	words.slow = true;
	sound_unref(speech_now(f->sp, &words));
	words.language = "en";
	sound_unref(speech_now(f->sp, &words));
	words.text = "Five.";
	sound_unref(speech_now(f->sp, &words));
	assert_int_equal(figures(f).made, 4);
	assert_int_equal(files_in(f->cache, NULL, 0), 4);
}

/* Each: what happens to the file; afterwards the words are made again and kept again. */
static void spoil(const char *path, int how)
{
	struct stat st;
	FILE *file;

	assert_int_equal(stat(path, &st), 0);
	switch (how) {
	case 0:
		assert_int_equal(truncate(path, st.st_size / 2), 0);
		return;
	case 1:
		assert_int_equal(truncate(path, 0), 0);
		return;
	case 2: /* what a lost power leaves: the length, and nothing in it */
		assert_int_equal(truncate(path, 44), 0);
		assert_int_equal(truncate(path, st.st_size), 0);
		return;
	default:
		file = fopen(path, "r+");
		assert_int_equal(fseek(file, how == 3 ? 5000 : 24, SEEK_SET), 0);
		fputc(0x5a, file);
		fclose(file);
	}
}

static void damaged_file_is_made_anew(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Uw melding is klaar.");
	char path[400];
	struct sound *snd;

	sound_unref(speech_now(f->sp, &words));
	for (int how = 0; how < 5; how++) {
		assert_int_equal(files_in(f->cache, path, sizeof(path)), 1);
		spoil(path, how);
		speech_free(f->sp);
		f->sp = open_speech(f, true, 0);
		assert_null(speech_have(f->sp, &words));
		snd = speech_now(f->sp, &words);
		assert_in_range(sound_length(snd), 8000, 24000);
		assert_int_equal(figures(f).made, 1);
		sound_unref(snd);
	}
	speech_free(f->sp);
	f->sp = open_speech(f, true, 0);
	snd = speech_have(f->sp, &words);
	assert_non_null(snd);
	sound_unref(snd);
}

static void memory_keeps_to_its_limit(void **state)
{
	struct fixture *f = *state;
	struct speech_words first = words_of("nl", "Nummer honderd."), words;
	char text[40];
	struct sound *snd;

	speech_free(f->sp);
	f->sp = open_speech(f, false, 100000); /* three or four of these */
	sound_unref(speech_now(f->sp, &first));
	for (int i = 1; i <= 20; i++) {
		snprintf(text, sizeof(text), "Nummer honderd en %d.", i);
		words = words_of("nl", text);
		sound_unref(speech_now(f->sp, &words));
	}
	assert_null(speech_have(f->sp, &first));
	snd = speech_have(f->sp, &words);
	assert_non_null(snd);
	sound_unref(snd);
	assert_int_equal(figures(f).made, 21);
}

static void old_sounds_leave_the_disk(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Zij woont op nummer vier.");
	struct timespec old[2] = { { .tv_sec = time(NULL) - 91 * 86400 } };
	char path[400], other[100];
	FILE *file;

	old[1] = old[0];
	snprintf(other, sizeof(other), "%s/holiday.wav", f->cache);
	sound_unref(speech_now(f->sp, &words));
	files_in(f->cache, path, sizeof(path));
	file = fopen(other, "w");
	fclose(file);
	utimensat(AT_FDCWD, path, old, 0);
	utimensat(AT_FDCWD, other, old, 0);
	speech_free(f->sp);
	f->sp = open_speech(f, true, 0);
	sound_unref(say(f, "nl", "Vijf."));
	sound_unref(say(f, "nl", "Zes."));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0); /* not ours */
}

static uint64_t octets_in(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	uint64_t sum = 0;
	struct stat st;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (*entry->d_name != '.' && fstatat(dirfd(d), entry->d_name, &st, 0) == 0)
			sum += (uint64_t)st.st_size;
	closedir(d);
	return sum;
}

static void path_of_only(struct fixture *f, const char *text, const char *key, char *path,
			 size_t size)
{
	struct speech_words words = { .language = "nl", .text = text, .key = key };
	struct timespec old[2] = { { .tv_sec = time(NULL) - 3600 } };

	old[1] = old[0];
	sound_unref(speech_now(f->sp, &words));
	assert_int_equal(files_in(f->cache, path, size), 1);
	utimensat(AT_FDCWD, path, old, 0);
}

/* What was used longest ago goes first, but not what is always said, however old it is. */
static void disk_keeps_to_its_limit(void **state)
{
	enum { LIMIT = 400000 };
	struct fixture *f = *state;
	struct speech_cfg cfg = { .cache = f->cache, .disk_max = LIMIT };
	char fixed[400], first[400], moved[100], text[80], *error;
	time_t end = time(NULL) + DEADLINE_S;
	unsigned int i;

	speech_free(f->sp);
	f->sp = speech_alloc(NULL, &cfg, &error);
	assert_non_null(f->sp);
	path_of_only(f, "Welkom bij de meldlijn van de gemeente.", "welcome", fixed, sizeof(fixed));
	snprintf(moved, sizeof(moved), "%s/../fixed", f->cache);
	assert_int_equal(rename(fixed, moved), 0);
	path_of_only(f, "Een melding in de Kerkstraat.", NULL, first, sizeof(first));
	assert_int_equal(rename(moved, fixed), 0);
	for (i = 0; i < 12; i++) {
		snprintf(text, sizeof(text), "Uw melding in de Dorpsstraat op nummer %u is klaar.",
			 i);
		sound_unref(say(f, "nl", text));
	}
	while (octets_in(f->cache) > LIMIT && time(NULL) < end)
		sched_yield();
	assert_in_range(octets_in(f->cache), LIMIT / 2, LIMIT);
	assert_int_equal(access(fixed, F_OK), 0);
	assert_int_equal(access(first, F_OK), -1);
}

static void folder_that_cannot_be_made_costs_the_disk_only(void **state)
{
	struct fixture *f = *state;
	struct speech_cfg cfg = { .cache = "/proc/nothing/here" };
	struct speech_words words = words_of("en", "Hello there.");
	char *error = NULL;
	struct speech *sp = speech_alloc(NULL, &cfg, &error);
	struct sound *snd;

	assert_non_null(sp);
	assert_int_equal(notices, 1);
	assert_non_null(strstr(notice, "/proc/nothing/here"));
	sound_unref(speech_now(sp, &words));
	snd = speech_have(sp, &words);
	assert_non_null(snd);
	sound_unref(snd);
	speech_free(sp);
	assert_int_equal(f->done, 0);
}

/* ---- recordings */

static void record(struct fixture *f, const char *language, const char *key, int rate, float level)
{
	SF_INFO info = { .samplerate = rate,
			 .channels = 1,
			 .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
	char path[200];
	SNDFILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->recordings, language);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s.wav", f->recordings, language, key);
	file = sf_open(path, SFM_WRITE, &info);
	assert_non_null(file);
	for (int i = 0; i < rate / 2; i++) {
		float x = level * sinf(2 * (float)M_PI * 400 * i / rate);

		sf_write_float(file, &x, 1);
	}
	sf_close(file);
}

static void recording_replaces_the_voice(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Welkom.");
	struct sound *snd;
	int top = 0;

	record(f, "nl", "welcome", 44100, 0.05f);
	words.key = "welcome";
	speech_ask(f->sp, &words, true, took, f);
	wait_for(&f->done, 1);
	assert_non_null(f->last);
	assert_int_equal(sound_length(f->last), 4000);
	for (int i = 0; i < 4000; i++)
		top = OSMO_MAX(top, abs(sound_samples(f->last)[i]));
	assert_in_range(top, 1600, 1680); /* 0.05 of full scale: as loud as recorded */
	assert_int_equal(figures(f).recordings, 1);
	assert_int_equal(figures(f).made, 0);

	words.language = "en"; /* has none */
	snd = speech_now(f->sp, &words);
	assert_int_equal(figures(f).made, 1);
	sound_unref(snd);
	words.language = "nl";
	words.key = "../nl/welcome"; /* no key of ours */
	snd = speech_now(f->sp, &words);
	assert_int_equal(figures(f).made, 2);
	sound_unref(snd);
}

static void new_recording_is_heard_without_a_restart(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Welkom.");
	struct sound *snd;

	words.key = "welcome";
	sound_unref(speech_now(f->sp, &words));
	record(f, "nl", "welcome", 16000, 0.1f);
	snd = speech_have(f->sp, &words);
	assert_non_null(snd);
	assert_int_equal(sound_length(snd), 4000);
	sound_unref(snd);
}

static void bad_recording_is_told_once_and_the_voice_speaks(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Welkom.");
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/nl", f->recordings);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/nl/welcome.wav", f->recordings);
	file = fopen(path, "w");
	fputs("RIFF and no more", file);
	fclose(file);
	words.key = "welcome";
	for (unsigned int i = 1; i <= 3; i++) {
		speech_ask(f->sp, &words, true, took, f);
		wait_for(&f->done, i);
		assert_non_null(f->last);
	}
	assert_int_equal(figures(f).made, 1);
	assert_int_equal(notices, 1);
	assert_non_null(strstr(notice, "nl/welcome.wav"));
}

/* ---- asking */

static void answer_never_comes_from_inside_the_call(void **state)
{
	struct fixture *f = *state;
	struct speech_words words = words_of("nl", "Eén.");

	sound_unref(speech_now(f->sp, &words)); /* so that it is at hand */
	speech_ask(f->sp, &words, true, took, f);
	assert_int_equal(f->done, 0);
	wait_for(&f->done, 1);
	assert_non_null(f->last);
}

static void two_hundred_askers_are_each_answered_once(void **state)
{
	struct fixture *f = *state;
	char text[60];

	for (int i = 0; i < 200; i++) {
		struct speech_words words = words_of(prompts[i % 5].language, text);

		snprintf(text, sizeof(text), "%d, %d.", i / 2 * 7, i / 2);
		if (i % 2)
			words.language = prompts[(i - 1) % 5].language; /* the same words twice */
		speech_ask(f->sp, &words, i % 3 == 0, took, f);
	}
	wait_for(&f->done, 200);
	assert_int_equal(f->failed, 0);
	assert_int_equal(figures(f).made, 100);
	assert_int_equal(figures(f).waiting, 0);
	assert_true(figures(f).audio_s > 100);
	assert_true(figures(f).cpu_s > 0);
}

struct named {
	struct fixture *f;
	char name;
};

static void took_named(struct sound *snd, void *data)
{
	struct named *n = data;

	sound_unref(snd);
	n->f->order[n->f->done++] = n->name;
}

static void who_waits_goes_before_what_is_made_ahead(void **state)
{
	struct fixture *f = *state;
	struct named ahead = { f, 'a' }, urgent = { f, 'u' }, also = { f, 'b' };
	struct speech_words words;
	char text[60];

	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "Vooruit gemaakt, nummer %d.", i);
		words = words_of("nl", text);
		speech_ask(f->sp, &words, false, took_named, &ahead);
	}
	speech_ask(f->sp, &words, true, took_named, &also); /* the last of them has become urgent */
	words = words_of("nl", "Er wacht iemand.");
	speech_ask(f->sp, &words, true, took_named, &urgent);
	wait_for(&f->done, 52);
	assert_true(strchr(f->order, 'b') - f->order < 40);
	assert_true(strchr(f->order, 'u') - f->order < 40);
	assert_int_equal(figures(f).made, 51);
}

static void forgotten_is_not_answered(void **state)
{
	struct fixture *f = *state;
	struct named gone = { f, 'g' }, stays = { f, 's' };
	struct speech_words words;
	char text[60];

	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "Zin nummer %d.", i);
		words = words_of("nl", text);
		speech_ask(f->sp, &words, false, took_named, &gone);
		if (i % 4 == 0)
			speech_ask(f->sp, &words, false, took_named, &stays);
	}
	speech_forget(f->sp, &gone);
	wait_for(&f->done, 10);
	assert_int_equal(strspn(f->order, "s"), 10);
	/* what nobody waits for is not made, but for what was begun before */
	assert_in_range(figures(f).made, 10, 30);
}

static void took_and_forgets(struct sound *snd, void *data)
{
	struct named *n = data;

	took_named(snd, data);
	speech_forget(n->f->sp, data);
}

static void forgetting_while_being_told(void **state)
{
	struct fixture *f = *state;
	struct named n = { f, 'n' };
	struct speech_words words = words_of("nl", "Twee.");

	for (int i = 0; i < 5; i++)
		speech_ask(f->sp, &words, true, took_and_forgets, &n);
	wait_for(&f->done, 1);
	speech_ask(f->sp, &words, true, took, f);
	wait_for(&f->done, 2);
}

static void what_cannot_be_said_answers_null(void **state)
{
	struct fixture *f = *state;
	char *longest = malloc(3001);
	const struct speech_words bad[] = {
		words_of("xx", "No voice speaks this."),
		words_of("../nl", "Geen taal."),
		words_of("", "Geen taal."),
		words_of("nl", ""),
		words_of("nl", "   "),
		words_of("nl", "\xff\xfe"),
		words_of("nl", longest),
	};

	memset(longest, 'a', 3000);
	longest[3000] = '\0';
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		speech_ask(f->sp, &bad[i], true, took, f);
		wait_for(&f->done, i + 1);
		assert_int_equal(f->failed, i + 1);
		assert_int_equal(notices, i + 1);
		assert_null(speech_now(f->sp, &bad[i]));
		assert_null(speech_have(f->sp, &bad[i]));
		notices = i + 1;
	}
	free(longest);
	assert_int_equal(files_in(f->cache, NULL, 0), 0);
	sound_unref(say(f, "nl", "Het werkt nog."));
}

static void ending_with_questions_open(void **state)
{
	struct fixture *f = *state;
	char text[60];

	for (int i = 0; i < 30; i++) {
		struct speech_words words = words_of("pl", text);

		snprintf(text, sizeof(text), "Numer %d.", i);
		speech_ask(f->sp, &words, false, took, f);
	}
	speech_free(f->sp);
	f->sp = NULL;
	assert_int_equal(f->done, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(every_language_is_as_loud_as_the_others),
		T(takes_as_long_as_a_person_would),
		T(slow_takes_a_third_longer),
		T(ends_do_not_click),
		T(begins_at_once),
		T(another_process_has_the_same_samples),
		T(words_voice_and_speed_are_kept_apart),
		T(damaged_file_is_made_anew),
		T(memory_keeps_to_its_limit),
		T(old_sounds_leave_the_disk),
		T(disk_keeps_to_its_limit),
		T(folder_that_cannot_be_made_costs_the_disk_only),
		T(recording_replaces_the_voice),
		T(new_recording_is_heard_without_a_restart),
		T(bad_recording_is_told_once_and_the_voice_speaks),
		T(answer_never_comes_from_inside_the_call),
		T(two_hundred_askers_are_each_answered_once),
		T(who_waits_goes_before_what_is_made_ahead),
		T(forgotten_is_not_answered),
		T(forgetting_while_being_told),
		T(what_cannot_be_said_answers_null),
		T(ending_with_questions_open),
	};
	const char *cache = getenv("SPEECH_CHILD");

	if (cache && argc == 3)
		return child_main(cache, argv[1], argv[2]);
	return cmocka_run_group_tests_name("speech", tests, start_log, NULL);
}
