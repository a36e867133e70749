/* student.h - tail of Student's t, for the reports of linear models. */
#ifndef HN_ML_LINEAR_STUDENT_H
#define HN_ML_LINEAR_STUDENT_H

/* P(|T| >= |t|) with df > 0 degrees of freedom; relative error about 1e-12, 1e-10 with a million. */
double hn_student_two_sided(double t, double df);

#endif
