/* config.h - the configuration: one struct, read from a file or over the VTY, handed out in parts.
 *
 * libosmovty reads and writes it; this module owns the nodes and words.  What is changed while the line
 * runs is told through changed().  Strings are talloc children of the struct that holds them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "contractor/contractor.h"
#include "flow/broadcast.h"
#include "flow/call.h"
#include "flow/callout.h"
#include "flow/cap_feed.h"
#include "flow/intake.h"
#include "flow/outbox.h"
#include "flow/staff_phone.h"
#include "line/euse.h"
#include "line/modem.h"
#include "line/sip.h"
#include "web/web.h"

#define CONFIG_LANGUAGES_MAX 16

enum config_part {
	CONFIG_CITY,
	CONFIG_SMS,
	CONFIG_MODEM,	   /* item: struct config_modem */
	CONFIG_MODEM_GONE, /* item: about to be freed */
	CONFIG_EUSE,	   /* item: struct config_euse */
	CONFIG_EUSE_GONE,  /* item: about to be freed */
	CONFIG_SIP,	   /* item: struct config_sip */
	CONFIG_SIP_GONE,   /* item: about to be freed */
	CONFIG_HANDSET,
	CONFIG_CONTRACTORS,
	CONFIG_CALLS,
	CONFIG_NOTICES,
};

enum config_audio {
	CONFIG_AUDIO_UNSAID,
	CONFIG_AUDIO_NONE,
	CONFIG_AUDIO_SERIAL,
	CONFIG_AUDIO_ALSA
};

struct config_modem {
	struct llist_head list;
	unsigned int nr;
	struct modem_cfg cfg; /* shutdown until "no shutdown" */
	enum config_audio audio;
	char *audio_device;
};

struct config_euse {
	struct llist_head list;
	struct euse_cfg cfg; /* shutdown until "no shutdown" */
};

struct config_sip {
	struct llist_head list;
	char *sip; /* its name */
	char *password_file;
	struct sip_line_cfg cfg; /* shutdown until "no shutdown" */
};

struct config_contractor {
	struct llist_head list;
	struct contractor_cfg cfg;
	char *api_key_file, *callback_secret_file;
	unsigned int categories, areas; /* how many of cfg's lists are set */
};

struct config_open311_key {
	char *name, *file;
};

struct config {
	void *ctx;
	char *file; /* NULL: built in */

	char *city, *short_code, *country, *zone;
	const char *languages[CONFIG_LANGUAGES_MAX + 1]; /* NULL-terminated */
	char *database, *menus, *prompts;

	struct intake_cfg intake;
	struct outbox_cfg outbox;
	struct staff_phones_cfg staff_phones;
	struct broadcast_cfg broadcast;
	bool notices_said;
	struct cap_feed_cfg cap_feed;
	struct call_cfg calls; /* recordings NULL: beside the database */
	struct callout_cfg callouts;
	bool calls_said;    /* the city takes calls: its sentences are made ahead */
	char *speech_cache; /* NULL: beside the database */
	int speech_cache_mb;

	struct llist_head modems, euses, sips, contractors;
	struct mail_server mail; /* url NULL: none; its password is read from the file */
	char *mail_password_file;
	bool handset, handset_on;
	char *http_address;
	uint16_t http_port;		   /* 0: no web */
	char *http_certificate, *http_key; /* NULL: plain HTTP */
	char *http_public_url;		   /* without a slash at its end; NULL: of http_address */
	struct web_proxy http_proxies[WEB_PROXIES];
	size_t n_http_proxies;
	int http_request_s, http_answer_s;
	bool open311_on;
	struct config_open311_key open311_keys[WEB_OPEN311_KEYS];
	size_t n_open311_keys;
	char *open311_jurisdiction; /* NULL: any is taken */
	int open311_posts;	    /* a minute and key */
	int open311_lists;	    /* a minute and address */
	char *vty_address;
	uint16_t vty_port;

	/* Told after a change while running; NULL while the file is read. */
	void (*changed)(struct config *cfg, enum config_part part, void *item, void *data);
	void *data;
};

/*! Install the VTY with all words.  Once in a process. */
struct config *config_alloc(void *ctx);

/*! Read a file.  "  ! ..." at the end of a line is a comment.
 *  \returns 0; -ENOENT no such file; -EINVAL: file, line and what is wrong with it stand on stderr, in one line */
int config_read(struct config *cfg, const char *path);

/*! The one of this process, for VTY commands. */
struct config *config_of(struct vty *vty);

/*! Is everything there that running needs?  Words on stderr.  0; -EINVAL */
int config_check(const struct config *cfg);

/*! What residents dial to reach us, "*140#": of the first euse. */
const char *config_code(const struct config *cfg);

/*! "21:00-08:00", or "none": both 0. \returns false if it is neither */
bool config_read_quiet(const char *text, int *from_min, int *to_min);

/*! Read a secret from the first line of a file. talloc'd; NULL if there is none, logged. */
char *config_secret(void *ctx, const char *path);
