/* declare.c - verbs as JSON; see declare.h. */
#include "cli/declare.h"
#include "spec/emit.h"

static hone_status no_memory(hn_cli *cli) {
    return hn_fail(cli->ctx, HONE_ERROR_MEMORY, "out of memory: no room for the declarations");
}

/* The properties of all tables of a verb but the common one, as one object schema. */
static hone_status declare_flags(hn_cli *cli, hn_json_doc *doc, hn_json_mut **ret_schema) {
    hn_json_mut *merged = NULL;
    for (int i = 0; i < cli->n_flags - 1; i++) {
        hn_json_mut *schema;
        HN_TRY(hn_emit_schema(cli->ctx, &cli->flags[i].params, doc, &schema));
        if (!merged) {
            merged = schema;
            continue;
        }
        hn_json_mut *to = yyjson_mut_obj_get(merged, "properties");
        hn_json_mut *from = yyjson_mut_obj_get(schema, "properties");
        size_t j, max;
        hn_json_mut *key, *value;
        bool ok = true;
        yyjson_mut_obj_foreach(from, j, max, key, value) {
            hn_json_mut *copy = yyjson_mut_val_mut_copy(doc, value);
            ok =
                ok && yyjson_mut_obj_add(to, yyjson_mut_strcpy(doc, yyjson_mut_get_str(key)), copy);
        }
        if (!ok) return no_memory(cli);
    }
    *ret_schema = merged;
    return HONE_OK;
}

hone_status hn_declare_verb(hn_cli *cli, hn_json_doc *doc, const hn_verb *verb,
                            hn_json_mut **ret_object) {
    const hn_verb *current = cli->verb;
    HN_TRY(hn_args_tables(cli, verb));
    hn_json_mut *flags = NULL, *object = yyjson_mut_obj(doc);
    HN_TRY(declare_flags(cli, doc, &flags));
    cli->verb = current;
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", verb->name) &&
              yyjson_mut_obj_add_str(doc, object, "summary", verb->summary);
    if (ok && verb->doc) ok = yyjson_mut_obj_add_str(doc, object, "doc", verb->doc);
    ok = ok && hn_declare_lines(doc, object, "examples", verb->example);
    hn_json_mut *codes = ok ? yyjson_mut_obj_add_obj(doc, object, "exit_codes") : NULL;
    static const char *const numbers[HN_EXIT_CODES] = {"0", "1", "2", "3", "4"};
    for (int code = 0; code < HN_EXIT_CODES && codes; code++) {
        const char *meaning = hn_exit_meaning(verb, code);
        if (meaning) ok = ok && yyjson_mut_obj_add_str(doc, codes, numbers[code], meaning);
    }
    if (!ok || !codes || !yyjson_mut_obj_add_val(doc, object, "flags", flags))
        return no_memory(cli);
    *ret_object = object;
    return HONE_OK;
}
