/* gsup_ussd.h - USSD between an HLR and an external USSD entity: PROC_SS messages of GSUP with a MAP component.
 *
 * A message names its session by (IMSI, session id) and carries at most one component of 3GPP TS 24.080
 * (3.6, 4.5).  Both come from outside: the lengths are walked over here before libosmocore's coders
 * see them.  Pure; knows no socket.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/phone.h"
#include "wire/ussd_text.h"

#define GSUP_USSD_IMSI_SIZE 16	/* 15 digits and NUL */
#define GSUP_USSD_MAX	    512 /* octets of a message that is written */

enum gsup_ussd_kind {
	GSUP_USSD_BEGIN,  /* invoke of processUnstructuredSS-Request: a code was dialled */
	GSUP_USSD_ANSWER, /* return result of unstructuredSS-Request: text is the answer, "" none */
	GSUP_USSD_RELEASE, /* END, with or without a component: the phone hung up */
	GSUP_USSD_FAILED, /* return error or reject: the phone, or its network, could not show a page */
	GSUP_USSD_ERROR, /* PROC_SS_ERROR: the network lost the phone */
	GSUP_USSD_OTHER, /* a GSUP message that is not about sessions of ours: not for us */
};

struct gsup_ussd {
	enum gsup_ussd_kind kind;
	char imsi[GSUP_USSD_IMSI_SIZE];
	uint32_t session_id;
	int invoke_id;		  /* of the component; -1 if none could be read */
	char msisdn[PHONE_SIZE];  /* written form; "" if the network does not tell */
	uint8_t dcs;		  /* as it came */
	char text[USSD_TEXT_MAX]; /* UTF-8; "" if there is none */
	uint8_t message_type;	  /* as it came: for the log */
};

/* What is the matter with a message. */
enum gsup_ussd_fault {
	GSUP_USSD_OK,
	GSUP_USSD_NOT_GSUP,	 /* cannot be decoded at all: no session can be named */
	GSUP_USSD_NO_COMPONENT,	 /* BEGIN or CONTINUE without one */
	GSUP_USSD_BAD_COMPONENT, /* lengths that do not fit: reject, badlyStructuredComponent */
	GSUP_USSD_OPERATION, /* an operation that is not of USSD: reject, unrecognizedOperation */
	GSUP_USSD_ALPHABET,  /* a scheme that cannot be read: return error, unknownAlphabet */
};

/*! Read a GSUP message (after the IPA header and the extension octet).
 *  \param[out] out  all but text is set as far as it could be read; nothing if NOT_GSUP
 *  \returns the fault; GSUP_USSD_OK if there is none */
enum gsup_ussd_fault gsup_ussd_read(struct gsup_ussd *out, const uint8_t *data, size_t len);

/* How lengths over 127 are written.  A page of up to 112 octets has none and is the same in both. */
enum gsup_ussd_length {
	GSUP_USSD_BER,	     /* 0x81 and an octet, as X.690 8.1.3.5 says; osmo-hlr 1.5 drops them */
	GSUP_USSD_ONE_OCTET, /* a bare octet, as libosmocore 1.7 writes and reads it, against X.690 */
};

/* What to write to a session. */
struct gsup_ussd_page {
	const char *imsi;
	uint32_t session_id;
	const char *text;
	bool last; /* return result of the dialled request (END); else an invoke that asks (CONTINUE) */
	uint8_t invoke_id; /* last: of the request that was dialled; else our own */
	enum gsup_ussd_length length;
};

/*! Write a page.
 *  \param[out] out  GSUP_USSD_MAX octets of room
 *  \returns octets; -EMSGSIZE if the text is longer than USSD_OCTETS_MAX; -EINVAL: no UTF-8, no
 *           IMSI, or no text at all, for a string has one octet at least */
int gsup_ussd_write_page(uint8_t *out, const struct gsup_ussd_page *page);

/* TS 24.080 3.6.6, table 3.13: error codes of a return error. */
#define GSUP_USSD_ERR_SYSTEM_FAILURE   34
#define GSUP_USSD_ERR_DATA_MISSING     35
#define GSUP_USSD_ERR_UNEXPECTED_DATA  36
#define GSUP_USSD_ERR_UNKNOWN_ALPHABET 71
#define GSUP_USSD_ERR_BUSY	       72

/*! Write a refusal that ends the session: PROC_SS_RESULT, END, return error.
 *  (osmo-hlr passes no PROC_SS_ERROR on: the phone would wait for its guard timer.  Of an error or a
 *  reject, 1.5 passes on that there was one: the phone sees facilityNotSupported.)
 *  \returns octets; -EINVAL: no IMSI */
int gsup_ussd_write_error(uint8_t *out, const char *imsi, uint32_t session_id, uint8_t invoke_id,
			  uint8_t error);

/*! Write a reject (TS 24.080 3.6.7) that ends the session, by the fault that was found.
 *  \param[in] invoke_id  as it was read; -1 is written as NULL
 *  \returns octets; -EINVAL: no IMSI */
int gsup_ussd_write_reject(uint8_t *out, const char *imsi, uint32_t session_id, int invoke_id,
			   enum gsup_ussd_fault fault);
