/* web_notices.h - private to the console's pages of notices: the list, one notice, a new one, what is done to it, and how
 * its words look on a phone.
 */
#pragma once

#include "store/store_notice.h"
#include "web/web_page.h"
#include "wire/sms_text.h"

/*! The notice that the address names. \returns false if it has been answered (404) */
bool web_notice_find(struct console *con, struct notice *out);
/*! Its page, "/console/notices/12"; child of con. */
const char *web_notice_address(struct console *con, int64_t id);
/*! Digits of an identity. \returns 0 if it is none */
int64_t web_notice_id(const char *text);

/* ---- web_notices.c ---- */

/*! Its state, as a word in a label. */
void p_notice_state(struct page *page, enum notice_state state);
/*! The words of all states, as data-STATE attributes for assets/notice.js. */
void p_notice_states(struct page *page);
/*! What it is called: its title, or its number. */
void p_notice_name(struct page *page, const struct notice *notice);
/*! How far it is: a bar of what was delivered, sent, queued and failed, with the count in words below. */
void p_notice_bar(struct page *page, const struct notice *notice);

/* ---- web_notice_words.c ---- */

/* One language's words, as they travel. */
struct notice_text {
	struct sms_plan plan;
	const char *shown; /* as a phone shows it: accents may be gone */
	const char *twice; /* letters that count as two; "" none */
	const char *wide;  /* letters that make it UCS-2; "" none */
};

/*! \returns 0; -EINVAL it is no text; -ENOSPC it is too long for any phone.  Strings are children of ctx */
int web_notice_plan(void *ctx, const struct web *web, const char *words, struct notice_text *out);
/*! What it is, in a sentence or two: "2 texts: 180 letters, 126 left."; child of ctx */
const char *web_notice_said(void *ctx, const struct web *web, const char *words, bool dutch);
/*! A phone with these words on its screen.
 *  \param[in] ids  its elements have ids for assets/notice_new.js */
void p_notice_phone(struct page *page, const char *language, const char *words, bool ids);
/*! The name of a language, in that language; the slug if it has none. */
const char *web_language_name(const struct web *web, const char *language);

/* ---- web_notice_read.c ---- */

#define NOTICE_NUMBERS_MAX 10000
#define NOTICE_WRONGS_MAX  32
#define NOTICE_FORM_MAX	   (512 * 1024)

/* A form as it was filled in. */
struct notice_form {
	struct console *con;
	struct notice notice;
	struct notice first; /* that it follows, if it does */
	json_t *words, *audience;
	struct {
		const char *field, *says; /* in the page's language */
	} wrong[NOTICE_WRONGS_MAX];
	size_t n_wrong;
};

/*! What the form says; all that is wrong with it is in wrong. NULL: it has been answered */
struct notice_form *notice_form_read(struct console *con);
/*! An empty one, or the beginning of one that follows another. NULL: it has been answered */
struct notice_form *notice_form_begin(struct console *con, enum notice_kind kind,
				      int64_t follows_id);
void notice_form_wrong(struct notice_form *form, const char *field, const char *nl, const char *en);
/*! What is wrong with a field; NULL: nothing */
const char *notice_form_why(const struct notice_form *form, const char *field);
#define NOTICE_NUMBER_ROW 80
struct notice_number {
	char row[NOTICE_NUMBER_ROW]; /* as it was written, cut off */
	char number[PHONE_SIZE];
	char language[16]; /* "" none */
};
/*! The next of the form's numbers.
 *  \param[in,out] text  where to go on; NULL: at the first
 *  \returns 1; 0 after the last; -EINVAL no text can go there: row says what it is */
int notice_form_number(const struct notice_form *form, const char **text,
		       struct notice_number *out);

/* ---- web_notice_numbers.c ---- */

/*! Write down the numbers of the form, some at a time, while the request is held; then the answer is done()'s.
 *  \param[in] done  rc 0; -ESTALE: the list is complete already, or the notice has ended; -EIO */
void web_notice_take_numbers(struct notice_form *form,
			     void (*done)(struct notice_form *form, int rc));
