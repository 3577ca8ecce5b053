/* sip_int.h - private to sip.c (the program's loop) and sip_trunk.c, sip_call.c, sip_dial.c, sip_register.c,
 * sip_secure.c, sip_sound.c, sip_tls.c (the media thread).
 *
 * The two meet in struct sip_link alone: each side's members belong to that side, and what goes between is a
 * struct of its own that is given away.  A link lives until the media thread said that nothing more will come.
 */
#pragma once

#include <stdatomic.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include <re/re.h>

#include "line/line.h"
#include "line/sip.h"
#include "line/sip_codec.h"
#include "line/sip_jitter.h"
#include "line/sip_keys.h"
#include "line/sip_rtp.h"
#include "line/sip_session.h"
#include "line/sip_srtp.h"
#include "voice/leg.h"
#include "voice/media.h"
#include "voice/recorder.h"
#include "wire/phone.h"
#include "wire/telephone_event.h"

#define SIP_TICK_MS 20 /* a frame */
#define SIP_TICKS_S (1000 / SIP_TICK_MS)
#define SIP_REASON  200 /* what a peer says, for the log */
#define SIP_TURNS   4 /* of a tick: a call has its frame in one of them, so that no turn is long */

enum sip_count {
	SIP_BEGUN,
	SIP_ANSWERED,
	SIP_DIALLED,
	SIP_EXPIRED,
	SIP_REGISTER_FAILED,
	SIP_STRANGERS,
	SIP_BUSY,
	SIP_UNFIT,
	SIP_TIMED_OUT,
	SIP_KEYS,
	SIP_PACKETS,
	SIP_MALFORMED,
	SIP_ELSEWHERE,
	SIP_FORGED,
	SIP_REPLAYED,
	SIP_CONCEALED,
	SIP_SKIPPED,
	SIP_LOST,
	SIP_TORN,
	SIP_COUNTS
};

struct sip_link {
	struct media *md;
	struct llist_head orders;     /* the loop's: those that the queue had no room for, and */
	struct osmo_timer_list again; /* when they try again */
	struct sip_line_cfg cfg;      /* neither side changes it */
	_Atomic uint64_t counts[SIP_COUNTS];
	struct sip_line *owner;	 /* the loop's; NULL: it went away */
	bool opened;		 /* the loop's: the media thread knows it */
	struct sip_line *waits;	 /* to open when this one is closed */
	struct sip_trunk *trunk; /* the media thread's */
};

static inline void sip_count(struct sip_link *link, enum sip_count what, uint64_t n)
{
	atomic_fetch_add_explicit(&link->counts[what], n, memory_order_relaxed);
}

/* From the loop to the media thread. */
enum sip_order_kind {
	SIP_OPEN,
	SIP_ANSWER,
	SIP_DIAL,
	SIP_PROMPT,
	SIP_JOIN,
	SIP_HANG_UP,
	SIP_CLOSE,
};

struct sip_order {
	struct llist_head entry;
	struct sip_link *link;
	enum sip_order_kind kind;
	uint64_t token;
	struct sound *sounds[LEG_SOUNDS_MAX]; /* references */
	size_t n;
	bool barge_in, last;
	char *record;
	unsigned int record_s;
	char number[PHONE_SIZE], from[PHONE_SIZE]; /* SIP_DIAL; from "": none */
	unsigned int ring_s;
	bool greeting;
	uint64_t other; /* SIP_JOIN */
	bool tls;	/* SIP_OPEN: by TLS too */
};
void sip_order_free(struct sip_order *order);
/*! In the media thread. */
void sip_order_run(void *order);

/* And back. */
enum sip_news_kind {
	SIP_NEWS_OPEN,
	SIP_NEWS_FAILED, /* it could not be opened: error */
	SIP_NEWS_CALLED,
	SIP_NEWS_REACHED,   /* a call of ours was answered */
	SIP_NEWS_UNREACHED, /* or not: why, reason */
	SIP_NEWS_KEY,
	SIP_NEWS_PLAYED,
	SIP_NEWS_RECORDED,
	SIP_NEWS_GREETED,
	SIP_NEWS_ENDED,
	SIP_NEWS_REGISTERED,	 /* seconds: until it is done again */
	SIP_NEWS_NOT_REGISTERED, /* reason; seconds as above */
	SIP_NEWS_CLOSED,	 /* the last */
};

struct sip_news {
	struct llist_head entry;
	struct sip_link *link;
	enum sip_news_kind kind;
	uint64_t token;
	char number[PHONE_SIZE]; /* "" withheld */
	char key;
	enum line_recorded how;
	double seconds;
	enum line_greeting greeting;
	enum line_unreached why;
	char reason[SIP_REASON];
	int error;
};
/*! On the loop. */
void sip_news_run(void *news);

/* ---- the media thread ---- */

struct sip_inbox;
struct sip_register;

struct sip_trunk {
	struct sip_link *link;
	void *ctx; /* talloc: of this thread alone */
	struct recorder *recorder;
	struct sip *sip;
	struct sip_lsnr *guard;
	struct sip_sessions *sessions;
	struct sa address, peers[SIP_PEERS_MAX];
	struct sa proxy; /* where calls of ours go */
	enum sip_transp proxy_way;
	struct llist_head calls, news;
	struct llist_head turns[SIP_TURNS]; /* the same calls, those of each turn */
	unsigned int turn;		    /* the next */
	struct sip_inbox *inbox;
	size_t n_calls;
	struct sip_register *registration; /* NULL: none is wanted */
	bool closing;
	uint64_t last_token;
	uint16_t next_port;
	int timer_fd; /* of all calls, on an absolute schedule */
	bool ticking;
};

/* How the sound of a call is encrypted; in and out are NULL if it is not. */
struct sip_secure {
	struct sdes ours[SDES_SUITES];
	struct sdes in_key, out_key;
	struct sip_srtp *in, *out;
	bool withdrawn; /* who is called refused our offer of it */
};

struct sip_call {
	struct llist_head entry, turn;
	struct sip_trunk *trunk;
	uint64_t token;
	struct sip_session *session; /* NULL: over */
	struct sdp_session *sdp;
	struct sdp_media *audio;
	struct sa signal; /* where its INVITE came from */
	struct leg *leg;  /* from the answer on */
	struct sip_coder *coder;
	bool answered, offered, last, over;
	bool outgoing, greeting;
	bool trying, ringing; /* a call of ours, as its peer tells */
	unsigned int ring_ticks;
	bool no_disk;	    /* the recording could not be begun */
	bool beside;	    /* a key came beside the sound: leg_key() tells it */
	unsigned int ticks; /* while it rings; then without a packet */

	int fd;		/* of its RTP */
	struct sa far;	/* where sound goes */
	bool far_known; /* a packet came from there */
	bool held; /* it takes no sound from us: what plays and what is recorded wait (RFC 3264 8.4) */
	bool spoke; /* since it was answered, or last held: the next packet is not the first */
	unsigned int still; /* ticks since none was due */
	bool far_silent;    /* none is due from it */
	enum sip_codec codec;
	int event_type; /* payload type of telephone-event; -1 none */
	uint16_t seq;
	uint32_t timestamp, ssrc;
	struct sip_secure secure;
	struct sip_jitter jitter;
	struct telephone_events events;
	uint32_t far_ssrc;
	struct sip_keys keys;
	uint64_t concealed; /* of jitter, as counted so far */
};

#define SIP_ALLOW "INVITE, ACK, BYE, CANCEL, INFO, OPTIONS, UPDATE"

/* sip_trunk.c */
/*! \returns below 0: it does not fit */
int sip_proxy_uri(const struct sip_trunk *tr, char *out, size_t size);
void sip_tell(struct sip_trunk *tr, const struct sip_news *news);
/*! What a peer said, for the log. */
void sip_printable(char *text);
void sip_trunk_tick_switch(struct sip_trunk *tr);
uint64_t sip_now_ms(void);

/* sip_call.c */
#define SIP_USER     "meldlijn" /* of our Contact */
#define SIP_SDP_TYPE "application/sdp"
void sip_call_begin(const struct sip_msg *msg, struct sip_trunk *tr);
/*! One with a port and an SDP of ours, in no list yet. 0; an errno, and no call is there */
int sip_call_alloc(struct sip_call **out, struct sip_trunk *tr);
void sip_call_free(struct sip_call *call);
/*! It counts from now on. */
void sip_call_enter(struct sip_call *call, uint64_t token);
/*! It was answered: sound goes both ways. */
void sip_call_talk(struct sip_call *call);
/*! For the session: an offer within, the answer to one of ours, a key. */
int sip_call_offer(struct mbuf **desc, const struct sip_msg *msg, void *call);
int sip_call_answered(const struct sip_msg *msg, void *call);
void sip_call_info(struct sip *sip, const struct sip_msg *msg, void *call);
void sip_call_answer(struct sip_call *call);
/*! Takes the sounds. */
void sip_call_prompt(struct sip_call *call, struct sip_order *order);
void sip_call_join(struct sip_call *call, struct sip_call *other);
/*! \param[in] tell  the loop does not know yet */
void sip_call_end(struct sip_call *call, bool tell);
/*! One tick of 20 ms, in two halves: what goes to all calls comes first, and is even for it.
 *  \param[in] frames  how many are due */
void sip_call_send(struct sip_call *call, unsigned int frames);
/*! The call may be gone afterwards. */
void sip_call_take(struct sip_call *call, unsigned int frames);
void sip_call_key(struct sip_call *call, enum sip_key_way way, char key);

/* sip_secure.c */
/*! The protocol of our offers. */
const char *sip_secure_proto(const struct sip_trunk *tr);
/*! Put keys into the SDP of a new call. 0 or an errno */
int sip_secure_offer(struct sip_call *call);
/*! Offer none. 0; -EACCES: the configuration wants it, or none was offered */
int sip_secure_withdraw(struct sip_call *call);
/*! What was negotiated last. 0; -ENOENT: it is not as the configuration has it */
int sip_secure_negotiated(struct sip_call *call);
/*! A packet came: decrypt it in place. Below 0: it is not taken, and counted */
int sip_secure_take(struct sip_call *call, uint8_t *data, size_t *len);
/*! A packet goes, with SIP_SRTP_ROOM behind it: encrypt it in place. \returns its length now */
size_t sip_secure_give(struct sip_call *call, uint8_t *data, size_t len);
/*! Keys are wiped. */
void sip_secure_close(struct sip_call *call);

/* sip_tls.c */
bool sip_tls_wanted(const struct sip_line_cfg *cfg);
/*! On the loop. \returns NULL, or what is wrong with the files and what to do */
char *sip_tls_fault(void *ctx, const struct sip_line_cfg *cfg);
/*! In the media thread. 0 or an errno */
int sip_tls_listen(struct sip_trunk *tr);

/* sip_sound.c */
int sip_sound_open(struct sip_call *call);
void sip_sound_close(struct sip_call *call);
/*! What was negotiated last. 0; -ENOENT: nothing that both can */
int sip_sound_negotiated(struct sip_call *call);
void sip_sound_send(struct sip_call *call);
/*! Read what came since the last tick. */
void sip_sound_read(struct sip_call *call);
/*! Hear the frame that is due. */
void sip_sound_hear(struct sip_call *call);
struct sip_inbox *sip_inbox_alloc(void *ctx);

/* sip_dial.c */
void sip_dial(struct sip_trunk *tr, const struct sip_order *order);
/*! It rings. The call may be gone afterwards. */
void sip_dial_tick(struct sip_call *call);

/* sip_register.c */
int sip_register_start(struct sip_trunk *tr);
/*! Give it back. \returns false if there is nothing to wait for; else ended() is called, in half a second at most */
bool sip_register_end(struct sip_trunk *tr, void (*ended)(struct sip_trunk *tr));
void sip_register_free(struct sip_register *reg);
