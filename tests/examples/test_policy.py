"""The policy engine, and a host's own tests of it with the pytest plugin."""

from running_example import EXAMPLES

pytest_plugins = ["pytester"]


def test_the_policy_decides_by_tier_and_by_validation(run_example):
    assert run_example("policy_engine.py").out.splitlines() == [
        "gpt-4o in production: Decision(allow=True, rule='default')",
        "some-new-model in production: Decision(allow=False, rule='strangers-only-in-the-sandbox')",
        "some-new-model in sandbox: Decision(allow=True, rule='default')",
        "credit-scorer in production: Decision(allow=False, rule='tier-1-only-when-validated')",
        "credit-scorer in production: Decision(allow=True, rule='default')",
    ]


def test_a_hosts_own_tests_pass_with_nothing_but_the_plugin(pytester):
    given = (EXAMPLES / "policy_engine.py", EXAMPLES / "test_policy_engine.py")
    pytester.makepyfile(**{path.stem: path.read_text() for path in given})
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=4)
