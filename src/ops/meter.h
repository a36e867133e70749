/* meter.h - what the server counts, as Prometheus reads it. Each thread counts for itself. */
#ifndef HN_OPS_METER_H
#define HN_OPS_METER_H

#include "base/str.h"

/* Upper bounds of the latency histogram's buckets, in microseconds. */
#define HN_METER_BOUNDS                                                                            \
    { 50, 100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000 }
enum { HN_METER_BUCKETS = 12 };

typedef enum hn_meter_route {
    HN_ROUTE_PREDICT,
    HN_ROUTE_MODELS,
    HN_ROUTE_OTHER,
    HN_ROUTE_COUNT
} hn_meter_route;

typedef struct hn_meter {
    atomic_llong requests[HN_ROUTE_COUNT][6]; /* by hundreds of the status code */
    atomic_llong buckets[HN_METER_BUCKETS];   /* of predictions; the last is beyond all bounds */
    atomic_llong microseconds;                /* spent on predictions */
    atomic_llong rows;                        /* predicted */
    atomic_llong in_flight;
} hn_meter;

void hn_meter_request(hn_meter *meter, hn_meter_route route, int code, double seconds);
/* Add the counts of one to sum. */
void hn_meter_add(hn_meter *sum, const hn_meter *one);
/* The text format (version 0.0.4), appended. */
void hn_meter_write(hn_meter *sum, hn_str *str);

#endif
