/* web_open311_int.h - what the files of our Open311 address share. */
#pragma once

#include "web/web_int.h"
#include "wire/open311_server.h"

struct open311_key {
	const char *name;
	uint8_t hash[32];
	double tokens; /* what may still be posted; posts a minute are added, up to a minute's */
	int64_t filled_s;
};

struct web_open311 {
	struct web *web;
	struct open311_key keys[WEB_OPEN311_KEYS];
	size_t n_keys;
	int posts;
	const char *jurisdiction;
};

/*! Answer a list, or one object, in the format of the address; the reference is taken.
 *  \param[in] item  of the XML; NULL: json is one object */
void open311_answer(struct web_req *req, unsigned int status, const char *root, const char *item,
		    json_t *json);
/*! The name of a resource without ".json" or ".xml". \returns talloc child of req; NULL if it has neither */
char *open311_name(struct web_req *req, size_t segment);
/*! Is jurisdiction_id ours, or not said? \returns false if it has been answered */
bool open311_jurisdiction(struct web_req *req, const char *id);
