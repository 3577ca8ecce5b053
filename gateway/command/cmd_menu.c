// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_menu.c - menu check | draw | play: for those who write menus and words. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app.h"
#include "clock.h"
#include "command/cmd.h"
#include "config.h"
#include "desk/desk.h"
#include "log.h"
#include "command/menu_play.h"
#include "command/progress.h"
#include "talk/menu_check.h"
#include "talk/menu_cost.h"
#include "talk/menu_draw.h"
#include "voice/speech.h"

#define PLAY_START_S 1795507200 /* Tuesday 24 November 2026, 9:00 in the city */

static const char help_text[] =
	"usage: meldlijn menu check [--json] [--language L]\n"
	"       meldlijn menu draw [-o FILE.svg|png|pdf] [--language L]\n"
	"       meldlijn menu play [--number N] [--language L] [--registers DIR] [--channel sms|ussd|voice]\n"
	"       meldlijn menu play [--channel sms|ussd|voice] [--update | --json] FILE.txt...\n"
	"All take -c FILE, or --menus DIR and --prompts DIR.\n"
	"check prints what is wrong, what each text costs and how long it is heard; draw prints graphviz' DOT, or makes\n"
	"a picture of it; play talks on the terminal, or replays transcripts and prints what differs.\n"
	"--channel ussd dials *140# and shows pages; voice takes keys and prints what is heard; --json prints an object for each line of a transcript\n"
	"(standard input without FILE), and what is in the database at its end.\n";

struct request {
	const char *config, *menus, *prompts, *language, *number, *registers, *out;
	enum dialogue_channel channel;
	bool json, update;
	char **files;
	int files_n;
	const char *words[CONFIG_LANGUAGES_MAX + 1];
	const char *database;
	struct speech_cfg speech;
};

/* ---- what to work on ---- */

static const char *folder(void *ctx, const char *given, const char *name)
{
	if (given)
		return given;
	return access(name, R_OK) == 0 ? name : talloc_asprintf(ctx, DATADIR "/%s", name);
}

/* The built-in city, for who has no configuration. */
static void fill_talk(struct talk *talk, struct request *req)
{
	static const char *const order[] = { "nl", "en", "tr", "pl", "ar" };
	size_t n = 0;

	talk->city = "Den Haag";
	talk->short_code = "14070";
	talk->country = "31";
	talk->zone = "Europe/Amsterdam";
	talk->call_back = true;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (phrases_language_name(talk->phrases, order[i]))
			req->words[n++] = order[i];
	if (n == 0)
		req->words[0] = "nl";
	talk->languages = req->words;
}

static void fill_from_config(struct talk *talk, struct config *cfg)
{
	talk->city = cfg->city;
	talk->short_code = cfg->short_code;
	talk->country = cfg->country;
	talk->zone = cfg->zone;
	talk->languages = cfg->languages;
}

static struct talk *load(void *ctx, struct request *req)
{
	struct config *cfg = req->config ? cmd_config(ctx, req->config) : NULL;
	struct talk *talk;
	char *error = NULL;

	if (req->config && !cfg)
		return NULL;
	if (cfg) {
		req->menus = req->menus ? req->menus : cfg->menus;
		req->prompts = req->prompts ? req->prompts : cfg->prompts;
		req->database = cfg->database;
		app_speech_cfg(ctx, cfg, &req->speech);
	}
	talk = talk_read(ctx, folder(ctx, req->menus, "menus"),
			 folder(ctx, req->prompts, "prompts"), &error);
	if (!talk) {
		cmd_wrong(1, "%s", error ? error : "the menus cannot be read");
		return NULL;
	}
	if (cfg)
		fill_from_config(talk, cfg);
	else
		fill_talk(talk, req);
	return talk;
}

/* ---- check ---- */

struct checking {
	json_t *findings, *costs; /* NULL: print for people */
	size_t wrong, missing, advice;
	char *advised; /* lines, for the end */
};

static const char *const weights[] = {
	[MENU_WRONG] = "wrong",
	[MENU_MISSING] = "missing",
	[MENU_ADVICE] = "advice",
};

static void take_finding(const struct menu_finding *f, void *data)
{
	struct checking *c = data;

	c->wrong += f->weight == MENU_WRONG;
	c->missing += f->weight == MENU_MISSING;
	c->advice += f->weight == MENU_ADVICE;
	if (c->findings)
		json_array_append_new(c->findings,
				      json_pack("{ss ss si ss}", "weight", weights[f->weight],
						"file", f->file, "line", f->line, "text", f->text));
	else if (f->weight != MENU_ADVICE)
		fprintf(stderr, "%s:%d: %s\n", f->file, f->line, f->text);
	else
		c->advised = talloc_asprintf_append(c->advised, "%s:%d: %s\n", f->file, f->line,
						    f->text);
}

static void take_cost(const struct menu_cost *cost, void *data)
{
	struct checking *c = data;

	if (c->costs) {
		json_array_append_new(c->costs,
				      json_pack("{ss ss ss? si si si si sf sf sb ss ss sb}", "node",
						cost->node, "language", cost->language, "alphabet",
						cost->alphabet, "parts", (int)cost->parts, "units",
						(int)cost->units, "ussd", (int)cost->ussd_octets,
						"ussd_pages", (int)cost->ussd_pages, "voice_s",
						cost->voice_s, "key_s", cost->key_s, "guessed",
						cost->guessed, "aloud", cost->aloud, "text",
						cost->text, "estimated", cost->estimated));
		return;
	}
	printf("%-8s %-24s %s %5u %5u%s %5u %6u%s %5.1f%s %5.1f\n", cost->language, cost->node,
	       cost->alphabet ? cost->alphabet : "????", cost->parts, cost->units,
	       cost->estimated ? "~" : " ", cost->ussd_pages, cost->ussd_octets,
	       cost->estimated ? "~" : " ", cost->voice_s, cost->guessed ? "~" : " ", cost->key_s);
}

/* A voice, and what it takes to ask it about each sentence of a language. */
struct hearing {
	struct speech *sp; /* NULL: there is none */
	struct progress progress;
	const char *mute; /* the language that failed: it has no voice here */
	int64_t sentences;
	double share;
};

static double hear_seconds(const char *language, const char *sentence, void *data)
{
	struct hearing *h = data;
	struct speech_words words = { .language = language, .text = sentence };
	bool mute = !h->sp || (h->mute && !strcmp(h->mute, language));
	struct sound *snd = mute ? NULL : speech_now(h->sp, &words);
	double seconds = snd ? (double)sound_length(snd) / SOUND_RATE : -1;

	if (!snd && !mute)
		h->mute = language;
	sound_unref(snd);
	h->sentences++;
	progress_show(&h->progress, h->share, h->sentences, "sentences");
	return seconds;
}

static void begin_hearing(void *ctx, const struct request *req, struct hearing *h)
{
	char *error = NULL;

	h->sp = speech_alloc(ctx, &req->speech, &error);
	if (error)
		fprintf(stderr, "%s\nSeconds of speech are guessed from letters (~).\n", error);
	progress_begin(&h->progress, "saying all of it");
}

static int run_check(void *ctx, struct request *req)
{
	struct talk *talk = load(ctx, req);
	struct checking c = { .advised = talloc_strdup(ctx, "") };
	struct hearing hearing = { 0 };
	struct menu_ear ear = { hear_seconds, &hearing };
	size_t languages;

	if (!talk)
		return 1;
	languages = phrases_language_count(talk->phrases);
	if (req->json) {
		c.findings = json_array();
		c.costs = json_array();
	}
	menu_check(talk, &desk_ops, take_finding, &c);
	begin_hearing(ctx, req, &hearing);
	if (!req->json)
		printf("%-8s %-24s %s %5s %6s %4s %7s %6s %5s\n", "language", "node", "code",
		       "parts", "units", "USSD", "octets", "sec.", "key");
	for (size_t i = 0; i < languages; i++) {
		const char *language = phrases_language_at(talk->phrases, i);

		if (req->language && strcmp(req->language, language))
			continue;
		hearing.share = (double)i / languages;
		menu_advise(talk, language, &ear, take_finding, &c);
		menu_costs(talk, language, &ear, take_cost, &c);
	}
	progress_end(&hearing.progress);
	if (req->json)
		cmd_json(json_pack("{so so}", "findings", c.findings, "costs", c.costs),
			 JSON_INDENT(1));
	else
		printf("\nAdvice, what could be shorter or said better:\n%s\n"
		       "%zu wrong, %zu words missing, %zu pieces of advice\n",
		       *c.advised ? c.advised : "none\n", c.wrong, c.missing, c.advice);
	return c.wrong + c.missing ? 1 : 0;
}

/* ---- draw ---- */

static const char *format_of(const char *file)
{
	static const char *const formats[] = { "svg", "png", "pdf" };
	const char *dot = strrchr(file, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(formats); i++)
		if (!strcmp(dot + 1, formats[i]))
			return formats[i];
	return NULL;
}

static int run_dot(const char *drawing, const char *format, const char *file)
{
	char *type = talloc_asprintf(NULL, "-T%s", format);
	int pipes[2], status = 0;
	FILE *in;
	pid_t pid;

	if (pipe(pipes) < 0)
		return cmd_wrong(1, "no pipe to dot: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(pipes[0], STDIN_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		execlp("dot", "dot", type, "-o", file, (char *)NULL);
		_exit(127);
	}
	talloc_free(type);
	close(pipes[0]);
	in = fdopen(pipes[1], "w");
	if (in) {
		fputs(drawing, in);
		fclose(in);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return cmd_wrong(1, "dot did not start: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return cmd_wrong(1, "dot is not installed: apt install graphviz, or leave out -o");
	if (status)
		return cmd_wrong(1, "dot could not make %s", file);
	return 0;
}

static int run_draw(void *ctx, struct request *req)
{
	const char *format = req->out ? format_of(req->out) : NULL;
	struct talk *talk;
	char *drawing;

	if (req->out && !format)
		return cmd_wrong(2, "%s: the name must end in .svg, .png or .pdf", req->out);
	talk = load(ctx, req);
	if (!talk)
		return 1;
	drawing = menu_draw(ctx, talk, req->language ? req->language : talk->languages[0]);
	if (format) {
		signal(SIGPIPE, SIG_IGN);
		return run_dot(drawing, format, req->out);
	}
	fputs(drawing, stdout);
	return 0;
}

/* ---- play ---- */

static struct menu_play *start_play(void *ctx, struct request *req, struct talk *talk,
				    int64_t now_s)
{
	struct menu_play_setup setup = {
		.talk = talk,
		.number = req->number ? req->number : "+31612340001",
		.language = req->language,
		.registers = req->registers,
		.channel = req->channel,
		.now_s = now_s,
	};
	const char *data = folder(ctx, NULL, "data");
	struct menu_play *play;
	char *error = NULL;

	if (req->database && access(req->database, R_OK) == 0)
		setup.database = req->database;
	else if (!setup.registers && access(data, R_OK) == 0)
		setup.registers = data;
	play = menu_play_alloc(ctx, &setup, &error);
	if (!play)
		cmd_wrong(1, "%s", error);
	return play;
}

static int play_json(struct menu_play *play, const char *path)
{
	FILE *in = path ? fopen(path, "r") : stdin;
	int rc;

	if (!in)
		return cmd_wrong(1, "%s: %s", path, strerror(errno));
	rc = menu_play_json(play, in, stdout);
	if (path)
		fclose(in);
	return rc < 0 ? cmd_wrong(1, "%s: %s", path ? path : "standard input", strerror(-rc)) : 0;
}

static int run_play_json(void *ctx, struct request *req, struct talk *talk)
{
	struct menu_play *play;
	int status = 0;

	for (int i = 0; i == 0 || i < req->files_n; i++) {
		play = start_play(ctx, req, talk, PLAY_START_S);
		if (!play)
			return 1;
		status |= play_json(play, req->files_n ? req->files[i] : NULL);
		talloc_free(play);
	}
	return status;
}

static int run_play(void *ctx, struct request *req)
{
	struct talk *talk = load(ctx, req);
	struct menu_play *play;
	int status = 0, differ = 0;
	char *error;

	if (!talk)
		return 1;
	if (req->json)
		return run_play_json(ctx, req, talk);
	if (req->files_n == 0) {
		play = start_play(ctx, req, talk, clock_now_s());
		return play && menu_play_terminal(play, stdin, stdout) == 0 ? 0 : 1;
	}
	for (int i = 0; i < req->files_n; i++) {
		int rc;

		play = start_play(ctx, req, talk, PLAY_START_S);
		if (!play)
			return 1;
		rc = menu_play_file(play, req->files[i], req->update, stdout, &error);
		if (rc < 0)
			status = cmd_wrong(1, "%s", error ? error : strerror(-rc));
		differ += rc > 0;
		talloc_free(play);
	}
	printf("%d transcripts, %d differ\n", req->files_n, differ);
	return differ ? 1 : status;
}

/* ---- the request ---- */

static int read_channel(enum dialogue_channel *out, const char *name)
{
	static const char *const names[] = {
		[DIALOGUE_SMS] = "sms", [DIALOGUE_USSD] = "ussd", [DIALOGUE_VOICE] = "voice"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (enum dialogue_channel)i;
		return 0;
	}
	return -EINVAL;
}

static int read_request(struct request *req, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "menus", required_argument, NULL, 'm' },
		{ "prompts", required_argument, NULL, 'p' },
		{ "language", required_argument, NULL, 'l' },
		{ "number", required_argument, NULL, 'n' },
		{ "registers", required_argument, NULL, 'r' },
		{ "channel", required_argument, NULL, 'C' },
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "update", no_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "c:o:l:n:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			req->config = optarg;
			break;
		case 'm':
			req->menus = optarg;
			break;
		case 'p':
			req->prompts = optarg;
			break;
		case 'l':
			req->language = optarg;
			break;
		case 'n':
			req->number = optarg;
			break;
		case 'r':
			req->registers = optarg;
			break;
		case 'o':
			req->out = optarg;
			break;
		case 'C':
			if (read_channel(&req->channel, optarg) < 0)
				return -EINVAL;
			break;
		case 'j':
			req->json = true;
			break;
		case 'u':
			req->update = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	req->files = argv + optind;
	req->files_n = argc - optind;
	return 0;
}

int cmd_menu(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void *ctx, struct request *req);
		bool files;
	} words[] = { { "check", run_check, false },
		      { "draw", run_draw, false },
		      { "play", run_play, true } };
	struct request req = { 0 };
	const char *verb;
	void *ctx;
	int status = -1;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(help_text, stdout);
		return 0;
	}
	if (read_request(&req, argc, argv) < 0)
		return cmd_usage("menu", argv[optind - 1]);
	if (req.files_n == 0)
		return cmd_usage("menu", NULL);
	verb = *req.files++;
	req.files_n--;
	ctx = talloc_named_const(NULL, 0, "menu");
	log_start(ctx, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(words) && status < 0; i++)
		if (!strcmp(verb, words[i].name) && (words[i].files || req.files_n == 0))
			status = words[i].run(ctx, &req);
	if (status < 0)
		status = cmd_usage("menu", NULL);
	talloc_free(ctx);
	return status;
}
