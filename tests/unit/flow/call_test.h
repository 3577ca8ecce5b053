/* call_test.h - telephones that call, beside the city of flow_test.h; and a voice that makes no sound.
 *
 * Each sentence is a tenth of a second of silence, whose words are written down when the line is told to say it.
 */
#pragma once

#include <stdio.h>

#include "flow/call.h"
#include "flow/flow_test.h"

#define SENTENCE (SOUND_RATE / 10)
#define SAID_MAX 4096

/* ---- the voice */

struct fake_sound {
	struct sound *snd;
	char text[400], language[16], key[48];
};

struct fake_ask {
	struct speech_words words;
	void (*done)(struct sound *snd, void *data);
	void *data;
};

static struct {
	struct fake_sound made[4096];
	unsigned int n;
	struct fake_ask asks[4096];
	unsigned int asked;
	bool slowly;		  /* nothing is there at once */
	const char *fails, *word; /* this language; sentences with this word */
	const char *recorded;	  /* this key is there all the same */
	const char *kept;	  /* and all of this language */
} voice;

static inline bool is_kept(const struct speech_words *words)
{
	return (voice.recorded && words->key && strcmp(voice.recorded, words->key) == 0) ||
	       (voice.kept && strcmp(voice.kept, words->language) == 0);
}

static inline struct sound *voice_make(const struct speech_words *words)
{
	struct fake_sound *made = &voice.made[voice.n++ % ARRAY_SIZE(voice.made)];

	if (!is_kept(words) && ((voice.fails && strcmp(voice.fails, words->language) == 0) ||
				(voice.word && strstr(words->text, voice.word))))
		return NULL;
	made->snd = sound_new(SENTENCE);
	OSMO_STRLCPY_ARRAY(made->text, words->text);
	OSMO_STRLCPY_ARRAY(made->language, words->language);
	OSMO_STRLCPY_ARRAY(made->key, words->key ? words->key : "");
	return made->snd;
}

struct sound *speech_have(struct speech *sp, const struct speech_words *words)
{
	bool here = is_kept(words) || !(voice.slowly || voice.fails || voice.word);

	return here ? voice_make(words) : NULL;
}

void speech_ask(struct speech *sp, const struct speech_words *words, bool urgent,
		void (*done)(struct sound *snd, void *data), void *data)
{
	struct fake_ask *ask = &voice.asks[voice.asked++];

	assert_true(voice.asked < ARRAY_SIZE(voice.asks));
	*ask = (struct fake_ask){ .done = done, .data = data };
	ask->words.language = strdup(words->language);
	ask->words.text = strdup(words->text);
	ask->words.key = words->key ? strdup(words->key) : NULL;
}

void speech_forget(struct speech *sp, void *data)
{
	for (unsigned int i = 0; i < voice.asked; i++)
		if (voice.asks[i].data == data)
			voice.asks[i].done = NULL;
}

static inline void ask_free(struct fake_ask *ask)
{
	free((char *)ask->words.language);
	free((char *)ask->words.text);
	free((char *)ask->words.key);
}

/* All that was asked for is made, and what that asks for. */
static inline void voice_works(void)
{
	for (unsigned int i = 0; i < voice.asked; i++) {
		struct fake_ask ask = voice.asks[i];

		if (ask.done)
			ask.done(voice_make(&ask.words), ask.data);
	}
	for (unsigned int i = 0; i < voice.asked; i++)
		ask_free(&voice.asks[i]);
	voice.asked = 0;
}

/* ---- the line */

struct fake_call_line {
	struct line ln;
	struct world *w;
	struct calls *calls;
	char said[SAID_MAX]; /* in the last prompt: a sentence a line */
	char spoken_in[16];  /* its language */
	uint64_t said_to;
	unsigned int prompts, answers, hang_ups;
	uint64_t hung_up;
	bool last;
	char record[128];
	char folder[32];
	void (*when_said)(struct fake_call_line *cl);
	uint64_t last_session;

	/* calls that we place */
	char dialled[48]; /* the last number */
	uint64_t rings;	  /* its session; 0: none does */
	unsigned int dials;
	int dial_rc, join_rc;
	struct line_dialling dialling;
	uint64_t joined[2];
};

static struct fake_call_line *town; /* of the test that runs */

static inline int fake_answer(struct line *ln, uint64_t session)
{
	struct fake_call_line *cl = container_of(ln, struct fake_call_line, ln);

	cl->answers++;
	return 0;
}

static inline const struct fake_sound *words_of(const struct sound *snd)
{
	for (unsigned int i = voice.n; i-- > 0;)
		if (voice.made[i % ARRAY_SIZE(voice.made)].snd == snd)
			return &voice.made[i % ARRAY_SIZE(voice.made)];
	return NULL;
}

static inline int fake_prompt(struct line *ln, uint64_t session, const struct line_prompt *prompt)
{
	struct fake_call_line *cl = container_of(ln, struct fake_call_line, ln);
	void (*when_said)(struct fake_call_line *) = cl->when_said;
	size_t len = 0;

	assert_true(prompt->n > 0);
	cl->prompts++;
	cl->said_to = session;
	cl->last = prompt->last;
	cl->said[0] = cl->record[0] = '\0';
	for (size_t i = 0; i < prompt->n; i++) {
		const struct fake_sound *fs = words_of(prompt->sounds[i]);

		len += snprintf(cl->said + len, sizeof(cl->said) - len, "%s\n",
				fs ? fs->text : "(tone)");
		if (fs)
			OSMO_STRLCPY_ARRAY(cl->spoken_in, fs->language);
	}
	if (prompt->record)
		OSMO_STRLCPY_ARRAY(cl->record, prompt->record);
	cl->when_said = NULL;
	if (when_said)
		when_said(cl);
	return 0;
}

static inline void fake_hang_up(struct line *ln, uint64_t session)
{
	struct fake_call_line *cl = container_of(ln, struct fake_call_line, ln);

	cl->hang_ups++;
	cl->hung_up = session;
}

static inline int fake_dial(struct line *ln, const struct line_dialling *dialling,
			    uint64_t *session)
{
	struct fake_call_line *cl = container_of(ln, struct fake_call_line, ln);

	if (cl->dial_rc < 0)
		return cl->dial_rc;
	cl->dialling = *dialling;
	OSMO_STRLCPY_ARRAY(cl->dialled, dialling->number);
	cl->dials++;
	*session = cl->rings = ++cl->last_session;
	return 0;
}

static inline int fake_join(struct line *ln, uint64_t session, uint64_t other)
{
	struct fake_call_line *cl = container_of(ln, struct fake_call_line, ln);

	cl->joined[0] = session;
	cl->joined[1] = other;
	return cl->join_rc;
}

static const struct line_ops call_ops = { .kind = "sip",
					  .answer = fake_answer,
					  .prompt = fake_prompt,
					  .hang_up = fake_hang_up,
					  .dial = fake_dial,
					  .join = fake_join };

static inline void world_due_calls(void *data, int64_t now_s)
{
	calls_due(data, now_s);
}

static inline void world_due_callouts(void *data, int64_t now_s)
{
	callouts_due(data, now_s);
}

/* What becomes of them is settled as app_calls.c does. */
static inline struct callouts *town_callouts(struct world *w, struct fake_call_line *cl)
{
	struct callout_cfg cfg = { .tries = 3, .pause_s = 300 };

	w->callouts = callouts_alloc(w, w->st, w->outbox, &w->talk, &cfg);
	callouts_use(w->callouts, cl->calls);
	callouts_line_add(w->callouts, &cl->ln);
	agenda_add(w->agenda, world_due_callouts, w->callouts);
	return w->callouts;
}

static inline struct fake_call_line *town_start(struct world *w, const char *folder)
{
	struct fake_call_line *cl = talloc_zero(w, struct fake_call_line);
	struct call_cfg cfg = { .recordings = folder, .hourly_ceiling = 10, .calls_max = 3 };

	cl->w = w;
	cl->ln.name = "sip city";
	cl->ln.ops = &call_ops;
	cl->ln.state = LINE_UP;
	OSMO_STRLCPY_ARRAY(cl->folder, folder);
	cl->calls = calls_alloc(w, w->st, w->outbox, w->desk, &w->talk, NULL, &cfg);
	agenda_add(w->agenda, world_due_calls, cl->calls);
	town_callouts(w, cl);
	memset(&voice, 0, sizeof(voice));
	town = cl;
	return cl;
}

static inline void town_make(struct world *w)
{
	char folder[] = "/tmp/call-test-XXXXXX";

	assert_non_null(mkdtemp(folder));
	town_start(w, folder);
	agenda_now(w->agenda);
	run(w);
}

static inline int town_setup(void **state)
{
	world_setup(state);
	town_make(*state);
	return 0;
}

static inline int town_setup_file(void **state)
{
	world_setup_file(state);
	town_make(*state);
	return 0;
}

static inline int town_teardown(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", town->folder);
	for (unsigned int i = 0; i < voice.asked; i++)
		ask_free(&voice.asks[i]);
	voice.asked = 0;
	TALLOC_FREE(town->calls); /* before those that placed some of them */
	assert_int_equal(system(command), 0);
	return world_teardown(state);
}

#define CALL_TEST(f)	  cmocka_unit_test_setup_teardown(f, town_setup, town_teardown)
#define CALL_FILE_TEST(f) cmocka_unit_test_setup_teardown(f, town_setup_file, town_teardown)

/* Until nothing more is asked for. */
static inline void voice_makes_all(struct world *w)
{
	for (int i = 0; i < 10; i++) {
		voice_works();
		run(w);
	}
}

/* ---- what people do */

static inline uint64_t ring(struct fake_call_line *cl, const char *number)
{
	struct line_call call = { .session = ++cl->last_session, .number = number };

	calls_called(cl->calls, &cl->ln, &call);
	return call.session;
}

/* The phone is taken off and what is said is listened to. */
static inline uint64_t call(struct fake_call_line *cl, const char *number)
{
	uint64_t session = ring(cl, number);

	run(cl->w);
	return session;
}

static inline void played(struct fake_call_line *cl, uint64_t session)
{
	tick(cl->w, 3);
	calls_played(cl->calls, &cl->ln, session);
	run(cl->w);
}

static inline void press(struct fake_call_line *cl, uint64_t session, const char *keys)
{
	for (; *keys; keys++) {
		calls_key(cl->calls, &cl->ln, session, *keys);
		run(cl->w);
	}
}

static inline void speak(struct fake_call_line *cl, uint64_t session, enum line_recorded how,
			 double seconds)
{
	FILE *file;

	assert_true(cl->record[0]);
	file = fopen(cl->record, "wb");
	assert_non_null(file);
	for (int i = 0; i < 2300 * seconds; i++)
		fputc('x', file);
	fclose(file);
	calls_recorded(cl->calls, &cl->ln, session, how, seconds);
	run(cl->w);
}

static inline void hang_up(struct fake_call_line *cl, uint64_t session)
{
	calls_ended(cl->calls, &cl->ln, session);
	run(cl->w);
}

/* What was dialled is answered, or not. */
static inline uint64_t answered(struct fake_call_line *cl)
{
	struct line_call call = { .session = cl->rings, .number = cl->dialled, .outgoing = true };

	assert_true(cl->rings);
	cl->rings = 0;
	if (!callouts_called(cl->w->callouts, &cl->ln, &call))
		calls_called(cl->calls, &cl->ln, &call);
	run(cl->w);
	return call.session;
}

static inline void unreached(struct fake_call_line *cl, enum line_unreached why)
{
	uint64_t session = cl->rings;

	assert_true(session);
	cl->rings = 0;
	if (!callouts_unreached(cl->w->callouts, &cl->ln, session, why))
		calls_unreached(cl->calls, &cl->ln, session, why);
	run(cl->w);
}

static inline void greeted(struct fake_call_line *cl, uint64_t session, enum line_greeting who)
{
	calls_greeted(cl->calls, &cl->ln, session, who);
	run(cl->w);
}

/* The prompts' own words. */
static inline bool said(const struct fake_call_line *cl, const char *key)
{
	const struct talk *talk = cl->w->talk;
	char *text = phrase_say(cl->w, talk->phrases, "nl", "voice", key, NULL, talk->zone);

	assert_int_not_equal(text[0], '[');
	return strstr(cl->said, text) != NULL;
}

static inline struct call_figures figures(const struct fake_call_line *cl)
{
	struct call_figures f;

	calls_figures(cl->calls, &f);
	return f;
}
