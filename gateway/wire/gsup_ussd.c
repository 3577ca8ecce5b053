// SPDX-License-Identifier: AGPL-3.0-or-later
/* gsup_ussd.c - PROC_SS messages; see gsup_ussd.h. */
#include "wire/gsup_ussd.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/msgb.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsm0480.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/protocol/gsm_04_80.h>

#define SESSION_ID_OCTETS 4
#define TON_INTERNATIONAL 0x10 /* type of number in TS 24.008 10.5.4.7, octet 3 */
#define TON_BITS	  0x70
#define EXTENSION_BIT	  0x80

/* ---- reading: BER */

/* Octets that are left to read. */
struct octets {
	const uint8_t *at;
	size_t len;
};

struct element {
	uint8_t tag;
	struct octets value;
};

/* \returns false if the length is cut off, indefinite, or of more than two octets */
static bool read_length(struct octets *in, enum gsup_ussd_length form, size_t *length)
{
	size_t more = 0;

	if (in->len == 0)
		return false;
	*length = in->at[0];
	in->at++;
	in->len--;
	if (form == GSUP_USSD_ONE_OCTET || *length < 0x80)
		return true;
	more = *length & 0x7f;
	if (more == 0 || more > 2 || more > in->len)
		return false;
	for (*length = 0; more > 0; more--) {
		*length = *length << 8 | in->at[0];
		in->at++;
		in->len--;
	}
	return true;
}

static bool read_element(struct octets *in, enum gsup_ussd_length form, struct element *out)
{
	size_t length;

	if (in->len == 0)
		return false;
	out->tag = in->at[0];
	in->at++;
	in->len--;
	if (!read_length(in, form, &length) || length > in->len)
		return false;
	out->value = (struct octets){ in->at, length };
	in->at += length;
	in->len -= length;
	return true;
}

/* Read an element with a certain tag. */
static bool read_tagged(struct octets *in, enum gsup_ussd_length form, uint8_t tag,
			struct octets *value)
{
	struct element element;

	if (!read_element(in, form, &element) || element.tag != tag)
		return false;
	*value = element.value;
	return true;
}

static bool read_octet(struct octets *in, enum gsup_ussd_length form, uint8_t tag, uint8_t *octet)
{
	struct octets value;

	if (!read_tagged(in, form, tag, &value) || value.len != 1)
		return false;
	*octet = value.at[0];
	return true;
}

/* What follows that we do not know (alertingPattern, msisdn, extensions) must still be elements. */
static bool rest_is_elements(struct octets in, enum gsup_ussd_length form)
{
	struct element element;

	while (in.len > 0)
		if (!read_element(&in, form, &element))
			return false;
	return true;
}

/* ---- reading: a component, TS 24.080 3.6 */

struct component {
	uint8_t type;
	int invoke_id;
	int operation; /* -1 none */
	bool argument; /* dcs and text were there */
	uint8_t dcs;
	struct octets text;
};

/* USSD-Arg and USSD-Res, TS 24.080 4.4.2. */
static bool read_argument(struct component *out, struct octets in, enum gsup_ussd_length form)
{
	struct octets argument;

	if (in.len == 0)
		return true;
	if (!read_tagged(&in, form, GSM_0480_SEQUENCE_TAG, &argument) || in.len > 0)
		return false;
	if (!read_octet(&argument, form, ASN1_OCTET_STRING_TAG, &out->dcs) ||
	    !read_tagged(&argument, form, ASN1_OCTET_STRING_TAG, &out->text) ||
	    out->text.len > USSD_OCTETS_MAX)
		return false;
	out->argument = true;
	return rest_is_elements(argument, form);
}

static bool read_operation(struct component *out, struct octets *in, enum gsup_ussd_length form)
{
	uint8_t operation;

	if (!read_octet(in, form, GSM0480_OPERATION_CODE, &operation))
		return false;
	out->operation = operation;
	return true;
}

static bool is_ussd(int operation)
{
	return operation == GSM0480_OP_CODE_PROCESS_USS_REQ ||
	       operation == GSM0480_OP_CODE_USS_REQUEST || operation == GSM0480_OP_CODE_USS_NOTIFY;
}

/* An argument of another operation is another's: it is only walked over. */
static bool read_operation_argument(struct component *out, struct octets in,
				    enum gsup_ussd_length form)
{
	return is_ussd(out->operation) ? read_argument(out, in, form) : rest_is_elements(in, form);
}

static bool read_invoke(struct component *out, struct octets in, enum gsup_ussd_length form)
{
	struct octets linked;

	if (in.len > 0 && in.at[0] == GSM0480_COMPIDTAG_LINKED_ID &&
	    !read_tagged(&in, form, GSM0480_COMPIDTAG_LINKED_ID, &linked))
		return false;
	return read_operation(out, &in, form) && read_operation_argument(out, in, form);
}

static bool read_result(struct component *out, struct octets in, enum gsup_ussd_length form)
{
	struct octets result;

	if (in.len == 0)
		return true; /* nothing but the acknowledgement */
	return read_tagged(&in, form, GSM_0480_SEQUENCE_TAG, &result) && in.len == 0 &&
	       read_operation(out, &result, form) && read_operation_argument(out, result, form);
}

/* A reject may say NULL: it met no invoke id that it could read. */
static bool read_invoke_id(struct component *out, struct octets *in, enum gsup_ussd_length form)
{
	struct element element;

	if (!read_element(in, form, &element))
		return false;
	if (element.tag == ASN1_NULL_TYPE_TAG)
		return out->type == GSM0480_CTYPE_REJECT && element.value.len == 0;
	if (element.tag != GSM0480_COMPIDTAG_INVOKE_ID || element.value.len != 1)
		return false;
	out->invoke_id = element.value.at[0];
	return true;
}

static bool read_component(struct component *out, struct octets in, enum gsup_ussd_length form)
{
	struct element element;

	*out = (struct component){ .invoke_id = -1, .operation = -1 };
	if (!read_element(&in, form, &element))
		return false;
	out->type = element.tag;
	if (!read_invoke_id(out, &element.value, form) || in.len > 0)
		return false;
	switch (out->type) {
	case GSM0480_CTYPE_INVOKE:
		return read_invoke(out, element.value, form);
	case GSM0480_CTYPE_RETURN_RESULT:
		return read_result(out, element.value, form);
	case GSM0480_CTYPE_RETURN_ERROR:
	case GSM0480_CTYPE_REJECT:
		return rest_is_elements(element.value, form);
	default:
		return false;
	}
}

/* Read by X.690; if that does not come out even, with the bare lengths of libosmocore.  The two never
 * both do: a length over 127 that is bare in one is a count of length octets in the other. */
static bool read_either(struct component *out, struct octets in)
{
	int invoke_id;

	if (read_component(out, in, GSUP_USSD_BER))
		return true;
	invoke_id = out->invoke_id;
	if (read_component(out, in, GSUP_USSD_ONE_OCTET))
		return true;
	if (out->invoke_id < 0)
		out->invoke_id = invoke_id;
	return false;
}

/* ---- reading: GSUP */

/* Is this a chain of elements that ends where the data ends, with values that osmo_gsup_decode()
 * takes as they come? */
static bool is_gsup(const uint8_t *data, size_t len)
{
	struct octets in = { data, len };
	struct element element;

	if (len < 1)
		return false;
	in.at++; /* the message type */
	in.len--;
	while (in.len > 0) {
		if (!read_element(&in, GSUP_USSD_ONE_OCTET, &element))
			return false;
		if (element.tag == OSMO_GSUP_SESSION_ID_IE &&
		    element.value.len != SESSION_ID_OCTETS)
			return false;
		if (element.tag == OSMO_GSUP_SESSION_STATE_IE && element.value.len != 1)
			return false;
	}
	return true;
}

static bool read_digits(char *out, size_t size, const uint8_t *bcd, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < 2 * len; i++) {
		uint8_t digit = bcd[i / 2] >> (i % 2 ? 4 : 0) & 0xf;

		if (digit == 0xf && i == 2 * len - 1)
			break; /* filler */
		if (digit > 9 || n + 1 >= size)
			return false;
		out[n++] = (char)('0' + digit);
	}
	out[n] = '\0';
	return n > 0;
}

/* The value is that of a called party BCD number (TS 24.008 10.5.4.7), which begins with the type of
 * number; or as osmo-hlr writes it, a length octet and digits without a type. */
static void read_msisdn(char *out, const uint8_t *value, size_t len)
{
	bool international;

	out[0] = '\0';
	if (len < 2)
		return;
	if (!(value[0] & EXTENSION_BIT) && value[0] != len - 1)
		return;
	international = value[0] & EXTENSION_BIT && (value[0] & TON_BITS) == TON_INTERNATIONAL;
	if (international)
		*out++ = '+';
	if (!read_digits(out, PHONE_SIZE - 1, value + 1, len - 1))
		out[international ? -1 : 0] = '\0';
}

static bool is_imsi(const char *imsi)
{
	size_t digits = strlen(imsi);

	return digits > 0 && digits < GSUP_USSD_IMSI_SIZE && strspn(imsi, "0123456789") == digits;
}

static bool is_ussd_message(const struct osmo_gsup_message *gsup)
{
	return gsup->message_type == OSMO_GSUP_MSGT_PROC_SS_REQUEST ||
	       gsup->message_type == OSMO_GSUP_MSGT_PROC_SS_RESULT;
}

/* The kind of a component within a session. */
static enum gsup_ussd_fault kind_of(struct gsup_ussd *out, const struct component *component,
				    bool begin)
{
	switch (component->type) {
	case GSM0480_CTYPE_INVOKE:
		if (!begin || component->operation != GSM0480_OP_CODE_PROCESS_USS_REQ)
			return GSUP_USSD_OPERATION;
		out->kind = GSUP_USSD_BEGIN;
		return component->argument ? GSUP_USSD_OK : GSUP_USSD_BAD_COMPONENT;
	case GSM0480_CTYPE_RETURN_RESULT:
		if (begin || (component->operation >= 0 &&
			      component->operation != GSM0480_OP_CODE_USS_REQUEST))
			return GSUP_USSD_OPERATION;
		out->kind = GSUP_USSD_ANSWER;
		return GSUP_USSD_OK;
	default:
		out->kind = GSUP_USSD_FAILED;
		return GSUP_USSD_OK;
	}
}

static enum gsup_ussd_fault read_session(struct gsup_ussd *out,
					 const struct osmo_gsup_message *gsup)
{
	struct component component;
	enum gsup_ussd_fault fault;

	if (gsup->session_state == OSMO_GSUP_SESSION_STATE_END) {
		out->kind = GSUP_USSD_RELEASE;
		return GSUP_USSD_OK;
	}
	if (!gsup->ss_info || gsup->ss_info_len == 0)
		return GSUP_USSD_NO_COMPONENT;
	if (!read_either(&component, (struct octets){ gsup->ss_info, gsup->ss_info_len })) {
		out->invoke_id = component.invoke_id;
		return GSUP_USSD_BAD_COMPONENT;
	}
	out->invoke_id = component.invoke_id;
	out->dcs = component.dcs;
	fault = kind_of(out, &component, gsup->session_state == OSMO_GSUP_SESSION_STATE_BEGIN);
	if (fault != GSUP_USSD_OK || !component.argument)
		return fault;
	if (ussd_text_decode(out->text, sizeof(out->text), component.dcs, component.text.at,
			     component.text.len) < 0) {
		out->text[0] = '\0';
		return GSUP_USSD_ALPHABET;
	}
	return GSUP_USSD_OK;
}

enum gsup_ussd_fault gsup_ussd_read(struct gsup_ussd *out, const uint8_t *data, size_t len)
{
	struct osmo_gsup_message gsup;

	*out = (struct gsup_ussd){ .kind = GSUP_USSD_OTHER, .invoke_id = -1 };
	if (!is_gsup(data, len) || osmo_gsup_decode(data, len, &gsup) < 0 || !is_imsi(gsup.imsi))
		return GSUP_USSD_NOT_GSUP;
	if (is_ussd_message(&gsup) && gsup.session_state == OSMO_GSUP_SESSION_STATE_NONE)
		return GSUP_USSD_NOT_GSUP;
	out->message_type = (uint8_t)gsup.message_type;
	OSMO_STRLCPY_ARRAY(out->imsi, gsup.imsi);
	out->session_id = gsup.session_id;
	if (gsup.msisdn_enc)
		read_msisdn(out->msisdn, gsup.msisdn_enc, gsup.msisdn_enc_len);
	if (gsup.message_type == OSMO_GSUP_MSGT_PROC_SS_ERROR) {
		out->kind = GSUP_USSD_ERROR;
		return GSUP_USSD_OK;
	}
	return is_ussd_message(&gsup) ? read_session(out, &gsup) : GSUP_USSD_OK;
}

/* ---- writing: a component grows to the front, so that each length is known */

struct writer {
	uint8_t room[256];
	size_t at; /* the first octet that is used */
	enum gsup_ussd_length form;
};

static void put_octet(struct writer *w, uint8_t octet)
{
	OSMO_ASSERT(w->at > 0);
	w->room[--w->at] = octet;
}

/* Put a tag and the length of all that was written since there were end octets before it. */
static void wrap(struct writer *w, uint8_t tag, size_t end)
{
	size_t length = end - w->at;

	put_octet(w, (uint8_t)length);
	if (length > 0x7f && w->form == GSUP_USSD_BER)
		put_octet(w, 0x81);
	put_octet(w, tag);
}

static void put_value(struct writer *w, uint8_t tag, uint8_t value)
{
	size_t end = w->at;

	put_octet(w, value);
	wrap(w, tag, end);
}

static void put_string(struct writer *w, uint8_t tag, const uint8_t *octets, size_t len)
{
	size_t end = w->at;

	while (len > 0)
		put_octet(w, octets[--len]);
	wrap(w, tag, end);
}

/* Put a component into a message.  It says no message class: an osmo-hlr gives it that of the
 * request, and drops one with a class that the request did not have.
 * \returns octets; -EINVAL */
static int finish(uint8_t *out, uint8_t *component, size_t len, const char *imsi,
		  uint32_t session_id, bool last)
{
	struct osmo_gsup_message gsup = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT,
		.session_id = session_id,
		.session_state = last ? OSMO_GSUP_SESSION_STATE_END
				      : OSMO_GSUP_SESSION_STATE_CONTINUE,
		.ss_info = component,
		.ss_info_len = len,
	};
	struct msgb *msg;
	int rc;

	if (!is_imsi(imsi))
		return -EINVAL;
	OSMO_STRLCPY_ARRAY(gsup.imsi, imsi);
	msg = msgb_alloc(GSUP_USSD_MAX, "USSD");
	OSMO_ASSERT(msg);
	rc = osmo_gsup_encode(msg, &gsup);
	if (rc == 0) {
		rc = (int)msgb_length(msg);
		memcpy(out, msgb_data(msg), (size_t)rc);
	}
	msgb_free(msg);
	return rc;
}

/* Now owns the component. */
static int finish_msgb(uint8_t *out, struct msgb *component, const char *imsi, uint32_t session_id)
{
	int rc;

	OSMO_ASSERT(component);
	rc = finish(out, msgb_data(component), msgb_length(component), imsi, session_id, true);
	msgb_free(component);
	return rc;
}

static struct writer start(enum gsup_ussd_length form)
{
	return (struct writer){ .at = sizeof(((struct writer *)0)->room), .form = form };
}

int gsup_ussd_write_page(uint8_t *out, const struct gsup_ussd_page *page)
{
	struct writer w = start(page->length);
	size_t end = w.at;
	uint8_t octets[USSD_OCTETS_MAX], dcs;
	int n = ussd_text_encode(&dcs, octets, sizeof(octets), page->text);

	if (n <= 0)
		return n < 0 ? n : -EINVAL;
	put_string(&w, ASN1_OCTET_STRING_TAG, octets, (size_t)n);
	put_value(&w, ASN1_OCTET_STRING_TAG, dcs);
	wrap(&w, GSM_0480_SEQUENCE_TAG, end);
	put_value(&w, GSM0480_OPERATION_CODE,
		  page->last ? GSM0480_OP_CODE_PROCESS_USS_REQ : GSM0480_OP_CODE_USS_REQUEST);
	if (page->last)
		wrap(&w, GSM_0480_SEQUENCE_TAG, end);
	put_value(&w, GSM0480_COMPIDTAG_INVOKE_ID, page->invoke_id);
	wrap(&w, page->last ? GSM0480_CTYPE_RETURN_RESULT : GSM0480_CTYPE_INVOKE, end);
	return finish(out, w.room + w.at, sizeof(w.room) - w.at, page->imsi, page->session_id,
		      page->last);
}

int gsup_ussd_write_error(uint8_t *out, const char *imsi, uint32_t session_id, uint8_t invoke_id,
			  uint8_t error)
{
	return finish_msgb(out, gsm0480_gen_return_error(invoke_id, error), imsi, session_id);
}

int gsup_ussd_write_reject(uint8_t *out, const char *imsi, uint32_t session_id, int invoke_id,
			   enum gsup_ussd_fault fault)
{
	uint8_t tag = GSM_0480_PROBLEM_CODE_TAG_GENERAL,
		code = GSM_0480_GEN_PROB_CODE_BAD_STRUCTURE;

	switch (fault) {
	case GSUP_USSD_OPERATION:
		tag = GSM_0480_PROBLEM_CODE_TAG_INVOKE;
		code = GSM_0480_INVOKE_PROB_CODE_UNRECOGNISED_OPERATION;
		break;
	case GSUP_USSD_ALPHABET:
		tag = GSM_0480_PROBLEM_CODE_TAG_INVOKE;
		code = GSM_0480_INVOKE_PROB_CODE_MISTYPED_PARAMETER;
		break;
	case GSUP_USSD_NO_COMPONENT:
		code = GSM_0480_GEN_PROB_CODE_UNRECOGNISED;
		break;
	case GSUP_USSD_OK:
	case GSUP_USSD_NOT_GSUP:
	case GSUP_USSD_BAD_COMPONENT:
		break;
	}
	return finish_msgb(out, gsm0480_gen_reject(invoke_id, tag, code), imsi, session_id);
}
