/* staff_phone.h - texts of those who work for the city: caretakers in the street, editors of notices, contractors without a
 * system.
 *
 * A phone is known by its number (store_staff.h, or a contractor's sms-number).  As a sender's number can be forged, a
 * caretaker's words take a one-time code once a shift, and a notice takes a fresh one of its own; what is asked waits
 * in the database.  Where no code comes in time it lapses, and the phone is told by a text: a notice is not sent, and
 * what was said of reports not done.  A contractor may say things of its own orders only.  Every other word of such a
 * phone is a resident's.
 */
#pragma once

#include "desk/desk.h"
#include "flow/broadcast.h"
#include "flow/forward.h"
#include "flow/notify.h"
#include "flow/outbox.h"

struct staff_phones;

struct staff_phones_cfg {
	int shift_s;	    /* so long a code holds */
	int code_wait_s;    /* so long one is waited for */
	int hourly_ceiling; /* texts of one of these phones that are answered in an hour */
};

/* What it works with; borrowed for its life. */
struct staff_phones_city {
	struct store *st;
	struct outbox *ob;
	struct desk *desk;
	struct talk *const *talk;
	struct notify *nt;
	struct forwarder *fw;
	struct broadcast *bc; /* NULL: no notices by phone; else its told() is taken */
};

struct staff_phones *staff_phones_alloc(void *ctx, const struct staff_phones_city *city,
					const struct staff_phones_cfg *cfg);
/*! Take other settings from now on. */
void staff_phones_configure(struct staff_phones *sp, const struct staff_phones_cfg *cfg);

/*! Inside the caller's step: take a text, for struct intake_before.
 *  \param[in] data  struct staff_phones
 *  \returns 1 taken, the answer is queued; 0 it is a resident's; -EIO */
int staff_phones_take(void *ctx, const struct person *p, const char *line, const char *text,
		      int64_t now_s, void *data);
/*! The same in a session, whose number is proved. */
int staff_phones_answer(void *ctx, const struct person *p, const char *text, int64_t now_s,
			const char **told, bool *asks, void *data);
/*! Agenda: codes that did not come. */
void staff_phones_due(struct staff_phones *sp, int64_t now_s);
/*! \returns how many texts of this person are answered in an hour; 0 it is a resident; -EIO */
int staff_phones_ceiling(const struct person *p, void *data);
