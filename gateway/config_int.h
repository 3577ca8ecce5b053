/* config_int.h - private to config.c and config_words.c. */
#pragma once

#include "config.h"

enum config_node {
	CITY_NODE = _LAST_OSMOVTY_NODE + 1,
	SMS_NODE,
	MODEM_NODE,
	HANDSET_NODE,
	CONTRACTOR_NODE,
	HTTP_NODE,
	LISTEN_NODE, /* "vty" */
};

void config_words_install(void);
int config_node_left(struct vty *vty);
