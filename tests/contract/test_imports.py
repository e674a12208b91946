"""Watching stays light: no torch, quick help, plug-ins of one folder that do not know each other."""

import subprocess
import sys

import grimp
import pytest

from roadstead.registry import FOLDERS


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("roadstead")


@pytest.mark.parametrize("folder", FOLDERS)
def test_plugins_of_one_folder_do_not_know_each_other(graph: grimp.ImportGraph, folder: str) -> None:
    package = f"roadstead.{folder}"
    plugins = {m for m in graph.find_descendants(package) if not m.rpartition(".")[2].startswith("_")}
    for plugin in plugins:
        assert not graph.find_modules_directly_imported_by(plugin) & (plugins - {plugin})


@pytest.mark.parametrize("arguments", [[], ["watch"], ["replay"], ["events"], ["alerts"], ["plugins"]])
def test_no_torch_behind_any_help(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "class Never:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        assert name.partition('.')[0] not in {'torch', 'torchvision', 'transformers'}, name\n"
        "sys.meta_path.insert(0, Never())\n"
        "import roadstead, roadstead.runner, roadstead.config\n"
        "from roadstead.cli import main\n"
        f"sys.argv = ['roadstead', *{arguments!r}, '--help']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from roadstead.cli import main\n"
        "sys.argv = ['roadstead', '--help']\n"
        "try:\n    main()\n"
        "finally:\n    print(sorted({'numpy', 'av', 'cv2', 'pydantic', 'sqlalchemy', 'openvino', 'scipy'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
