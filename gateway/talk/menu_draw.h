/* menu_draw.h - the tree as a picture, in graphviz' DOT. */
#pragma once

#include "talk/dialogue.h"
#include "talk/menu.h"

/*! \param[in] language  of the words in the picture
 *  \returns talloc'd DOT */
char *menu_draw(void *ctx, const struct talk *talk, const char *language);
