"""Files that ops hand to each other by reference, and outputs that say where they are stored."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

import earmark as em


def within_an_op(use: Any, resource: Any) -> None:
    @em.op(required_resource_keys={"file_manager"})
    def work(context: em.OpExecutionContext) -> None:
        use(context.resources.file_manager)

    @em.job(resource_defs={"file_manager": resource})
    def works() -> None:
        work()

    assert works.execute_in_process().success


def test_what_is_written_is_read_by_its_handle_and_copies_go_with_the_run(tmp_path: Path) -> None:
    copies: list[str] = []

    def use(files: Any) -> None:
        first = files.write_data(b"foo")
        second = files.write(io.StringIO("bär"), mode="w", ext="txt", key="k/second")
        assert isinstance(first, em.FileHandle)
        assert (files.read_data(first), files.read_data(second)) == (b"foo", "bär".encode())
        assert second.path_desc == str(tmp_path / "files" / "k" / "second.txt")
        with files.read(second, mode="r") as opened:
            assert opened.read() == "bär"
        copies.append(files.copy_handle_to_local_temp(first))
        assert Path(copies[0]).read_bytes() == b"foo"

    within_an_op(use, em.local_file_manager.configured({"base_dir": str(tmp_path / "files")}))
    assert not Path(copies[0]).exists()


def test_without_a_folder_files_lie_in_the_storage_of_the_home(home: Path) -> None:
    with em.instance_for_test() as instance:

        @em.op(required_resource_keys={"file_manager"})
        def work(context: em.OpExecutionContext) -> str:
            return context.resources.file_manager.write_data(b"foo").path

        @em.job(resource_defs={"file_manager": em.local_file_manager})
        def works() -> None:
            work()

        path = works.execute_in_process(instance=instance).output_for_node("work")
        assert Path(path).parent == Path(instance.storage_directory()) / "file_manager"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda files: files.write_data(b"x", key="../out"), "leads out of the folder"),
        (lambda files: files.write(io.BytesIO(b"x"), mode="a"), "not 'a'"),
        (lambda files: files.read(em.LocalFileHandle("x"), mode="w"), "not 'w'"),
    ],
)
def test_a_wrong_use_of_files_is_refused(wrong: Any, said: str, tmp_path: Path) -> None:
    def use(files: Any) -> None:
        with pytest.raises(em.DagsterInvariantViolationError, match=said):
            wrong(files)

    within_an_op(use, em.local_file_manager.configured({"base_dir": str(tmp_path)}))


def test_an_output_is_stored_where_its_metadata_says_and_one_that_says_nothing_is_refused(tmp_path: Path) -> None:
    stored = em.custom_path_fs_io_manager.configured({"base_dir": str(tmp_path)})

    @em.op(out=em.Out(io_manager_key="files", metadata={"path": "sub/orders.pickle"}))
    def orders() -> list[int]:
        return [1, 2]

    @em.op
    def count(orders: list[int]) -> int:
        return len(orders)

    @em.op(out=em.Out(io_manager_key="files"))
    def silent() -> int:
        return 1

    @em.job(resource_defs={"files": stored})
    def told() -> None:
        count(orders())

    @em.job(resource_defs={"files": stored})
    def untold() -> None:
        silent()

    assert told.execute_in_process().output_for_node("count") == 2
    assert (tmp_path / "sub" / "orders.pickle").exists()
    with pytest.raises(em.DagsterError) as caught:
        untold.execute_in_process()
    assert "says None" in str(caught.value.__cause__ or caught.value)
