/* media.h - the media thread: a loop of libre (re_main) beside that of the program, and two queues between them.
 *
 * Neither waits for the other: a queue that is full refuses, and who posts keeps what it posted.
 */
#pragma once

#include <stdbool.h>

struct media;

/*! Start the thread (libre_init, re_thread_init, re_main). \returns NULL if it cannot: logged */
struct media *media_start(void *ctx);
/*! Ends the thread after what was posted before; what it told and nobody heard yet is called from in here. */
void media_stop(struct media *md);

/*! In the media thread: it does not end before it is released, which is soon. */
void media_hold(struct media *md);
void media_release(struct media *md);

/*! From the program's loop: have a function called in the media thread. 0; -EAGAIN: the queue is full, or it ends */
int media_post(struct media *md, void (*call)(void *arg), void *arg);
/*! From the media thread: have a function called on the program's loop. 0; -EAGAIN */
int media_tell(struct media *md, void (*call)(void *arg), void *arg);
