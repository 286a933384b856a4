"""The machine: its cores, what it says of processes, and what it is."""

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PACKAGES: Final = (
    "uvicorn", "starlette", "fastapi", "pydantic", "SQLAlchemy", "PyJWT", "pyarrow", "duckdb"
)  # fmt: skip


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Stay on one core, and so do processes that are started meanwhile."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} & allowed or allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used so far, in user and kernel mode."""
    # The second field is the command in parentheses, which may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_mib(pid: int | str = "self") -> float:
    """Return the most memory that a process has held since its start or ``forget_peak``."""
    return _status_mib(pid, "VmHWM")


def resident_mib(pid: int | str = "self") -> float:
    """Return the memory that a process holds now."""
    return _status_mib(pid, "VmRSS")


def forget_peak(pid: int | str = "self") -> None:
    """Let the peak begin anew at what is held now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status_mib(pid: int | str, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"the kernel does not tell {name}")


def described() -> dict[str, str]:
    """Return what figures depend on besides the code."""
    cpu = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    cores = len(os.sched_getaffinity(0))
    return {
        "machine": f"{cpu}, {cores} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _changed() else ""),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _changed() -> bool:
    return bool(_git("status", "--porcelain", "--untracked-files=no", "--", "src", "backends"))


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return run.stdout.strip()
