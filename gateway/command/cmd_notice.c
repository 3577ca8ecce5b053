// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_notice.c - "meldlijn notice": send one to many, see how far it is, hold it back. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app.h"
#include "clock.h"
#include "command/cmd.h"
#include "command/notice_file.h"
#include "command/notice_out.h"
#include "command/progress.h"
#include "flow/broadcast.h"
#include "log.h"
#include "talk/workday.h"
#include "wire/rfc3339.h"
#include "wire/xml.h"

static const char help_text[] =
	"usage: meldlijn notice send [WHO] [WHEN] TEXT | LANGUAGE=TEXT ... [--yes] [-c FILE]\n"
	"       meldlijn notice list | show ID [--json | --cap] [-c FILE]\n"
	"       meldlijn notice pause | resume | cancel ID [-c FILE]\n"
	"A text to many.  First it is told how many get it, what it costs and when the last one has\n"
	"it; then it asks.  The running line sends it, and never before an answer to a resident.\n"
	"TEXT is in the city's first language; nl=... en=... give more.  Each gets theirs, once.\n"
	"WHO (several are taken together):\n"
	"  --area NAME          who reported or follows something there, and subscribers\n"
	"  --street NAME        the same of a street\n"
	"  --near PLACE --radius METRES   the same around \"2511BT 70\" or \"Spui 70\"\n"
	"  --report REF         reporter and followers of a report\n"
	"  --category NAME      its subscribers and those of open reports\n"
	"  --subscribers        whoever has a subscription\n"
	"  --numbers FILE       a number a row, perhaps with a language after a comma\n"
	"  --update ID, --revoke ID   a correction, an end: to who got that notice\n"
	"  --voice              whoever cannot be texted is called\n"
	"  --cap FILE           words, people and times of an alert of CAP 1.2; WHO instead of its areas\n"
	"WHEN:\n"
	"  --start TIME, --expires TIME   as 2026-12-01T18:00, of the city's clock (now; a day later)\n"
	"  --quiet 21:00-08:00 | none     when none leaves (as configured)\n"
	"  --canary N           so many first; then it waits for: meldlijn notice resume ID\n"
	"  --pace N             texts a minute at most\n"
	"  --title TEXT         for staff;  --list NAME  what residents can stop alone\n"
	"  --key KEY            the same key again is the same notice: nobody gets it twice, and a list\n"
	"                       of numbers that was cut off is completed\n"
	"  --draft              only look: it is sent by: meldlijn notice resume ID\n"
	"  --yes                do not ask;  --json  for programs, which does not ask either\n";

struct request {
	const char *file, *key, *start, *expires, *quiet, *numbers, *near, *radius, *who;
	struct notice notice;
	char *alert; /* of --cap */
	size_t alert_len;
	json_t *audience, *words;
	char **argv; /* what is no option */
	int argc;
	bool json, yes, draft, as_cap;
};

enum {
	OPT_AREA = 1000,
	OPT_STREET,
	OPT_REPORT,
	OPT_CATEGORY,
	OPT_SUBSCRIBERS,
	OPT_NUMBERS,
	OPT_NEAR,
	OPT_RADIUS,
	OPT_UPDATE,
	OPT_REVOKE,
	OPT_START,
	OPT_EXPIRES,
	OPT_QUIET,
	OPT_CANARY,
	OPT_PACE,
	OPT_TITLE,
	OPT_LIST,
	OPT_KEY,
	OPT_DRAFT,
	OPT_YES,
	OPT_WHO,
	OPT_CAP,
	OPT_VOICE
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "area", required_argument, NULL, OPT_AREA },
	{ "street", required_argument, NULL, OPT_STREET },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "category", required_argument, NULL, OPT_CATEGORY },
	{ "subscribers", no_argument, NULL, OPT_SUBSCRIBERS },
	{ "numbers", required_argument, NULL, OPT_NUMBERS },
	{ "near", required_argument, NULL, OPT_NEAR },
	{ "radius", required_argument, NULL, OPT_RADIUS },
	{ "update", required_argument, NULL, OPT_UPDATE },
	{ "revoke", required_argument, NULL, OPT_REVOKE },
	{ "start", required_argument, NULL, OPT_START },
	{ "expires", required_argument, NULL, OPT_EXPIRES },
	{ "quiet", required_argument, NULL, OPT_QUIET },
	{ "canary", required_argument, NULL, OPT_CANARY },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "title", required_argument, NULL, OPT_TITLE },
	{ "list", required_argument, NULL, OPT_LIST },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "draft", no_argument, NULL, OPT_DRAFT },
	{ "yes", no_argument, NULL, OPT_YES },
	{ "who", required_argument, NULL, OPT_WHO },
	{ "cap", no_argument, NULL, OPT_CAP },
	{ "voice", no_argument, NULL, OPT_VOICE },
	{ 0 },
};

/* ---- the request ---- */

static bool read_count(const char *text, int64_t max, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && end != text && !*end && *out >= 1 && *out <= max;
}

static void audience(struct request *rq, json_t *who)
{
	json_array_append_new(rq->audience, who);
}

/* \returns false: it is no number of its kind */
static bool take_number(struct request *rq, int option, const char *text)
{
	int64_t n;

	if (!read_count(text, option == OPT_UPDATE || option == OPT_REVOKE ? INT64_MAX : 1000000,
			&n))
		return false;
	if (option == OPT_CANARY) {
		rq->notice.canary = n;
	} else if (option == OPT_PACE) {
		rq->notice.pace = n;
	} else {
		rq->notice.kind = option == OPT_UPDATE ? NOTICE_UPDATE : NOTICE_CANCEL;
		rq->notice.follows_id = n;
	}
	return true;
}

static bool take_who(struct request *rq, int option, const char *text)
{
	static const char *const word[] = { "area", "street", "report", "category" };

	if (option >= OPT_AREA && option <= OPT_CATEGORY)
		audience(rq, json_pack("{s:s}", word[option - OPT_AREA], text));
	else if (option == OPT_SUBSCRIBERS)
		audience(rq, json_pack("{s:b}", "subscribers", 1));
	else if (option == OPT_NUMBERS)
		rq->numbers = text;
	else if (option == OPT_NEAR)
		rq->near = text;
	else if (option == OPT_RADIUS)
		rq->radius = text;
	else
		return false;
	return true;
}

static const char **text_of(struct request *rq, int option)
{
	switch (option) {
	case 'c':
		return &rq->file;
	case OPT_START:
		return &rq->start;
	case OPT_EXPIRES:
		return &rq->expires;
	case OPT_QUIET:
		return &rq->quiet;
	case OPT_TITLE:
		return &rq->notice.title;
	case OPT_LIST:
		return &rq->notice.list;
	case OPT_KEY:
		return &rq->key;
	case OPT_WHO:
		return &rq->who;
	default:
		return NULL;
	}
}

/* \returns 0; 1 help; 2 wrong, which was said; -1 no such option */
static int take_option(struct request *rq, int option, const char *arg)
{
	const char **text = text_of(rq, option);

	if (text) {
		*text = arg;
		return 0;
	}
	if (take_who(rq, option, arg))
		return 0;
	switch (option) {
	case 'j':
		rq->json = true;
		return 0;
	case 'h':
		return 1;
	case OPT_DRAFT:
		rq->draft = true;
		return 0;
	case OPT_YES:
		rq->yes = true;
		return 0;
	case OPT_VOICE:
		rq->notice.voice = true;
		return 0;
	case OPT_CAP:
		rq->as_cap = true;
		return 0;
	case OPT_UPDATE:
	case OPT_REVOKE:
	case OPT_CANARY:
	case OPT_PACE:
		if (take_number(rq, option, arg))
			return 0;
		return cmd_wrong(2, "\"%s\" is no such number: see meldlijn notice --help", arg);
	default:
		return -1;
	}
}

/* The verb and how many words it takes. */
static bool is_verb(const struct request *rq)
{
	static const char *const of_one[] = { "show", "pause", "resume", "cancel" };
	int64_t id;

	if (rq->argc < 1)
		return false;
	if (strcmp(rq->argv[0], "send") == 0)
		return true;
	if (strcmp(rq->argv[0], "list") == 0)
		return rq->argc == 1;
	for (size_t i = 0; i < ARRAY_SIZE(of_one); i++)
		if (strcmp(rq->argv[0], of_one[i]) == 0)
			return rq->argc == 2 && read_count(rq->argv[1], INT64_MAX, &id);
	return false;
}

static int read_request(struct request *rq, int argc, char **argv)
{
	int option, rc = 0;

	while (rc == 0 && (option = getopt_long(argc, argv, "c:jh", options, NULL)) != -1)
		rc = take_option(rq, option, optarg);
	rq->argv = argv + optind;
	rq->argc = argc - optind;
	if (rc < 0)
		return cmd_usage(argv[0], argv[optind - 1]);
	if (rc == 0 && !is_verb(rq))
		return cmd_usage(argv[0], NULL);
	if (rq->near)
		audience(rq, json_pack("{s:s, s:f}", "near", rq->near, "radius",
				       rq->radius ? strtod(rq->radius, NULL) : 0.0));
	if (rq->numbers)
		audience(rq, json_pack("{s:i}", "file", 1));
	return rc;
}

/* "en=No water": letters and '-' before the sign are a language; else it is a text of the city's first. */
static bool take_words(struct request *rq, const struct talk *talk, const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
	char language[16];

	OSMO_STRLCPY_ARRAY(language, talk->languages[0]);
	if (text[len] == '=' && len >= 2 && len < sizeof(language)) {
		snprintf(language, sizeof(language), "%.*s", (int)len, text);
		text += len + 1;
	}
	return json_object_set_new(rq->words, language, json_string(text)) == 0;
}

/* Of the city's clock, where it names no zone. */
static int read_time(const struct talk *talk, const char *text, int64_t *at_s)
{
	if (text && workday_read(at_s, text, talk->zone) < 0)
		return cmd_wrong(1, "%s is no time: write 2026-12-01T18:00:00", text);
	return 0;
}

static int read_when(struct request *rq, const struct talk *talk)
{
	struct notice *n = &rq->notice;

	n->quiet_from_min = -1;
	if (rq->quiet && !config_read_quiet(rq->quiet, &n->quiet_from_min, &n->quiet_to_min))
		return cmd_wrong(1, "%s: quiet hours are written as 21:00-08:00, or none",
				 rq->quiet);
	return read_time(talk, rq->start, &n->start_s) == 0
		       ? read_time(talk, rq->expires, &n->expires_s)
		       : 1;
}

static bool list_json(const struct notice *n, void *data)
{
	json_array_append_new(data, notice_out_json(n));
	return true;
}

/* ---- send ---- */

static void show_people(int64_t people, void *data)
{
	progress_show(data, -1, people, "people");
}

static int failed(const struct request *rq, int rc)
{
	if (rc == -ENOENT)
		return cmd_wrong(1, "there is no notice %s: see meldlijn notice list", rq->argv[1]);
	if (rc == -EAGAIN)
		return cmd_wrong(
			1,
			"notice %s cannot be sent: its list of numbers is not complete; send "
			"the whole list again, with the same --key if it had one",
			rq->argv[1]);
	if (rc == -EINVAL)
		return cmd_wrong(1,
				 "notice %s is not in a state for that: see meldlijn notice list",
				 rq->argv[1]);
	return cmd_wrong(1, "the database could not be written: is the disk full?");
}

static int say(struct app *app, int64_t id, int (*what)(struct broadcast *bc, int64_t id),
	       const char *who, const char *word)
{
	struct store *st = app_store(app);
	int rc = store_begin(st);

	if (rc < 0)
		return rc;
	rc = what(app_broadcast(app), id);
	if (rc == 0)
		rc = store_audit(st, who,
				 talloc_asprintf(app, "notice %lld %s", (long long)id, word),
				 clock_now_s());
	if (rc < 0)
		store_undo(st);
	else
		rc = store_end(st);
	return rc < 0 ? rc : store_commit(st);
}

/* Its list was cut off, and this is the same notice: it goes on. */
static bool goes_on(struct app *app, const struct request *rq)
{
	const struct notice *n = &rq->notice;
	struct notice first;

	return n->taking && !rq->alert &&
	       store_notice_get(app, app_store(app), n->id, &first) == 0 && first.taking &&
	       !notice_has_ended(first.state) && strcmp(first.words, n->words) == 0 &&
	       strcmp(first.list, n->list ? n->list : "") == 0;
}

static int add(struct app *app, struct request *rq)
{
	struct notice *n = &rq->notice;
	struct store *st = app_store(app);
	char *error = NULL;
	int rc;

	if (rq->key)
		OSMO_STRLCPY_ARRAY(n->key, rq->key);
	else
		snprintf(n->key, sizeof(n->key), "command %016llx",
			 (unsigned long long)store_random(st));
	n->who = rq->who;
	n->taking = rq->numbers && !n->follows_id;
	if (json_array_size(rq->audience) > 0)
		n->audience = json_dumps(rq->audience, JSON_COMPACT);
	if (!rq->alert) {
		n->words = json_dumps(rq->words, JSON_COMPACT);
		n->audience = n->follows_id ? "{}" : n->audience;
	}
	rc = store_begin(st);
	if (rc == 0) {
		rc = rq->alert ? broadcast_cap_add(app, app_broadcast(app), rq->alert,
						   rq->alert_len, n, &error)
			       : broadcast_add(app, app_broadcast(app), n, &error);
		if (rc < 0)
			store_undo(st);
		else
			rc = store_end(st);
	}
	if (rc == 0)
		rc = store_commit(st);
	if (rc == -EEXIST && goes_on(app, rq))
		return 0;
	if (rc == -EEXIST)
		return cmd_wrong(1, "key %s was used: it is notice %lld", n->key, (long long)n->id);
	if (rc < 0 && error)
		return cmd_wrong(1, "%s", error);
	return rc < 0 ? failed(rq, rc) : 0;
}

/* Its numbers. What cannot be completed by the same command, as it has no key, is given up at once. */
static int add_numbers(struct app *app, struct request *rq)
{
	struct notice *n = &rq->notice;
	struct notice_file file = { .path = rq->numbers, .country = app_talk(app)->country };
	int rc = notice_file_read(app, app_store(app), n, &file);

	if (rc != 0 && !rq->key)
		say(app, n->id, broadcast_cancel, rq->who,
		    "cancelled: its list was not read to its end");
	if (rc == 0 && file.refused + file.doubled && !rq->json)
		printf("%s: %" PRId64 " are no numbers that a text can go to, %" PRId64
		       " stand there twice\n",
		       rq->numbers, file.refused, file.doubled);
	return rc;
}

/* A terminal is asked; a program says --yes or --json. */
static bool is_wanted(const struct request *rq, const struct broadcast_estimate *e)
{
	char answer[16] = "";

	if (rq->draft || e->people == 0)
		return false;
	if (rq->yes || rq->json)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	printf("send it to %" PRId64 " people? [y/N] ", e->people);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == 'y' || answer[0] == 'Y' || answer[0] == 'j' || answer[0] == 'J';
}

static int look_and_send(struct app *app, struct request *rq, const char *currency)
{
	struct notice *n = &rq->notice;
	struct broadcast_estimate e;
	struct progress progress;
	bool go;
	int rc;

	progress_begin(&progress, "people");
	rc = broadcast_gather(app_broadcast(app), n->id, show_people, &progress);
	progress_end(&progress);
	if (rc == 0)
		rc = broadcast_estimate(app_broadcast(app), n->id, &e);
	if (rc < 0)
		return failed(rq, rc);
	if (!rq->json)
		notice_out_estimate(&e, currency);
	go = is_wanted(rq, &e);
	if (go)
		rc = say(app, n->id, broadcast_go, rq->who, "sent");
	if (rc < 0)
		return failed(rq, rc);
	if (rq->json) {
		json_t *json;

		store_notice_get(app, app_store(app), n->id, n);
		json = notice_out_json(n);
		json_object_set_new(json, "estimate", notice_out_estimate_json(&e, currency));
		cmd_json(json, 0);
	} else if (go) {
		printf("notice %lld goes out: meldlijn notice show %lld\n", (long long)n->id,
		       (long long)n->id);
	} else if (e.people == 0) {
		return cmd_wrong(1, "nobody would get it: notice %lld stays a draft",
				 (long long)n->id);
	} else {
		printf("not sent: notice %lld stays a draft; to send it: meldlijn notice resume "
		       "%lld\n",
		       (long long)n->id, (long long)n->id);
	}
	return 0;
}

/* One octet more than is taken, so that what is too large is told. */
static int read_alert(struct app *app, struct request *rq)
{
	const char *path = rq->argv[1];
	FILE *from = rq->argc == 2 ? fopen(path, "re") : NULL;

	if (rq->argc != 2)
		return cmd_wrong(1, "give one file behind --cap, and no text: meldlijn notice "
				    "--help");
	if (!from)
		return cmd_wrong(1, "%s: %s", path, strerror(errno));
	rq->alert = talloc_size(app, XML_SIZE_MAX + 1);
	OSMO_ASSERT(rq->alert);
	rq->alert_len = fread(rq->alert, 1, XML_SIZE_MAX + 1, from);
	fclose(from);
	return 0;
}

static int show_cap(struct app *app, const struct notice *n)
{
	char *alert = broadcast_cap(app, app_broadcast(app), n);

	if (alert) {
		fputs(alert, stdout);
		return 0;
	}
	if (!broadcast_is_public(app_broadcast(app), n))
		return cmd_wrong(1,
				 "notice %lld is not for all, or has not left: CAP is for what all "
				 "may read",
				 (long long)n->id);
	return cmd_wrong(1, "who we are in CAP is not known: write cap-sender under \"notices\" in "
			    "the configuration");
}

static int send_one(struct app *app, struct request *rq, const struct config *cfg)
{
	struct talk *talk = app_talk(app);
	int rc;

	if (rq->argc < 2)
		return cmd_wrong(2, "say what to send: meldlijn notice --help");
	if (rq->as_cap && read_alert(app, rq) != 0)
		return 1;
	if (!rq->alert && !rq->notice.follows_id && json_array_size(rq->audience) == 0)
		return cmd_wrong(2, "say who gets it, as --area centrum: meldlijn notice --help");
	for (int i = 1; !rq->alert && i < rq->argc; i++)
		if (!take_words(rq, talk, rq->argv[i]))
			return cmd_wrong(1, "the words are no UTF-8");
	if (read_when(rq, talk) != 0)
		return 1;
	if (rq->numbers && access(rq->numbers, R_OK) < 0)
		return cmd_wrong(1, "%s: %s", rq->numbers, strerror(errno));
	rc = add(app, rq);
	if (rc == 0 && rq->notice.taking)
		rc = add_numbers(app, rq);
	if (rc != 0)
		return rc;
	return look_and_send(app, rq, cfg->broadcast.currency);
}

/* ---- the others ---- */

static int list(struct app *app, const struct request *rq)
{
	json_t *all = rq->json ? json_array() : NULL;
	int rc;

	if (!rq->json && isatty(STDOUT_FILENO))
		puts("   id state     from                people      sent delivered  failed  title");
	rc = store_notice_list(app, app_store(app), 0, 1000, rq->json ? list_json : notice_out_line,
			       all);
	if (rq->json)
		cmd_json(all, 0);
	return rc < 0 ? cmd_wrong(1, "the database cannot be read: see above") : 0;
}

static int show(struct app *app, const struct request *rq, int64_t id, const char *currency)
{
	struct broadcast_estimate e;
	char at[RFC3339_SIZE];
	struct notice n;
	json_t *json;
	int rc = store_notice_get(app, app_store(app), id, &n);

	if (rc < 0)
		return failed(rq, rc);
	if (rq->as_cap)
		return show_cap(app, &n);
	rc = broadcast_estimate(app_broadcast(app), id, &e);
	if (rq->json) {
		json = notice_out_json(&n);
		if (rc == 0)
			json_object_set_new(json, "estimate",
					    notice_out_estimate_json(&e, currency));
		cmd_json(json, 0);
		return 0;
	}
	printf("notice %" PRId64 ", %s %s, by %s%s%s\n", n.id, notice_kind_name(n.kind),
	       notice_state_name(n.state), n.who, n.title[0] ? ": " : "", n.title);
	printf("%s\nto %s\n", n.words, n.audience);
	printf("people %" PRId64 ", waiting %" PRId64 ", queued %" PRId64 ", sent %" PRId64
	       ", delivered %" PRId64 ", failed %" PRId64 ", left out %" PRId64 "\n",
	       n.recipients, n.recipients - n.queued - n.sent - n.delivered - n.failed - n.skipped,
	       n.queued, n.sent, n.delivered, n.failed, n.skipped);
	if (n.taking)
		printf("its list of numbers is not complete, so it cannot be sent; if nothing is added it "
		       "lapses at %s\n",
		       rfc3339_write(at, n.due_s, 0));
	if (rc == 0)
		notice_out_estimate(&e, currency);
	return 0;
}

static int on_one(struct app *app, struct request *rq, const struct config *cfg)
{
	static const struct {
		const char *word, *done;
		int (*what)(struct broadcast *bc, int64_t id);
	} words[] = {
		{ "pause", "paused", broadcast_pause },
		{ "resume", "resumed", broadcast_go },
		{ "cancel", "cancelled", broadcast_cancel },
	};
	const char *word = rq->argv[0];
	int64_t id;
	int rc;

	if (!read_count(rq->argv[1], INT64_MAX, &id))
		return cmd_usage("notice", rq->argv[1]);
	if (strcmp(word, "show") == 0)
		return show(app, rq, id, cfg->broadcast.currency);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		rc = say(app, id, words[i].what, rq->who, words[i].done);
		if (rc < 0)
			return failed(rq, rc);
		if (!rq->json)
			printf("notice %lld is %s\n", (long long)id, words[i].done);
		return rq->json ? show(app, rq, id, cfg->broadcast.currency) : 0;
	}
	return cmd_usage("notice", word);
}

static int run(struct app *app, struct request *rq, const struct config *cfg)
{
	rq->who = talloc_asprintf(app, "staff %s",
				  rq->who	   ? rq->who
				  : getenv("USER") ? getenv("USER")
						   : "?");
	if (strcmp(rq->argv[0], "send") == 0)
		return send_one(app, rq, cfg);
	if (strcmp(rq->argv[0], "list") == 0 && rq->argc == 1)
		return list(app, rq);
	return on_one(app, rq, cfg);
}

int cmd_notice(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "meldlijn notice");
	struct request rq = { .audience = json_array(), .words = json_object() };
	struct config *cfg;
	struct app *app;
	int rc = read_request(&rq, argc, argv);

	if (rc == 1) {
		fputs(help_text, stdout);
		return 0;
	}
	if (rc != 0)
		return rc;
	log_start(ctx, "error");
	cfg = cmd_config(ctx, rq.file);
	app = cfg ? app_visit(ctx, cfg) : NULL;
	if (!app)
		return 1;
	rc = run(app, &rq, cfg);
	app_leave(app);
	json_decref(rq.audience);
	json_decref(rq.words);
	talloc_free(ctx);
	return rc;
}
