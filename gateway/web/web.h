/* web.h - HTTP in: callbacks of contractors, the handset's API, health and figures.
 *
 * With a certificate it speaks TLS 1.2 and 1.3 and no plain HTTP.
 *
 * libmicrohttpd with its epoll descriptor on the loop, no thread.  Ceilings: WEB_BODY_MAX octets of body,
 * WEB_CONNECTIONS connections, WEB_TIMEOUT_S seconds of silence, WEB_REQUEST_S for a whole request and
 * WEB_ANSWER_S for taking its answer.  Answers that depend on a commit are held back (suspended) until it is done.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "flow/broadcast.h"
#include "flow/forward.h"
#include "flow/notify.h"
#include "line/handset.h"
#include "line/modem.h"
#include "store/store.h"

#define WEB_BODY_MAX	(64 * 1024)
#define WEB_CONNECTIONS 1536 /* 1,000 of them may be viewers, web_live.h */
#define WEB_TIMEOUT_S	30
#define WEB_REQUEST_S	60 /* until a request is there as a whole, however slowly it comes */
#define WEB_ANSWER_S	300 /* until its answer has been taken: the longest recording by 250 kbit/s */
#define WEB_PER_ADDRESS 64 /* connections from one address; not on loopback or behind a proxy */
#define WEB_PROXIES	8

/* A proxy whose word of who asks is taken. */
struct web_proxy {
	const char *address; /* as inet_ntop() writes it */
	bool rfc7239;	     /* it writes Forwarded; else X-Forwarded-For and X-Forwarded-Proto */
};

struct order_links;
#define WEB_OPEN311_KEYS 32

/* Our own Open311 address, /open311/v2/. */
struct web_open311_cfg {
	bool on;
	const char *jurisdiction; /* NULL: any is taken */
	int posts;		  /* a minute and key; 0: 60 */
	int lists;		  /* a minute and address, without a key; 0: 60 */
	struct {
		const char *name, *key;
	} keys[WEB_OPEN311_KEYS];
	size_t n_keys;
};

/* Of staff, whose one-time code the demo shows at /demo/code. */
#define WEB_DEMO_CARETAKER	 "karel"
#define WEB_DEMO_CARETAKER_PHONE "0612340099"

struct web_cfg {
	const char *address; /* "127.0.0.1" */
	uint16_t port;	     /* 0: any free one */
	bool demo;	     /* serve the built-in contractor under /demo/contractor/ */
	int demo_step_s; /* it accepts at once, plans after one step, starts after two, solves after three */
	const char *country;		       /* code for numbers in national form; NULL: "31" */
	const struct order_links *links;       /* NULL: no pages of orders */
	struct web_proxy proxies[WEB_PROXIES]; /* copied */
	size_t n_proxies;
	const char *certificate, *key; /* PEM files; NULL: plain HTTP */
	int request_s;		       /* 0: WEB_REQUEST_S */
	int answer_s;		       /* 0: WEB_ANSWER_S */
	const char *zone;	       /* of the city's clocks; NULL: "Europe/Amsterdam" */
	struct web_open311_cfg open311;
};

struct talk;
struct broadcast;
struct desk;
struct outbox;
struct intake;
struct callouts;
struct casework;

/* What the web must ask of the app. */
struct web_user {
	/* one object a line: {"name","kind","state","since","signal",...}; new reference */
	json_t *(*lines)(void *data);
	/* more Prometheus lines; talloc'd child of ctx */
	char *(*metrics)(void *ctx, void *data);
	/* the virtual clock moved: look at the agenda */
	void (*clock_moved)(void *data);
	/* the modem with this number if it runs, else NULL; may be NULL itself */
	struct modem *(*modem)(unsigned int nr, void *data);
	/* what the console's pages ask; NULL: that page is not there (tests).  talk changes when menus are read again */
	struct talk **talk;
	struct broadcast *broadcast;
	struct desk *desk;
	struct outbox *outbox;
	struct intake *intake;
	struct callouts *callouts;
	struct casework *casework;
	void *data;
};

struct web;

/*! \param[in] hs  NULL: no handset API
 *  \returns NULL if the address cannot be bound; logged */
struct web *web_start(void *ctx, const struct web_cfg *cfg, struct store *st, struct notify *nt,
		      struct forwarder *fw, struct handset *hs, const struct web_user *user);
uint16_t web_port(const struct web *web);
/*! The files of the certificate may have changed. */
void web_reload(struct web *web);
void web_stop(struct web *web);
/*! New texts may be waiting for a handset that asked with wait=: answers those requests. */
void web_texts_changed(struct web *web);
