/* windows.h - what is made of rows around a row: features over time by key (lags, rolling figures, how much
 * happened lately), and missing values filled along an order.
 *
 *     data:
 *       path: payments.csv
 *       windows:
 *         - last_amount = lag(amount, 1) by card order time
 *         - mean_5 = mean(amount) by card order time rows 5
 *         - n_hour = count() by card order time last 3600
 *         - sum_week = sum(amount) by card, shop order time last 7 days
 *         - shops_day = distinct(shop) by card order time last 1 days
 *         - idle = since(hours) by card order time
 *
 *     data:
 *       fill:
 *         - temperature = interpolate() by station order time
 *         - price = forward() by item order day
 *         - price = backward(3) by item order day
 *
 * A row's feature is made of rows before it alone: of the same key, by order. Spans of time, and all rows before
 * (without rows or last), leave out rows at the same time; lag and rows count those that stand before it. since is how
 * long before this row the last of an earlier time was: in a unit where order is a time, as it is where it is a
 * number. They are set-based: reading a recipe's data computes them, and so does reading a table to be answered, of
 * that table and of what is said to have come before it. A row answered by itself brings them along, or is refused.
 *
 * Fills come first, one after the other, and windows see the columns filled. forward takes the last value before the
 * row, backward the next one behind it (of at most so many rows away); interpolate goes in a line between both by the
 * order's numbers or times, interpolate_rows by the count of rows. What lies behind the last value gets that, what lies
 * before the first stays missing, as pandas has it. backward and interpolation look ahead.
 */
#ifndef HN_FLOW_WINDOWS_H
#define HN_FLOW_WINDOWS_H

#include "flow/recipe.h"

/* The rows of table in their order, with data's fills in their columns and its windows' columns behind; options (may be
 * NULL) are those of reading. Errors name the fill or window. past (may be NULL): rows that came before those of table,
 * which are looked at and not given back. What comes of it borrows from table, not from past: keep table as long, or
 * let it be kept (hn_table_keep). */
hone_status hn_windows_apply(hone_ctx *ctx, const hone_table *past, const hone_table *table,
                             const hn_recipe_data *data, const hn_read_options *options,
                             hone_table **ret_table) HONE_MUST_CHECK;
/* The column that a window makes; false where text names none. */
bool hn_window_name(const char *text, hn_slice *ret_name);

/* Rows to be answered, with the fills and those windows that the model was trained with and table lacks, made of table
 * itself and of past (may be NULL). *ret_made is NULL where table needs nothing made. */
hone_status hn_windows_for_model(hone_ctx *ctx, const struct hone_model *model,
                                 const hone_table *past, const hone_table *table,
                                 hone_table **ret_made) HONE_MUST_CHECK;

#endif
