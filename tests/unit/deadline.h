/* deadline.h - a test that hangs says where each of its threads stands, and ends. */
#ifndef HN_TESTS_DEADLINE_H
#define HN_TESTS_DEADLINE_H

/* Before the first test; and again whenever one gets on. Without another call within $HONE_TEST_PATIENCE
 * seconds (300) the program prints the stacks of its threads to standard error and aborts. */
void test_deadline(void);

#endif
