// SPDX-License-Identifier: AGPL-3.0-or-later
/* phone_call.c - "meldlijn phone" calls: what is heard is written to a file each and played where a
 * player is; what is typed is keys. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "command/phone_int.h"
#include "voice/sound.h"

#define RING_TIMEOUT_MS 45000 /* the line gives up by itself before that */
#define HEAR_S		25    /* of one long poll */
#define WAV_HEAD	44

static void hear(struct phone_number *num);

static void say(struct phone_number *num, const char *words)
{
	if (num->phone->screen)
		phone_screen_say(num->phone, "%s", words);
	else
		phone_script_call(num, NULL, 0, words);
}

static void lost(struct phone_number *num, const struct http_answer *answer)
{
	void *ctx = talloc_new(num->phone);

	say(num, answer->status != 410	    ? phone_words(ctx, answer)
		 : num->call == PHONE_RINGS ? "it rings no more"
					    : "hung up");
	num->call = PHONE_NO_CALL;
	talloc_free(ctx);
	phone_call_listen(num);
}

/* ---- what is heard ---- */

static void stop_player(struct phone *phone)
{
	if (phone->player <= 0)
		return;
	kill(phone->player, SIGTERM);
	waitpid(phone->player, NULL, 0);
	phone->player = 0;
}

static void play(struct phone *phone, char *file)
{
	char *const aplay[] = { "aplay", "-q", file, NULL }, *const paplay[] = { "paplay", file,
										 NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;

	stop_player(phone);
	sigemptyset(&none); /* ours are blocked */
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	if (posix_spawnp(&phone->player, aplay[0], &actions, &attr, aplay, environ) != 0 &&
	    posix_spawnp(&phone->player, paplay[0], &actions, &attr, paplay, environ) != 0)
		phone->player = 0;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
}

static bool make_folder(struct phone *phone)
{
	const char *tmp = getenv("TMPDIR");
	char *folder;

	if (phone->folder)
		return true;
	folder = talloc_asprintf(phone, "%s/meldlijn-phone-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	phone->folder = mkdtemp(folder);
	return phone->folder != NULL;
}

/* \returns its name; NULL: errno */
static char *write_file(struct phone_number *num, const char *octets, size_t n)
{
	struct phone *phone = num->phone;
	char *name;
	FILE *file;
	bool ok;

	if (!make_folder(phone))
		return NULL;
	name = talloc_asprintf(phone, "%s/%s-%03u.wav", phone->folder, num->number, ++num->sounds);
	file = fopen(name, "wbe");
	if (!file)
		return NULL;
	ok = fwrite(octets, 1, n, file) == n;
	return fclose(file) == 0 && ok ? name : NULL;
}

static void show_sound(struct phone_number *num, const struct http_answer *answer)
{
	struct phone *phone = num->phone;
	size_t samples = (answer->len - WAV_HEAD) / 2;
	double seconds = (double)samples / SOUND_RATE;
	char *file = write_file(num, answer->body, answer->len);

	num->heard += (int64_t)samples;
	if (!file) {
		say(num, strerror(errno));
	} else if (phone->screen) {
		phone_screen_say(phone, "(sound, %.1f s) %s", seconds, file);
		play(phone, file);
	} else {
		phone_script_call(num, file, seconds, NULL);
	}
	talloc_free(file);
}

static void heard(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;

	if (num->phone->stopped || (num->call != PHONE_TALKS && num->call != PHONE_RINGS))
		return;
	if (answer->status != 200) {
		lost(num, answer);
		return;
	}
	hear(num);
	if (answer->len > WAV_HEAD)
		show_sound(num, answer);
}

static void hear(struct phone_number *num)
{
	char *what = talloc_asprintf(num->phone, "call/%" PRId64 "/audio?after=%.6f&wait=%d",
				     num->call_id, (double)num->heard / SOUND_RATE, HEAR_S);

	phone_ask(num, NULL, what, NULL, (HEAR_S + 10) * 1000, heard);
	talloc_free(what);
}

/* ---- a call ---- */

static void called(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;
	json_t *json;

	if (num->phone->stopped)
		return;
	json = json_loadb(answer->body, answer->len, 0, NULL);
	num->call_id = json_integer_value(json_object_get(json, "call"));
	json_decref(json);
	if (answer->status != 200 || num->call_id == 0) {
		lost(num, answer);
		return;
	}
	num->call = PHONE_TALKS;
	num->heard = 0;
	say(num, "answered");
	hear(num);
}

int phone_call(struct phone_number *num)
{
	if (num->call != PHONE_NO_CALL)
		return -EAGAIN;
	num->call = PHONE_CALLS;
	if (num->phone->screen)
		phone_screen_say(num->phone, "calling %s ...", num->phone->to);
	if (!phone_post(num, "call", json_object(), RING_TIMEOUT_MS, called))
		num->call = PHONE_NO_CALL;
	return 0;
}

static void pressed(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;

	/* that it is over is heard too */
	if (!num->phone->stopped && num->call == PHONE_TALKS && answer->status != 200 &&
	    answer->status != 410)
		lost(num, answer);
}

bool phone_press(struct phone_number *num, const char *text)
{
	char *what;

	if (num->call != PHONE_TALKS || text[0] == '\0' || text[strspn(text, "0123456789*#")])
		return false;
	stop_player(num->phone);
	if (num->phone->screen)
		phone_screen_said(num, text);
	what = talloc_asprintf(num->phone, "call/%" PRId64 "/keys", num->call_id);
	phone_post(num, what, json_pack("{s:s}", "keys", text), 0, pressed);
	talloc_free(what);
	return true;
}

static void ended(const struct http_answer *answer, void *data)
{
	phone_call_listen(data);
}

bool phone_call_end(struct phone_number *num)
{
	char *what;

	if (num->call != PHONE_TALKS && num->call != PHONE_RINGS)
		return num->call != PHONE_NO_CALL;
	num->call = PHONE_NO_CALL;
	stop_player(num->phone);
	what = talloc_asprintf(num->phone, "call/%" PRId64, num->call_id);
	phone_ask(num, "DELETE", what, NULL, 0, ended);
	talloc_free(what);
	if (num->phone->screen)
		phone_screen_say(num->phone, "hung up");
	return true;
}

/* ---- the line calls ---- */

static void picked_up(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;

	if (num->phone->stopped || num->call != PHONE_RINGS)
		return;
	if (answer->status != 200) {
		lost(num, answer);
		return;
	}
	num->call = PHONE_TALKS; /* what is heard is waited for already */
	say(num, "answered");
}

bool phone_call_answer(struct phone_number *num)
{
	if (num->call != PHONE_RINGS)
		return false;
	phone_post(num, "call", json_object(), RING_TIMEOUT_MS, picked_up);
	return true;
}

static void rung(const struct http_answer *answer, void *data)
{
	struct phone_number *num = data;
	json_t *json, *call;
	const char *to, *state;

	num->listening = false;
	if (num->phone->stopped || num->call != PHONE_NO_CALL || answer->status != 200)
		return; /* texts say what is wrong with the line */
	json = json_loadb(answer->body, answer->len, 0, NULL);
	call = json_array_get(json_object_get(json, "calls"), 0);
	to = json_string_value(json_object_get(call, "to"));
	state = json_string_value(json_object_get(call, "state"));
	if (to && state && strcmp(to, "phone") == 0 && strcmp(state, "rings") == 0) {
		num->call = PHONE_RINGS;
		num->call_id = json_integer_value(json_object_get(call, "call"));
		num->heard = 0;
		if (num->phone->screen)
			phone_screen_say(num->phone, "%s calls %s: /answer or /hangup",
					 num->phone->to, num->number);
		else
			say(num, "it rings");
		hear(num);
		if (num->answers)
			phone_call_answer(num);
		num->answers = false;
	} else {
		phone_call_listen(num);
	}
	json_decref(json);
}

void phone_call_listen(struct phone_number *num)
{
	char *what;

	if (num->listening || num->phone->stopped || num->phone->once || num->call != PHONE_NO_CALL)
		return;
	what = talloc_asprintf(num->phone, "call?wait=%d", HEAR_S);
	num->listening = phone_ask(num, NULL, what, NULL, (HEAR_S + 10) * 1000, rung);
	talloc_free(what);
}

void phone_call_stop(struct phone *phone)
{
	stop_player(phone);
}
