/* euse_lookup.h - the number of a subscriber, asked of the HLR's control interface.
 *
 * GSUP brings the IMSI alone; an HLR of Osmocom tells the MSISDN on its CTRL port.  What cannot be asked
 * now is not asked: nobody at a phone waits for a connection.
 */
#pragma once

#include <stdint.h>

struct euse_lookup;

/*! \param[in] name  for the log; borrowed for life
 *  \returns one that is closed; freed with ctx */
struct euse_lookup *euse_lookup_alloc(void *ctx, const char *name, const char *address,
				      uint16_t port);

void euse_lookup_start(struct euse_lookup *lk);
/*! What was asked is answered with "". */
void euse_lookup_stop(struct euse_lookup *lk);

/*! Ask.
 *  \param[in] done  called once, not from in here: digits as the HLR has them; "" if it has none, does not
 *                   know the IMSI, or does not answer within X9
 *  \returns a name for euse_lookup_cancel(); 0 if it cannot be asked now: done is not called */
uint32_t euse_lookup_ask(struct euse_lookup *lk, const char *imsi,
			 void (*done)(const char *msisdn, void *data), void *data);

/*! done is not called any more. */
void euse_lookup_cancel(struct euse_lookup *lk, uint32_t id);
