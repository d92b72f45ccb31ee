"""Errors as pages show them."""

from __future__ import annotations

from earmark.events.kinds import ErrorInfo
from earmark.views.values import error_of, first_line

RAISED = ErrorInfo("KeyError", "'rate'", ('  File "shop.py", line 12, in orders\n    x["rate"]\n',))
OURS = ('  File "step.py", line 152, in _compute\n    raise _from_user(error)\n',)


def test_an_error_from_the_body_of_an_op_is_shown_as_what_the_body_raised():
    error = error_of(ErrorInfo("DagsterExecutionStepExecutionError", 'while executing op "orders":', OURS, RAISED))
    assert error is not None
    assert (error.kind, error.message, error.where) == ("KeyError", "'rate'", "shop.py:12")
    assert [line.text.strip() for line in error.source] == ['x["rate"]']
    assert error.causes == []


def test_other_errors_keep_their_words_and_name_their_causes():
    error = error_of(ErrorInfo("DagsterExecutionLoadInputError", 'while loading input "rows":', OURS, RAISED))
    assert error is not None
    assert (error.kind, error.where) == ("DagsterExecutionLoadInputError", "step.py:152")
    assert [(cause.kind, cause.message) for cause in error.causes] == [("KeyError", "'rate'")]


def test_the_line_of_a_list_is_that_of_what_was_raised():
    wrapped = ErrorInfo("DagsterExecutionStepExecutionError", 'while executing op "orders":', (), RAISED)
    assert first_line(wrapped) == "KeyError: 'rate'"
