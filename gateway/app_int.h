/* app_int.h - private to app*.c and vty*.c. */
#pragma once

#include "app.h"
#include "flow/broadcast.h"
#include "flow/casework.h"
#include "flow/call.h"
#include "flow/callout.h"
#include "flow/cap_feed.h"
#include "flow/order_link.h"
#include "flow/session.h"
#include "line/sip.h"
#include "voice/media.h"
#include "wake.h"

#define TIDY_EVERY_S 3600
#define KEEP_KEYS_S  (7 * 86400) /* networks repeat a text within three days */
#define TIDY_MAX     10000

struct app_modem {
	struct llist_head list;
	const struct config_modem *cm;
	struct modem *modem;
};

struct app_euse {
	struct llist_head list;
	const struct config_euse *ce;
	struct euse *euse;
};

struct app_sip {
	struct llist_head list;
	const struct config_sip *cs;
	struct sip_line *sip;
};

struct app {
	struct config *cfg;
	struct talk *talk;
	struct store *st;
	struct http_pool *http;
	struct mailer *mailer;
	struct outbox *outbox;
	struct desk *desk;
	struct intake *intake;
	struct sessions *sessions;
	struct speech *speech; /* NULL: there is none, so no calls */
	struct calls *calls;
	struct callouts *callouts;
	struct casework *casework;
	struct media *media; /* NULL: no line needed it yet */
	struct notify *notify;
	struct staff_phones *staff_phones;
	struct broadcast *broadcast;
	struct cap_feed *cap_feed;
	struct forwarder *forwarder;
	struct order_links *links; /* NULL: none */
	struct agenda *agenda;
	struct handset *handset; /* NULL: none */
	struct web *web;	 /* NULL: none */
	struct wake *wake;
	struct llist_head modems, euses, sips;
	struct llist_head vty_waits; /* vty_ussd.c */
	char *recalled;		     /* by line_remember(), until its next call */
	uint64_t texts_heard;
	int64_t started_s, tidy_due_s;
	int stopping; /* signals to stop so far: the second does not wait */
};

/* app_lines.c */
void app_handset_add(struct app *app);
void app_lines_start(struct app *app);
void app_lines_stop(struct app *app);
void app_handset_switch(struct app *app);
void app_modem_start(struct app *app, struct config_modem *cm);
void app_modem_stop(struct app *app, const struct config_modem *cm);
void app_euse_start(struct app *app, const struct config_euse *ce);
void app_euse_stop(struct app *app, const struct config_euse *ce);
void app_sip_start(struct app *app, const struct config_sip *cs);
void app_sip_stop(struct app *app, const struct config_sip *cs);
/*! The modem with this number if it runs, else NULL. */
struct modem *app_modem_nr(unsigned int nr, void *app);

/* app_calls.c */
void app_calls_start(struct app *app);
void app_calls_stop(struct app *app);
void app_calls_configure(struct app *app);
/*! What a line tells of calls. */
void app_calls_listen(struct line *ln);

/* app.c */
/*! A folder as the configuration names it, else beside the configuration, else where it was installed. */
const char *app_data_folder(void *ctx, const struct config *cfg, const char *name,
			    const char *installed);

/* app_figures.c */
json_t *app_lines_json(void *app);
char *app_metrics(void *ctx, void *app);

/* vty_euse.c */
void app_vty_euse_install(void);

/* vty_sip.c */
void app_vty_sip_install(void);

/* vty_notice.c */
void app_vty_notice_install(void);

/* vty_call.c */
void app_vty_call_install(void);

/* vty.c */
void app_vty_install(void);
struct app *app_of(struct vty *vty);

/* vty_ussd.c */
void app_vty_ussd_install(void);
void app_vty_watch(struct app *app);
