// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_say.c - "meldlijn say": words to a WAV, the same samples that a caller hears. */
#include "command/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "app.h"
#include "config.h"
#include "log.h"
#include "voice/sound.h"
#include "voice/speech.h"

static const char usage[] =
	"usage: meldlijn say -l LANGUAGE -o FILE.wav [--slow] [-k KEY] [-c FILE | --cache DIR] TEXT\n"
	"\n"
	"Writes what a caller hears for these words: 8 kHz, mono, 16 bit.\n"
	"\n"
	"  -l LANGUAGE   nl, en, tr, pl, ar ... as the words' files are named\n"
	"  -o FILE.wav   where to write it\n"
	"  --slow        as after a second \"*\"\n"
	"  -k KEY        of the prompt: its recording is taken if there is one\n"
	"  -c FILE       a line's configuration: its recordings, and what its callers have heard before,\n"
	"                sample by sample (meldlijn.cfg here or in /etc/meldlijn, if there is one)\n"
	"  --cache DIR   keep what is made in this folder, and take it from there\n";

struct say {
	const char *config, *cache, *out;
	struct speech_words words;
};

/* \returns -1 to go on, else the exit status */
static int read_options(struct say *say, int argc, char **argv)
{
	static const struct option options[] = {
		{ "language", required_argument, NULL, 'l' },
		{ "output", required_argument, NULL, 'o' },
		{ "slow", no_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "config", required_argument, NULL, 'c' },
		{ "cache", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "l:o:k:c:h", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			say->words.language = optarg;
			break;
		case 'o':
			say->out = optarg;
			break;
		case 's':
			say->words.slow = true;
			break;
		case 'k':
			say->words.key = optarg;
			break;
		case 'c':
			say->config = optarg;
			break;
		case 'C':
			say->cache = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	say->words.text = optind < argc ? argv[optind++] : NULL;
	if (optind == argc && say->words.text && say->words.language && say->out &&
	    !(say->config && say->cache))
		return -1;
	return cmd_usage(argv[0], NULL);
}

/* Without a configuration nothing is kept.  \returns -1 to go on, else the exit status */
static int find_folders(void *ctx, const struct say *say, struct speech_cfg *folders)
{
	const struct config *cfg;

	folders->cache = say->cache;
	if (say->cache || (!say->config && access("meldlijn.cfg", R_OK) < 0 &&
			   access("/etc/meldlijn/meldlijn.cfg", R_OK) < 0))
		return -1;
	cfg = cmd_config(ctx, say->config);
	if (!cfg)
		return 1;
	app_speech_cfg(ctx, cfg, folders);
	return -1;
}

static int write_words(void *ctx, const struct say *say, const struct speech_cfg *folders)
{
	struct speech *sp;
	struct sound *snd;
	char *error = NULL;
	int rc;

	sp = speech_alloc(ctx, folders, &error);
	if (!sp)
		return cmd_wrong(1, "%s", error);
	snd = speech_now(sp, &say->words);
	if (!snd && error)
		return cmd_wrong(1, "%s", error);
	if (!snd)
		return cmd_wrong(1, "nothing is written: these words cannot be said in \"%s\"",
				 say->words.language);
	rc = sound_write(say->out, sound_samples(snd), sound_length(snd));
	if (rc < 0)
		rc = cmd_wrong(1, "%s: %s", say->out, strerror(-rc));
	else
		printf("%s: %.1f s\n", say->out, (double)sound_length(snd) / SOUND_RATE);
	sound_unref(snd);
	return rc;
}

int cmd_say(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "say");
	struct speech_cfg folders = { 0 };
	struct say say = { 0 };
	int status = read_options(&say, argc, argv);

	if (status < 0 && log_start(ctx, NULL) < 0)
		status = 1;
	if (status < 0)
		status = find_folders(ctx, &say, &folders);
	if (status < 0)
		status = write_words(ctx, &say, &folders);
	talloc_free(ctx);
	return status;
}
