/* modem.h - a modem on a serial port as a line (3GPP TS 27.005 in PDU mode).
 *
 * Finds its port, enters the PIN, waits for the network, and keeps all of that up by itself:
 * a modem that hangs is reset, one that vanishes is found again.  A text is deleted from the
 * modem's memory or acknowledged to the network only in settle().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/tdef.h>

#include "wire/ussd_text.h"

struct line;
struct media;
struct modem;

enum modem_mode {
	MODEM_AUTO,   /* direct where the modem is known to do it well, else stored */
	MODEM_DIRECT, /* +CMT, acknowledged with CNMA */
	MODEM_STORED, /* +CMTI, read and deleted */
};

/* What to say when the network asks something by itself. */
struct modem_rule {
	const char *pattern; /* with * ? [ as a shell has them, else a part of the text; any case */
	const char *answer;
};

/* Copied by modem_alloc(). */
struct modem_cfg {
	const char *name;   /* "modem 1" */
	const char *device; /* path, or a link such as /dev/serial/by-path/...; NULL: by IMEI */
	const char *imei;   /* 14 or 15 digits; with a device it is checked; may be NULL */
	const char *search; /* patterns to look for the IMEI in, blanks between; NULL: the usual */
	unsigned int baud;  /* 0: 115200 */
	const char *pin;    /* NULL: none */
	const char *number; /* our own number, E.164; may be NULL */
	const char *smsc;   /* set in the SIM when it has none; may be NULL */
	const char *audio;  /* port or card with the sound of calls; NULL: calls are left ringing */
	bool audio_card;    /* audio is ALSA's name of a sound card; else a serial port */
	struct media *media; /* with audio: lives as long as the modem */
	enum modem_mode mode;
	bool no_reports;   /* ask for no status reports */
	bool replies_only; /* carry no notices */
	bool shutdown;	   /* for who starts lines: not to be started */
	const struct modem_rule
		*rules;		      /* the first that fits; pattern NULL ends them; may be NULL */
	const char *balance_code;     /* "*100#"; NULL: the balance is not asked for */
	unsigned int balance_every_h; /* 0: 24 */
	bool balance_watch;	      /* alarm below balance_low */
	int64_t balance_low;	      /* cents */
};

/* The timers, for the VTY. */
extern struct osmo_tdef modem_tdefs[];

/*! \returns a line that is not started yet; set modem_line()->user first */
struct modem *modem_alloc(void *ctx, const struct modem_cfg *cfg);

/*! Not from inside a callback of the line. */
void modem_free(struct modem *m);

struct line *modem_line(struct modem *m);

/* What `show modem` tells.  Strings are the modem's own and valid until the loop runs on. */
struct modem_status {
	const char *state, *path; /* path NULL: no port */
	const char *vendor, *model, *revision, *imei, *iccid, *imsi, *operator;
	const char *registration; /* "home", "roaming", "searching" */
	const char *mode;	  /* "direct", "stored", "polled" */
	int signal_dbm;		  /* 0 unknown */
	const char *memory;	  /* where texts are stored */
	int storage_used, storage_total;
	size_t queue;		 /* parts submitted and without outcome */
	size_t unsettled;	 /* heard or reported and not settled */
	int64_t healthy_since_s; /* wall clock of the last trouble's end; 0 if not healthy */
	uint64_t heard, reports, quarantined, sent, refused, retries, doubt;
	uint64_t resets, reopens, errors, timeouts;
	const char *question; /* what the network asks and nobody has answered; NULL: nothing */
	bool has_balance;
	int64_t balance; /* cents */
	int64_t balance_at_s;
	bool has_audio;
	/* Of calls: times the modem had nothing to play, times its sound was lost, frames of 20 ms that were late and
	 * left out, frames of silence put in; frames that were not recorded, tones taken for a part of a press. */
	uint64_t audio_underruns, audio_overruns, audio_dropped, audio_added, audio_lost,
		audio_torn;
};
void modem_status(const struct modem *m, struct modem_status *out);

#define MODEM_AMOUNT_SIZE 24
/*! "12.50" of 1250 cents. \returns out */
const char *modem_amount(char out[MODEM_AMOUNT_SIZE], int64_t cents);

/* ---- USSD of the modem's own SIM */

enum modem_ussd_result {
	MODEM_USSD_ANSWERED,
	MODEM_USSD_REFUSED,
	MODEM_USSD_UNSUPPORTED,
	MODEM_USSD_BUSY,
	MODEM_USSD_SILENT,   /* no answer in time */
	MODEM_USSD_LOST,     /* the modem went down in the middle */
	MODEM_USSD_REPLACED, /* another program dials on it */
};

struct modem_ussd_answer {
	enum modem_ussd_result result;
	const char *text; /* UTF-8, valid during done(); "" if there is none */
	bool more;	  /* the network waits for modem_ussd_reply() */
	int code;	  /* CME or CMS error; -1 none */
};

/* Called once for each call below that returned 0, maybe from inside it. */
typedef void modem_ussd_done(const struct modem_ussd_answer *answer, void *data);

/*! Dial a code.  A session in which the network waits for us is cancelled first.
 *  \returns 0; -ENETDOWN; -EBUSY while another code is being asked; -EINVAL; -EMSGSIZE */
int modem_ussd_dial(struct modem *m, const char *code, modem_ussd_done *done, void *data);
/*! Answer what the network asks, in a session that was dialled or that it began itself.
 *  \returns as modem_ussd_dial(); -ENOENT if it asks nothing */
int modem_ussd_reply(struct modem *m, const char *text, modem_ussd_done *done, void *data);
/*! Dial only if nothing else is going on, and let a person's code wait for it.
 *  \returns as modem_ussd_dial() */
int modem_ussd_quietly(struct modem *m, const char *code, modem_ussd_done *done, void *data);
/*! End the session in which the network waits. */
void modem_ussd_cancel(struct modem *m);
bool modem_ussd_waits(const struct modem *m);
/*! For the log: a text of the network on one line. \returns out */
const char *modem_ussd_line(char out[USSD_TEXT_MAX], const char *text);
/*! Is it a code to dial, and no answer to a menu? */
bool modem_ussd_is_code(const char *text);
/*! What to tell a person, and what he can do. */
const char *modem_ussd_words(enum modem_ussd_result result);
/*! The same of what the calls above return. */
const char *modem_ussd_trouble(int rc);
