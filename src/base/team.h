/* team.h - the threads that a ctx keeps for its parallel loops.
 *
 * They are made when first needed and sleep between calls, after waiting awake for some microseconds:
 * loops come in quick succession, but a thread that waits awake for long takes the processor from those
 * who have work (in containers with a share of a processor above all). For the same reason nobody waits
 * for a thread that has not begun when the work is done. */
#ifndef HN_BASE_TEAM_H
#define HN_BASE_TEAM_H

#include "base/ctx.h"

typedef struct hn_team hn_team;

/* index: 0 for the caller, then 1 .. members - 1. */
typedef void hn_team_fn(void *arg, int index);

/* Runs fn in the caller and, as soon as they come, in up to members - 1 threads; returns when all who
 * began are done. Work must be handed out so that fn(arg, 0) alone would do all of it. *team NULL: a team
 * is made; threads that the system refuses are done without. HONE_ERROR_MEMORY if there is no room. */
hone_status hn_team_run(hone_ctx *ctx, hn_team **team, int members, hn_team_fn *fn,
                        void *arg) HONE_MUST_CHECK;
/* Ends its threads. Takes NULL. */
void hn_team_free(hone_ctx *ctx, hn_team *team);

#endif
