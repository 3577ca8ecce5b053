/* log.h - the log categories, one a folder; the one header every folder may use.
 *
 * ERROR: someone must act.  NOTICE: an operator wants to know.  INFO: one line a
 * message or report.  DEBUG: the rest, and the only level where a text may stand.
 * A resident's number is logged through phone_masked() only.
 */
#pragma once

#include <osmocom/core/logging.h>

enum log_folder { DMAIN, DWEB, DFLOW, DLINE, DCONTR, DVOICE, DDESK, DSTORE, DTALK, LOG_CATEGORIES };

extern const struct log_info log_categories;

/*! Start logging to stderr.
 *  \param[in] ctx  talloc parent of the log's own memory
 *  \param[in] level  as --log-level says: debug, info, notice, error; NULL for notice
 *  \returns 0; -EINVAL if the level is unknown */
int log_start(void *ctx, const char *level);

/*! The command line's level goes before that of a configuration that was read since. */
void log_again(const char *level);
