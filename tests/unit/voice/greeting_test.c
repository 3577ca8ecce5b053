// SPDX-License-Identifier: AGPL-3.0-or-later
/* Who answered: greetings of persons and machines in five languages, said by libespeak-ng, through what telephone
 * networks do to them. */
#include "voice/leg_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsm/gsm.h>
#include <re.h>
#include <rem_g711.h>

#include "voice/speech_int.h"

#define S(seconds) ((size_t)((seconds)*SOUND_RATE))
#define ROOM	   S(40)
#define GAP_S	   0.5	/* between the sentences of a machine */
#define BEEP_AT_S  0.6	/* after the last of them: before a second of silence has told the end */
#define RIGHT	   0.95 /* of all */
#define IN_TIME_S  1.5	/* after the last word or the beep */

enum channel { CLEAN, ALAW, GSM, NOISE, CHANNELS };

struct greeting {
	const char *language;
	const char *sentences[4];
	double beep_s, beep_hz; /* a machine's that beeps */
};

static const struct greeting persons[] = {
	{ .language = "nl", .sentences = { "Hallo?" } },
	{ .language = "nl", .sentences = { "Met Jansen." } },
	{ .language = "nl", .sentences = { "Goedemiddag, u spreekt met Jan de Vries." } },
	{ .language = "nl", .sentences = { "Ja, met wie?" } },
	{ .language = "en", .sentences = { "Hello?" } },
	{ .language = "en", .sentences = { "Yes, speaking." } },
	{ .language = "en", .sentences = { "Good morning, this is Mary Johnson." } },
	{ .language = "tr", .sentences = { "Alo?" } },
	{ .language = "tr", .sentences = { "Efendim, buyurun." } },
	{ .language = "tr", .sentences = { "İyi günler, ben Ayşe Yılmaz." } },
	{ .language = "pl", .sentences = { "Halo?" } },
	{ .language = "pl", .sentences = { "Tak, słucham." } },
	{ .language = "pl", .sentences = { "Dzień dobry, mówi Jan Kowalski." } },
	{ .language = "ar", .sentences = { "ألو؟" } },
	{ .language = "ar", .sentences = { "نعم، تفضل." } },
	{ .language = "ar", .sentences = { "السلام عليكم، معك أحمد." } },
};

static const struct greeting machines[] = {
	{ .language = "nl",
	  .sentences = { "Dit is de voicemail van Jan de Vries.",
			 "Ik kan de telefoon nu niet opnemen. Spreek een bericht in na de piep." },
	  .beep_s = 0.5,
	  .beep_hz = 1000 },
	{ .language = "nl",
	  .sentences = { "U bent verbonden met de voicemail van nul zes, twaalf, vierendertig, zesenvijftig." } },
	{ .language = "nl",
	  .sentences = { "Hallo, met de familie Jansen.", "We zijn er even niet.",
			 "Laat een boodschap achter met uw naam en nummer, dan bellen wij u zo snel mogelijk terug." },
	  .beep_s = 0.25,
	  .beep_hz = 440 },
	{ .language = "en",
	  .sentences = { "Hi, you have reached the voicemail of Mary Johnson.",
			 "Please leave a message after the tone, and I will call you back." },
	  .beep_s = 0.4,
	  .beep_hz = 1400 },
	{ .language = "en",
	  .sentences = { "The person you are calling is not available.",
			 "At the tone, please record your message.",
			 "When you have finished recording, you may hang up, or press one for more options." } },
	{ .language = "tr",
	  .sentences = { "Aradığınız kişiye şu anda ulaşılamıyor.",
			 "Lütfen sinyal sesinden sonra mesajınızı bırakın." },
	  .beep_s = 1,
	  .beep_hz = 800 },
	{ .language = "tr",
	  .sentences = { "Merhaba, şu anda telefona bakamıyorum. Daha sonra tekrar arayın lütfen." } },
	{ .language = "pl",
	  .sentences = { "Abonent jest czasowo niedostępny.",
			 "Proszę zostawić wiadomość po usłyszeniu sygnału." },
	  .beep_s = 0.3,
	  .beep_hz = 1000 },
	{ .language = "pl",
	  .sentences = { "Dodzwoniłeś się do Jana Kowalskiego, nie mogę teraz odebrać telefonu, oddzwonię jutro." } },
	{ .language = "ar",
	  .sentences = { "الشخص الذي طلبته غير متاح الآن.",
			 "يرجى ترك رسالة بعد سماع الصافرة وسنعاود الاتصال بك." },
	  .beep_s = 0.5,
	  .beep_hz = 600 },
	{ .language = "ar",
	  .sentences = { "هذا هو البريد الصوتي لأحمد، لا أستطيع الرد على الهاتف الآن، شكرا." } },
};

/* ---- what is said */

static int16_t said[ROOM];
static size_t said_n;

static void say_nothing(double seconds)
{
	assert_true(said_n + S(seconds) <= ROOM);
	memset(said + said_n, 0, S(seconds) * sizeof(*said));
	said_n += S(seconds);
}

/* Without the rest after it. */
static void say_words(const char *language, const char *text)
{
	const char *why = NULL;
	struct sound *snd = speech_make(language, false, text, &why);
	size_t n;

	assert_non_null(snd);
	n = sound_length(snd);
	while (n > 0 && abs(sound_samples(snd)[n - 1]) < 100)
		n--;
	assert_true(said_n + n <= ROOM);
	memcpy(said + said_n, sound_samples(snd), n * sizeof(*said));
	said_n += n;
	sound_unref(snd);
}

static void say_tone(double seconds, double hz)
{
	size_t i;

	for (i = 0; i < S(seconds); i++)
		said[said_n++] = (int16_t)(6000 * sin(2 * M_PI * hz * (double)i / SOUND_RATE));
}

/* \returns when the last of it is over, in seconds */
static double say_greeting(const struct greeting *g, double before_s)
{
	double end_s;
	size_t i;

	said_n = 0;
	say_nothing(before_s);
	for (i = 0; i < ARRAY_SIZE(g->sentences) && g->sentences[i]; i++) {
		if (i > 0)
			say_nothing(GAP_S);
		say_words(g->language, g->sentences[i]);
	}
	if (g->beep_s > 0) {
		say_nothing(BEEP_AT_S);
		say_tone(g->beep_s, g->beep_hz);
	}
	end_s = (double)said_n / SOUND_RATE;
	say_nothing(4);
	return end_s;
}

/* ---- the channel */

static double noise_unit(void)
{
	static unsigned int seed = 11;
	double sum = 0;
	int i;

	for (i = 0; i < 12; i++) /* of twelve even ones it is as good as normal */
		sum += rand_r(&seed) / (double)RAND_MAX;
	return sum - 6;
}

/* rms of what is no pause. */
static double loudness(void)
{
	double sum = 0;
	size_t i, n = 1;

	for (i = 0; i < said_n; i++) {
		sum += (double)said[i] * said[i];
		n += said[i] != 0;
	}
	return sqrt(sum / (double)n);
}

static void through_gsm(int16_t frame[SOUND_FRAME], gsm coder, gsm decoder)
{
	gsm_frame octets;

	gsm_encode(coder, frame, octets);
	gsm_decode(decoder, octets, frame);
}

/* ---- who answered */

struct answer {
	size_t n;
	bool machine;
	double at_s;
};

/* What the leg tells of all that was said. */
static struct answer ask(enum channel channel)
{
	struct leg_cfg cfg = { .greeting = true, .inband_keys = true, .told = ear_told };
	double noise = channel == NOISE ? loudness() / 10 : 0; /* 20 dB */
	gsm coder = gsm_create(), decoder = gsm_create();
	struct answer answer = { 0 };
	int16_t frame[SOUND_FRAME];
	struct ear ear = { 0 };
	size_t at, i;

	cfg.data = &ear;
	ear.leg = leg_alloc(NULL, &cfg);
	for (at = 0; at + SOUND_FRAME <= said_n; at += SOUND_FRAME) {
		for (i = 0; i < SOUND_FRAME; i++) {
			double sample = said[at + i] + noise * noise_unit();

			frame[i] = (int16_t)fmax(-INT16_MAX, fmin(INT16_MAX, sample));
			if (channel == ALAW)
				frame[i] = g711_alaw2pcm(g711_pcm2alaw(frame[i]));
		}
		if (channel == GSM)
			through_gsm(frame, coder, decoder);
		leg_in(ear.leg, frame);
		if (ear.n > answer.n)
			answer.at_s = (double)(at + SOUND_FRAME) / SOUND_RATE;
		answer.n = ear.n;
	}
	if (ear.n > 0) {
		assert_int_equal(ear.told[0].event, LEG_GREETED);
		answer.machine = ear.told[0].machine;
	}
	leg_free(ear.leg);
	gsm_destroy(coder);
	gsm_destroy(decoder);
	return answer;
}

/* ---- the table */

struct row {
	unsigned int all, right, other, early, late;
};

static void judge(struct row *row, const struct answer *answer, bool machine, double end_s)
{
	row->all++;
	if (answer->n != 1 || answer->machine != machine)
		row->other++;
	else if (answer->at_s < end_s)
		row->early++;
	else if (answer->at_s > end_s + IN_TIME_S)
		row->late++;
	else
		row->right++;
}

static void run(const struct greeting *all, size_t n, bool machine, struct row rows[CHANNELS])
{
	size_t i;
	int c;

	for (i = 0; i < n; i++) {
		double before_s = 0.1 + 0.15 * (double)(i % 6);
		double end_s = say_greeting(&all[i], before_s);

		if (machine)
			assert_true(end_s - before_s >= 4 && end_s - before_s <= 15);
		for (c = CLEAN; c < CHANNELS; c++) {
			struct answer answer = ask((enum channel)c);
			unsigned int right = rows[c].right;

			judge(&rows[c], &answer, machine, end_s);
			if (rows[c].right == right)
				print_message("%s, channel %d: %s %.2f s long, told at %+.2f\n",
					      all[i].sentences[0], c,
					      answer.machine ? "machine" : "person",
					      end_s - before_s, answer.at_s - end_s);
		}
	}
}

static void greetings_of_five_languages(void **state)
{
	static const char *const names[] = { "clean", "A-law", "GSM", "20 dB noise" };
	struct row rows[2][CHANNELS] = { 0 };
	unsigned int all = 0, right = 0;
	int kind, c;

	run(persons, ARRAY_SIZE(persons), false, rows[0]);
	run(machines, ARRAY_SIZE(machines), true, rows[1]);
	print_message("%-8s %-12s %5s %5s %5s %5s %5s\n", "", "", "all", "right", "other", "early",
		      "late");
	for (kind = 0; kind < 2; kind++)
		for (c = CLEAN; c < CHANNELS; c++) {
			struct row *row = &rows[kind][c];

			print_message("%-8s %-12s %5u %5u %5u %5u %5u\n",
				      kind ? "machine" : "person", names[c], row->all, row->right,
				      row->other, row->early, row->late);
			all += row->all;
			right += row->right;
		}
	assert_true(right >= RIGHT * all);
}

/* ---- what there is besides */

static void nobody_speaks(void **state)
{
	struct answer answer;

	said_n = 0;
	say_nothing(10);
	answer = ask(CLEAN);
	assert_int_equal(answer.n, 1);
	assert_false(answer.machine);
	assert_true(fabs(answer.at_s - 3) < 0.05);
}

/* A line that is only noisy. */
static void nobody_speaks_beside_a_road(void **state)
{
	static unsigned int seed = 5;
	struct answer answer;
	size_t i;

	for (i = 0; i < S(10); i++)
		said[i] = (int16_t)(rand_r(&seed) % 1000 - 500);
	said_n = S(10);
	answer = ask(CLEAN);
	assert_int_equal(answer.n, 1);
	assert_false(answer.machine);
}

static void only_a_beep(void **state)
{
	struct answer answer;

	said_n = 0;
	say_nothing(1);
	say_tone(0.5, 1000);
	say_nothing(4);
	answer = ask(ALAW);
	assert_int_equal(answer.n, 1);
	assert_true(answer.machine);
	assert_true(answer.at_s > 1.5 && answer.at_s < 2);
}

/* It reads out the news: after 30 s we speak anyway. */
static void one_that_speaks_on(void **state)
{
	struct answer answer;

	said_n = 0;
	say_nothing(0.3);
	while (said_n < S(33))
		say_words("nl", "Dit is het nieuws van vandaag, dat maar niet ophoudt.");
	answer = ask(CLEAN);
	assert_int_equal(answer.n, 1);
	assert_true(answer.machine);
	assert_true(fabs(answer.at_s - 30) < 0.05);
}

/* Who is not asked for is not told. */
static void nobody_asked(void **state)
{
	int16_t frame[SOUND_FRAME] = { 0 };
	struct ear ear;
	int i;

	ear_open(&ear, false);
	for (i = 0; i < 200; i++)
		leg_in(ear.leg, frame);
	assert_int_equal(ear.n, 0);
	leg_free(ear.leg);
}

static int start(void **state)
{
	const char *error;

	return speech_make_start(&error) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greetings_of_five_languages), cmocka_unit_test(nobody_speaks),
		cmocka_unit_test(nobody_speaks_beside_a_road), cmocka_unit_test(only_a_beep),
		cmocka_unit_test(one_that_speaks_on),	       cmocka_unit_test(nobody_asked),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
