/* config_int.h - private to config.c, the files of its words, and commands that stand in their nodes. */
#pragma once

#include "config.h"

enum config_node {
	CITY_NODE = _LAST_OSMOVTY_NODE + 1,
	SMS_NODE,
	MODEM_NODE,
	EUSE_NODE,
	HANDSET_NODE,
	CONTRACTOR_NODE,
	HTTP_NODE,
	LISTEN_NODE, /* "vty" */
	CALLS_NODE,
	SIP_NODE,
	NOTICES_NODE,
	MAIL_NODE,
	OPEN311_NODE,
};

void config_words_install(void);
void config_modem_install(void);
void config_euse_install(void);
void config_call_install(void);
void config_sip_install(void);
void config_notice_install(void);
void config_contractor_install(void);
void config_mail_install(void);
void config_http_install(void);
void config_open311_install(void);
int config_node_left(struct vty *vty);

/*! Replace a text that owner holds; value NULL clears it. */
void config_set_text(void *owner, const char **field, const char *value);
/*! libosmovty takes any word for an IPv6 address: one that is none is said. */
bool config_is_address(struct vty *vty, const char *text);
/*! Is it an address of mail? What is none is said. */
bool config_is_mail(struct vty *vty, const char *text);
#define SET(owner, field, value) config_set_text((owner), (const char **)&(field), (value))

/*! What was changed is taken at the next start: say so. */
int config_say_at_start(struct vty *vty);
/*! Let the app know of a change while the line runs. */
void config_tell(struct config *cfg, enum config_part part, void *item);

/*! Write " word value"; nothing for NULL. */
void config_out_word(struct vty *vty, const char *word, const char *value);
