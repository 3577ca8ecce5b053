/* staff_phone_test.h - phones of staff and of contractors, beside the city of flow_test.h. */
#pragma once

#include <liboath/oath.h>

#include "flow/broadcast.h"
#include "flow/flow_test.h"
#include "flow/staff_code.h"
#include "flow/staff_phone.h"
#include "store/store_agenda.h"
#include "store/store_notice.h"
#include "store/store_staff.h"

#define CARETAKER "+31611111111"
#define EDITOR	  "+31622222222"
#define HAEGHE	  "+31633333333"
#define SECRET	  "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* of RFC 6238: "12345678901234567890" */
#define RAW	  "12345678901234567890"

static const struct broadcast_cfg notices = { .cost_milli = 85, .currency = "EUR" };
static const struct staff_phones_cfg work_phones = { .shift_s = 10 * 3600,
						     .code_wait_s = 15 * 60,
						     .hourly_ceiling = 20 };
static const struct contractor_cfg haeghe = { .name = "haeghe",
					      .url = "http://127.0.0.1:9/x",
					      .sms_number = "0633333333",
					      .window = 4,
					      .categories = { "container-full" } };
static const struct contractor_cfg lamps = {
	.name = "lampen", .url = "http://127.0.0.1:9/y", .window = 4, .categories = { "lamp-out" }
};

/* The work outside, of the world of flow_test.h. */
static struct broadcast *bc;
static struct intake_before at_work;

static inline void staff(struct world *w, const char *name, enum staff_role role,
			 const char *number)
{
	struct staff s = { .role = role, .language = "nl", .created_s = T0 };

	OSMO_STRLCPY_ARRAY(s.name, name);
	OSMO_STRLCPY_ARRAY(s.number, number);
	OSMO_STRLCPY_ARRAY(s.totp, SECRET);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_staff_add(w->st, &s), 0);
	assert_int_equal(store_end(w->st), 0);
}

static inline void due_notices(void *data, int64_t now_s)
{
	broadcast_due(bc, now_s);
}

static inline void due_phones(void *data, int64_t now_s)
{
	staff_phones_due(at_work.data, now_s);
}

static inline void wire(struct world *w)
{
	struct http_pool *pool = http_pool_alloc(w, NULL);
	struct staff_phones_city city = { .st = w->st,
					  .ob = w->outbox,
					  .desk = w->desk,
					  .talk = &w->talk,
					  .nt = w->notify,
					  .fw = w->forwarder };

	bc = broadcast_alloc(w, w->st, w->outbox, w->desk, &w->talk, &notices);
	city.bc = bc;
	at_work = (struct intake_before){ .take = staff_phones_take,
					  .answer = staff_phones_answer,
					  .ceiling = staff_phones_ceiling,
					  .data = staff_phones_alloc(w, &city, &work_phones) };
	intake_before(w->intake, &at_work);
	agenda_add(w->agenda, due_notices, w);
	agenda_add(w->agenda, due_phones, w);
	forwarder_add(w->forwarder, contractor_alloc(w->forwarder, pool, &haeghe));
	forwarder_add(w->forwarder, contractor_alloc(w->forwarder, pool, &lamps));
}

/* The code of now, as an app shows it: liboath's own. */
static inline const char *code(void)
{
	static char out[7];

	assert_int_equal(oath_totp_generate(RAW, strlen(RAW), test_now_s, 30, 0, 6, out), OATH_OK);
	return out;
}

/* Ann's report, which haeghe has. */
static inline const char *a_report(struct world *w)
{
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 1);
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "haeghe");
	return sql_text(w, "SELECT reference FROM report");
}

static inline const char *with(struct world *w, const char *reference, const char *words)
{
	return talloc_asprintf(w, "%s %s", reference, words);
}

static inline const char *state_of(struct world *w)
{
	return sql_text(w, "SELECT state FROM report");
}
