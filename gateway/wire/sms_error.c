// SPDX-License-Identifier: AGPL-3.0-or-later
/* sms_error.c - what the numbers after "+CMS ERROR:" mean (declared in sms_pdu.h).
 *
 * 1 to 127 are the causes of 3GPP TS 24.011 Annex E-2, 128 to 255 those of TS 23.040
 * 9.2.3.22, 300 to 500 those of TS 27.005 3.2.5; from 512 the vendor's own.
 */
#include "wire/sms_pdu.h"

#include <osmocom/core/utils.h>

struct cms {
	int code;
	enum sms_error_class class;
	const char *name;
};

static const struct cms errors[] = {
	{ 1, SMS_ERR_NUMBER, "unassigned number" },
	{ 8, SMS_ERR_SIM, "barred by the operator" },
	{ 10, SMS_ERR_SIM, "sending is barred" },
	{ 21, SMS_ERR_SLOWLY, "transfer rejected" },
	{ 27, SMS_ERR_RETRY, "destination out of service" },
	{ 28, SMS_ERR_NUMBER, "unidentified subscriber" },
	{ 29, SMS_ERR_MESSAGE, "facility rejected" },
	{ 30, SMS_ERR_NUMBER, "unknown subscriber" },
	{ 38, SMS_ERR_DOUBT, "network out of order" },
	{ 41, SMS_ERR_RETRY, "temporary failure" },
	{ 42, SMS_ERR_RETRY, "congestion" },
	{ 47, SMS_ERR_RETRY, "resources unavailable" },
	{ 50, SMS_ERR_SIM, "text messages not subscribed" },
	{ 69, SMS_ERR_MESSAGE, "facility not implemented" },
	{ 81, SMS_ERR_RETRY, "invalid transfer reference" },
	{ 95, SMS_ERR_MESSAGE, "invalid message" },
	{ 96, SMS_ERR_MESSAGE, "mandatory information missing" },
	{ 97, SMS_ERR_MESSAGE, "message type not implemented" },
	{ 98, SMS_ERR_MESSAGE, "message not compatible with the transfer state" },
	{ 99, SMS_ERR_MESSAGE, "information element not implemented" },
	{ 111, SMS_ERR_MESSAGE, "protocol error" },
	{ 127, SMS_ERR_MESSAGE, "interworking error" },
	{ 128, SMS_ERR_MESSAGE, "telematic interworking not supported" },
	{ 129, SMS_ERR_MESSAGE, "type 0 not supported" },
	{ 130, SMS_ERR_MESSAGE, "message cannot be replaced" },
	{ 143, SMS_ERR_MESSAGE, "protocol identifier error" },
	{ 144, SMS_ERR_MESSAGE, "alphabet not supported" },
	{ 145, SMS_ERR_MESSAGE, "message class not supported" },
	{ 159, SMS_ERR_MESSAGE, "data coding error" },
	{ 160, SMS_ERR_MESSAGE, "command cannot be acted on" },
	{ 161, SMS_ERR_MESSAGE, "command not supported" },
	{ 175, SMS_ERR_MESSAGE, "command error" },
	{ 176, SMS_ERR_MESSAGE, "message type not supported" },
	{ 192, SMS_ERR_RETRY, "service centre busy" },
	{ 193, SMS_ERR_SIM, "no service centre subscription" },
	{ 194, SMS_ERR_RETRY, "service centre failure" },
	{ 195, SMS_ERR_MESSAGE, "invalid address for the service centre" },
	{ 196, SMS_ERR_MESSAGE, "destination barred" },
	{ 197, SMS_ERR_SENT, "duplicate: the service centre has it" },
	{ 198, SMS_ERR_MESSAGE, "validity format not supported" },
	{ 199, SMS_ERR_MESSAGE, "validity not supported" },
	{ 208, SMS_ERR_STORAGE, "SIM storage full" },
	{ 209, SMS_ERR_MODEM, "no storage on the SIM" },
	{ 210, SMS_ERR_MODEM, "error in the modem" },
	{ 211, SMS_ERR_STORAGE, "memory capacity exceeded" },
	{ 212, SMS_ERR_MODEM, "SIM toolkit busy" },
	{ 213, SMS_ERR_MODEM, "SIM data download error" },
	{ 300, SMS_ERR_MODEM, "modem failure" },
	{ 301, SMS_ERR_MODEM, "text service of the modem reserved" },
	{ 302, SMS_ERR_MODEM, "operation not allowed" },
	{ 303, SMS_ERR_MESSAGE, "operation not supported" },
	{ 304, SMS_ERR_MESSAGE, "invalid PDU parameter" },
	{ 305, SMS_ERR_MESSAGE, "invalid text parameter" },
	{ 310, SMS_ERR_MODEM, "SIM not inserted" },
	{ 311, SMS_ERR_MODEM, "SIM PIN required" },
	{ 312, SMS_ERR_MODEM, "phone-to-SIM PIN required" },
	{ 313, SMS_ERR_MODEM, "SIM failure" },
	{ 314, SMS_ERR_MODEM, "SIM busy" },
	{ 315, SMS_ERR_MODEM, "wrong SIM" },
	{ 316, SMS_ERR_MODEM, "SIM PUK required" },
	{ 317, SMS_ERR_MODEM, "SIM PIN2 required" },
	{ 318, SMS_ERR_MODEM, "SIM PUK2 required" },
	{ 320, SMS_ERR_MODEM, "memory failure" },
	{ 321, SMS_ERR_MODEM, "invalid memory index" },
	{ 322, SMS_ERR_STORAGE, "memory full" },
	{ 330, SMS_ERR_SIM, "service centre address unknown" },
	{ 331, SMS_ERR_RETRY, "no network service" },
	{ 332, SMS_ERR_DOUBT, "network timeout" },
	{ 340, SMS_ERR_MODEM, "no acknowledgement expected" },
	{ 500, SMS_ERR_DOUBT, "unknown error" },
};

static const struct cms *find_error(int cms)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].code == cms)
			return &errors[i];
	return NULL;
}

enum sms_error_class sms_error_class(int cms)
{
	const struct cms *error = find_error(cms);

	if (error)
		return error->class;
	if (cms > 0 && cms < 128)
		return SMS_ERR_SLOWLY;
	if (cms >= 128 && cms < 192)
		return SMS_ERR_MESSAGE;
	if (cms >= 192 && cms < 256)
		return SMS_ERR_SLOWLY;
	if (cms >= 256 && cms < 500)
		return SMS_ERR_MODEM;
	return SMS_ERR_DOUBT;
}

const char *sms_error_name(int cms)
{
	const struct cms *error = find_error(cms);

	if (error)
		return error->name;
	return cms >= 512 ? "vendor's own error" : "error without a name";
}
