/* report.h - what train, evaluate and show have in common: facts of a model, for people and as JSON. */
#ifndef HN_CLI_REPORT_H
#define HN_CLI_REPORT_H

#include "cli/print.h"
#include "flow/model.h"

/* "label     text", the text wrapped beside the label. */
void hn_put_fact(hn_cli *cli, const char *label, const char *text);
/* Sentences such as "task: binary, because ..." as facts. */
void hn_put_notes(hn_cli *cli, hn_json *notes);
/* facts: {"metrics": {"train", "test", "baseline"}, "intervals", "primary"}, any of them absent. */
hone_status hn_put_metrics(hn_cli *cli, hn_json *facts) HONE_MUST_CHECK;
/* Of a model or an evaluation, one target or each of several: classes, confusion, decision, errors. */
hone_status hn_put_details(hn_cli *cli, hn_json *facts) HONE_MUST_CHECK;
/* "'a', 'b'": what a model with a target predicts. */
void hn_put_target_names(hn_str *str, const hone_model *model);
/* The confusion matrix, where the reports have one. */
hone_status hn_put_confusion(hn_cli *cli, hn_json *reports) HONE_MUST_CHECK;
/* The classification report: precision, recall, F1 and rows of each class, and their means. */
hone_status hn_put_classes(hn_cli *cli, hn_json *reports) HONE_MUST_CHECK;
/* What evaluate --errors finds. */
hone_status hn_put_errors(hn_cli *cli, hn_json *errors) HONE_MUST_CHECK;
/* How probabilities become classes, and what that costs or earns. */
hone_status hn_put_decision(hn_cli *cli, hn_json *decision, hn_json *reports) HONE_MUST_CHECK;
/* What was fitted and comes in rows: association rules, components. At most n rows of each. */
hone_status hn_put_fitted(hn_cli *cli, const hone_model *model, int n) HONE_MUST_CHECK;
/* The n largest, as bars. */
hone_status hn_put_importances(hn_cli *cli, const hn_pairs *importances, int n) HONE_MUST_CHECK;

/* ---- data.c: what reads tables -------------------------------------------------------------- */

/* Where the table of a verb comes from: its positional word or --sql. */
hone_status hn_data_source(hn_cli *cli, const char *path, hn_recipe_data *data) HONE_MUST_CHECK;
/* Read it; the time it took. */
hone_status hn_data_read(hn_cli *cli, const hn_recipe *recipe, hone_table **ret_table,
                         double *ret_seconds) HONE_MUST_CHECK;
/* The table of predict and evaluate: the flags about reading, applied. */
hone_status hn_data_open(hn_cli *cli, const char *path, hone_table **ret_table,
                         double *ret_seconds) HONE_MUST_CHECK;
/* costs.c: a cost matrix as CSV (first column the truth, the others answers) or JSON; memory is cli's. */
hone_status hn_costs_read(hn_cli *cli, const char *path, hn_pairs *ret_costs) HONE_MUST_CHECK;
/* The same, for rows that kind is to answer (for association rules, lines that list items). */
hone_status hn_data_open_for(hn_cli *cli, const char *path, const hone_estimator *kind,
                             hone_table **ret_table, double *ret_seconds) HONE_MUST_CHECK;
/* A table for a model to answer: with features over time that it was trained with and the table lacks, made of the
 * table itself and of the rows of history (a path, or NULL), which came before. */
hone_status hn_data_open_for_model(hn_cli *cli, const char *path, const char *history,
                                   const hone_model *model, hone_table **ret_table,
                                   double *ret_seconds) HONE_MUST_CHECK;
/* Name without folders and endings: "data/churn.csv.gz" gives "churn"; fallback for patterns and "-". */
const char *hn_stem(hn_cli *cli, const char *path, const char *fallback);
/* HONE_ERROR_IO now rather than after the work: the folder of path can be written to. */
hone_status hn_check_writable(hn_cli *cli, const char *path) HONE_MUST_CHECK;

#endif
