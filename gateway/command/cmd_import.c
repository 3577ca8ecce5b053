// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_import.c - import addresses | assets | events FILE.csv: the city's registers into the database. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "command/cmd.h"
#include "config.h"
#include "log.h"
#include "command/progress.h"
#include "store/store.h"
#include "store/store_agenda.h"
#include "wire/csv.h"

#define REFUSED_SHOWN 20
#define REASONS_MAX   32
#define BLOCK	      65536
#define ZONE	      "Europe/Amsterdam" /* of times, where no configuration says it */

static const char help_text[] =
	"usage: meldlijn import addresses|assets|events FILE.csv [--json] [-c FILE | --database FILE]\n"
	"The first row names the columns, in any order; FILE may be - (standard input).\n"
	"addresses: postcode, number, suffix, street, place, area, lat, lon\n"
	"           (or huisnummer, huisletter, toevoeging, straat, woonplaats, wijk)\n"
	"assets:    kind, number, detail, street, house_number, area, lat, lon\n"
	"           (or soort, nummer, fractie, straat, huisnummer, wijk)\n"
	"events:    id, kind (event or closure), title, from, until, by, and where it is: street, house_number\n"
	"           (66 or 66-70), place if several have that street; or postcode; or lat, lon, radius (metres)\n"
	"           (or kenmerk, soort, titel, van, tot, uitvoerder, straat, huisnummer, woonplaats, straal);\n"
	"           location: how people call it; title_en and so on: what it is in other languages\n"
	"           times are of the city's clock; what is not in the file any more has ended\n"
	"Degrees are WGS84.  Importing a file again changes nothing.\n";

struct column {
	const char *names;
	bool needed;
};

enum what { REGISTER_ADDRESSES, REGISTER_ASSETS, REGISTER_EVENTS };

enum address_column {
	A_POSTCODE,
	A_NUMBER,
	A_LETTER,
	A_SUFFIX,
	A_STREET,
	A_PLACE,
	A_AREA,
	A_LAT,
	A_LON,
	A_COUNT
};

static const struct column address_columns[A_COUNT] = {
	[A_POSTCODE] = { "postcode", true },
	[A_NUMBER] = { "number|huisnummer", true },
	[A_LETTER] = { "letter|huisletter", false },
	[A_SUFFIX] = { "suffix|toevoeging|huisnummertoevoeging", false },
	[A_STREET] = { "street|straat|straatnaam|openbare_ruimte|openbareruimte", true },
	[A_PLACE] = { "place|woonplaats|plaats", true },
	[A_AREA] = { "area|wijk|wijknaam", false },
	[A_LAT] = { "lat|latitude|breedtegraad", true },
	[A_LON] = { "lon|lng|longitude|lengtegraad", true },
};

enum asset_column { S_KIND, S_NUMBER, S_DETAIL, S_STREET, S_HOUSE, S_AREA, S_LAT, S_LON, S_COUNT };

static const struct column asset_columns[S_COUNT] = {
	[S_KIND] = { "kind|soort", true },
	[S_NUMBER] = { "number|nummer", true },
	[S_DETAIL] = { "detail|fractie", false },
	[S_STREET] = { "street|straat|straatnaam|openbare_ruimte|openbareruimte", false },
	[S_HOUSE] = { "house_number|huisnummer", false },
	[S_AREA] = { "area|wijk|wijknaam", false },
	[S_LAT] = { "lat|latitude|breedtegraad", true },
	[S_LON] = { "lon|lng|longitude|lengtegraad", true },
};

enum event_column {
	E_CODE,
	E_KIND,
	E_TITLE,
	E_FROM,
	E_UNTIL,
	E_BY,
	E_STREET,
	E_TOWN,
	E_HOUSE,
	E_HOUSE_TO,
	E_POSTCODE,
	E_LAT,
	E_LON,
	E_RADIUS,
	E_LOCATION,
	E_COUNT
};

static const struct column event_columns[E_COUNT] = {
	[E_CODE] = { "id|code|kenmerk|nummer", true },
	[E_KIND] = { "kind|soort", true },
	[E_TITLE] = { "title|titel|omschrijving", true },
	[E_FROM] = { "from|van|begin|start", true },
	[E_UNTIL] = { "until|tot|einde|end", true },
	[E_BY] = { "by|executor|organiser|uitvoerder|organisator", false },
	[E_STREET] = { "street|straat|straatnaam|openbare_ruimte|openbareruimte", false },
	[E_TOWN] = { "place|woonplaats|plaats", false },
	[E_HOUSE] = { "house_number|huisnummer|huisnummer_van", false },
	[E_HOUSE_TO] = { "house_number_to|huisnummer_tot", false },
	[E_POSTCODE] = { "postcode", false },
	[E_LAT] = { "lat|latitude|breedtegraad", false },
	[E_LON] = { "lon|lng|longitude|lengtegraad", false },
	[E_RADIUS] = { "radius|straal", false },
	[E_LOCATION] = { "location|locatie|plek", false },
};

/* What is told of each register. */
static const struct import_register {
	const char *name;
	const struct column *columns;
	int n;
} registers[] = {
	[REGISTER_ADDRESSES] = { "addresses", address_columns, A_COUNT },
	[REGISTER_ASSETS] = { "assets", asset_columns, S_COUNT },
	[REGISTER_EVENTS] = { "events", event_columns, E_COUNT },
};

#define COLUMNS_MAX   E_COUNT
#define LANGUAGES_MAX 32

/* A column of titles in another language. */
struct title {
	char language[16];
	int at;
};

struct reason {
	const char *why;
	int64_t n;
};

struct import {
	const char *path, *zone;
	enum what what;
	bool json, headed;
	struct store_import *into;
	struct agenda_import *agenda; /* instead, for events */
	int at[COLUMNS_MAX];	      /* field of each column, or -1 */
	struct title titles[LANGUAGES_MAX];
	size_t titles_n;
	int64_t ended;
	int64_t taken, refused;
	struct reason reasons[REASONS_MAX];
	json_t *lines; /* the first refused ones, for --json */
	struct progress progress;
	int64_t bytes, size;
};

/* ---- rows ---- */

/* "title_en", "titel_tr" */
static void read_title_columns(struct import *im, const struct csv_row *row)
{
	for (size_t i = 0; i < row->n && im->titles_n < LANGUAGES_MAX; i++) {
		struct title *t = &im->titles[im->titles_n];
		const char *name = row->fields[i];

		if (strncasecmp(name, "title_", 6) != 0 && strncasecmp(name, "titel_", 6) != 0)
			continue;
		if (osmo_strlcpy(t->language, name + 6, sizeof(t->language)) < 2)
			continue;
		osmo_str_tolower_buf(t->language, sizeof(t->language), t->language);
		t->at = (int)i;
		im->titles_n++;
	}
}

static int read_header(struct import *im, const struct csv_row *row)
{
	const struct column *columns = registers[im->what].columns;
	char *missing = NULL;
	int n = 0;

	if (im->what == REGISTER_EVENTS)
		read_title_columns(im, row);
	for (int i = 0; i < registers[im->what].n; i++) {
		im->at[i] = csv_column(row, columns[i].names);
		if (im->at[i] >= 0 || !columns[i].needed)
			continue;
		missing = talloc_asprintf_append(missing, "%s%s", missing ? ", " : "",
						 columns[i].names);
		n++;
	}
	im->headed = true;
	if (missing)
		cmd_wrong(1, "%s:%llu: %s missing: %s", im->path, (unsigned long long)row->line,
			  n == 1 ? "a column is" : "columns are", missing);
	talloc_free(missing);
	return missing ? -EINVAL : 0;
}

static const char *field(const struct import *im, const struct csv_row *row, int column)
{
	int at = im->at[column];

	return at < 0 || (size_t)at >= row->n ? "" : row->fields[at];
}

static void refuse(struct import *im, uint64_t line, const char *why)
{
	if (im->refused++ < REFUSED_SHOWN) {
		if (im->progress.shown)
			fputs("\r\033[K", stderr);
		fprintf(stderr, "%s:%llu: %s\n", im->path, (unsigned long long)line, why);
		json_array_append_new(
			im->lines, json_pack("{s:I, s:s}", "line", (json_int_t)line, "why", why));
	}
	for (int i = 0; i < REASONS_MAX; i++) {
		if (im->reasons[i].why && strcmp(im->reasons[i].why, why) != 0)
			continue;
		im->reasons[i].why = why;
		im->reasons[i].n++;
		return;
	}
}

static int take_address(struct import *im, const struct csv_row *row, const char **why)
{
	char suffix[64];

	snprintf(suffix, sizeof(suffix), "%.30s%.30s", field(im, row, A_LETTER),
		 field(im, row, A_SUFFIX));
	return store_import_address(im->into, field(im, row, A_POSTCODE), field(im, row, A_NUMBER),
				    suffix, field(im, row, A_STREET), field(im, row, A_PLACE),
				    field(im, row, A_AREA), field(im, row, A_LAT),
				    field(im, row, A_LON), why);
}

static int take_asset(struct import *im, const struct csv_row *row, const char **why)
{
	return store_import_asset(im->into, field(im, row, S_KIND), field(im, row, S_NUMBER),
				  field(im, row, S_DETAIL), field(im, row, S_STREET),
				  field(im, row, S_HOUSE), field(im, row, S_AREA),
				  field(im, row, S_LAT), field(im, row, S_LON), why);
}

static void set_title(json_t *titles, const char *language, const char *text)
{
	if (*text)
		json_object_set_new(titles, language, json_string(text));
}

static const char *trimmed(void *ctx, const char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	return talloc_strndup(ctx, text, len);
}

static int take_event(struct import *im, const struct csv_row *row, const char **why)
{
	void *ctx = talloc_new(im->agenda);
	const char *said[E_COUNT];
	json_t *titles = json_object();
	struct agenda_row r;
	char *dump;
	int rc;

	for (int i = 0; i < E_COUNT; i++)
		said[i] = trimmed(ctx, field(im, row, i));
	set_title(titles, "", said[E_TITLE]);
	for (size_t i = 0; i < im->titles_n; i++)
		if ((size_t)im->titles[i].at < row->n)
			set_title(titles, im->titles[i].language,
				  trimmed(ctx, row->fields[im->titles[i].at]));
	dump = json_dumps(titles, JSON_COMPACT | JSON_SORT_KEYS);
	r = (struct agenda_row){
		.code = said[E_CODE],
		.kind = said[E_KIND],
		.titles = dump ? dump : "", /* no UTF-8 */
		.street = said[E_STREET],
		.town = said[E_TOWN],
		.house = said[E_HOUSE],
		.house_to = said[E_HOUSE_TO],
		.postcode = said[E_POSTCODE],
		.lat = said[E_LAT],
		.lon = said[E_LON],
		.radius = said[E_RADIUS],
		.place = said[E_LOCATION],
		.by = said[E_BY],
		.starts = said[E_FROM],
		.ends = said[E_UNTIL],
	};
	rc = store_agenda_put(im->agenda, &r, why);
	free(dump);
	json_decref(titles);
	talloc_free(ctx);
	return rc;
}

static int take(struct import *im, const struct csv_row *row, const char **why)
{
	switch (im->what) {
	case REGISTER_ADDRESSES:
		return take_address(im, row, why);
	case REGISTER_ASSETS:
		return take_asset(im, row, why);
	case REGISTER_EVENTS:
		return take_event(im, row, why);
	}
	return -EIO;
}

static int take_row(void *priv, const struct csv_row *row)
{
	struct import *im = priv;
	const char *why = NULL;
	int rc;

	if (!im->headed)
		return read_header(im, row);
	rc = take(im, row, &why);
	if (rc == -EINVAL) {
		refuse(im, row->line, why);
		return 0;
	}
	if (rc < 0)
		return rc;
	im->taken++;
	progress_show(&im->progress, im->size ? (double)im->bytes / im->size : -1,
		      im->taken + im->refused, "rows");
	return 0;
}

/* ---- the file ---- */

static int push_file(struct import *im, struct csv *csv, FILE *file)
{
	char *block = talloc_size(csv, BLOCK);
	size_t n;
	int rc = 0;

	OSMO_ASSERT(block);
	while (rc == 0 && (n = fread(block, 1, BLOCK, file)) > 0) {
		rc = csv_push(csv, block, n);
		im->bytes += n;
	}
	if (rc == 0 && ferror(file))
		return -errno;
	return rc ? rc : csv_finish(csv);
}

static int explain(const struct import *im, const struct csv *csv, int rc)
{
	if (csv_error(csv))
		return cmd_wrong(1, "%s:%llu: %s; the rows before it are taken", im->path,
				 (unsigned long long)csv_line(csv), csv_error(csv));
	if (rc == -EIO)
		return cmd_wrong(1,
				 "the database could not be written (see above): make room on its "
				 "disk and import again");
	if (rc == -EINVAL && !im->taken && !im->refused)
		return 1; /* columns are missing: said already */
	return cmd_wrong(1, "%s: %s", im->path, strerror(-rc));
}

static int read_into(void *ctx, struct import *im, FILE *file)
{
	struct csv *csv = csv_alloc(ctx, 0, take_row, im);
	struct stat about;
	int rc;

	if (fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode))
		im->size = about.st_size;
	progress_begin(&im->progress, registers[im->what].name);
	rc = push_file(im, csv, file);
	return rc < 0 ? explain(im, csv, rc) : 0;
}

/* ---- the account ---- */

static void print_json(const struct import *im, double seconds)
{
	json_t *reasons = json_object();
	json_t *all;

	for (int i = 0; i < REASONS_MAX && im->reasons[i].why; i++)
		json_object_set_new(reasons, im->reasons[i].why, json_integer(im->reasons[i].n));
	all = json_pack("{s:I, s:I, s:o, s:O, s:f}", "taken", (json_int_t)im->taken, "refused",
			(json_int_t)im->refused, "reasons", reasons, "lines", im->lines, "seconds",
			seconds);
	if (im->what == REGISTER_EVENTS)
		json_object_set_new(all, "ended", json_integer(im->ended));
	cmd_json(all, JSON_INDENT(2));
}

static void print_account(const struct import *im, double seconds)
{
	int64_t rows = im->taken + im->refused;

	printf("%s: %lld taken, %lld refused, in %.1f s (%.0f rows/s)\n", im->path,
	       (long long)im->taken, (long long)im->refused, seconds,
	       seconds > 0 ? rows / seconds : 0.0);
	for (int i = 0; i < REASONS_MAX && im->reasons[i].why; i++)
		printf("  %7lld  %s\n", (long long)im->reasons[i].n, im->reasons[i].why);
	if (im->ended)
		printf("  %7lld  are not in it any more: they have ended\n", (long long)im->ended);
}

static bool begin(void *ctx, struct import *im, struct store *st)
{
	if (im->what == REGISTER_EVENTS)
		im->agenda = store_agenda_begin(ctx, st, im->zone, clock_now_s());
	else
		im->into = store_import_begin(ctx, st, im->what == REGISTER_ASSETS);
	return im->agenda || im->into;
}

/* \param[in] whole  all of the file was read */
static int end(struct import *im, bool whole)
{
	if (im->agenda)
		return store_agenda_end(im->agenda, whole && im->headed, &im->ended);
	return store_import_end(im->into, true);
}

static int import_into(void *ctx, struct import *im, struct store *st, FILE *file)
{
	double seconds;
	int status;

	if (!begin(ctx, im, st))
		return cmd_wrong(1, "the database is busy: another import may be running");
	status = read_into(ctx, im, file);
	if (end(im, status == 0) < 0 && status == 0)
		status = explain(im, csv_alloc(ctx, 0, take_row, im), -EIO);
	seconds = progress_end(&im->progress);
	if (!im->headed && status == 0)
		status = cmd_wrong(1, "%s: is empty", im->path);
	if (!im->headed)
		return status;
	if (im->json)
		print_json(im, seconds);
	else
		print_account(im, seconds);
	return status ? status : im->refused && !im->taken ? 1 : 0;
}

static int import_file(void *ctx, struct import *im, const char *database)
{
	bool is_stdin = strcmp(im->path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(im->path, "r");
	struct store *st;
	char *error;
	int status;

	if (!file)
		return cmd_wrong(1, "%s: %s", im->path, strerror(errno));
	st = store_open(ctx, database, &error);
	if (!st) {
		status = cmd_wrong(1, "%s", error);
	} else {
		im->lines = json_array();
		status = import_into(ctx, im, st, file);
		json_decref(im->lines);
		store_close(st);
	}
	if (!is_stdin)
		fclose(file);
	return status;
}

static int read_what(struct import *im, const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (strcmp(registers[i].name, what) != 0)
			continue;
		im->what = (enum what)i;
		return 0;
	}
	return cmd_wrong(2, "import what?  addresses, assets or events, not \"%s\"", what);
}

/* Whose clock the times of events are of, and where all goes. */
static int find_database(void *ctx, struct import *im, const char *file, const char **database)
{
	struct config *cfg;

	if (*database && !file)
		return cmd_database(ctx, file, database);
	if (log_start(ctx, NULL) < 0)
		return 1;
	cfg = cmd_config(ctx, file);
	if (!cfg)
		return 1;
	im->zone = cfg->zone;
	if (!*database)
		*database = cfg->database;
	return 0;
}

int cmd_import_file(const char *what, const char *path, const char *database)
{
	struct import im = { .path = path, .zone = ZONE };
	void *ctx = talloc_named_const(NULL, 0, "import");
	int status = read_what(&im, what);

	if (status == 0)
		status = import_file(ctx, &im, database);
	talloc_free(ctx);
	return status;
}

int cmd_import(int argc, char **argv)
{
	static const struct option options[] = {
		{ "database", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct import im = { .zone = ZONE };
	const char *file = NULL, *database = NULL;
	void *ctx = talloc_named_const(NULL, 0, "import");
	int option, status;

	while ((option = getopt_long(argc, argv, "c:d:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'd':
			database = optarg;
			break;
		case 'j':
			im.json = true;
			break;
		case 'h':
			fputs(help_text, stdout);
			return 0;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	if (argc - optind != 2)
		return cmd_usage(argv[0], NULL);
	status = read_what(&im, argv[optind]);
	if (status)
		return status;
	im.path = argv[optind + 1];
	status = find_database(ctx, &im, file, &database);
	if (status == 0)
		status = import_file(ctx, &im, database);
	talloc_free(ctx);
	return status;
}
