/* web_int.h - private to web/: one request, and who answers which.
 *
 * A handler answers with web_answer() at once, or calls web_hold() and answers later.  A
 * request lives until libmicrohttpd is through with it and nobody holds it any more.
 */
#pragma once

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "web/web.h"
#include "wire/target.h"

struct web_demo;
struct web_sign;
struct web_tls;
struct web_live;
struct web_open311;
struct phrase_locale;

#define WEB_HEADS_MAX 8

struct web {
	struct web_cfg cfg;
	char *country, *zone;
	struct phrase_locale *dutch, *english; /* how dates and numbers are written */
	struct web_sign *sign;		       /* who tries to sign in */
	struct web_live *live;		       /* who looks at what changes */
	struct web_open311 *open311;	       /* NULL if not served */
	bool on_loopback;
	uint16_t port;
	struct MHD_Daemon *daemon;
	struct osmo_fd epoll;
	struct osmo_timer_list timer;
	bool poked; /* while libmicrohttpd ran */
	struct store *st;
	struct notify *nt;
	struct forwarder *fw;
	struct handset *hs;
	int64_t hs_changes; /* how often anything of it changed */
	struct web_user user;
	struct web_tls *tls;	 /* NULL: plain HTTP */
	struct llist_head conns; /* web_conn.c */
	struct osmo_timer_list conn_timer;
	struct llist_head requests; /* struct web_req, those that MHD knows */
	struct web_demo *demo;	    /* NULL if not served */
	uint64_t answered[6];	    /* by first digit of the status */
	bool stopping;
};

struct web_req {
	struct llist_head entry;
	struct web *web; /* NULL: it has stopped, and somebody still holds the request */
	struct MHD_Connection *conn;
	char *uri;
	struct target target;
	int target_rc;
	const char *method;
	const char *client; /* the address of who asks, behind trusted proxies; "" unknown */
	bool secure;	    /* by TLS, ours or a trusted proxy's */
	char *body;	    /* NUL-terminated */
	size_t len, body_max;
	bool too_large;
	bool routed;

	/* the answer */
	unsigned int status; /* 0: none yet */
	char *answer;
	size_t answer_len;
	const char *type;
	const char *allow;
	const char *why; /* for the log, where the answer is a page; NULL: its status says enough */
	struct {
		const char *name, *value;
	} heads[WEB_HEADS_MAX]; /* besides those of every answer, or instead of them */
	size_t n_heads;

	struct MHD_Response *stream; /* instead of an answer, until it is queued */
	bool endless; /* the stream: what changes is told for as long as somebody listens */
	bool held;    /* someone will call web_answer() */
	bool suspended;
	bool finished; /* libmicrohttpd is through with it */

	/* a phone that waits for texts (web_handset.c), to be called, or for what is heard in a call */
	bool waiting;
	struct osmo_timer_list wait;
	char number[PHONE_SIZE];
	int64_t after;
	int parts;     /* of the text it sent */
	uint64_t call; /* 0: it waits for texts, or with rings to be called */
	bool rings;
	bool changes; /* it waits for anything of the handset: after is what it knows */
};

typedef void web_handler(struct web_req *req);

/*! Answer with JSON; the reference is taken. */
void web_answer_json(struct web_req *req, unsigned int status, json_t *json);
/*! Answer with {"error": words}. */
void web_answer_error(struct web_req *req, unsigned int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/*! Answer with a text; body is copied, type is static. */
void web_answer(struct web_req *req, unsigned int status, const char *type, const char *body);
/*! The same with octets of any kind, copied. */
void web_answer_octets(struct web_req *req, unsigned int status, const char *type,
		       const void *octets, size_t n);
/*! 200 with a body that is made while it is sent; type is static, the response is taken. */
void web_answer_stream(struct web_req *req, const char *type, struct MHD_Response *response);
/*! libmicrohttpd has something to do that no socket tells of. */
void web_poke(struct web *web);
/*! A header of the answer that is to come; value is copied.  Cache-Control and Content-Security-Policy take the place
 *  of what every answer has. */
void web_head(struct web_req *req, const char *name, const char *value);
/*! 303 to an address of ours. */
void web_see(struct web_req *req, const char *address);
/*! The answer comes later, through one of web_answer*(). */
void web_hold(struct web_req *req);
/*! A header of the request, NULL if it is not there. */
const char *web_header(const struct web_req *req, const char *name);
/*! The n-th segment of the path, "" if there are fewer. */
const char *web_segment(const struct web_req *req, size_t n);
/*! Read the body as a JSON object; answers 400 itself. \returns NULL then */
json_t *web_body_json(struct web_req *req);

/* web_client.c */
/*! Sets client and secure, once the headers are there. */
void web_client_find(struct web_req *req);
#define WEB_NETWORK_SIZE 64
/*! Whose ceiling it counts for: the client's address; an IPv6 subscriber has all of a /64. */
void web_client_network(const struct web_req *req, char out[WEB_NETWORK_SIZE]);
/* web_conn.c */
void web_conn_start(struct web *web);
void web_conn_changed(void *data, struct MHD_Connection *connection, void **context,
		      enum MHD_ConnectionNotificationCode what);
/*! The request is there as a whole; its answer is there to be sent, all of which has an end; it has been taken. */
void web_conn_at_work(struct web_req *req);
void web_conn_told(struct web_req *req);
void web_conn_through(struct web_req *req);
/*! Ceiling of libmicrohttpd's, 0: none. */
unsigned int web_conn_per_address(const struct web *web);
gnutls_certificate_retrieve_function3 web_conn_certificate;
/* web_local.c */
/*! For what only this machine may do: the client, its headers and our own address are looked at. */
bool web_comes_from_here(const struct web_req *req);
/* web_route.c */
void web_route(struct web_req *req);
/*! Is there a page at "/console/NAME"? */
bool web_route_has_page(const char *name);
/*! Octets of body that are read for the request's method and path. */
size_t web_route_body_max(struct web_req *req);
/* web_state.c */
web_handler web_healthz, web_metrics, web_home;
/* web_assets.c */
web_handler web_asset;

/* web_console.c */
/*! A browser is at an address of the console where nothing is: it is told in a page. \returns false if it is not that */
bool console_nowhere(struct web_req *req);

/* web_sign.c */
struct web_sign *web_sign_start(struct web *web);
void web_sign_stop(struct web_sign *sign);
web_handler web_sign_in_page, web_sign_in, web_sign_out;

/* web_account.c */
web_handler web_language, web_account, web_password;

/* web_today.c */
web_handler web_today;
/* web_menus.c */
web_handler web_menus;
/* web_reports.c, web_report.c, web_report_do.c */
web_handler web_reports, web_report, web_recording, web_report_state, web_report_answer,
	web_report_note, web_report_reassign, web_report_merge;

/* web_audit.c */
web_handler web_audit;
/* web_staff.c */
web_handler web_staff, web_staff_add, web_staff_one, web_staff_change, web_staff_password,
	web_staff_codes, web_staff_end;

/* web_contractors.c */
web_handler web_contractors, web_contractor_one, web_contractor_try, web_contractor_again;

/* web_notices.c, web_notice.c, web_notice_new.c, web_notice_do.c */
web_handler web_notices, web_notice, web_notice_new, web_notice_add, web_notice_preview,
	web_notice_send, web_notice_pause, web_notice_resume, web_notice_cancel;
size_t web_notice_form_max(struct web_req *req);
/* web_people.c */
web_handler web_people, web_people_find, web_people_one, web_people_release, web_people_export,
	web_people_forget;

/* web_order.c */
web_handler web_order, web_order_tell;
/* web_open311.c, web_open311_list.c, web_open311_post.c */
struct web_open311 *web_open311_start(struct web *web);
void web_open311_stop(struct web_open311 *open311);
bool web_open311_served(struct web_req *req);
/*! Is it asked of our Open311 address?  Then errors are said as that standard says. */
bool web_open311_is(const struct web_req *req);
void web_open311_error(struct web_req *req, unsigned int status, const char *words);
web_handler web_open311_discovery, web_open311_list, web_open311_one, web_open311_post;

/* web_callback.c */
web_handler web_callback;
/* web_handset.c */
web_handler web_handset_sms, web_handset_messages, web_handset_clock_get, web_handset_clock_move,
	web_handset_changes;
/*! A text, a call or the clock of the handset is not as it was. */
void web_handset_changed(struct web *web);
bool web_handset_allowed(struct web_req *req);
/*! Read the number of the address into req->number. \returns false if it has been answered */
bool web_handset_number(struct web_req *req);
void web_handset_texts_changed(struct web *web);
#define WEB_WAIT_MAX_S 60
/*! Read a count of the query, 0 if it is not there. \returns false if it is none */
bool web_read_count(const struct web_req *req, const char *name, int64_t max, int64_t *out);
/* web_handset_ussd.c */
web_handler web_handset_ussd;
/* web_handset_call.c */
web_handler web_handset_call_place, web_handset_call_list, web_handset_call_show,
	web_handset_call_hang_up, web_handset_call_keys, web_handset_call_say,
	web_handset_call_hear;
size_t web_handset_call_body_max(struct web_req *req);
void web_handset_call_changed(uint64_t id, void *data);
/* web_phone.c */
web_handler web_phone;
/* web_cap.c */
web_handler web_cap;
/* web_modem.c */
web_handler web_modem_ussd;
bool web_modem_allowed(struct web_req *req);
/* web_demo.c */
struct web_demo *web_demo_start(struct web *web);
void web_demo_stop(struct web_demo *demo);
void web_demo_clock_moved(struct web_demo *demo);
web_handler web_demo_order, web_demo_note, web_demo_updates, web_demo_request, web_demo_list;
web_handler web_demo_code;
