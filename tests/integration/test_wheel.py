"""The wheel is all that a user without the checkout needs: built, listed, installed and used elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "dagster_project/_project"


def run(*command: str | Path, cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    # Neither the checkout's settings nor its modules may help.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TENURE_", "DAGSTER_", "PYTHON"))
    }
    if home:
        environment["TENURE_HOME"] = str(home)
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that building leaves nothing in the checkout."""
    copy = tmp_path_factory.mktemp("source") / "checkout"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "dist")
    )
    (copy / "warehouse" / "var").mkdir()
    (copy / "warehouse" / "var" / "private.duckdb").write_bytes(b"state")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", cwd=copy)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = (copy / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `tenure` of a fresh environment: our wheel without dependencies, those of this environment by a .pth."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    done = run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    # Plain paths in a .pth file come after the environment's own packages: our wheel is found first. A second
    # .pth inside would bring the editable checkout back, so the folder is named, not processed as a site.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "tenure"


def test_the_wheel_holds_code_and_project_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "dagster_project/cli.py",
        "dagster_project/dagster.yaml",
        "dagster_project/defs/sources/pos/defs.yaml",
        "ml/schemas.py",
        f"{PROJECT}/dbt/dbt_project.yml",
        f"{PROJECT}/warehouse/ddl/010_loads.sql",
    ):
        assert wanted in names
    for folder, ending in (
        ("dbt/models/marts", ".sql"),
        ("dbt/macros", ".sql"),
        ("dbt/seeds", ".csv"),
        ("expectations/raw", ".yml"),
        ("expectations/marts", ".yml"),
        ("warehouse/queries", ".sql"),
    ):
        assert any(n.startswith(f"{PROJECT}/{folder}/") and n.endswith(ending) for n in names), folder
    assert any(n.startswith("dagster_project/publish/templates/") for n in names)
    assert any(n.endswith("/licenses/LICENSE") for n in names)


def test_the_wheel_holds_every_data_file_of_the_checkout(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("dbt", "expectations", "warehouse/ddl", "warehouse/queries"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{PROJECT}/{path.relative_to(ROOT)}" in names


def test_the_wheel_holds_no_state_tests_or_caches(wheel: Path) -> None:
    for name in zipfile.ZipFile(wheel).namelist():
        assert "/var/" not in name
        assert not name.startswith("tests/")
        assert not name.endswith((".duckdb", ".pyc", ".env"))
        assert "/target/" not in name


def test_the_installed_wheel_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    home = tmp_path / "state"
    helped = run(installed, "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert "Usage: tenure" in helped.stdout
    made = run(installed, "init", cwd=tmp_path, home=home)
    assert made.returncode == 0, made.stderr
    assert (home / "dagster_home" / "dagster.yaml").exists()
    examined = run(installed, "doctor", cwd=tmp_path, home=home)
    assert examined.returncode == 0, examined.stdout + examined.stderr
    assert list(tmp_path.iterdir()) == [home], "all state is below TENURE_HOME"


def test_without_tenure_home_state_goes_below_the_current_folder(installed: Path, tmp_path: Path) -> None:
    made = run(installed, "init", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "warehouse" / "var" / "inbox").is_dir()


def test_the_installed_project_is_complete(installed: Path, tmp_path: Path) -> None:
    """Every definition loads from the wheel's own files, dbt project and contracts included."""
    script = (
        "import dagster_project.definitions as found, dagster_project.settings as settings\n"
        "root = settings.Settings().project_root\n"
        "assert root.name == '_project', root\n"
        "print(*sorted(job.name for job in found.defs().resolve_all_job_defs()))\n"
    )
    loaded = run(installed.with_name("python"), "-c", script, cwd=tmp_path, home=tmp_path / "state")
    assert loaded.returncode == 0, loaded.stderr
    assert "daily" in loaded.stdout.split()
