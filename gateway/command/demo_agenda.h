/* demo_agenda.h - what is on and what is closed in the demo, on days that lie around the day on which it starts.
 *
 * The file that ships with it (menus/demo/events.csv) says its days as "{2}", the day after tomorrow, and "{-3}".
 */
#pragma once

#include <stdint.h>

/*! Write the file with its days for "meldlijn import events".
 *  \param[in] zone  whose days
 *  \returns 0; -errno of either file */
int demo_agenda_write(const char *to, const char *from, int64_t now_s, const char *zone);
