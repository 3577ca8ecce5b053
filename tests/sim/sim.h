/* sim.h - an AT modem with its SIM and its network, as one program on a pty.
 *
 * The parts, each a struct in struct sim and a .c file of its own:
 *	port	the pty: pacing, opened and closed by the client, vanishing
 *	at	the modem: command lines, settings, the SMS commands
 *	card	the SIM and the modem's memories: PIN, stored messages, the state file
 *	net	the network: texts to the modem until it has them, texts from it
 *	ussd	codes that are dialled, and what the network says to them
 *	call	who calls, and the sound on a pty of its own
 *	fault	what goes wrong on demand
 *	control	the socket on which a test asks and tells
 * All run in one osmo_select loop.  A modem that is reset loses `at`; a client that is
 * killed loses nothing here; `card` also survives this program with --state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <jansson.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "profile.h"
#include "tpdu.h"

/* Results of a command handler: 0 is OK, below are errors, above no final code yet. */
#define AT_OK	   0
#define AT_LATER   1 /* at_finish() will come */
#define AT_SILENT  2 /* the handler has answered itself */
#define AT_ERROR   (-9999)
#define AT_UNKNOWN (-9998)
#define CME(n)	   (-(n))
#define CMS(n)	   (-1000 - (n))

#define PIN_TRIES 3
#define PUK_TRIES 10

enum counter {
	CNT_COMMANDS,	 /* AT commands executed */
	CNT_MO,		 /* submits that the network accepted */
	CNT_MT,		 /* texts injected */
	CNT_ACKED,	 /* of these, taken by the modem: CNMA, stored, or +CMT without CSMS=1 */
	CNT_CNMA,	 /* acknowledged by CNMA */
	CNT_STORED,	 /* put into a memory, ever */
	CNT_DELETED,	 /* deleted by the client */
	CNT_OFFERED,	 /* +CMT and +CDS written */
	CNT_REDELIVERED, /* not acknowledged in time or refused, offered again */
	CNT_SR,		 /* status reports made */
	CNT_SR_ACKED,	 /* of these, taken by the modem */
	CNT_SR_DROPPED,	 /* of these, lost because CNMI asked for none */
	CNT_CMS_ERRORS,	 /* CMGS that failed */
	CNT_OPENED,	 /* the client opened the port */
	CNT_CLOSED,	 /* the client closed it */
	CNT_RESETS,	 /* boots after the first */
	CNT_PIN_TRIED,	 /* AT+CPIN="..." seen */
	CNT_PIN_WRONG,
	CNT_RX_BYTES, /* from the client */
	CNT_TX_BYTES, /* to the client */
	CNT_OVERLAPS, /* the client said more before a command had its final code */
	CNT_RUNG,     /* calls to the modem */
	CNT_ANSWERED, /* calls that were put through, either way */
	CNT_OVER,     /* calls that ended, however */
	CNT_REFUSED,  /* second callers who heard that it is busy */
	CNT_DIALLED,  /* calls from the modem */
	CNT_ALERTED,  /* of these, that rang over there */
	COUNTERS
};

struct buffer { /* bytes that wait; what is before `start` has gone */
	uint8_t *data;
	size_t start, len, room;
};

/* When the next octets have come over the wire. */
struct pace {
	struct osmo_fd fd; /* timerfd */
	bool pending;
};

struct port {
	struct osmo_fd fd;    /* the master; -1 while vanished */
	struct osmo_fd watch; /* inotify: the slave was opened or closed */
	struct pace rx_pace, tx_pace;
	struct osmo_timer_list split_timer, appear_timer;
	char *link, *slave;
	int users;   /* opens less closes of the slave, as inotify tells */
	bool polled; /* fd is registered: somebody has the slave open */
	struct buffer tx;
	unsigned int bytes_s; /* 0: as fast as it goes */
	double rx_tokens, tx_tokens;
	bool rx_idle; /* the last read took all there was */
	struct timespec rx_at, tx_at;
};

struct slot {
	bool used;
	uint8_t stat; /* as in CMGL: 0 unread, 1 read, 2 unsent, 3 sent */
	uint8_t smsc_len, tpdu_len;
	uint8_t pdu[TPDU_SMSC_MAX + TPDU_MAX];
	uint64_t id; /* of the text in the network; 0 for what the client wrote */
};

enum entry { /* what the bytes after a prompt are for */
	     ENTRY_NONE,
	     ENTRY_CMGS,
	     ENTRY_CMGW,
	     ENTRY_CNMA
};

struct at {
	struct buffer rx;
	char line[2048], last[2048];
	size_t line_len;
	bool echo, busy, executing, said;
	int cmee, cfun, cmgf, csms, cmms, creg_n[3], cops_format, qss, cusd;
	uint8_t cnmi[5];
	enum mem_kind mem[3];
	char charset[12];
	char smsc[24];
	enum entry entry;
	size_t entry_want; /* TPDU octets announced */
	int entry_arg;
	char data[1024];
	size_t data_len;
	struct buffer held; /* URCs that wait for the end of an entry */
	struct osmo_timer_list slow_timer, boot_timer, ready_timer, noise_timer, send_timer;
	unsigned int boot_step, noise_step;
	bool deaf;	     /* booting: hears nothing */
	bool sim_ready;	     /* the SIM has been read */
	struct slot sending; /* on its way to the network */
};

struct memory {
	const char *name;
	struct slot *slots;
	unsigned int size, used, lowest; /* no free slot below `lowest` */
};

struct card {
	struct memory mem[3]; /* by mem_kind */
	char imei[20], imsi[20], iccid[24], number[24];
	char pin[12];
	bool pin_on, unlocked;
	int pin_tries, puk_tries;
	uint8_t mr;
	bool clamped; /* fault full: no room beyond what is used now */
	unsigned int clamp[3];
	char *state_file;
	struct osmo_timer_list save_timer;
};

struct mt {
	struct llist_head entry;
	uint64_t id;
	bool report, taken; /* taken: acknowledged before, and offered once more */
	uint8_t smsc_len, tpdu_len;
	uint8_t pdu[TPDU_SMSC_MAX + TPDU_MAX];
};

struct report { /* a status report that has not been made yet */
	struct llist_head entry;
	struct osmo_timer_list timer;
	struct sim *sim;
	struct mt *mt;
};

struct mo {
	uint64_t id;
	double time;
	uint8_t mr;
	char to[24];
	char *pdu, *text;
};

struct sender { /* the last time stamp given to a sender, so that no two are equal */
	struct llist_head entry;
	char number[32];
	time_t last;
};

struct net {
	struct llist_head queue, reports, senders[256];
	struct mt *offered; /* in the modem's hands, waits for CNMA */
	struct osmo_timer_list cnma_timer, retry_timer;
	unsigned int delay_ms, cnma_ms, retry_ms, report_ms;
	unsigned int pending, pending_reports;
	bool pumping, full_told;
	int signal, creg;
	uint64_t next_id;
	unsigned int next_ref;
	struct mo *mos;
	size_t mo_count, mo_room;
};

struct ussd_service { /* what the network says to a path; m -1: nothing */
	struct llist_head entry;
	char path[128], text[600];
	int m;
	bool has_text;
};

struct ussd {
	struct llist_head services;
	enum ussd_manner manner;
	char path[128]; /* so far in this session */
	bool open;	/* the network waits for a reply */
	json_t *heard;	/* what the network heard */
	struct osmo_timer_list timer, ok_timer;
};

enum call_state { CALL_NOBODY, CALL_INCOMING, CALL_DIALLED, CALL_ACTIVE };

struct call {
	enum call_state state;
	bool outgoing, clip, crc, keys_on;
	bool audio, begun; /* the sound is on its pty; the modem has said BEGIN */
	bool waiting;	   /* a second caller */
	bool alerting;	   /* it rings at who was dialled */
	int cause;	   /* of the last call's end, TS 24.008 10.5.4.11 */
	char number[32], second[32];
	int pcm; /* the master; -1: no such pty */
	char *link;
	struct osmo_fd tick; /* timerfd, each 20 ms */
	unsigned int ticks;
	struct osmo_timer_list ring_timer, begin_timer, alert_timer;
	struct buffer play, said; /* the caller's sound; what the client sent */
	char keys[128];		  /* that the modem has still to tell */
	size_t keys_len;
	FILE *heard;
	bool sounded; /* since the caller's last key or word */
	unsigned int quiet_ms;
};

struct fault {
	int cms_code, cms_count;
	int hang_after; /* commands until it hangs; -1 never, 0 hangs now */
	bool hang_hard; /* opening the port again does not help */
	int lost_ok, lost_answer, lost_cmgs_ok, lost_urc;
	int dup_mt, cnma_refuse;
	int drop_midpdu, drop_accepted, drop_ms;
	unsigned int slow_ms;
	int split; /* bytes a write; 0 all */
	int sr_early, sr_none, sr_status, sr_status_count;
	int ussd_early, ussd_inside, ussd_none, ussd_error;
	int ussd_busy;	       /* CME error of AT+CUSD=1 until it is cancelled; 0 none */
	int no_keys;	       /* the modem cannot tell keys */
	int no_sound;	       /* the sound's pty gives nothing */
	char *urc_prompt;      /* a line between CMGS and its prompt */
	struct mt *mt_in_list; /* comes in the middle of the next CMGL */
};

struct sim {
	const struct profile *prof;
	unsigned int noise_ms, seed;
	struct port port;
	struct at at;
	struct card card;
	struct net net;
	struct fault fault;
	struct ussd ussd;
	struct call call;
	struct llist_head clients; /* of the control socket */
	unsigned int subscribers;
	struct osmo_fd listen, input;
	char *control_path;
	bool quit;
	uint64_t count[COUNTERS];
};

/* buffer.c */
void buffer_put(struct buffer *b, const void *data, size_t len);
void buffer_take(struct buffer *b, size_t len);
void buffer_clear(struct buffer *b);
void after_ms(struct osmo_timer_list *timer, unsigned int ms);

/* port.c */
/*! A raw pty slave and its link. */
int port_make(const char *slave, const char *link);
/*! Make the pty and its link.  \returns 0 or a negative errno */
int port_appear(struct sim *sim, const char *link);
void port_vanish(struct sim *sim);
void port_vanish_for(struct sim *sim, unsigned int ms);
void port_put(struct sim *sim, const void *data, size_t len);
void port_init(struct sim *sim, const char *link, unsigned int baud);
/*! The modem can take more input again. */
void port_resume(struct sim *sim);
static inline bool port_is_open(const struct sim *sim)
{
	return sim->port.polled;
}

/* at.c: lines in, lines out */
void at_init(struct sim *sim);
void at_boot(struct sim *sim);
void at_off(struct sim *sim);
/*! The modem starts anew; its settings are lost. */
void at_reset(struct sim *sim);
void at_settings_default(struct sim *sim);
void at_input(struct sim *sim, const uint8_t *data, size_t len);
void at_port_closed(struct sim *sim);
/*! One line of the answer to the running command. */
void at_say(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*! Lines that nobody asked for; one call is never torn apart. */
void at_urc(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*! The final code of a command that answered AT_LATER. */
void at_finish(struct sim *sim, int result);
void at_prompt(struct sim *sim, enum entry entry, size_t want, int arg);
bool at_radio_on(const struct sim *sim);

/* at_parse.c: values of a command */
/*! \returns false at the end; an absent value leaves *out alone and is true */
bool arg_number(const char **arg, int *out);
bool arg_text(const char **arg, char *out, size_t size);

/* at_general.c, at_sms.c: command handlers; op is '!' alone, '?' read, '=' set, 't' test */
typedef int (*at_handler)(struct sim *sim, char op, const char *arg);
struct at_command {
	const char *name;
	at_handler run;
	bool needs_pin;
};
extern const struct at_command general_commands[], sms_commands[];
int general_basic(struct sim *sim, const char **line);
int general_vendor(struct sim *sim, const char *name, char op, const char *arg);
void general_registration_urc(struct sim *sim);
void sms_entry_done(struct sim *sim, bool cancelled);
void sms_sent(struct sim *sim);
/*! What is on its way arrives.  \returns its message reference */
int sms_reach_network(struct sim *sim);

/* ussd.c */
void ussd_init(struct sim *sim);
int ussd_command(struct sim *sim, char op, const char *arg);
/*! What the network says to a path from now on; m -1: nothing, text "": no string. */
void ussd_set(struct sim *sim, const char *path, int m, const char *text);
/*! The network says (m 0) or asks (m 1) by itself. */
void ussd_from_network(struct sim *sim, int m, const char *text);
void ussd_modem_lost(struct sim *sim);
/*! Another manner than the profile's.  \returns -1 if there is no such */
int ussd_manner(struct sim *sim, const char *name);

/* call.c */
/*! \param[in] link  to the pty of the sound; NULL: none.  0; negative errno */
int call_init(struct sim *sim, const char *link);
void call_end(struct sim *sim);
void call_modem_lost(struct sim *sim);
int call_list(struct sim *sim, char op, const char *arg);
int call_report(struct sim *sim, char op, const char *arg);
int call_hang_up(struct sim *sim, char op, const char *arg);
int call_hold(struct sim *sim, char op, const char *arg);
int call_clip(struct sim *sim, char op, const char *arg);
int call_crc(struct sim *sim, char op, const char *arg);
int call_answer(struct sim *sim);
int call_dial(struct sim *sim, const char *number);
int call_vendor(struct sim *sim, const char *name, char op, const char *arg);
/*! \returns NULL, or why not */
const char *call_command(struct sim *sim, char *args);
/*! How long the client has said nothing, since it said something after the caller's last key or word. */
unsigned int call_quiet_ms(const struct sim *sim);
/*! The caller has pressed and said all. */
bool call_is_spoken(const struct sim *sim);

/* card.c */
void card_init(struct sim *sim, unsigned int mem_size);
/*! \returns 0, also when there is no file yet; -EINVAL if it is not ours */
int card_load(struct sim *sim);
void card_save(struct sim *sim);
void card_save_soon(struct sim *sim);
int card_mem_find(const struct sim *sim, const char *name);
/*! Slot by the client's index; NULL beyond the memory's end. */
struct slot *card_slot(struct sim *sim, enum mem_kind kind, int index, struct memory **mem);
unsigned int card_used(const struct sim *sim, enum mem_kind kind);
/*! Room as the modem tells it; fault full makes it smaller than the slots. */
unsigned int card_size(const struct sim *sim, enum mem_kind kind);
unsigned int card_slots(const struct sim *sim, enum mem_kind kind);
/*! Store a message.  \returns its index for the client; -ENOSPC without room */
int card_store(struct sim *sim, enum mem_kind kind, const struct slot *slot, enum mem_kind *where);
void card_delete(struct sim *sim, struct memory *mem, struct slot *slot);
const char *card_pin_state(const struct sim *sim);
int card_enter_pin(struct sim *sim, const char *pin, const char *new_pin);

/* net.c */
void net_init(struct sim *sim);
/*! A text for the modem from a raw PDU with its SMSC field.
 *  \returns its id; 0 if the PDU is not one */
uint64_t net_inject(struct sim *sim, const char *hex);
struct mt *net_mt_parse(struct sim *sim, const char *hex);
uint64_t net_inject_mt(struct sim *sim, struct mt *mt);
uint64_t net_inject_tpdu(struct sim *sim, const uint8_t *tpdu, size_t len);
/*! Hand over what waits, as far as the modem takes it. */
void net_pump(struct sim *sim);
int net_cnma(struct sim *sim, bool ok);
void net_modem_lost(struct sim *sim);
/*! A submit reached the network.  \returns its message reference */
int net_submit(struct sim *sim, const struct tpdu_submit *sub, const struct slot *slot);
time_t net_stamp(struct sim *sim, const char *from);

/* fault.c */
void fault_init(struct sim *sim);
void fault_clear(struct sim *sim);
/*! \returns 0 or -EINVAL; *why says what is wrong */
int fault_command(struct sim *sim, char *args, const char **why);

/* control.c */
int control_open(struct sim *sim, const char *path);
/*! Answer the waits whose time has come; once a turn of the loop. */
void control_check_waits(struct sim *sim);
/*! Tell the subscribers; steals nothing, fmt is that of json_pack. */
/*! The same with a ready object, which it takes. */
void control_event_json(struct sim *sim, const char *event, json_t *object);
json_t *control_mo(const struct mo *mo);
void control_event(struct sim *sim, const char *event, const char *fmt, ...);
void count(struct sim *sim, enum counter which);
