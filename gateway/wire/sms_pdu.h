/* sms_pdu.h - TPDUs of 3GPP TS 23.040 (clause 9.2) as modems give and take them in PDU mode.
 *
 * A modem's PDU is the service centre's address and then the TPDU (TS 27.005 3.1 <pdu>).
 * Knows nothing of AT commands, of parts of other messages, or of the database.
 * Reads any bytes: what is not a TPDU gives -EBADMSG and never a read past the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/phone.h"
#include "wire/sms_text.h"

#define SMS_TPDU_MAX	 176 /* octets: SMSC field 12, header 24, 140 of user data */
#define SMS_PDU_READ_MAX 512 /* octets read from hex: some modems add octets after the TPDU */
#define SMS_CLASS_NONE	 -1

enum sms_type {
	SMS_DELIVER,	   /* 9.2.2.1, from the SC */
	SMS_SUBMIT,	   /* 9.2.2.2, to the SC */
	SMS_STATUS_REPORT, /* 9.2.2.3, from the SC */
};

struct sms_time {
	bool valid;	    /* bad digits happen; then the rest is 0 */
	int64_t utc_s;	    /* seconds since 1970 */
	int16_t offset_min; /* of the zone that was sent, east positive */
};

struct sms_concat { /* 9.2.3.24.1 and .8; total 0 = not a part */
	uint16_t ref;
	uint8_t bits; /* 8 or 16 */
	uint8_t total, number;
};

struct sms_tpdu {
	uint8_t type;		  /* enum sms_type */
	char smsc[PHONE_SIZE];	  /* written form; "" if the PDU names none */
	char address[PHONE_SIZE]; /* OA, DA or RA, written form or alphanumeric */
	bool alphanumeric;	  /* cannot be answered */
	uint8_t pid, dcs;
	int8_t class;	 /* 0 to 3 or SMS_CLASS_NONE */
	bool compressed; /* TS 23.042: data is kept, not text */
	uint8_t replace; /* 1 to 7 for PID 41 to 47, else 0 */
	struct sms_concat concat;
	uint16_t port_to, port_from; /* 9.2.3.24.3 and .4; 0 = none */
	struct sms_piece piece;
	struct sms_time time;	   /* SCTS */
	struct sms_time discharge; /* STATUS-REPORT: DT */
	uint8_t mr;		   /* TP-MR of SUBMIT and STATUS-REPORT */
	uint8_t status;		   /* STATUS-REPORT: TP-ST */
	int64_t validity_s;	   /* SUBMIT, relative VP; 0 = none */
	bool want_report;	   /* SUBMIT: TP-SRR */
	bool reject_duplicates;	   /* SUBMIT: TP-RD */
};

/* What TP-ST says, 9.2.3.15. */
enum sms_outcome {
	SMS_OUT_DELIVERED, /* 00 to 1F */
	SMS_OUT_TRYING,	   /* 20 to 3F: not final */
	SMS_OUT_FAILED,	   /* 40 to 7F and all reserved values: final */
};

/*! Take a PDU apart.
 *  \param[in] pdu  SMSC field and TPDU
 *  \param[in] from_sc  the direction, which decides what MTI 00 to 11 mean (9.2.3.1).  Stored
 *                      messages of our own (CMGL stat 2 and 3) are not from the SC.
 *  \returns 0; -EBADMSG */
int sms_pdu_decode(struct sms_tpdu *tpdu, const uint8_t *pdu, size_t len, bool from_sc);

/*! The same from hex digits, upper or lower case, without blanks.  -EBADMSG for odd or other digits. */
int sms_pdu_decode_hex(struct sms_tpdu *tpdu, const char *hex, bool from_sc);

/*! Write a SUBMIT (or a DELIVER, for tests and the handset) from address, pid, class, concat, ports,
 *  piece, validity_s (rounded up to what TP-VP can say), want_report, reject_duplicates, mr, smsc
 *  ("" writes 00: the SIM's own); a DELIVER also from time and alphanumeric.
 *  \param[out] pdu  at least SMS_TPDU_MAX octets
 *  \param[out] tpdu_len  octets without the SMSC field: the number that AT+CMGS wants
 *  \returns octets in all; -EINVAL if the address or piece cannot be written, or if type is
 *           SMS_STATUS_REPORT */
int sms_pdu_encode(uint8_t *pdu, size_t *tpdu_len, const struct sms_tpdu *tpdu);

/*! The same as upper-case hex with NUL; out holds 2 * SMS_TPDU_MAX + 1. */
int sms_pdu_encode_hex(char *out, size_t *tpdu_len, const struct sms_tpdu *tpdu);

enum sms_outcome sms_outcome(uint8_t status);

/*! A key that the network offering this message again would give again: 32 hex digits and NUL
 *  over sender, time stamp, PID, DCS, header and user data (not the SMSC, which may differ). */
#define SMS_KEY_SIZE 33
void sms_pdu_key(char *out, const struct sms_tpdu *tpdu);

/*! What a CMS error means for the message and for the line (modem.md section 3's classes). */
enum sms_error_class {
	SMS_ERR_NUMBER,	 /* permanent, this number */
	SMS_ERR_MESSAGE, /* permanent, this message */
	SMS_ERR_SIM,	 /* the SIM may not send: stop after three */
	SMS_ERR_RETRY,	 /* later, with back-off */
	SMS_ERR_SLOWLY,	 /* twice more, slowly, then permanent */
	SMS_ERR_DOUBT,	 /* may have been sent */
	SMS_ERR_SENT,	 /* 197: the SC has it already */
	SMS_ERR_STORAGE, /* clear the storage, then again */
	SMS_ERR_MODEM,	 /* the modem's fault: sync, then again */
};
enum sms_error_class sms_error_class(int cms);

/*! The error in words for logs and the console ("no network service"). Never NULL. */
const char *sms_error_name(int cms);
