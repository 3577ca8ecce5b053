// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any answer of a control interface: what is read as a number is one. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "wire/ctrl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctrl_answer a;

	if (ctrl_read_msisdn(&a, data, size) == 0) {
		OSMO_ASSERT(strspn(a.msisdn, "0123456789") == strlen(a.msisdn));
		OSMO_ASSERT(strlen(a.msisdn) <= 15);
	}
	return 0;
}
