/* expr_functions.c - the table of functions: name, signature, one line of doc, an example that is
 * true.
 *
 * To add one: a row here and a kernel, declared in expr_internal.h. Typing, errors, help and
 * the tests of the example follow from the row. */
#include "table/expr_internal.h"

#define RULE(kernel) (&(const struct hn_expr_rule){.run = hn_kernel_##kernel})

static const hn_expr_function functions[] = {
    /* choosing */
    {"if", "if(condition: boolean, then: any, else: any) -> any",
     "then where condition is true, else where it is false, missing where it is missing.",
     "if(2 > 1, 'yes', 'no') = 'yes'", RULE(if)},
    {"coalesce", "coalesce(first: any, next: any...) -> any",
     "The first value that is not missing.", "coalesce(missing, 7, 8) = 7", RULE(coalesce)},
    {"is_missing", "is_missing(x: any) -> boolean", "Whether x is missing; never missing itself.",
     "is_missing(1 / 0) and not is_missing('')", RULE(is_missing)},
    /* arithmetic */
    {"abs", "abs(x: number) -> number", "Absolute value.", "abs(-3.5) = 3.5", RULE(abs)},
    {"sign", "sign(x: number) -> number", "-1, 0 or 1.", "sign(-3.5) = -1", RULE(sign)},
    {"floor", "floor(x: number) -> number", "The largest whole number not above x.",
     "floor(-1.5) = -2", RULE(floor)},
    {"ceil", "ceil(x: number) -> number", "The smallest whole number not below x.", "ceil(1.2) = 2",
     RULE(ceil)},
    {"round", "round(x: number, digits: integer = 0) -> number",
     "x to so many digits after the point (before it where negative); halves go away from zero.",
     "round(2.345, 1) = 2.3 and round(2.5) = 3 and round(1250, -2) = 1300", RULE(round)},
    {"sqrt", "sqrt(x: number) -> number", "Square root; missing below 0.", "sqrt(9) = 3",
     RULE(sqrt)},
    {"exp", "exp(x: number) -> number", "e to the power x.", "round(exp(1), 6) = 2.718282",
     RULE(exp)},
    {"expm1", "expm1(x: number) -> number", "exp(x) - 1, exact for small x.",
     "expm1(1e-20) = 1e-20", RULE(expm1)},
    {"log", "log(x: number) -> number", "Natural logarithm; missing at 0 and below.",
     "log(exp(2)) = 2", RULE(log)},
    {"log1p", "log1p(x: number) -> number", "log(1 + x), exact for small x.",
     "log1p(1e-20) = 1e-20", RULE(log1p)},
    {"log2", "log2(x: number) -> number", "Logarithm to base 2.", "log2(8) = 3", RULE(log2)},
    {"log10", "log10(x: number) -> number", "Logarithm to base 10.", "log10(1000) = 3",
     RULE(log10)},
    {"pow", "pow(x: number, y: number) -> number", "x to the power y; also written x ^ y.",
     "pow(2, 10) = 1024 and 2 ^ -1 = 0.5", RULE(power)},
    {"sin", "sin(x: number) -> number", "Sine of radians up to a million.",
     "round(sin(3.14159265358979 / 6), 9) = 0.5", RULE(sin)},
    {"cos", "cos(x: number) -> number", "Cosine of radians up to a million.", "cos(0) = 1",
     RULE(cos)},
    {"min", "min(x: number, y: number...) -> number",
     "The smallest of a row's values; missing if one is.", "min(3, 1, 2) = 1", RULE(min)},
    {"max", "max(x: number, y: number...) -> number",
     "The largest of a row's values; missing if one is.",
     "max(3, 1, 2) = 3 and is_missing(max(1, missing))", RULE(max)},
    {"clip", "clip(x: number, low: number, high: number) -> number",
     "x, or the bound that it goes beyond.", "clip(120, 0, 100) = 100", RULE(clip)},
    {"cut", "cut(x: number, edges: [number]) -> number",
     "Number, from 0, of the interval that x is in; missing outside. An interval has its upper "
     "edge, not "
     "its lower one.",
     "cut(12, [0, 12, 18]) = 0 and is_missing(cut(0, [0, 12, 18]))", RULE(cut)},
    {"cut", "cut(x: number, edges: [number], labels: [text]) -> text",
     "Label of the interval that x is in; missing outside. An interval has its upper edge, not its "
     "lower "
     "one.",
     "cut(12.5, [0, 12, 18], ['child', 'teen']) = 'teen'", RULE(cut_labels)},
    {"haversine", "haversine(lat1: number, lon1: number, lat2: number, lon2: number) -> number",
     "Kilometres between two places given in degrees, on a sphere.",
     "round(haversine(52.52, 13.405, 48.8566, 2.3522)) = 877", RULE(haversine)},
    /* texts */
    {"lower", "lower(x: text) -> text", "Small letters (Latin, Greek, Cyrillic).",
     "lower('\xc3\x84"
     "B') = '\xc3\xa4"
     "b'",
     RULE(lower)},
    {"upper", "upper(x: text) -> text", "Capital letters (Latin, Greek, Cyrillic).",
     "upper('\xc3\xa4"
     "b') = '\xc3\x84"
     "B'",
     RULE(upper)},
    {"trim", "trim(x: text) -> text", "Without the space around it.", "trim('  a b ') = 'a b'",
     RULE(trim)},
    {"length", "length(x: text) -> number", "Number of characters (code points).",
     "length('na\xc3\xafve') = 5", RULE(length)},
    {"substr", "substr(x: text, start: number) -> text",
     "From the start-th character on, counted from 1, or from the end where negative.",
     "substr('C85', 2) = '85' and substr('C85', -1) = '5'", RULE(substr)},
    {"substr", "substr(x: text, start: number, length: number) -> text",
     "So many characters from the start-th.", "substr('C85', 1, 1) = 'C'", RULE(substr)},
    {"concat", "concat(x: text, y: text...) -> text", "Texts one after another; missing if one is.",
     "concat('a', '-', to_text(1)) = 'a-1'", RULE(concat)},
    {"replace", "replace(x: text, from: text, to: text) -> text", "Every from in x replaced.",
     "replace('1,234,567', ',', '') = '1234567'", RULE(replace)},
    {"contains", "contains(x: text, part: text) -> boolean", "Whether part is in x.",
     "contains('Braund, Mr.', 'Mr')", RULE(contains)},
    {"starts_with", "starts_with(x: text, part: text) -> boolean", "Whether x begins with part.",
     "starts_with('PC 17599', 'PC')", RULE(starts_with)},
    {"ends_with", "ends_with(x: text, part: text) -> boolean", "Whether x ends with part.",
     "ends_with('a.csv', '.csv')", RULE(ends_with)},
    {"split_part", "split_part(x: text, separator: text, n: number) -> text",
     "The n-th part of x, from 1, or from the end where negative; missing where there are fewer.",
     "split_part('a/b/c', '/', 2) = 'b' and split_part('a/b/c', '/', -1) = 'c'", RULE(split_part)},
    {"regex_match", "regex_match(x: text, pattern: pattern) -> boolean",
     "Whether the pattern matches somewhere in x.", "regex_match('A/5 21171', '[0-9]{5}')",
     RULE(regex_match)},
    {"regex_extract", "regex_extract(x: text, pattern: pattern, group: integer = 1) -> text",
     "What a group of the pattern matched first; 0 is all of it; missing where nothing matches.",
     "regex_extract('Braund, Mr. Owen', ' ([A-Za-z]+)\\.') = 'Mr'", RULE(regex_extract)},
    {"regex_replace", "regex_replace(x: text, pattern: pattern, with: text) -> text",
     "Every match replaced; $1 in with stands for the first group, $$ for a dollar.",
     "regex_replace('a1b22', '([0-9]+)', '<$1>') = 'a<1>b<22>'", RULE(regex_replace)},
    /* kinds into each other */
    {"to_number", "to_number(x: any) -> number",
     "A text's number (missing if it is none), 0 or 1 of a boolean, a timestamp's seconds since "
     "1970.",
     "to_number(' 12.5 ') = 12.5 and is_missing(to_number('n/a'))", RULE(to_number)},
    {"to_text", "to_text(x: any) -> text", "As people read it; numbers as short as they read back.",
     "to_text(0.1 + 0.2) = '0.30000000000000004' and to_text(3) = '3'", RULE(to_text)},
    {"to_timestamp", "to_timestamp(x: text) -> timestamp",
     "An ISO 8601 date or time; missing if it is none.",
     "to_timestamp('2024-05-01T12:00:00+02:00') = to_timestamp('2024-05-01 10:00')",
     RULE(to_timestamp)},
    /* timestamps, in UTC */
    {"year", "year(t: timestamp) -> number", "Year.", "year('2024-02-29') = 2024", RULE(year)},
    {"quarter", "quarter(t: timestamp) -> number", "Quarter, 1 to 4.", "quarter('2024-05-01') = 2",
     RULE(quarter)},
    {"month", "month(t: timestamp) -> number", "Month, 1 to 12.", "month('2024-02-29') = 2",
     RULE(month)},
    {"day", "day(t: timestamp) -> number", "Day of the month, from 1.", "day('2024-02-29') = 29",
     RULE(day)},
    {"hour", "hour(t: timestamp) -> number", "Hour, 0 to 23.", "hour('2024-02-29 13:05:00') = 13",
     RULE(hour)},
    {"minute", "minute(t: timestamp) -> number", "Minute, 0 to 59.",
     "minute('2024-02-29 13:05:00') = 5", RULE(minute)},
    {"second", "second(t: timestamp) -> number", "Second with its fraction, 0 to 59.999999.",
     "second('2024-02-29 13:05:07.25') = 7.25", RULE(second)},
    {"weekday", "weekday(t: timestamp) -> number", "Day of the week, 0 Monday to 6 Sunday.",
     "weekday('2024-02-29') = 3", RULE(weekday)},
    {"day_of_year", "day_of_year(t: timestamp) -> number", "Day of the year, from 1.",
     "day_of_year('2024-12-31') = 366", RULE(day_of_year)},
    {"week", "week(t: timestamp) -> number", "Week of the year by ISO 8601, 1 to 53.",
     "week('2021-01-03') = 53", RULE(week)},
    {"epoch", "epoch(t: timestamp) -> number", "Seconds since 1970-01-01.",
     "epoch('1970-01-02') = 86400", RULE(epoch)},
    {"days_between", "days_between(from: timestamp, to: timestamp) -> number",
     "Days from one time to another, with fraction.",
     "days_between('2024-02-28', '2024-03-01 12:00:00') = 2.5", RULE(days_between)},
};

static const hn_expr_function operators[] = {
    {"+", "+(x: number, y: number) -> number", "Sum.", "1 + 2 = 3", RULE(add)},
    {"-", "-(x: number, y: number) -> number", "Difference.", "1 - 2 = -1", RULE(subtract)},
    {"*", "*(x: number, y: number) -> number", "Product.", "2 * 3 = 6", RULE(multiply)},
    {"/", "/(x: number, y: number) -> number", "Quotient; missing where y is 0.", "1 / 4 = 0.25",
     RULE(divide)},
    {"%", "%(x: number, y: number) -> number", "Remainder, with y's sign.", "-7 % 3 = 2",
     RULE(modulo)},
    {"^", "^(x: number, y: number) -> number", "Power; also **.", "-2 ** 2 = -4", RULE(power)},
    {"negate", "negate(x: number) -> number", "-x.", "-(1 + 2) = -3", RULE(negate)},
    {"=", "=(x: any, y: any) -> boolean", "Equal; also ==.", "'a' == 'a'", RULE(equal)},
    {"!=", "!=(x: any, y: any) -> boolean", "Not equal; also <>.", "'a' <> 'b'", RULE(unequal)},
    {"<", "<(x: any, y: any) -> boolean", "Less; texts by their bytes.", "'a' < 'b'", RULE(less)},
    {"<=", "<=(x: any, y: any) -> boolean", "Less or equal.", "2 <= 2", RULE(less_equal)},
    {">", ">(x: any, y: any) -> boolean", "Greater.", "true > false", RULE(greater)},
    {">=", ">=(x: any, y: any) -> boolean", "Greater or equal.", "3 >= 2", RULE(greater_equal)},
    {"in", "in(x: any, list: [any]) -> boolean", "Whether x is one of a list.",
     "2 in (1, 2) and 'c' not in ['a', 'b']", RULE(is_in)},
    {"and", "and(x: boolean, y: boolean) -> boolean", "Both; false if one is, whatever the other.",
     "not (false and missing)", RULE(and)},
    {"or", "or(x: boolean, y: boolean) -> boolean",
     "One of them; true if one is, whatever the other.", "true or missing", RULE(or)},
    {"not", "not(x: boolean) -> boolean", "The opposite.", "not false", RULE(not )},
    {"0 or 1", "0 or 1(x: boolean) -> number", "What a boolean is among numbers.",
     "true + true = 2", RULE(truth_to_number)},
};

const hn_expr_function *hn_expr_functions(size_t *ret_count) {
    *ret_count = sizeof functions / sizeof *functions;
    return functions;
}

const hn_expr_function *hn_expr_operators(size_t *ret_count) {
    *ret_count = sizeof operators / sizeof *operators;
    return operators;
}
