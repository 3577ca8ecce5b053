/* tpdu.h - the few SMS TPDUs that a modem and its network handle (TS 23.040).
 *
 * The simulator is an independent peer of the gateway, so it has this coder of its own
 * and shares nothing with gateway/wire.  It knows what a network must know: take a
 * SUBMIT apart, build a DELIVER and a STATUS-REPORT, GSM 7-bit and UCS-2 without shift
 * tables.  Nothing here allocates.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define TPDU_MAX      176 /* octets of the longest TPDU, TS 23.040, 9.2.2 */
#define TPDU_SMSC_MAX 12  /* length octet, type, ten octets of digits */

struct tpdu_submit {
	uint8_t first;	/* first octet: SRR, UDHI, VPF */
	uint8_t da[12]; /* the address as it stands, for the status report */
	size_t da_len;
	char to[24];
	uint8_t pid, dcs;
	const uint8_t *ud; /* points into the PDU */
	size_t udl;	   /* septets or octets, by dcs */
	size_t ud_len;	   /* octets */
};

struct tpdu_text {
	uint8_t dcs;
	uint8_t udh[8]; /* with its length octet; udh[0] == 0 means none */
	size_t udl;
	uint8_t ud[140];
	size_t ud_len;
};

/*! Read up to size octets from hex digits.
 *  \returns the number of octets; -EINVAL for an odd count, a bad digit or too many */
int tpdu_from_hex(uint8_t *out, size_t size, const char *hex);

/*! Write octets as upper-case hex with a NUL; out holds 2 * len + 1 bytes. */
void tpdu_to_hex(char *out, const uint8_t *in, size_t len);

/*! Take an SMS-SUBMIT apart; every octet must be accounted for.
 *  \returns 0; -EBADMSG when it is not a SUBMIT or its lengths do not fit */
int tpdu_submit_parse(struct tpdu_submit *sub, const uint8_t *pdu, size_t len);

/*! Text of a SUBMIT as UTF-8, without its header; empty for 8-bit or shift tables. */
void tpdu_submit_text(const struct tpdu_submit *sub, char *out, size_t size);

/*! Cut one part of a UTF-8 text.
 *  \param[in] ref, total, number  concatenation; total 1 means none
 *  \param[in] wide  16-bit reference instead of an 8-bit one
 *  \returns octets of text taken, 0 at its end */
size_t tpdu_text_part(struct tpdu_text *part, const char *text, unsigned int ref,
		      unsigned int total, unsigned int number, int wide);

/*! How many parts a text takes. */
unsigned int tpdu_text_parts(const char *text, int wide);

/*! A text as UTF-16BE. \returns octets, as many as size takes */
size_t tpdu_text_ucs2(uint8_t *out, size_t size, const char *text);

/*! Build an SMS-DELIVER.
 *  \param[in] from  "+31612345678", "1407" or an alphanumeric name of up to 11 characters
 *  \returns octets written to out, which holds TPDU_MAX */
size_t tpdu_deliver_build(uint8_t *out, const char *from, time_t at, const struct tpdu_text *part);

/*! Build an SMS-STATUS-REPORT for a submitted message. */
size_t tpdu_status_build(uint8_t *out, uint8_t mr, const struct tpdu_submit *sub, time_t submitted,
			 time_t done, uint8_t status);

/*! The message class that the data coding scheme names; -1 for none. */
int tpdu_class(uint8_t dcs);

/*! Offset of TP-DCS in a DELIVER (TP-PID is before it); -EBADMSG if it is too short. */
int tpdu_deliver_dcs(const uint8_t *pdu, size_t len);
