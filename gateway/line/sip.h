/* sip.h - a SIP trunk as a line of calls (RFC 3261, 3264, 3550, 4733): residents who call the city's number.
 *
 * SIP, SDP and RTP live in the media thread (voice/media.h); what is here belongs to the program's loop, and
 * small structs go between.  Only the peers of the configuration may call; all else is refused.  Knows nothing of
 * what is said and keyed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;
struct media;
struct sip_line;

#define SIP_PEERS_MAX	   16
#define SIP_CALLS_DEFAULT  400 /* at once; one more is told when to try again */
#define SIP_SILENT_DEFAULT 20
#define SIP_RTP_MIN	   16384
#define SIP_RTP_MAX	   32766

#define SIP_SESSION_MIN	    90
#define SIP_SESSION_DEFAULT 1800
#define SIP_EXPIRES_DEFAULT 600
#define SIP_RETRY_DEFAULT   30
#define SIP_PROXY_PORT	    5060

enum sip_way { SIP_UDP, SIP_TCP, SIP_TLS };
enum sip_srtp_mode { SIP_SRTP_OFF, SIP_SRTP_OFFERED, SIP_SRTP_REQUIRED };
enum sip_codec { SIP_PCMA, SIP_PCMU, SIP_GSM, SIP_CODECS };

/* Copied by sip_line_alloc(). */
struct sip_line_cfg {
	const char *name; /* "sip trunk1": the line's */
	const char *
		address; /* where we listen, UDP and TCP; it stands in Contact and SDP, so never "any" */
	uint16_t port;
	const char *peers[SIP_PEERS_MAX]; /* addresses that may call; none, and no proxy: this
					   * machine, if address is of its loopback */
	size_t n_peers;
	enum sip_codec codecs[SIP_CODECS]; /* the best first */
	size_t n_codecs;		   /* 0: all */
	uint16_t rtp_min, rtp_max;	   /* 0: SIP_RTP_MIN to SIP_RTP_MAX */
	uint16_t tls_port;		   /* at the same address; 0: not by TLS */
	const char *tls_certificate;	   /* PEM, with the private key; NULL: none */
	const char *
		tls_ca; /* PEM: who signs for the trunk; NULL: the system's, and callers show no certificate */
	enum sip_srtp_mode srtp; /* how sound is encrypted */
	size_t calls_max;	 /* 0: SIP_CALLS_DEFAULT */
	unsigned int silent_s;	 /* without one packet a call is over; 0: SIP_SILENT_DEFAULT */
	/* Where calls of ours go, and may come from; NULL: to the first peer, by UDP. */
	const char *proxy;
	uint16_t proxy_port;
	enum sip_way proxy_way;
	const char *domain;	/* where we register and whose numbers we call; NULL: nowhere */
	unsigned int expires_s; /* how long a registration lasts; 0: SIP_EXPIRES_DEFAULT */
	unsigned int retry_s;	/* after one that failed, at first; 0: SIP_RETRY_DEFAULT */
	const char *user;	/* with the password for the digest; NULL: none */
	const char *password;
	const char *number;	    /* ours on it, as the trunk writes it; NULL: not known */
	unsigned int session_s;	    /* refreshed within (RFC 4028); 0: SIP_SESSION_DEFAULT */
	unsigned int session_min_s; /* RFC 4028 5; 0: SIP_SESSION_MIN */
	bool shutdown;		    /* for who starts lines: not to be started */
};

/*! \returns a line that is not started yet; set sip_line()->user first */
struct sip_line *sip_line_alloc(void *ctx, const struct sip_line_cfg *cfg, struct media *md);

/*! Not from inside a callback of the line. */
void sip_line_free(struct sip_line *sl);

struct line *sip_line(struct sip_line *sl);

/* What `show sip` tells. */
struct sip_line_status {
	size_t calls; /* now */
	uint64_t begun, answered;
	uint64_t dialled;	    /* calls of ours, before their answer */
	bool registers;		    /* the configuration says so */
	int64_t registered_since_s; /* wall clock; 0: it is not */
	int64_t register_next_s;    /* when it is done again */
	uint64_t register_failed;
	uint64_t strangers; /* requests of who is no peer */
	uint64_t busy;	    /* calls over the ceiling */
	uint64_t unfit;	    /* calls whose SDP has nothing for us */
	uint64_t expired;   /* calls whose session was not refreshed (RFC 4028) */
	uint64_t timed_out; /* calls that ended since no sound came */
	uint64_t keys;	    /* told, once each */
	uint64_t packets;   /* of sound that were taken */
	uint64_t malformed; /* packets that are no RTP, or of no payload we know */
	uint64_t elsewhere; /* packets from another address than the call's */
	uint64_t forged;    /* encrypted packets whose signature is wrong */
	uint64_t replayed;  /* that came before, or far too late */
	uint64_t concealed; /* frames of 20 ms that did not come in time */
	uint64_t skipped;   /* frames that were not sent since the thread was late */
	uint64_t
		lost; /* frames of recordings that the disk was too slow for, of calls that are over */
	uint64_t
		torn; /* tones that were taken for a part of the press before, of calls that are over */
};
void sip_line_status(const struct sip_line *sl, struct sip_line_status *out);
