/* windows.h - features over time by key, as SQL: lags, rolling figures, how much happened lately.
 *
 *     data:
 *       path: payments.csv
 *       windows:
 *         - last_amount = lag(amount, 1) by card order time
 *         - mean_5 = mean(amount) by card order time rows 5
 *         - n_hour = count() by card order time last 3600
 *         - sum_week = sum(amount) by card, shop order time last 7 days
 *
 * A row's feature is made of rows before it alone: of the same key, by order. Spans of time, and all rows before
 * (without rows or last), leave out rows at the same time; lag and rows count those that stand before it. They are
 * set-based: reading a recipe's data computes them; rows to be answered bring them along.
 */
#ifndef HN_FLOW_WINDOWS_H
#define HN_FLOW_WINDOWS_H

#include "spec/param.h"

/* A query of the rows of from (SQL: a quoted file, or a query in parentheses) in their order, with the windows'
 * columns behind. Errors name the window. */
hone_status hn_windows_sql(hone_ctx *ctx, const char *from, const hn_texts *windows,
                           hn_str *sql) HONE_MUST_CHECK;

#endif
