"""The runner of sections: what fails a run, and what its last line says."""

import pytest
from tools.sections import Outcome, Section, conclude, counted, judged

FAST = Section(name="unit", budget=10, run=Outcome)


def test_a_section_may_exceed_its_budget_but_not_twice():
    assert judged(FAST, Outcome(passed=1, seconds=19.9)).failed == 0
    assert judged(FAST, Outcome(passed=1, seconds=20.1)).failed == 1


def test_the_last_line_is_the_sum_over_all_sections(capsys):
    status = conclude([(FAST, Outcome(passed=3)), (FAST, Outcome(passed=4, skipped=1))])
    assert (status, capsys.readouterr().out.splitlines()[-1]) == (0, "7 passed, 0 failed")


@pytest.mark.parametrize("outcome", [Outcome(passed=5, failed=1), Outcome()], ids=["one failed", "nothing ran"])
def test_a_run_in_which_a_test_failed_or_none_ran_is_a_failure(outcome, capsys):
    assert conclude([(FAST, outcome)]) == 1


def test_errors_of_fixtures_count_as_failures(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>')
    assert counted(report) == Outcome(passed=3, failed=3, skipped=3)
