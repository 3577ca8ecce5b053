// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/sip_timer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <re/re.h>

#define BYE_BEFORE_S 32 /* RFC 4028 10 */
#define RAISED_MAX   3

/* "1800;refresher=uac"; 0: not there, or no number */
static unsigned int seconds_of(const struct sip_msg *msg, enum sip_hdrid id, struct pl *refresher)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, id);
	struct pl digits, params;
	unsigned int seconds = 0;

	*refresher = (struct pl){ 0 };
	if (!hdr || re_regex(hdr->val.p, hdr->val.l, "[0-9]+[^]*", &digits, &params) != 0 ||
	    digits.p != hdr->val.p)
		return 0;
	msg_param_decode(&params, "refresher", refresher);
	for (size_t i = 0; i < digits.l && seconds <= SIP_TIMER_MAX; i++)
		seconds = seconds * 10 + (digits.p[i] - '0');
	return OSMO_MIN(seconds, SIP_TIMER_MAX);
}

static unsigned int interval_of(const struct sip_msg *msg, struct pl *refresher)
{
	return seconds_of(msg, SIP_HDR_SESSION_EXPIRES, refresher);
}

static unsigned int least_of(const struct sip_msg *msg)
{
	struct pl none;

	return seconds_of(msg, SIP_HDR_MIN_SE, &none);
}

bool sip_timer_too_short(const struct sip_msg *request, unsigned int min_s)
{
	struct pl refresher;
	unsigned int seconds = interval_of(request, &refresher);

	return seconds > 0 && seconds < min_s &&
	       sip_msg_hdr_has_value(request, SIP_HDR_SUPPORTED, "timer");
}

/* RFC 4028 9: it may be made shorter, but not below what the other side bears */
void sip_timer_asked(struct sip_timer *timer, const struct sip_msg *request)
{
	struct pl refresher;
	unsigned int seconds = interval_of(request, &refresher);
	unsigned int least = OSMO_MAX(least_of(request), timer->min_s);

	timer->far_knows = sip_msg_hdr_has_value(request, SIP_HDR_SUPPORTED, "timer");
	timer->ours = !timer->far_knows || pl_strcasecmp(&refresher, "uac") != 0;
	if (seconds == 0)
		timer->agreed_s = timer->far_knows ? OSMO_MAX(timer->wanted_s, least) : 0;
	else
		timer->agreed_s = OSMO_MIN(seconds, OSMO_MAX(timer->wanted_s, least));
}

void sip_timer_answered(struct sip_timer *timer, const struct sip_msg *answer)
{
	struct pl refresher;

	timer->agreed_s = interval_of(answer, &refresher);
	timer->ours = pl_strcasecmp(&refresher, "uas") != 0;
}

int sip_timer_refused(struct sip_timer *timer, const struct sip_msg *answer)
{
	unsigned int least = least_of(answer);

	if (least <= timer->min_s || timer->raised == RAISED_MAX)
		return -ERANGE;
	timer->raised++;
	timer->min_s = least;
	timer->wanted_s = OSMO_MAX(timer->wanted_s, least);
	timer->agreed_s = timer->agreed_s ? OSMO_MAX(timer->agreed_s, least) : 0;
	return 0;
}

/* Who refreshes is left open at first, and afterwards it is who asks (RFC 4028 7.1, 7.4). */
int sip_timer_print_request(struct re_printf *pf, const struct sip_timer *timer)
{
	return re_hprintf(pf, "Session-Expires: %u%s\r\nMin-SE: %u\r\n",
			  timer->agreed_s ? timer->agreed_s : timer->wanted_s,
			  timer->agreed_s && timer->ours ? ";refresher=uac" : "", timer->min_s);
}

int sip_timer_print_answer(struct re_printf *pf, const struct sip_timer *timer)
{
	if (!timer->agreed_s)
		return 0;
	return re_hprintf(pf, "Session-Expires: %u;refresher=%s\r\n%s", timer->agreed_s,
			  timer->ours ? "uas" : "uac",
			  timer->far_knows ? "Require: timer\r\n" : "");
}

unsigned int sip_timer_refresh_ms(const struct sip_timer *timer)
{
	return timer->agreed_s && timer->ours ? timer->agreed_s * 500 : UINT_MAX;
}

unsigned int sip_timer_over_ms(const struct sip_timer *timer)
{
	if (!timer->agreed_s)
		return UINT_MAX;
	return (timer->agreed_s - OSMO_MIN(BYE_BEFORE_S, timer->agreed_s / 3)) * 1000;
}
