// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/target.h"

#include <errno.h>
#include <string.h>

#include "wire/form.h"

static int has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return 1;
	return 0;
}

/* \returns bytes used of the buffer, NUL included */
static int take_segment(struct target *target, size_t used, const char *text, size_t len)
{
	char *out = target->buf + used;
	int rc;

	if (target->n == TARGET_SEGMENTS)
		return -E2BIG;
	rc = form_decode(out, sizeof(target->buf) - used, text, len, false);
	if (rc < 0)
		return rc == -ENOSPC ? -E2BIG : rc;
	if (has_control(out))
		return -EBADMSG;
	target->segments[target->n++] = out;
	return rc + 1;
}

static int take_params(struct target *target, size_t used, const char *query, size_t len)
{
	struct form_reader reader;
	char name[64], value[TARGET_MAX];
	int rc;

	form_open(&reader, query, len);
	while ((rc = form_next(&reader, name, sizeof(name), value, sizeof(value))) > 0) {
		size_t n = strlen(name) + 1, v = strlen(value) + 1;

		if (target->n_params == TARGET_PARAMS || used + n + v > sizeof(target->buf))
			return -E2BIG;
		if (has_control(name) || has_control(value))
			return -EBADMSG;
		memcpy(target->buf + used, name, n);
		memcpy(target->buf + used + n, value, v);
		target->params[target->n_params].name = target->buf + used;
		target->params[target->n_params++].value = target->buf + used + n;
		used += n + v;
	}
	return rc == -ENOSPC ? -E2BIG : rc;
}

int target_read(struct target *target, const char *text)
{
	size_t path_len = strcspn(text, "?#");
	const char *end = text + path_len;
	size_t used = 0;
	int rc;

	target->n = target->n_params = 0;
	if (text[0] != '/')
		return -EBADMSG;
	if (strlen(text) > TARGET_MAX)
		return -E2BIG;
	for (text++; text < end;) {
		size_t len = strcspn(text, "/?#");

		rc = take_segment(target, used, text, len);
		if (rc < 0)
			return rc;
		used += (size_t)rc;
		text += len;
		if (text < end)
			text++;
	}
	if (*end != '?')
		return 0;
	end++;
	return take_params(target, used, end, strcspn(end, "#"));
}

const char *target_param(const struct target *target, const char *name)
{
	size_t i;

	for (i = 0; i < target->n_params; i++)
		if (!strcmp(target->params[i].name, name))
			return target->params[i].value;
	return NULL;
}
