// SPDX-License-Identifier: AGPL-3.0-or-later
/* Tones of keys through what telephone networks do to them, and speech, in which there are none.
 *
 * Tones are those of ITU-T Q.23, made here and not by the library that finds them.
 */
#include "voice/leg_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <espeak-ng/speak_lib.h>
#include <gsm/gsm.h>
#include <re.h>
#include <rem_g711.h>
#include <speex/speex_resampler.h>

#define DIGITS	   1000 /* a row, if it does not say */
#define DIGITS_MAX 8000

static const char all[] = "0123456789*#ABCD";

enum channel { CLEAN, ALAW, GSM };

struct press {
	int on_ms, off_ms;
	double twist_db; /* the high tone over the low */
	double snr_db;	 /* against white noise; 0: none */
	enum channel channel;
	size_t digits; /* 0: DIGITS */
};

/* ---- the channel */

static double noise_unit(void)
{
	static unsigned int seed = 7;
	double sum = 0;
	int i;

	for (i = 0; i < 12; i++) /* of twelve even ones it is as good as normal */
		sum += rand_r(&seed) / (double)RAND_MAX;
	return sum - 6;
}

static void pass(enum channel channel, gsm coder, gsm decoder, int16_t frame[SOUND_FRAME])
{
	gsm_frame octets;
	int i;

	if (channel == GSM) {
		gsm_encode(coder, frame, octets);
		gsm_decode(decoder, octets, frame);
	}
	for (i = 0; channel == ALAW && i < SOUND_FRAME; i++)
		frame[i] = g711_alaw2pcm(g711_pcm2alaw(frame[i]));
}

/* ---- a listener that keeps the keys */

struct heard {
	struct leg *leg;
	gsm coder, decoder; /* each has its past */
	enum channel channel;
	int16_t frame[SOUND_FRAME];
	size_t fill;
	char keys[2 * DIGITS_MAX + 1];
	size_t n;
};

static void key_told(const struct leg_told *told, void *data)
{
	struct heard *h = data;

	if (told->event == LEG_KEY && h->n < sizeof(h->keys) - 1)
		h->keys[h->n++] = told->key;
}

static void begin(struct heard *h, enum channel channel)
{
	struct leg_cfg cfg = { .inband_keys = true, .told = key_told, .data = h };

	*h = (struct heard){ .channel = channel, .coder = gsm_create(), .decoder = gsm_create() };
	h->leg = leg_alloc(NULL, &cfg);
}

static void hang_up(struct heard *h)
{
	leg_free(h->leg);
	gsm_destroy(h->coder);
	gsm_destroy(h->decoder);
}

static void hear(struct heard *h, double sample)
{
	/* librem has no A-law of INT16_MIN */
	h->frame[h->fill++] = (int16_t)fmax(-INT16_MAX, fmin(INT16_MAX, sample));
	if (h->fill < SOUND_FRAME)
		return;
	h->fill = 0;
	pass(h->channel, h->coder, h->decoder, h->frame);
	leg_in(h->leg, h->frame);
}

/* ---- presses */

static void tone(struct heard *h, const struct press *press, char key, int ms)
{
	static const double low[] = { 697, 770, 852, 941 }, high[] = { 1209, 1336, 1477, 1633 };
	static const char pad[] = "123A456B789C*0#D";
	size_t at = key ? (size_t)(strchr(pad, key) - pad) : 0;
	/* -10 dBm0 a tone, where the loudest sine there is has 3.14 */
	double level = 32767 * pow(10, -13.14 / 20);
	double loud = level * pow(10, press->twist_db / 20);
	double noise = sqrt((level * level + loud * loud) / 2) * pow(10, -press->snr_db / 20);
	double phase = noise_unit(), w = 2 * M_PI / SOUND_RATE, sample;
	int i;

	for (i = 0; i < ms * SOUND_RATE / 1000; i++) {
		sample = key ? level * sin(w * low[at / 4] * i + phase) +
					 loud * sin(w * high[at % 4] * i)
			     : 0;
		sample += press->snr_db != 0 ? noise * noise_unit() : 0;
		hear(h, sample);
	}
}

/* The longest sequence that both have. */
static size_t common(const char *a, size_t na, const char *b, size_t nb)
{
	static unsigned short row[2][2 * DIGITS_MAX + 2];
	size_t i, j;

	memset(row, 0, sizeof(row));
	for (i = 1; i <= na; i++)
		for (j = 1; j <= nb; j++)
			row[i % 2][j] = a[i - 1] == b[j - 1]
						? row[(i - 1) % 2][j - 1] + 1
						: OSMO_MAX(row[(i - 1) % 2][j], row[i % 2][j - 1]);
	return row[na % 2][nb];
}

/* So many keys at random are heard, the same twice now and then; of a thousand so many may be wrong, which
 * is missing or too many. */
static void assert_keys(struct press press, double wrong_of_thousand)
{
	static struct heard h;
	static char sent[DIGITS_MAX + 1];
	static unsigned int seed = 3;
	size_t digits = press.digits ? press.digits : DIGITS, i, wrong;

	begin(&h, press.channel);
	tone(&h, &press, 0, 100);
	for (i = 0; i < digits; i++) {
		sent[i] = i > 0 && rand_r(&seed) % 4 == 0 ? sent[i - 1] : all[rand_r(&seed) % 16];
		tone(&h, &press, sent[i], press.on_ms);
		tone(&h, &press, 0, press.off_ms + rand_r(&seed) % 6);
	}
	tone(&h, &press, 0, 200);
	hang_up(&h);
	wrong = digits - common(sent, digits, h.keys, h.n);
	wrong += h.n - (digits - wrong);
	assert_true((double)wrong * 1000 / (double)digits <= wrong_of_thousand);
}

static void keys_through_alaw_and_noise(void **state)
{
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .snr_db = 20, .channel = ALAW },
		    1);
	assert_keys((struct press){ .on_ms = 70, .off_ms = 70, .snr_db = 20, .channel = ALAW }, 1);
	assert_keys((struct press){ .on_ms = 50, .off_ms = 50, .snr_db = 20, .channel = ALAW }, 1);
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .snr_db = 10, .channel = ALAW },
		    1);
}

/* 70 and 65 ms are the shortest that a mobile network makes, TS 23.014 6. */
static void keys_through_gsm_and_noise(void **state)
{
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .snr_db = 20, .channel = GSM }, 1);
	assert_keys((struct press){ .on_ms = 70, .off_ms = 65, .snr_db = 20, .channel = GSM }, 1);
	assert_keys((struct press){ .on_ms = 300, .off_ms = 100, .snr_db = 20, .channel = GSM }, 1);
	assert_keys((struct press){ .on_ms = 50,
				    .off_ms = 50,
				    .snr_db = 20,
				    .channel = GSM,
				    .digits = DIGITS_MAX },
		    1);
}

static void keys_whose_tones_differ(void **state)
{
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .twist_db = 4, .channel = GSM },
		    1);
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .twist_db = 4, .channel = ALAW },
		    1);
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .twist_db = -6, .channel = ALAW },
		    1);
	assert_keys((struct press){ .on_ms = 100, .off_ms = 100, .twist_db = -6, .channel = GSM },
		    1);
}

/* A coder tears a tone: 20 ms of a long press are lost. */
static void a_torn_tone_is_one_key(void **state)
{
	struct press press = { 0 };
	struct leg_counts counts;
	struct heard h;
	size_t i;

	begin(&h, CLEAN);
	for (i = 0; i < 16; i++) {
		tone(&h, &press, all[i], 100);
		tone(&h, &press, 0, 20);
		tone(&h, &press, all[i], 100);
		tone(&h, &press, 0, 100);
	}
	leg_counts(h.leg, &counts);
	hang_up(&h);
	assert_int_equal(counts.torn, 16);
	assert_int_equal(h.n, 16);
	assert_memory_equal(h.keys, all, 16);
}

/* Half a minute on one key. */
static void an_endless_tone_is_one_key(void **state)
{
	struct press press = { .snr_db = 20 };
	struct heard h;

	begin(&h, GSM);
	tone(&h, &press, '7', 30000);
	hang_up(&h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.keys[0], '7');
}

/* ---- speech */

struct talk {
	SpeexResamplerState *down;
	struct heard ears[GSM + 1]; /* one at the end of each channel */
	size_t n;		    /* samples said */
};

static struct talk talk;

static int said(short *samples, int n, espeak_EVENT *events)
{
	int16_t out[4096];
	spx_uint32_t in_n, out_n, i;
	int ear;

	for (; samples && n > 0; samples += in_n, n -= (int)in_n) {
		in_n = (spx_uint32_t)n;
		out_n = ARRAY_SIZE(out);
		speex_resampler_process_int(talk.down, 0, samples, &in_n, out, &out_n);
		for (i = 0; i < out_n; i++)
			for (ear = CLEAN; ear <= GSM; ear++)
				hear(&talk.ears[ear], out[i]);
		talk.n += out_n;
	}
	return 0;
}

static void say(const char *voice, const char *text, int speed)
{
	assert_int_equal(espeak_SetVoiceByName(voice), EE_OK);
	espeak_SetParameter(espeakRATE, speed, 0);
	espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL, NULL);
	espeak_Synchronize();
}

/* Ten minutes, heard clean, through A-law and through GSM: nobody pressed a key. */
static void speech_has_no_keys(void **state)
{
	static const struct {
		const char *voice, *text;
	} texts[] = {
		{ "nl",
		  "Er ligt grof vuil naast de container op de hoek van de Kerkstraat en de Dorpsweg. "
		  "Het stinkt, er komen ratten op af, en gisteren is er nog meer bij gezet. Kunt u "
		  "iemand sturen die het weghaalt? Mijn nummer is nul zes, twaalf, vierendertig." },
		{ "en",
		  "The street light in front of number seventeen has been out since Tuesday. It is very "
		  "dark there, and my neighbour fell over a loose paving stone last night. Please "
		  "send somebody to have a look at it before the weekend, thank you very much." },
		{ "tr",
		  "Okulun önündeki kaldırım taşları yerinden oynamış, dün bir çocuk düştü ve dizini "
		  "yaraladı. Ayrıca çöp kutusu üç gündür boşaltılmadı. Lütfen bir an önce birini "
		  "gönderin, teşekkür ederim, iyi günler dilerim." },
		{ "pl",
		  "Przy wejściu do parku leży złamane drzewo, które blokuje całą ścieżkę rowerową. "
		  "Wczoraj wieczorem ktoś o mało się nie przewrócił. Proszę o szybkie usunięcie "
		  "gałęzi, bo w niedzielę będzie tam dużo ludzi." },
		{ "ar",
		  "مصباح الشارع أمام المدرسة لا يعمل منذ أسبوع والطريق مظلم جدا في الليل. "
		  "سقط جاري أمس على حجر مكسور. أرجو إرسال شخص لإصلاحه قبل نهاية الأسبوع وشكرا." },
	};
	static const char *const speakers[] = { "", "+f2", "+m3", "+f4", "+m7" };
	char voice[16];
	size_t i, round;
	int ear;

	assert_int_equal(espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 100, NULL, 0), 22050);
	espeak_SetSynthCallback(said);
	talk.down = speex_resampler_init(1, 22050, SOUND_RATE, 5, NULL);
	for (ear = CLEAN; ear <= GSM; ear++)
		begin(&talk.ears[ear], (enum channel)ear);
	for (round = 0; talk.n < 600 * SOUND_RATE; round++) {
		assert_true(round < 15);
		for (i = 0; i < ARRAY_SIZE(texts); i++) {
			snprintf(voice, sizeof(voice), "%s%s", texts[i].voice,
				 speakers[round % ARRAY_SIZE(speakers)]);
			say(voice, texts[i].text, 120 + 15 * (int)round);
		}
	}
	for (ear = CLEAN; ear <= GSM; ear++) {
		assert_int_equal(talk.ears[ear].n, 0);
		hang_up(&talk.ears[ear]);
	}
	speex_resampler_destroy(talk.down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_through_alaw_and_noise),
		cmocka_unit_test(keys_through_gsm_and_noise),
		cmocka_unit_test(keys_whose_tones_differ),
		cmocka_unit_test(a_torn_tone_is_one_key),
		cmocka_unit_test(an_endless_tone_is_one_key),
		cmocka_unit_test(speech_has_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
