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

struct line;
struct modem;

enum modem_mode {
	MODEM_AUTO,   /* direct where the modem is known to do it well, else stored */
	MODEM_DIRECT, /* +CMT, acknowledged with CNMA */
	MODEM_STORED, /* +CMTI, read and deleted */
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
	enum modem_mode mode;
	bool no_reports; /* ask for no status reports */
	bool shutdown;	 /* for who starts lines: not to be started */
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
};
void modem_status(const struct modem *m, struct modem_status *out);
