/* http.h - one HTTP client on the loop: libcurl's multi interface over osmo_fd and osmo_timer.
 *
 * Keep-alive and HTTP/2 as libcurl does them, TLS checked against the system's certificates, no redirect
 * followed, http and https only.  Every request ends in exactly one call of done(), unless it is
 * cancelled.  Knows nothing of contractors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_pool;
struct http_request;

#define HTTP_ANSWER_MAX (1024 * 1024) /* octets of a body that are read; more is an error */
#define HTTP_TIMEOUT_MS 20000	      /* whole request; connecting may take half of it */

struct http_answer {
	int status;	  /* 0: no answer, see error */
	const char *body; /* NUL-terminated, never NULL; valid during done() */
	size_t len;
	int retry_after_s;		  /* Retry-After in seconds, 0 none */
	const char *etag, *last_modified; /* as they came, "" none; valid during done() */
	const char *error;		  /* libcurl's words, NULL if status is set */
	bool maybe_taken;		  /* no answer, but the request had been sent */
};

struct http_ask {
	const char *url;
	const char *post; /* body; NULL: GET */
	size_t post_len;
	const char *method;	    /* another than these two, "DELETE"; NULL: none */
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	bool once;	/* never twice: libcurl repeats by itself what a kept connection has lost */
	int timeout_ms; /* 0: HTTP_TIMEOUT_MS */
	void (*done)(const struct http_answer *answer, void *data);
	void *data;
};

/*! \param[in] ca_file  extra certificate authorities, NULL: the system's only */
struct http_pool *http_pool_alloc(void *ctx, const char *ca_file);
/*! Start a request; strings are copied. \returns NULL if the URL is not one (done is not called) */
struct http_request *http_start(struct http_pool *pool, const struct http_ask *ask);
void http_cancel(struct http_request *req);
/*! A link that stands at an address, made whole. Child of ctx; NULL: it is no http or https, or leads to another host. */
char *http_resolve(void *ctx, const char *base, const char *link);
/*! Requests under way. */
unsigned int http_busy(const struct http_pool *pool);
