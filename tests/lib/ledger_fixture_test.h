/* What unit tests on a ledger begin with. */
#ifndef LINJULI_TESTS_LEDGER_FIXTURE_TEST_H
#define LINJULI_TESTS_LEDGER_FIXTURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_ok(call) assert_int_equal((call), RC_OK)

#endif
