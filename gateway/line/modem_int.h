/* modem_int.h - what the files of the modem share; nobody else includes it.
 *
 * modem.c is the line, modem_fsm.c the state machine, modem_step.c runs steps and finds out who
 * the modem is, modem_pin.c its PIN, modem_setup.c its settings, modem_profile.c what each
 * maker needs, modem_urc.c what it says unasked, modem_rx.c texts to us, modem_storage.c those
 * that it keeps, modem_tx.c texts from us, modem_ussd.c the SIM's own USSD, modem_cusd.c its
 * strings, modem_balance.c what it says about the credit, modem_call.c calls, modem_dial.c those
 * that we place, modem_clcc.c the list of calls and the settings for them; their sound is
 * modem_audio.h's.
 */
#pragma once

#include <osmocom/core/fsm.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "line/at_chat.h"
#include "line/at_port.h"
#include "line/line.h"
#include "line/modem.h"
#include "line/modem_audio.h"
#include "log.h"
#include "wire/cusd.h"

#define LOG_MODEM(m, level, fmt, args...) LOGP(DLINE, level, "%s: " fmt, (m)->line.name, ##args)

#define SIM_BUSY_TRIES 30 /* about 25 s */
#define MEMORIES_MAX   6
#define RADIO_RUNG     2 /* of the ladder: the radio is switched off and on */

enum modem_state {
	MODEM_SHUTDOWN,	 /* by configuration */
	MODEM_DOWN,	 /* no port; X1, X2 or X10 until the next try */
	MODEM_RESETTING, /* told to start anew; does not answer for a while */
	MODEM_PROBING,	 /* port open: does it answer, who is it */
	MODEM_PIN,
	MODEM_SIM_WAIT, /* no SIM, or it does not answer */
	MODEM_SETUP,
	MODEM_LISTING, /* what was stored while we were away */
	MODEM_READY,
	MODEM_STOPPED, /* needs a person; looks again now and then, never with a PIN */
};

enum modem_event {
	MODEM_EV_START,
	MODEM_EV_STOP,
	MODEM_EV_APPEARED, /* something that may be the port */
	MODEM_EV_LOST,	   /* the port went away */
	MODEM_EV_HUNG,	   /* it does not answer */
	MODEM_EV_SYNCED,   /* it answers AT */
	MODEM_EV_DONE,	   /* the steps of this state are through */
	MODEM_EV_FAILED,   /* one of them failed that must not */
	MODEM_EV_WRONG,	   /* another IMEI than ours */
	MODEM_EV_PIN_WANTED,
	MODEM_EV_SIM_READY,
	MODEM_EV_SIM_ABSENT,
	MODEM_EV_PERSON, /* PUK, refused PIN */
	MODEM_EV_LISTED,
	MODEM_EV_REBOOTED, /* it started anew by itself: its settings are gone */
	MODEM_EV_SIM_CHANGED,
};

enum modem_counter {
	MODEM_CTR_HEARD,
	MODEM_CTR_REPORTS,
	MODEM_CTR_QUARANTINED,
	MODEM_CTR_SENT,
	MODEM_CTR_REFUSED,
	MODEM_CTR_RETRIES,
	MODEM_CTR_DOUBT,
	MODEM_CTR_RESETS,
	MODEM_CTR_REOPENS,
	MODEM_CTR_ERRORS,
};

enum modem_alarm {
	ALARM_PIN,
	ALARM_PUK,
	ALARM_SIM,
	ALARM_STORAGE,
	ALARM_SILENT,
	ALARM_PORT,
	ALARM_SMSC,
	ALARM_BARRED,
	ALARM_IMEI,
	ALARM_NETWORK,
	ALARM_BALANCE,
	ALARM_AUDIO,
	ALARMS
};

/* What one maker's modems need beyond the standard (modem_profile.c). */
struct modem_profile {
	const char *vendor;
	const char *maker, *model; /* in the answers of CGMI and CGMM, any case; NULL: any */
	const char *extras[5];	   /* may fail, each */
	const char *iccid;	   /* command for the SIM's number */
	const char *pin_tries;	   /* command for the tries that are left, or NULL */
	unsigned int pin_field;	   /* which value of its answer, from 0 */
	const char *reset;	   /* NULL: AT+CFUN=1,1 */
	bool direct;		   /* +CMT and CNMA can be trusted */
	bool cnmi_1;		   /* says that it can CNMI mode 2, and cannot */
	enum cusd_form ussd;	   /* how it wants USSD strings; the others are tried if not */
	const char *call_extra;	   /* before any call, may fail */
	const char *keys_on;	   /* it tells keys by itself then; if it refuses, they are heard */
	const char *keys_urc;
	bool keys_ascii;	  /* "49" is '1' */
	const char *audio_before; /* ATA or ATD: sound on its port */
	const char *audio_after;  /* the same, once the call is there */
	const char *audio_off;	  /* once it is over */
	const char *card_before;  /* the same for its sound card; NULL: as for the port */
	const char *card_after;
	const char *card_off;
	bool audio_at_begin; /* OK is too early: "VOICE CALL: BEGIN" */
};

/* One of the modem's memories (TS 27.005 3.1 <mem>). */
struct memory {
	char name[4];
	int used, total;
	bool list;	/* is to be listed, all of it */
	bool list_new;	/* only what is unread */
	bool check;	/* ask how full it is */
	bool unsettled; /* something in it was not stored: list it again later */
	int foreign;	/* entries that are not from the network: they stay */
};

/* A text or report that was offered and is not settled, or not yet deleted. */
struct incoming {
	struct llist_head entry; /* in stored or direct */
	uint64_t token;
	int memory, index; /* memory -1: direct */
	enum {
		INCOMING_OFFERED,
		INCOMING_STORED,  /* to be acknowledged or deleted */
		INCOMING_REFUSED, /* direct: not to be acknowledged */
		INCOMING_DELETING,
		INCOMING_STUCK, /* the modem does not delete it; tried again later */
	} state;
	bool again; /* stored: announced anew while it was being deleted */
	bool mute;  /* direct: one before it had no CNMA, so its own would go to the wrong one */
};

struct modem_rx {
	struct llist_head direct; /* in order of arrival: that is the order of CNMA */
	struct llist_head stored;
	struct llist_head reads; /* struct read: announced with +CMTI */
	size_t n_reads;
	uint64_t last_token;
	unsigned int cnmas; /* acknowledgements that the modem has not answered */
	struct memory memories[MEMORIES_MAX];
	int n_memories, current, home; /* -1 unknown */
	bool no_select;		       /* CPMS is not taken: one memory, always selected */
	bool busy;		       /* a storage command is running */
	int op_memory, op_index;       /* what it is about */
	size_t op_n;		       /* how many it deletes */
	bool op_all;		       /* it lists all, not only what is new */
	bool no_concat;		       /* AT+CMGD=1;+CMGD=2 is not taken */
	bool can_refuse;	       /* CNMA=2 */
	struct osmo_timer_list relist;
	char bad[2 * 256 + 1]; /* the last PDU that could not be whole: seen twice, it is */
};

struct modem_tx {
	struct llist_head queue; /* struct outgoing; the first may be running */
	size_t n;
	bool busy, burst; /* burst: CMMS=2 is on */
	bool lively;	  /* something was to be sent since the last poll */
	unsigned int sim_refusals, modem_refusals;
	bool barred;
	struct {
		uint64_t id;
		unsigned int n;
	} slow[16]; /* parts that were rejected without a reason */
	unsigned int slow_next;
};

/* A code, or an answer to the network, on its way. */
struct ussd_ask {
	char text[USSD_TEXT_MAX];
	modem_ussd_done *done; /* NULL with by_rule, or if there is none */
	void *data;
	bool reply, by_rule;
	bool patient;	    /* a person's code may wait for it */
	bool freed;	    /* the modem was busy and has been freed for it */
	unsigned int forms; /* that were tried beside the first */
};

struct modem_ussd {
	struct osmo_fsm_inst *fi;
	struct ussd_ask now, next; /* next: after the session that is being cancelled */
	struct cusd early;	   /* an answer before its OK */
	char form_of[24];	   /* the device that form is of */
	enum cusd_form form;
	bool form_sure; /* it has worked */
	bool wide;	/* CSCS is "UCS2" */
	bool ours;	/* OPEN: somebody here dialled */
	bool ended;	/* +CUSD came while cancelling */
	unsigned int rules_run;
	char question[USSD_TEXT_MAX]; /* OPEN: what the network asks */
};

struct modem_balance {
	bool known;
	int64_t cents, at_s;
	int64_t due_s;	       /* 0: as soon as it can */
	unsigned int failures; /* in a row */
};

enum call_state {
	CALL_NONE,
	CALL_RINGING, /* nobody is told yet: its number may come */
	CALL_OFFERED,
	CALL_ANSWERING,
	CALL_DIALLING,
	CALL_UP,
	CALL_HANGING_UP, /* over for the user; the modem still has it */
};

struct modem_call {
	enum call_state state;
	uint64_t session; /* of this call, or of the last */
	bool told;	  /* the user knows of it */
	bool outgoing;
	bool accepted; /* OK to ATA or ATD */
	bool hinted;   /* something said that it is over: CLCC decides */
	bool last;     /* hang up when the prompt is over */
	bool recording;
	bool second; /* another caller was refused */
	bool keys_by_urc;
	bool stray; /* a process before this one left a call */
	char number[40];
	bool looking;	     /* CLCC is under way */
	unsigned int missed; /* CLCC did not show it, in a row */
	unsigned int age_s;  /* of the state, or since it last rang */
	unsigned int quiet_s;
	uint64_t octets_seen;
	struct osmo_timer_list number_timer, tick;
	struct modem_audio *audio; /* NULL: no calls */
	bool sound;		   /* it is open for this call, or is being opened: */
	bool opening;		   /* ATA or ATD waits for it */

	/* Outgoing: */
	bool reached;	/* somebody came to the phone */
	bool alerting;	/* it rings there */
	bool asked_why; /* CEER */
	unsigned int ring_s;
	int why; /* enum line_unreached; -1: nothing said so yet */
};

enum { CLCC_ACTIVE = 0, CLCC_ALERTING = 3, CLCC_INCOMING = 4, CLCC_WAITING = 5 }; /* <stat> */

struct clcc {
	int stat;     /* of our call; -1: it is not there */
	bool second;  /* another caller waits */
	bool talking; /* any call is beyond ringing here */
	char number[40];
	int type;
};

struct step; /* below */

struct modem {
	struct line line;
	struct modem_cfg cfg;
	struct osmo_fsm_inst *fi;
	struct at_port *port;
	struct at_chat *chat;
	struct rate_ctr_group *ctrs;
	struct osmo_timer_list poll;
	unsigned int polls, polling, watch;
	uint32_t alarms, alarms_told; /* told: the user knows this one's state, on or off */
	bool person;		      /* a person is needed, whatever the state */

	char maker[48], model[48], revision[64], imei[24], iccid[24], imsi[24], operator[48];
	const struct modem_profile *profile;
	int creg, cereg; /* <stat>; -1 never said */
	bool has_cereg;
	int csq;
	int64_t unregistered_since_s;

	const struct step *step;
	unsigned int step_tries, extra, probe;
	struct osmo_timer_list step_timer;
	int cfun;
	char smsc[32];
	uint32_t cnmi_can[5];
	int cnmi[5]; /* what is set; mode, mt, bm, ds, bfr */
	unsigned int cnmi_try;
	bool phase2; /* CSMS=1: +CMT is acknowledged */
	uint64_t echoes;
	bool quiet; /* ATE0 is obeyed */

	unsigned int rung; /* of the ladder for a modem that hangs */
	bool reset_due;	   /* tell it to start anew when its port is open */
	unsigned int absent;
	int64_t ready_since_s;

	struct modem_rx rx;
	struct modem_tx tx;
	struct modem_ussd ussd;
	struct modem_balance balance;
	struct modem_call call;
};

/* modem_fsm.c */
extern struct osmo_fsm modem_fsm;
/*! An event that the state does not take is no error: a late answer is nothing new. */
void modem_tell(struct modem *m, enum modem_event event);
void modem_close(struct modem *m); /* port and chat, and what hung on them */
void modem_poll_due(void *data);
/*! Many modems stop delivering some seconds after an acknowledgement failed, without a word:
 *  look closely for a while. */
void modem_watch(struct modem *m);

/* modem.c */
void modem_count(struct modem *m, enum modem_counter which);
void modem_alarm(struct modem *m, enum modem_alarm which, bool on, const char *detail);
void modem_needs_person(struct modem *m, enum modem_alarm which, const char *detail);
/*! Up or down, by state, registration and bars; tells the user if it changed. */
void modem_update_line(struct modem *m);
bool modem_is_registered(const struct modem *m);
bool modem_is_up(const struct modem *m); /* LISTING or READY: texts flow */

/* One step of bringing a modem up: a command, what may go wrong, what its answer means. */
enum step_next {
	STEP_NEXT,
	STEP_AGAIN,  /* after a pause */
	STEP_REPEAT, /* build the next command of the same step, now */
	STEP_LEAVE,  /* an event was dispatched: the steps are over */
	STEP_FAIL,
};

enum step_flags {
	STEP_MAY_FAIL = 1,
	STEP_SIM_BUSY = 2, /* right after the PIN: busy is asked again for a while */
	STEP_DECIDES = 4,  /* take() gets errors too */
	STEP_SECRET = 8,
	STEP_LAST = 16, /* no step: the end of a table */
};

struct step {
	const char *text; /* NULL: build() makes it */
	/* 0; -ENOENT: nothing to do here */
	int (*build)(struct modem *m, char *out, size_t size);
	const char *prefix;
	unsigned int deadline_s;
	unsigned int flags; /* enum step_flags */
	int (*take)(struct modem *m, const struct at_answer *answer);
	bool (*mine)(const char *line);
};

/* modem_step.c */
extern const struct step steps_probe[], steps_pin_look[], steps_pin_enter[];
void modem_steps_start(struct modem *m, const struct step *steps);
void modem_steps_stop(struct modem *m);
void modem_steps_init(struct modem *m);
int modem_build_iccid(struct modem *m, char *out, size_t size);
int modem_take_iccid(struct modem *m, const struct at_answer *answer);

/* modem_profile.c */
/*! The profile that fits maker and model; never NULL. */
const struct modem_profile *modem_profile_find(const char *maker, const char *model);

/* modem_setup.c */
extern const struct step steps_setup[];
/*! Set CNMI once more, as it was chosen. */
void modem_cnmi_again(struct modem *m);
void modem_poll_network(struct modem *m);
void modem_take_registration(struct modem *m, const char *line, bool answer);

/* modem_pin.c */
int modem_pin_take_state(struct modem *m, const struct at_answer *answer);
int modem_pin_take_tries(struct modem *m, const struct at_answer *answer);
int modem_pin_build(struct modem *m, char *out, size_t size);
int modem_pin_take_entered(struct modem *m, const struct at_answer *answer);
/*! May the configured PIN be tried?  Asks for a person if not. */
bool modem_pin_may_try(struct modem *m);

/* modem_urc.c */
void modem_urc(struct at_chat *chat, const char *line, const char *payload, void *data);

/* modem_rx.c */
void modem_rx_init(struct modem *m);
/*! The port is gone: what was not settled is offered again when it is back. */
void modem_rx_lost(struct modem *m);
/*! A text or report came without being stored: +CMT, +CDS or +CBM.
 *  \param[in] head  its first line
 *  \param[in] hex  the PDU after it */
void modem_rx_direct(struct modem *m, const char *head, const char *hex);
/*! Hand on one that is stored. */
void modem_rx_offer(struct modem *m, int memory, int index, const char *hex);
/*! Did bytes fall out of it on the way, so that it is worth asking for again?  Not the second time. */
bool modem_rx_is_damaged(struct modem *m, const char *head, const char *hex);
/*! line_ops' settle(). */
void modem_rx_settle(struct line *ln, uint64_t token, bool stored);
/*! Is anything still being heard?  Tells the user once nothing is. */
void modem_rx_look(struct modem *m);
size_t modem_rx_unsettled(const struct modem *m);

/* modem_storage.c */
void modem_storage_init(struct modem *m);
void modem_storage_lost(struct modem *m);
/*! The memory of this name, added if it is new. \returns its index; -1: it is no name, or there are too many */
int modem_storage_memory(struct modem *m, const char *name);
/*! The modem said how full it is: an alarm if it is nearly. */
void modem_storage_used(struct modem *m, int memory, int used, int total);
/*! +CMTI or +CDSI */
void modem_storage_announced(struct modem *m, const char *memory, int index);
/*! A memory is full, or said to be: look at all. */
void modem_storage_full(struct modem *m);
void modem_storage_list_all(struct modem *m);
/*! Look how full the memories are; all of them every tenth time. */
void modem_storage_poll(struct modem *m, unsigned int nth);
/*! Something in it could not be read or stored: list it again after X12.  -1: only look at what is stuck. */
void modem_storage_relist(struct modem *m, int memory);
/*! Give the next storage command, if there is something to do and none runs. */
void modem_storage_pump(struct modem *m);

/* modem_tx.c */
void modem_tx_init(struct modem *m);
void modem_tx_lost(struct modem *m);
void modem_tx_pump(struct modem *m);
int modem_tx_submit(struct line *ln, const struct line_part *part);
void modem_tx_poll(struct modem *m);

/* modem_ussd.c */
void modem_ussd_init(struct modem *m);
void modem_ussd_free(struct modem *m);
void modem_ussd_lost(struct modem *m);
/*! A +CUSD came. */
void modem_ussd_said(struct modem *m, const char *line);

/*! The outcome of modem_cusd_send(): OK, or why not. */
void modem_ussd_sent(struct modem *m, const struct at_answer *answer);
/*! A code is on its way to the modem. */
bool modem_ussd_asking(const struct modem *m);

/* modem_cusd.c */
/*! Send what is asked now, in the form of the modem.  modem_ussd_sent() tells, maybe from inside. */
void modem_cusd_send(struct modem *m);
/*! Try another form for what was not taken: each once, and none where one has worked.
 *  \returns false: it is not the form */
bool modem_cusd_next_form(struct modem *m);
/*! What worked before with this modem, else what its profile says. */
enum cusd_form modem_cusd_form(struct modem *m);
void modem_cusd_worked(struct modem *m);
void modem_cusd_charset_back(struct modem *m);
int modem_cusd_read(struct modem *m, struct cusd *out, const char *line);

/* modem_balance.c */
/*! What was known before this process. */
void modem_balance_recall(struct modem *m);
/*! Ask, if it is due and nothing else is going on. */
void modem_balance_look(struct modem *m);

/* modem_call.c */
void modem_call_init(struct modem *m);
void modem_call_stop(struct modem *m);
/*! The modem is gone, or starts anew: so is its call. */
void modem_call_lost(struct modem *m);
/*! A call or the ringing of one: texts wait. */
bool modem_call_is_on(const struct modem *m);
/*! \returns false if the line is not about calls */
bool modem_call_urc(struct modem *m, const char *line);
int modem_call_answer(struct line *ln, uint64_t session);
int modem_call_prompt(struct line *ln, uint64_t session, const struct line_prompt *prompt);
void modem_call_hang_up(struct line *ln, uint64_t session);
/*! ATA or ATD, once the sound's port is open: an answered call without sound helps nobody. */
void modem_call_begin(struct modem *m, enum call_state state, bool greeting);
/*! The modem has no call any more. */
void modem_call_gone(struct modem *m, const char *why);
void modem_call_counts(const struct modem *m, struct modem_audio_counts *out);

/* modem_dial.c */
int modem_call_dial(struct line *ln, const struct line_dialling *dialling, uint64_t *session);
/*! Something that the modem says of how it ended, "BUSY" or "^CEND:..." */
void modem_dial_hint(struct modem *m, const char *line);
/*! \returns true: the modem is asked why, and modem_call_gone() comes again */
bool modem_dial_ask_why(struct modem *m);
/*! Tell the user that nobody came to the phone. */
void modem_dial_unreached(struct modem *m);

/* modem_clcc.c */
void modem_clcc_read(struct clcc *out, const struct at_answer *answer, bool outgoing);
int modem_call_build_setup(struct modem *m, char *out, size_t size);
int modem_call_take_setup(struct modem *m, const struct at_answer *answer);
int modem_call_build_look(struct modem *m, char *out, size_t size);
int modem_call_take_look(struct modem *m, const struct at_answer *answer);
int modem_call_build_stray(struct modem *m, char *out, size_t size);
