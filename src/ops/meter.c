/* meter.c - counters of one thread, added up when asked for. */
#include "ops/meter.h"

static const double bounds[] = HN_METER_BOUNDS;
static const char *const routes[] = {"predict", "models", "other"};
_Static_assert(sizeof bounds / sizeof *bounds + 1 == HN_METER_BUCKETS,
               "one bucket more than bounds");

static void bump(atomic_llong *counter, long long by) {
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

void hn_meter_request(hn_meter *meter, hn_meter_route route, int code, double seconds) {
    bump(&meter->requests[route][code / 100 <= 5 ? code / 100 : 0], 1);
    if (route != HN_ROUTE_PREDICT) return;
    double microseconds = seconds * 1e6;
    int bucket = 0;
    while (bucket < HN_METER_BUCKETS - 1 && microseconds > bounds[bucket]) bucket++;
    bump(&meter->buckets[bucket], 1);
    bump(&meter->microseconds, (long long)microseconds);
}

void hn_meter_add(hn_meter *sum, const hn_meter *one) {
    for (int r = 0; r < HN_ROUTE_COUNT; r++)
        for (int c = 0; c < 6; c++) bump(&sum->requests[r][c], atomic_load(&one->requests[r][c]));
    for (int b = 0; b < HN_METER_BUCKETS; b++)
        bump(&sum->buckets[b], atomic_load(&one->buckets[b]));
    bump(&sum->microseconds, atomic_load(&one->microseconds));
    bump(&sum->rows, atomic_load(&one->rows));
    bump(&sum->in_flight, atomic_load(&one->in_flight));
}

static void write_histogram(hn_meter *sum, hn_str *str) {
    long long total = 0;
    hn_str_put(str, "# HELP hone_predict_seconds Time from a request's last byte to its answer.\n"
                    "# TYPE hone_predict_seconds histogram\n");
    for (int b = 0; b < HN_METER_BUCKETS; b++) {
        total += atomic_load(&sum->buckets[b]);
        if (b < HN_METER_BUCKETS - 1)
            hn_str_printf(str, "hone_predict_seconds_bucket{le=\"%g\"} %lld\n", bounds[b] / 1e6,
                          total);
    }
    hn_str_printf(str,
                  "hone_predict_seconds_bucket{le=\"+Inf\"} %lld\nhone_predict_seconds_sum %.6f\n"
                  "hone_predict_seconds_count %lld\n",
                  total, (double)atomic_load(&sum->microseconds) / 1e6, total);
}

void hn_meter_write(hn_meter *sum, hn_str *str) {
    hn_str_put(str,
               "# HELP hone_requests_total Requests answered, by route and class of status code.\n"
               "# TYPE hone_requests_total counter\n");
    for (int r = 0; r < HN_ROUTE_COUNT; r++)
        for (int c = 2; c < 6; c++)
            hn_str_printf(str, "hone_requests_total{route=\"%s\",code=\"%dxx\"} %lld\n", routes[r],
                          c, (long long)atomic_load(&sum->requests[r][c]));
    hn_str_printf(str,
                  "# HELP hone_rows_predicted_total Rows answered.\n# TYPE "
                  "hone_rows_predicted_total counter\n"
                  "hone_rows_predicted_total %lld\n"
                  "# HELP hone_requests_in_flight Requests begun and not yet answered.\n"
                  "# TYPE hone_requests_in_flight gauge\nhone_requests_in_flight %lld\n",
                  (long long)atomic_load(&sum->rows), (long long)atomic_load(&sum->in_flight));
    write_histogram(sum, str);
}
