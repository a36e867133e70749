/* duck_table.c - a table of hone's as a table function of DuckDB's, under a view; see duck_table.h.
 *
 * DuckDB calls from threads of its own, so nothing here touches a ctx; the table doesn't change. The
 * library's functions are found through the extra info that DuckDB hands back, for which it takes a
 * pointer alone: bind passes it on as bind data, and init's state holds it for the rest. */
#include "table/duck_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Lives as long as the database. */
typedef struct shared {
    hn_duck duck; /* for its functions */
    const hn_table *table;
} shared;

typedef struct state {
    const shared *s;
    int64_t at;
    idx_t n;
    idx_t columns[];
} state;

static duckdb_type type_of(hn_type type) {
    static const duckdb_type types[HN_TYPE_COUNT] = {
        [HN_F64] = DUCKDB_TYPE_DOUBLE,       [HN_F32] = DUCKDB_TYPE_FLOAT,
        [HN_I64] = DUCKDB_TYPE_BIGINT,       [HN_BOOL] = DUCKDB_TYPE_BOOLEAN,
        [HN_CATEGORY] = DUCKDB_TYPE_VARCHAR, [HN_STRING] = DUCKDB_TYPE_VARCHAR,
        [HN_TIME] = DUCKDB_TYPE_TIMESTAMP};
    return types[type];
}

/* ---- DuckDB's callbacks ---------------------------------------------------------------------- */

/* The one function of the library that is needed to find the others. */
static __typeof__(duckdb_bind_get_extra_info) *bind_extra;
static __typeof__(duckdb_init_get_extra_info) *init_extra;
static __typeof__(duckdb_function_get_init_data) *init_data;

static void bind(duckdb_bind_info info) {
    const shared *s = bind_extra(info);
    for (int32_t j = 0; j < s->table->n_columns; j++) {
        const hn_column *column = &s->table->columns[j];
        duckdb_logical_type type = s->duck.create_logical_type(type_of(column->type));
        s->duck.bind_add_result_column(info, column->name, type);
        s->duck.destroy_logical_type(&type);
    }
    s->duck.bind_set_cardinality(info, (idx_t)s->table->n_rows, true);
}

static void init(duckdb_init_info info) {
    const shared *s = init_extra(info);
    idx_t n = s->duck.init_get_column_count(info);
    state *made = malloc(sizeof *made + n * sizeof(idx_t));
    if (made == NULL) {
        s->duck.init_set_error(info, "out of memory");
        return;
    }
    *made = (state){.s = s, .n = n};
    for (idx_t k = 0; k < n; k++) made->columns[k] = s->duck.init_get_column_index(info, k);
    s->duck.init_set_init_data(info, made, free);
    s->duck.init_set_max_threads(info, 1);
}

/* Rows at .. at + n - 1 of a column into a vector. */
static void fill(const hn_duck *duck, const hn_column *column, int64_t at, int64_t n,
                 duckdb_vector vector) {
    size_t size = hn_type_size(column->type);
    bool is_text = column->type == HN_STRING || column->type == HN_CATEGORY;
    char *out = duck->vector_get_data(vector);
    uint64_t *validity = NULL;
    for (int64_t i = 0; i < n; i++) {
        hn_slice text = is_text ? hn_column_text(column, at + i) : (hn_slice){NULL, 0};
        bool missing = is_text ? text.text == NULL : hn_column_is_missing(column, at + i);
        if (missing) {
            if (validity == NULL) {
                duck->vector_ensure_validity_writable(vector);
                validity = duck->vector_get_validity(vector);
            }
            validity[i / 64] &= ~((uint64_t)1 << (i % 64));
        } else if (is_text) {
            duck->vector_assign_string_element_len(vector, (idx_t)i, text.text, text.length);
        } else {
            memcpy(out + (size_t)i * size, (const char *)column->values + (at + i) * column->stride,
                   size);
        }
    }
}

static void next(duckdb_function_info info, duckdb_data_chunk chunk) {
    state *st = init_data(info);
    const shared *s = st->s;
    int64_t left = s->table->n_rows - st->at, room = (int64_t)s->duck.vector_size();
    int64_t n = left < room ? left : room;
    for (idx_t k = 0; k < st->n; k++)
        if (st->columns[k] < (idx_t)s->table->n_columns)
            fill(&s->duck, &s->table->columns[st->columns[k]], st->at, n,
                 s->duck.data_chunk_get_vector(chunk, k));
    st->at += n;
    s->duck.data_chunk_set_size(chunk, (idx_t)n);
}

/* ---- registering ----------------------------------------------------------------------------- */

static hone_status register_function(hone_ctx *ctx, hn_duck *duck, const char *name,
                                     const hn_table *table) {
    shared *s = malloc(sizeof *s);
    if (s == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for a query");
    *s = (shared){*duck, table};
    bind_extra = duck->bind_get_extra_info;
    init_extra = duck->init_get_extra_info;
    init_data = duck->function_get_init_data;
    duckdb_table_function function = duck->create_table_function();
    duck->table_function_set_name(function, name);
    duck->table_function_set_extra_info(function, s, free);
    duck->table_function_set_bind(function, bind);
    duck->table_function_set_init(function, init);
    duck->table_function_set_function(function, next);
    duck->table_function_supports_projection_pushdown(function, true);
    duckdb_state done = duck->register_table_function(duck->connection, function);
    duck->destroy_table_function(&function);
    if (done == DuckDBSuccess) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "DuckDB takes no table from hone");
}

hone_status hn_duck_add_table(hone_ctx *ctx, hn_duck *duck, const char *name,
                              const hn_table *table) {
    HN_SCRATCH(ctx);
    hn_str sql;
    char *function = hn_arena_printf(ctx, ctx->scratch, "hone_table_%d", ++duck->n_tables);
    if (function == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(register_function(ctx, duck, function, table));
    hn_str_init(&sql, ctx, ctx->scratch);
    hn_str_put(&sql, "CREATE VIEW \"");
    for (const char *at = name; *at; at++) {
        if (*at == '"') hn_str_put_c(&sql, '"');
        hn_str_put_c(&sql, *at);
    }
    hn_str_printf(&sql, "\" AS SELECT * FROM %s()", function);
    HN_TRY(hn_str_status(&sql));
    duckdb_result result;
    duckdb_state done = duck->query(duck->connection, sql.text, &result);
    hone_status status = HONE_OK;
    if (done == DuckDBError)
        status = hn_fail(ctx, HONE_ERROR_DATA, "'%s' cannot be asked for in a query: %.300s", name,
                         duck->result_error(&result));
    duck->destroy_result(&result);
    return status;
}
