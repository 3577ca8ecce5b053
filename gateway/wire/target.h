/* target.h - the target of an HTTP request (RFC 9112, 3.2.1): "/a/b%20c?x=1" taken apart.
 *
 * Segments are split before they are decoded, so an encoded slash stays inside its segment.
 * Everything is copied into the struct, which has a ceiling for each part of it.
 */
#pragma once

#include <stddef.h>

#define TARGET_MAX	2048 /* octets of the whole target */
#define TARGET_SEGMENTS 8
#define TARGET_PARAMS	16

struct target {
	const char *segments[TARGET_SEGMENTS]; /* decoded; one slash at the end adds none */
	size_t n;
	struct {
		const char *name, *value;
	} params[TARGET_PARAMS];
	size_t n_params;
	char buf[2 * TARGET_MAX];
};

/*! \param[in] text  path and query as they stand in the request line
 *  \returns 0; -EBADMSG no path, half an escape or a control character; -E2BIG over a ceiling */
int target_read(struct target *target, const char *text);

/*! Value of a query parameter, the first of that name; NULL if it is not there. */
const char *target_param(const struct target *target, const char *name);
