/* update.h - what a contractor's callback says: {"reference","status","expected","note","at"}.
 *
 * Types and sizes are checked, what is wrong is told in words that can be sent back.  Keys
 * that are not ours are ignored.  Whether the state may follow is not decided here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UPDATE_NOTE_MAX	     2000 /* octets */
#define UPDATE_REFERENCE_MAX 32

struct update {
	char reference[UPDATE_REFERENCE_MAX + 1]; /* as they wrote it */
	char status[16];			  /* one of the report states; "" only a note */
	int64_t expected_s;			  /* 0 not given; of a date alone: noon UTC of it */
	int64_t at_s;				  /* 0 not given */
	char note[UPDATE_NOTE_MAX + 1];		  /* "" none; line breaks and tabs become spaces */
};

/*! \param[out] why  where and what is wrong, talloc child of ctx
 *  \returns 0; -EBADMSG not JSON; -EINVAL JSON that says something else */
int update_read(void *ctx, struct update *out, const char *text, size_t len, char **why);
