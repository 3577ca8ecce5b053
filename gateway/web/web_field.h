/* web_field.h - private to web/: labelled fields and cells of tables, as every console page has them.
 *
 * Ids, names and attributes are literals of this program; values are escaped here.
 */
#pragma once

#include "web/web_page.h"

/*! <div>, a label and an input, </div>.
 *  \param[in] id  also its name
 *  \param[in] attributes  further ones, "type=\"search\" required"; "" none */
#define field_input(page, id, attributes, nl, en, value) \
	field_input_html(page, id, "" attributes, nl, en, value)
void field_input_html(struct page *page, const char *id, const char *attributes, const char *nl,
		      const char *en, const char *value);
/*! <div>, a label and an open <select>; field_option() fills it. */
void field_select(struct page *page, const char *id, const char *nl, const char *en);
void field_option(struct page *page, const char *value, const char *chosen, const char *nl,
		  const char *en);
void field_select_end(struct page *page);
/*! <input type=hidden> */
void field_hidden(struct page *page, const char *name, const char *value);

/*! <th scope=col>; of numbers, which stand to the right. */
void field_head(struct page *page, const char *nl, const char *en);
void field_head_number(struct page *page, const char *nl, const char *en);
/*! <td> that says what it is where a table has become cards; the caller closes it. */
void field_cell(struct page *page, const char *nl, const char *en);
/*! <dt>, and <dd> that the caller closes. */
void field_fact(struct page *page, const char *nl, const char *en);

/*! A count in an address: digits only. \returns 0 if it is none */
int64_t field_read_id(const char *text);
