"""Types: an annotation becomes a name and a check, and a check that fails says what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NewType, TypedDict, TypeVar, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

import earmark as em
from earmark.define.types import types as our
from earmark.define.types.dagster_type import DagsterType, PythonObjectDagsterType, TypeCheck, require_type
from earmark.define.types.type_loader import DagsterTypeLoaderContext, dagster_type_loader
from earmark.define.types.types import (
    Nothing,
    check_dagster_type,
    make_python_type_usable_as_dagster_type,
    resolve_type,
    usable_as_dagster_type,
)
from earmark.specs.metadata import IntMetadataValue
from earmark.values.errors import (
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    DagsterTypeCheckDidNotPass,
    DagsterTypeCheckError,
)


class Point:
    pass


class Row(TypedDict):
    a: int


UserId = NewType("UserId", int)
T = TypeVar("T")


@pytest.mark.parametrize(
    ("annotation", "name", "good", "bad"),
    [
        (int, "Int", [1, True], ["s", 1.5, None]),
        (float, "Float", [1.5], [1, "s"]),
        (str, "String", ["s"], [1, None]),
        (bool, "Bool", [True], [1]),
        (list, "[Any]", [[1, "x"]], [(1,)]),
        (list[int], "[Int]", [[], [1]], [["a"], (1,), 5]),
        (Sequence[int], "[Int]", [[1]], [5]),
        (dict, "dict", [{}], [[]]),
        (dict[str, int], "Dict[String,Int]", [{"a": 1}], [{"a": "b"}, {1: 1}, 5]),
        (Mapping[str, int], "Dict[String,Int]", [{"a": 1}], [5]),
        (set[int], "Set[Int]", [{1}], [{"a"}, [1]]),
        (tuple[int, str], "Tuple[Int,String]", [(1, "a")], [(1, 2), (1,), [1, "a"]]),
        (tuple[int, ...], "Tuple[Int,...]", [(), (1, 2)], [("a",)]),
        (tuple, "tuple", [(1,)], [[1]]),
        (int | None, "Int?", [None, 1], ["s"]),
        (Union[int, str], "Union[Int,String]", [1, "s"], [1.5, None]),
        (Union[int, str, None], "Union[Int,String]?", [1, "s", None], [1.5]),
        (Literal["a", 1], "Literal['a', 1]", ["a", 1], ["b", True]),
        (Any, "Any", [1, None, object()], []),
        (Point, "Point", [Point()], [1]),
        (None, "Nothing", [None], [1]),
        (Nothing, "Nothing", [None], [1]),
        (UserId, "Int", [1], ["s"]),
        (T, "Any", [1], []),
        (Callable[[], int], "Callable[[], int]", [print], [5]),
        (type[int], "type[int]", [int], [5]),
        (Row, "Row", [{"a": 1}], [5]),
        (our.List[our.Optional[our.Int]], "[Int?]", [[1, None]], [["s"]]),
        (our.Dict[str, our.Set[int]], "Dict[String,Set[Int]]", [{"a": {1}}], [{"a": [1]}]),
        (our.Tuple[int, str], "Tuple[Int,String]", [(1, "a")], [(1, 2)]),
        (our.List, "[Any]", [[1]], [1]),
        (our.String, "String", ["s"], [1]),
    ],
)
def test_an_annotation_is_a_type_with_a_name_and_a_check(
    annotation: Any, name: str, good: list[Any], bad: list[Any]
) -> None:
    resolved = resolve_type(annotation)
    assert resolved.display_name == name
    assert [value for value in good if not check_dagster_type(annotation, value).success] == []
    assert [value for value in bad if check_dagster_type(annotation, value).success] == []


@pytest.mark.parametrize("wrong", [5, [int], {"a": int}, object()])
def test_what_is_no_type_is_refused_where_it_is_written(wrong: Any) -> None:
    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        resolve_type(wrong)
    assert __file__ in str(caught.value)


def test_a_failed_check_says_what_it_saw() -> None:
    assert check_dagster_type(int, "x").description == 'Value "x" of python type "str" must be a int.'
    assert "expected value to be of Python type" in str(check_dagster_type(Point, 5).description)
    assert "got a <class 'int'>" in str(check_dagster_type(None, 5).description)


def test_only_nothing_is_nothing() -> None:
    assert resolve_type(None).is_nothing
    assert not resolve_type(Any).is_nothing


def test_a_users_check_may_return_a_bool_or_a_type_check_with_metadata() -> None:
    even = DagsterType(name="Even", type_check_fn=lambda _context, value: value % 2 == 0)
    assert [check_dagster_type(even, value).success for value in (2, 3)] == [True, False]
    told = DagsterType(name="Told", type_check_fn=lambda _c, _v: TypeCheck(False, "odd", {"n": 3}))
    found = check_dagster_type(told, 3)
    assert (found.success, found.description, found.metadata) == (False, "odd", {"n": IntMetadataValue(3)})


@pytest.mark.parametrize("returned", [None, 5, "yes"])
def test_a_users_check_that_returns_anything_else_is_refused(returned: Any) -> None:
    odd = DagsterType(name="Odd", type_check_fn=lambda _c, _v: returned)
    with pytest.raises(DagsterInvariantViolationError, match="'Odd'"):
        check_dagster_type(odd, 1)


def test_a_users_check_takes_the_context_and_the_value() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="takes two arguments"):
        DagsterType(name="One", type_check_fn=lambda value: True)  # type: ignore[arg-type, misc]
    with pytest.raises(DagsterInvalidDefinitionError, match="key or a name"):
        DagsterType(type_check_fn=lambda _c, _v: True)


def test_a_required_type_raises_with_the_subject_and_the_reason() -> None:
    assert require_type(resolve_type(int), 1, 'input "x"').success
    with pytest.raises(DagsterTypeCheckDidNotPass) as caught:
        require_type(resolve_type(int), "s", 'step output "result"')
    assert str(caught.value) == (
        'Type check failed for step output "result" - expected type "Int".'
        ' Description: Value "s" of python type "str" must be a int.'
    )
    assert caught.value.dagster_type is resolve_type(int)


def test_a_check_that_raises_is_an_error_of_its_own_with_its_cause() -> None:
    broken = DagsterType(name="Broken", type_check_fn=lambda _c, _v: 1 / 0 > 0)
    with pytest.raises(DagsterTypeCheckError, match="'Broken'") as caught:
        require_type(broken, 1, 'input "x"')
    assert isinstance(caught.value.user_exception, ZeroDivisionError)


def test_several_classes_may_be_one_type() -> None:
    either = PythonObjectDagsterType((int, str))
    assert either.display_name == "Union[int, str]"
    assert [check_dagster_type(either, value).success for value in (1, "s", 1.5)] == [True, True, False]


def test_a_class_may_stand_for_a_type_with_a_check_of_its_own() -> None:
    class Even:
        pass

    even = DagsterType(name="Even", type_check_fn=lambda _context, value: value % 2 == 0)
    make_python_type_usable_as_dagster_type(Even, even)
    assert resolve_type(Even) is even
    assert not check_dagster_type(list[Even], [2, 3]).success
    other = DagsterType(name="Other", type_check_fn=lambda _c, _v: True)
    with pytest.raises(DagsterInvalidDefinitionError, match="'Even' already"):
        make_python_type_usable_as_dagster_type(Even, other)


def test_a_class_may_be_marked_as_a_type_with_a_description() -> None:
    @usable_as_dagster_type(name="Named", description="d")
    class Marked:
        pass

    @usable_as_dagster_type
    class Bare:
        pass

    assert (resolve_type(Marked).display_name, resolve_type(Marked).description) == ("Named", "d")
    assert resolve_type(Bare).display_name == "Bare"


def test_a_loader_makes_an_input_from_checked_configuration() -> None:
    @dagster_type_loader(config_schema={"a": int}, required_resource_keys={"db"})
    def load_a(_context: Any, config: Any) -> int:
        return int(config["a"])

    assert load_a.construct_from_config_value(DagsterTypeLoaderContext(), {"a": 4}) == 4
    assert load_a.required_resource_keys() == {"db"}
    with pytest.raises(DagsterInvalidConfigError):
        load_a.construct_from_config_value(DagsterTypeLoaderContext(), {"b": 4})


def test_a_loader_fills_an_input_of_a_run_with_the_resources_it_asks_for() -> None:
    @dagster_type_loader(config_schema={"path": str}, required_resource_keys={"root"})
    def load_path(context: Any, config: Any) -> str:
        return f"{context.resources.root}/{config['path']}"

    loaded = DagsterType(type_check_fn=lambda _context, value: isinstance(value, str), name="Loaded", loader=load_path)

    @em.op(ins={"path": em.In(loaded)})
    def read(path):  # type: ignore[no-untyped-def]
        return path

    @em.job(resource_defs={"root": em.ResourceDefinition.hardcoded_resource("/data")})
    def reading() -> None:
        read()

    result = reading.execute_in_process(run_config={"ops": {"read": {"inputs": {"path": {"path": "orders"}}}}})
    assert result.output_for_node("read") == "/data/orders"


@given(
    st.recursive(
        st.sampled_from([int, str, float, bool, Any, None, Point]), lambda t: t.map(lambda a: list[a]), max_leaves=3
    )
)
def test_a_type_resolved_twice_has_one_name(annotation: Any) -> None:
    assert resolve_type(annotation).display_name == resolve_type(annotation).display_name
    assert check_dagster_type(annotation, object()).success in (True, False)
