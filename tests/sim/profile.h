/* profile.h - what makes one maker's modem different from another's.
 *
 * Everything that a driver can trip over is a field here; the command handlers read it
 * and know no maker by name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum mem_kind {
	MEM_SM,
	MEM_ME,
	MEM_SR,
	MEM_MT, /* no memory of its own: ME first, then SM */
	MEM_KINDS
};

/* What CMGR says about a slot that holds nothing. */
enum empty_slot {
	EMPTY_CMS_321,
	EMPTY_ZERO_ROW, /* "+CMGR: 0,,0" */
	EMPTY_OK	/* "OK" alone */
};

/* How USSD strings travel between modem and client. */
enum ussd_manner {
	USSD_BY_CSCS,  /* text, or UCS-2 in hex with AT+CSCS="UCS2" */
	USSD_TEXT,     /* text whatever CSCS says; what is UCS-2 in the network as hex */
	USSD_PACKED,   /* septets in hex, TS 23.038 6.1.2.3 */
	USSD_UCS2_OUT, /* to the modem by CSCS, from it UCS-2 in hex */
};

/* When the modem listens to the command that switches a call's sound on. */
enum call_manner {
	CALL_NO_AUDIO,
	CALL_AUDIO_AFTER,    /* once the call is there */
	CALL_AUDIO_AT_BEGIN, /* once "VOICE CALL: BEGIN" was said */
	CALL_AUDIO_BEFORE,   /* before ATA and ATD */
};

struct vendor_command {
	const char *name;
	const char *answer; /* line before OK; NULL for OK alone */
};

struct profile {
	const char *name;
	const char *maker, *model, *revision;
	const char *urc_end;	 /* line end before a URC's text ends: SIMCom sends several CR */
	const char *boot[8];	 /* lines at power-up, in this order */
	const char *noise[6];	 /* lines that come now and then, unasked */
	const char *ready[3];	 /* lines when the SIM becomes ready */
	const char *unknown;	 /* answer to an unknown command instead of ERROR */
	bool unknown_cme;	 /* "+CME ERROR: 100" when CMEE allows */
	const char *ccid_name;	 /* the command for the ICCID */
	const char *ccid_answer; /* $s the digits */
	const char *pin_name;	 /* the command for the tries that are left */
	const char *pin_answer;	 /* $s state, $p PIN tries, $u PUK tries */
	const char *cfun_text;
	unsigned int cfun_mask; /* bit n: AT+CFUN=n is taken */
	const char *cnmi_text;
	uint8_t cnmi_mask[5]; /* what is really taken, bit n a value */
	uint8_t cnmi_boot[5];
	bool csms;	       /* phase 2+ can be chosen */
	bool cnma;	       /* CNMA works */
	bool cnma_miss_resets; /* a missed CNMA silently sets mt and ds to 0 */
	const char *cds_prefix;
	unsigned int mem_size[3]; /* 0: no such memory; SM, ME, SR */
	unsigned int base;	  /* the first index */
	enum mem_kind mem_boot;
	bool mt_memory; /* "MT" is offered */
	enum empty_slot empty;
	bool cmgd_empty_fails;
	const char *full_urc; /* when a text comes and there is no room */
	bool creg_bare;	      /* LAC and CI without quotes */
	bool cereg;
	bool lte_only; /* CREG says 6, SMS only; CEREG says 1 */
	bool cms_needs_cmee;
	enum ussd_manner ussd;
	int ussd_bad;	      /* CME error for a string that it cannot read; 0: ERROR */
	bool ussd_cancel_urc; /* "+CUSD: 2" after AT+CUSD=2 */
	enum call_manner call;
	const char *call_audio;	   /* that command */
	const char *call_keys;	   /* the command to have keys told, or NULL */
	const char *call_keys_urc; /* and how, with a blank and the key behind it */
	bool call_keys_ascii;	   /* the key as a number */
	unsigned int sim_busy_ms;
	struct vendor_command vendor[14];
};

/*! \returns NULL if there is no such profile */
const struct profile *profile_find(const char *name);
