// SPDX-License-Identifier: AGPL-3.0-or-later
/* RFC 7616 3.9.1's responses, and which of several challenges is answered (RFC 8760 2.4).  Those without qop are of
 * another program. */
#include "line/sip_digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>
#include <re/re.h>
#include <talloc.h>

#define MD5_N1	  "56dec307dd97e1a889aa11b2c42cf2fe"
#define SHA256_N1 "e312ab5a96b791ad7e2281aa7f9a6b58c149542155b4412c5f2bd90b64402fff"
#define SHA512_N1 "003867bcf3d59f9db6c8132f2f5394bb640639c4a42549897b473f3e982e2c9f"

#define ASKS(more) "WWW-Authenticate: Digest realm=\"trunk\", nonce=\"n1\"" more "\r\n"

static void the_responses_of_the_standard(void **state)
{
	struct sip_digest_of of = { .algorithm = "MD5",
				    .user = "Mufasa",
				    .realm = "http-auth@example.org",
				    .password = "Circle of Life",
				    .method = "GET",
				    .uri = "/dir/index.html",
				    .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
				    .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
				    .nc = 1,
				    .qop = 1 };
	char out[SIP_DIGEST_MAX];

	assert_int_equal(sip_digest_response(out, &of), 0);
	assert_string_equal(out, "8ca523f5e9506fed4657c9700eebdbec");
	of.algorithm = "SHA-256";
	assert_int_equal(sip_digest_response(out, &of), 0);
	assert_string_equal(out,
			    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
	of.algorithm = "SHA-1";
	assert_int_equal(sip_digest_response(out, &of), -ENOTSUP);
}

/* What is shown after these challenges, or why nothing is. */
static int asked(char *out, size_t size, struct sip_digest *dg, const char *challenges)
{
	struct mbuf *mb = mbuf_alloc(1024), *shown = mbuf_alloc(1024);
	struct sip_msg *msg = NULL;
	int rc;

	mbuf_printf(mb,
		    "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
		    "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c\r\n"
		    "CSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
		    challenges);
	mb->pos = 0;
	assert_int_equal(sip_msg_decode(&msg, mb), 0);
	rc = sip_digest_challenged(dg, msg);
	out[0] = '\0';
	if (rc == 0) {
		assert_int_equal(sip_digest_write(shown, dg, "REGISTER", "sip:city.example"), 0);
		assert_true(shown->end < size);
		memcpy(out, shown->buf, shown->end);
		out[shown->end] = '\0';
	}
	mem_deref(msg);
	mem_deref(shown);
	mem_deref(mb);
	return rc;
}

static struct sip_digest *meldlijn(void *ctx)
{
	return sip_digest_alloc(ctx, "meldlijn", "geheim");
}

/* ---- tests */

static void the_first_that_we_can_is_answered(void **state)
{
	static const struct {
		const char *challenges, *response;
	} cases[] = {
		{ ASKS(""), MD5_N1 },
		{ ASKS(", algorithm=md5"), MD5_N1 },
		{ ASKS(", algorithm=SHA-256") ASKS(", algorithm=MD5"), SHA256_N1 },
		{ ASKS(", algorithm=MD5") ASKS(", algorithm=SHA-256"), MD5_N1 },
		{ ASKS(", algorithm=SHA-512-256") ASKS(", algorithm=SHA-256"), SHA512_N1 },
		{ ASKS(", algorithm=SHA-1024") ASKS(", algorithm=MD5"), MD5_N1 },
		{ "WWW-Authenticate: Basic realm=\"trunk\"\r\n" ASKS(", algorithm=SHA-256"),
		  SHA256_N1 },
		{ ASKS(", algorithm=SHA-256, qop=\"auth-int\"") ASKS(""), MD5_N1 },
	};
	char out[1024], response[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sip_digest *dg = meldlijn(NULL);

		assert_int_equal(asked(out, sizeof(out), dg, cases[i].challenges), 0);
		snprintf(response, sizeof(response), "response=\"%s\"", cases[i].response);
		if (!strstr(out, response))
			fail_msg("%zu: %s", i, out);
		assert_true(strncmp(out, "Authorization: Digest ", 22) == 0);
		assert_null(strstr(strstr(out, "response=") + 9, "response="));
		talloc_free(dg);
	}
}

static void a_counted_response_names_what_it_is_made_of(void **state)
{
	struct sip_digest *dg = meldlijn(NULL);
	char out[1024];

	assert_int_equal(asked(out, sizeof(out), dg,
			       ASKS(", algorithm=SHA-256, qop=\"auth-int, auth\", opaque=\"o\"")),
			 0);
	assert_non_null(strstr(out, ", algorithm=SHA-256"));
	assert_non_null(strstr(out, ", opaque=\"o\""));
	assert_non_null(strstr(out, ", qop=auth, nc=00000001"));
	assert_non_null(strstr(out, ", cnonce=\""));
	talloc_free(dg);
}

static void each_realm_is_shown_its_own(void **state)
{
	struct sip_digest *dg = meldlijn(NULL);
	char out[1024];

	assert_int_equal(asked(out, sizeof(out), dg,
			       "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p1\"\r\n"),
			 0);
	assert_non_null(strstr(out, "Proxy-Authorization: Digest "));
	assert_int_equal(asked(out, sizeof(out), dg, ASKS("")), 0);
	assert_non_null(strstr(out, "Proxy-Authorization: Digest "));
	assert_non_null(strstr(out, "\r\nAuthorization: Digest "));
	assert_non_null(strstr(out, MD5_N1));
	talloc_free(dg);
}

static void why_nothing_is_shown(void **state)
{
	struct sip_digest *dg = meldlijn(NULL), *nobody = sip_digest_alloc(dg, "meldlijn", NULL);
	char out[1024], many[1024] = "";

	assert_int_equal(asked(out, sizeof(out), nobody, ASKS("")), -ENOKEY);
	assert_int_equal(asked(out, sizeof(out), dg, ASKS(", algorithm=SHA-1024")), -ENOTSUP);
	assert_int_equal(asked(out, sizeof(out), dg, "WWW-Authenticate: Basic realm=\"x\"\r\n"),
			 -ENOTSUP);
	assert_int_equal(asked(out, sizeof(out), dg, ""), -EPROTO);
	for (int i = 0; i < 5; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
			 "WWW-Authenticate: Digest realm=\"r%d\", nonce=\"n\"\r\n", i);
	assert_int_equal(asked(out, sizeof(out), dg, many), -EPROTO);
	talloc_free(dg);
}

/* RFC 7616 3.3: stale says that the password is right. */
static void a_password_is_tried_once(void **state)
{
	struct sip_digest *dg = meldlijn(NULL);
	char out[1024];

	assert_int_equal(asked(out, sizeof(out), dg, ASKS("")), 0);
	assert_int_equal(asked(out, sizeof(out), dg, ASKS("")), -EACCES);
	sip_digest_begin(dg);
	assert_int_equal(asked(out, sizeof(out), dg, ASKS("")), 0);
	assert_int_equal(asked(out, sizeof(out), dg, ASKS(", stale=true")), 0);
	assert_int_equal(asked(out, sizeof(out), dg, ASKS(", stale=true")), -EACCES);
	talloc_free(dg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_responses_of_the_standard),
		cmocka_unit_test(the_first_that_we_can_is_answered),
		cmocka_unit_test(a_counted_response_names_what_it_is_made_of),
		cmocka_unit_test(each_realm_is_shown_its_own),
		cmocka_unit_test(why_nothing_is_shown),
		cmocka_unit_test(a_password_is_tried_once),
	};

	libre_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
