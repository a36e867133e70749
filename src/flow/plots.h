/* plots.h - the plots that reports hold the data of. */
#ifndef HN_FLOW_PLOTS_H
#define HN_FLOW_PLOTS_H

#include "flow/plot.h"

enum { HN_PLOTS_MOST = 12 };

/* reports: as ml/metric/report.h and decision.h write them, or a learning curve (curve.h). Arrays and texts
 * of the plots are in arena. ret_plots [HN_PLOTS_MOST]. */
hone_status hn_plots_of(hone_ctx *ctx, hn_arena *arena, hn_json *reports, hn_plot *ret_plots,
                        int *ret_n) HONE_MUST_CHECK;
/* "plots": {name: Vega-Lite specification} of reports, into object. */
hone_status hn_plots_json(hone_ctx *ctx, const hn_json_mut *reports, hn_json_doc *doc,
                          hn_json_mut *object) HONE_MUST_CHECK;

#endif
