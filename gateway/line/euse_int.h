/* euse_int.h - what the files of the external USSD entity share; nobody else includes it.
 *
 * euse.c is the line, euse_link.c the connection to the HLR, euse_session.c
 * who waits at a phone.
 */
#pragma once

#include <osmocom/core/fsm.h>
#include <osmocom/core/hashtable.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "line/euse.h"
#include "line/line.h"
#include "log.h"

#define LOG_EUSE(eu, level, fmt, args...) LOGP(DLINE, level, "%s: " fmt, (eu)->line.name, ##args)

#define EUSE_HASH_BITS 10

struct ipa_stream;
struct euse_lookup;

enum euse_state {
	EUSE_SHUTDOWN, /* by configuration */
	EUSE_DOWN,     /* a pause before the next try */
	EUSE_CONNECTING,
	EUSE_IDENTIFYING, /* connected; the HLR has not asked yet who we are */
	EUSE_UP,
};

enum euse_event {
	EUSE_EV_START,
	EUSE_EV_STOP,
	EUSE_EV_CONNECTED,
	EUSE_EV_IDENTIFIED,
	EUSE_EV_LOST,
};

enum euse_counter {
	EUSE_CTR_BEGUN,
	EUSE_CTR_ANSWERS,
	EUSE_CTR_PAGES,
	EUSE_CTR_LAST_PAGES,
	EUSE_CTR_REFUSED,
	EUSE_CTR_UNANSWERED,
	EUSE_CTR_LATE,
	EUSE_CTR_LOST,
	EUSE_CTR_MALFORMED,
	EUSE_CTR_UNKNOWN,
	EUSE_CTR_REPEATED,
	EUSE_CTR_RECONNECTS,
};

struct euse {
	struct line line;
	struct euse_cfg cfg;
	struct osmo_fsm_inst *fi;
	struct rate_ctr_group *ctrs;
	int64_t noticed_ms; /* when the last NOTICE about what the peer sent was written; 0 never */
	bool alarm, alarm_told;

	/* euse_link.c */
	struct ipa_stream *stream;
	struct euse_lookup *lookup; /* NULL: numbers are not asked for */
	unsigned int rung;	    /* of the back-off */
	bool was_up, told_down;
	struct osmo_timer_list ping;   /* the next one, or the answer to the last */
	struct osmo_timer_list silent; /* the alarm, when the HLR is away for long */
	bool pinged;		       /* its answer is waited for */
	int64_t ping_us;	       /* when it was sent */
	uint64_t rtt_us;

	/* euse_session.c */
	DECLARE_HASHTABLE(by_key, EUSE_HASH_BITS);
	DECLARE_HASHTABLE(by_token, EUSE_HASH_BITS);
	size_t n_sessions;
	uint64_t last_token;
};

/* euse.c */
void euse_count(struct euse *eu, enum euse_counter which);
void euse_alarm(struct euse *eu, bool on, const char *detail);
/*! The level of a line about nonsense that the peer sent: NOTICE now and then, not each time. */
int euse_notice_level(struct euse *eu);
/*! Up or down, as the link is; tells the user if it changed. */
void euse_update_line(struct euse *eu);
int64_t euse_now_us(void); /* monotonic */
unsigned long euse_timer_s(int T);

/* euse_link.c */
extern struct osmo_fsm euse_link_fsm;
void euse_link_init(struct euse *eu);
/*! Write a GSUP message.  A link that is lost is never told from in here. */
void euse_link_send(struct euse *eu, const uint8_t *gsup, size_t len);
const char *euse_link_state(const struct euse *eu);

/* euse_session.c */
void euse_session_rx(struct euse *eu, const uint8_t *gsup, size_t len);
int euse_session_reply(struct line *ln, uint64_t session, const char *text, bool last);
void euse_session_refuse(struct line *ln, uint64_t session, enum line_refusal why);
/*! All are over.
 *  \param[in] say  tell the phones, as long as the link is there */
void euse_sessions_end(struct euse *eu, bool say);
