/* Distribution functions against SciPy 1.17.1; log B(3, n) = log(2 / (n (n + 1) (n + 2))), and log B(1/2, 1e6)
 * by its asymptotic series, are not SciPy's, which has 10 digits there. */
#include "unit/support.h"
#include "num/distribution.h"
#include <math.h>

typedef struct point {
    double x, a, b, wanted;
} point;

static double log_gamma(const point *p) { return hn_log_gamma(p->x); }
static double log_beta(const point *p) { return hn_log_beta(p->x, p->a); }
static double student(const point *p) { return hn_student_two_sided(p->x, p->a); }
static double chi2(const point *p) { return hn_chi2_above(p->x, p->a); }
static double f(const point *p) { return hn_f_above(p->x, p->a, p->b); }

typedef struct table {
    double (*value)(const point *p);
    double tolerance;
    point points[9]; /* ends with wanted 0 */
} table;

static const table tables[] = {
    {log_gamma,
     5e-14,
     {{1e-08, 0, 0, 18.420680738180209},
      {0.3, 0, 0, 1.0957979948180756},
      {1.5, 0, 0, -0.12078223763524526},
      {2.5, 0, 0, 0.28468287047291918},
      {7.3, 0, 0, 7.1478925230222492},
      {33.3, 0, 0, 82.603723581654933},
      {1e4, 0, 0, 82099.717496442376},
      {1e8, 0, 0, 1742068066.1038349}}},
    {log_beta,
     1e-13,
     {{0.2, 0.3, 0, 2.0474968743241599},
      {1.5, 4, 0, -2.2868367360259065},
      {0.5, 1e6, 0, -6.335390211057437},
      {3, 2e5, 0, -35.925085755968078},
      {40, 70, 0, -72.79998757677383},
      {1e5, 2e5, 0, -190958.88527911669}}},
    {student,
     1e-12,
     {{0.1, 1, 0, 0.93654896513889296},
      {1, 3, 0, 0.39100221895577048},
      {-2.5, 7, 0, 0.040992218585752888},
      {12, 4, 0, 0.00027642854850297303},
      {40, 30, 0, 1.3726045194406417e-27},
      {6, 200.5, 0, 9.0839685918268074e-09}}},
    {student, 1e-10, {{1.96, 1e6, 0, 0.049996067585269852}}},
    {chi2,
     1e-12,
     {{0.01, 1, 0, 0.92034432544594202},
      {1, 3, 0, 0.80125195690120088},
      {20, 7, 0, 0.0055696830729455738},
      {300, 40, 0, 1.4955969722726186e-41},
      {40, 300, 0, 1},
      {1000, 1000, 0, 0.49405285382923964},
      {700, 1, 0, 2.990226975124623e-154}}},
    {chi2, 1e-10, {{1.001e6, 1e6, 0, 0.23967680482552139}}},
    {f,
     1e-12,
     {{0.1, 1, 1, 0.80501777095786353},
      {1, 3, 10, 0.4323372030216972},
      {20, 7, 3, 0.015993684352011074},
      {5, 40, 400, 6.92484754226622e-18},
      {200, 2, 9, 3.4780546879477446e-08}}},
    {f, 1e-9, {{1.01, 1e5, 1e5, 0.057827199327151635}}},
};

static void published(void **state) {
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const point *p = tables[t].points; p->wanted != 0; p++)
            assert_near(tables[t].value(p) / p->wanted, 1, tables[t].tolerance);
}

static void ends(void **state) {
    (void)state;
    assert_near(hn_student_two_sided(0, 5), 1, 1e-14);
    assert_near(hn_student_two_sided(1.5, INFINITY), hn_normal_two_sided(1.5), 0);
    assert_near(hn_student_cdf(-1, 1), 0.25, 1e-15);
    assert_near(hn_student_cdf(1, 1), 0.75, 1e-15);
    assert_true(isnan(hn_student_two_sided(1, 0)));
    assert_same_double(hn_student_two_sided(INFINITY, 3), 0.0);
    assert_same_double(hn_chi2_above(0, 3), 1.0);
    assert_same_double(hn_chi2_above(INFINITY, 3), 0.0);
    assert_same_double(hn_f_above(INFINITY, 3, 4), 0.0);
    assert_true(isnan(hn_log_gamma(0)) && isnan(hn_gamma_lower(-1, 1)) && isnan(hn_log_beta(1, 0)));
    for (double x = 0.1; x < 30; x *= 1.7)
        assert_near(hn_gamma_lower(3.3, x) + hn_gamma_upper(3.3, x), 1, 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
