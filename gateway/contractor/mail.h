/* mail.h - messages to one server by SMTP (RFC 5321) or SMTP over TLS: libcurl in threads.
 *
 * libcurl waits in place for the reply to DATA and to QUIT, on its multi interface too, so that the loop would stand
 * still as long as a server thinks.  MAIL_AT_ONCE messages at a time, oldest first, each in a thread and by a connection
 * of its own, with no proxy: one that the server thinks about holds up those of others for its own time-out at most.
 * Every message ends in exactly one call of done() on the loop, unless it is cancelled.  Knows nothing of contractors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MAIL_AT_ONCE   4
#define MAIL_TIMEOUT_S 60 /* whole message; connecting may take a third of it */

struct mailer;
struct mail_job;

struct mail_server {
	const char *url; /* smtp://HOST:PORT or smtps://HOST:PORT; NULL: none */
	const char *from;
	const char *name;	     /* whose that is, NULL none */
	const char *user, *password; /* NULL: none.  With them TLS is a must */
	const char *ca_file;	     /* PEM, instead of the system's certificates; NULL: those */
	bool tls_if_offered;	     /* smtp: without STARTTLS in the clear; else not at all */
};

struct mail_answer {
	int status; /* of its last reply, 250 taken, 4yz not now, 5yz never; 0: no answer, see words */
	const char *words; /* its reply or libcurl's words; valid during done() */
};

struct mail_ask {
	const struct mail_server *server; /* strings are copied */
	const char *to, *message;	  /* message: as mail_write() writes it */
	void (*done)(const struct mail_answer *answer, void *data);
	void *data;
};

/*! May mail go there? smtp or smtps, a host, and nothing behind it. */
bool mail_is_server(const char *url);

/*! talloc_free() gives up what is on its way, which takes a second at most, and tells nobody. */
struct mailer *mailer_alloc(void *ctx);
struct mail_job *mail_start(struct mailer *mailer, const struct mail_ask *ask);
void mail_cancel(struct mail_job *job);
