// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_callback.c - POST /contractors/NAME/updates: what a contractor says of a report, signed as
 * Standard Webhooks says over the octets of the body.
 *
 * 200 taken, or {"replayed":true} for a webhook-id that was taken before: nothing changes and
 * the sender need not try again.  401 forged or too old, 403 not their report, 404 no such report or
 * contractor, 409 older than what is known, 400 and 422 wrong in itself, 503 not stored. */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include "clock.h"
#include "log.h"
#include "talk/report.h"
#include "web/web_int.h"
#include "wire/update.h"
#include "wire/webhook.h"

static void update_done(int rc, void *data)
{
	struct web_req *req = data;

	switch (rc) {
	case 0:
		web_answer_json(req, MHD_HTTP_OK, json_pack("{s:b}", "ok", 1));
		break;
	case -EEXIST:
		web_answer_json(req, MHD_HTTP_OK, json_pack("{s:b,s:b}", "ok", 1, "replayed", 1));
		break;
	case -ENOENT:
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no report has this reference");
		break;
	case -EPERM:
		web_answer_error(req, MHD_HTTP_FORBIDDEN, "this report is not yours");
		break;
	case -ESTALE:
		web_answer_error(req, MHD_HTTP_CONFLICT,
				 "older than what is known, or a status that may not follow");
		break;
	case -EINVAL:
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT, "no such status");
		break;
	default:
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "could not be stored: try again");
	}
}

/* \returns false if it has been answered */
static bool check_signature(struct web_req *req, const struct contractor_cfg *cfg,
			    struct webhook_headers *headers)
{
	struct webhook_secret secret;
	int rc;

	if (!cfg->callback_secret || webhook_secret_read(&secret, cfg->callback_secret) < 0) {
		web_answer_error(req, MHD_HTTP_FORBIDDEN,
				 "no callbacks: callback-secret-file is not configured");
		return false;
	}
	headers->id = web_header(req, "webhook-id");
	headers->timestamp = web_header(req, "webhook-timestamp");
	headers->signature = web_header(req, "webhook-signature");
	/* the sender has no other clock than the real one */
	rc = webhook_verify(&secret, headers, req->body ? req->body : "", req->len,
			    clock_now_s() - clock_ahead_s());
	if (rc == -EINVAL)
		web_answer_error(req, MHD_HTTP_UNAUTHORIZED,
				 "webhook-id, webhook-timestamp and webhook-signature are needed");
	else if (rc == -ETIME)
		web_answer_error(req, MHD_HTTP_UNAUTHORIZED,
				 "webhook-timestamp is over %d s from now: check the clock",
				 WEBHOOK_TOLERANCE_S);
	else if (rc < 0)
		web_answer_error(req, MHD_HTTP_UNAUTHORIZED, "the signature is wrong");
	return rc == 0;
}

/* \returns false if it has been answered */
static bool read_body(struct web_req *req, struct update *update)
{
	char *why;
	int rc = update_read(req, update, req->body ? req->body : "", req->len, &why);
	char reference[REPORT_REFERENCE_SIZE];

	if (rc == -EBADMSG) {
		web_answer_error(req, MHD_HTTP_BAD_REQUEST, "%s", why);
		return false;
	}
	if (rc < 0) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT, "%s", why);
		return false;
	}
	rc = report_reference_read(reference, update->reference);
	if (rc < 0) {
		web_answer_error(req, MHD_HTTP_UNPROCESSABLE_CONTENT, "\"reference\" %s",
				 rc == -EBADMSG ? "is mistyped: its check digit is wrong"
						: "must be 7 to 12 digits");
		return false;
	}
	memcpy(update->reference, reference, sizeof(reference));
	return true;
}

void web_callback(struct web_req *req)
{
	struct contractor *c = forwarder_find(req->web->fw, web_segment(req, 1));
	struct webhook_headers headers;
	struct update update;
	struct contractor_update told = { .key = NULL };

	if (!c) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, "no such contractor");
		return;
	}
	if (!check_signature(req, contractor_cfg_of(c), &headers) || !read_body(req, &update))
		return;
	told.key = headers.id;
	told.reference = update.reference;
	told.state = update.status;
	told.expected_s = update.expected_s;
	told.at_s = update.at_s;
	told.note = update.note[0] ? update.note : NULL;
	web_hold(req);
	notify_update(req->web->nt, contractor_cfg_of(c)->name, NULL, &told, update_done, req);
}
