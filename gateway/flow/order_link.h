/* order_link.h - links for contractors without a system of their own: who has one may see and answer one order.
 *
 * A link holds the report's reference, when it ends and a MAC over both and the contractor's name, so that it needs
 * no row of its own and ends when the report goes to another.  The secret is made once and kept in a file that only the
 * line may read: copies of the database make no links.
 */
#pragma once

#include "store/store.h"

#define ORDER_LINK_S	    (14 * 86400)
#define ORDER_LINK_TEXT_MAX 80 /* of a token */

struct order_links;

/*! \param[in] public_url  the beginning of links, without a slash at its end; copied
 *  \param[in] key_file  made if it is not there, mode 0600; a secret that is in the database moves there, so that links
 *                       of earlier versions are read
 *  \returns NULL if the secret cannot be kept; logged */
struct order_links *order_links_alloc(void *ctx, struct store *st, const char *public_url,
				      const char *key_file);
/*! "https://host/order/TOKEN" for who has the report now, child of ctx. */
char *order_link_write(void *ctx, const struct order_links *links, const struct report *report,
		       int64_t now_s);
/*! Whose order is it?
 *  \param[out] report  as store_report_get() gives it
 *  \returns 0; -EBADMSG no link of ours, or the report is another's by now; -ETIME it has ended */
int order_link_read(void *ctx, const struct order_links *links, const char *token, int64_t now_s,
		    struct report *report);
