/* web_open311_int.h - what the files of our Open311 address share. */
#pragma once

#include "store/store_open311.h"
#include "web/web_int.h"
#include "wire/open311_server.h"

#define OPEN311_READERS \
	512 /* addresses that are remembered; the one that has asked longest ago makes room */

/* What may still be asked; so many a minute are added, up to a minute's. */
struct open311_rate {
	double left;
	int64_t filled_s; /* 0: not used yet */
};

struct open311_key {
	const char *name;
	uint8_t hash[32];
	struct open311_rate posts;
};

struct open311_reader {
	char network[WEB_NETWORK_SIZE];
	struct open311_rate lists;
};

struct web_open311 {
	struct web *web;
	struct open311_key keys[WEB_OPEN311_KEYS];
	size_t n_keys;
	struct open311_reader readers[OPEN311_READERS];
	int posts, lists; /* a minute */
	const char *jurisdiction;
	struct llist_head waiting; /* lists that wait for their turn, web_open311_list.c */
	struct osmo_timer_list turn;
};

/*! Answer a list, or one object, in the format of the address; the reference is taken.
 *  \param[in] item  of the XML; NULL: json is one object */
void open311_answer(struct web_req *req, unsigned int status, const char *root, const char *item,
		    json_t *json);
bool open311_is_xml(const struct web_req *req);
/*! The name of a resource without ".json" or ".xml". \returns talloc child of req; NULL if it has neither */
char *open311_name(struct web_req *req, size_t segment);
/*! Is jurisdiction_id ours, or not said? \returns false if it has been answered */
bool open311_jurisdiction(struct web_req *req, const char *id);

/* web_open311_rate.c */
/*! The key with these words; NULL: none. */
struct open311_key *open311_find_key(struct web_open311 *o, const char *text);
/*! One more with this key, or by who asks for a list? \returns false if it has been answered (429) */
bool open311_may_post(struct web_req *req, struct open311_key *key);
bool open311_may_list(struct web_req *req);

/* web_open311_list.c */
void open311_list_requests(struct web_req *req);
void open311_show_request(struct web_req *req, const char *id);
void open311_list_updates(struct web_req *req);
void open311_lists_start(struct web_open311 *o);
/*! Before libmicrohttpd stops: nobody stays suspended. */
void open311_lists_stop(struct web_open311 *o);
