// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_modem.c - USSD of a modem's own SIM over HTTP: the answer is held until the network's is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "web/web_int.h"

#define MODEM_MAX 64

bool web_modem_allowed(struct web_req *req)
{
	if (web_comes_from_here(req))
		return true;
	web_answer_error(req, MHD_HTTP_FORBIDDEN,
			 "the modems are for this machine only: listen on 127.0.0.1");
	return false;
}

/* \returns NULL if it has been answered */
static struct modem *read_modem(struct web_req *req)
{
	const char *text = web_segment(req, 1);
	size_t len = strspn(text, "0123456789");
	unsigned long nr = len > 0 && len <= 2 && !text[len] ? strtoul(text, NULL, 10) : 0;
	struct modem *m = NULL;

	if (nr > 0 && nr <= MODEM_MAX && req->web->user.modem)
		m = req->web->user.modem((unsigned int)nr, req->web->user.data);
	if (!m)
		web_answer_error(req, MHD_HTTP_NOT_FOUND,
				 "no modem of this number runs: \"show modem\" lists them");
	return m;
}

static unsigned int status_of(enum modem_ussd_result result)
{
	switch (result) {
	case MODEM_USSD_ANSWERED:
		return MHD_HTTP_OK;
	case MODEM_USSD_REFUSED:
	case MODEM_USSD_UNSUPPORTED:
		return MHD_HTTP_BAD_GATEWAY;
	case MODEM_USSD_SILENT:
		return MHD_HTTP_GATEWAY_TIMEOUT;
	case MODEM_USSD_BUSY:
	case MODEM_USSD_LOST:
	case MODEM_USSD_REPLACED:
		break;
	}
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static void answer_came(const struct modem_ussd_answer *answer, void *data)
{
	const char *words = modem_ussd_words(answer->result);

	if (answer->result == MODEM_USSD_ANSWERED)
		web_answer_json(data, MHD_HTTP_OK,
				json_pack("{s:s,s:b}", "text", answer->text, "more", answer->more));
	else if (answer->code >= 0)
		web_answer_error(data, status_of(answer->result), "%s (error %d)", words,
				 answer->code);
	else
		web_answer_error(data, status_of(answer->result), "%s", words);
}

static void ask(struct web_req *req, struct modem *m, const char *code, const char *reply)
{
	int rc;

	web_hold(req);
	rc = code ? modem_ussd_dial(m, code, answer_came, req)
		  : modem_ussd_reply(m, reply, answer_came, req);
	if (rc == 0)
		return;
	web_answer_error(req,
			 rc == -ENETDOWN		 ? MHD_HTTP_SERVICE_UNAVAILABLE
			 : rc == -EBUSY || rc == -ENOENT ? MHD_HTTP_CONFLICT
							 : MHD_HTTP_UNPROCESSABLE_CONTENT,
			 "%s", modem_ussd_trouble(rc));
}

void web_modem_ussd(struct web_req *req)
{
	struct modem *m = read_modem(req);
	const char *code, *reply;
	json_t *body;

	if (!m)
		return;
	body = web_body_json(req);
	if (!body)
		return;
	code = json_string_value(json_object_get(body, "code"));
	reply = json_string_value(json_object_get(body, "reply"));
	if (json_object_size(body) != 1 || (!code && !reply))
		web_answer_error(
			req, MHD_HTTP_UNPROCESSABLE_CONTENT,
			"needs {\"code\":\"*100#\"} to dial or {\"reply\":\"1\"} to answer");
	else
		ask(req, m, code, reply);
	json_decref(body);
}
