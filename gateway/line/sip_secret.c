// SPDX-License-Identifier: AGPL-3.0-or-later
/* sip_secret.c - in the media thread: what a digest is made of (RFC 3261 22).  libre makes it, and knows MD5 alone. */
#include <errno.h>

#include "line/sip_int.h"

struct sip_secret {
	char *user, *password;
};

static void secret_destroy(void *arg)
{
	struct sip_secret *secret = arg;

	mem_deref(secret->user);
	mem_deref(secret->password);
}

struct sip_secret *sip_secret_alloc(const struct sip_line_cfg *cfg)
{
	struct sip_secret *secret = mem_zalloc(sizeof(*secret), secret_destroy);

	if (!secret || !cfg->user || !cfg->password)
		return secret;
	if (str_dup(&secret->user, cfg->user) || str_dup(&secret->password, cfg->password))
		return mem_deref(secret);
	return secret;
}

int sip_secret_tell(char **user, char **password, const char *realm, void *arg)
{
	const struct sip_secret *secret = arg;

	if (!secret || !secret->user)
		return EAUTH;
	*user = mem_ref(secret->user);
	*password = mem_ref(secret->password);
	return 0;
}
