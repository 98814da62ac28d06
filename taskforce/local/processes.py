"""Background processes: starting, recognising and ending them, also those a killed run left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from taskforce.local.account import Account

Command = Sequence[str | Path]

PROC = Path("/proc")
ENDED = frozenset("ZXx")


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Poll until `condition` holds; False when the time is up first."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def start(
    command: Command,
    *,
    log: Path,
    account: Account,
    env: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches us alone and we end it in order."""
    with log.open("ab") as output:
        log.chmod(0o600)
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            pass_fds=pass_fds,
            start_new_session=True,
            **account.popen_options(),
        )


@dataclass(frozen=True)
class Seen:
    """A live process as the system lists it."""

    pid: int
    group: int
    command: str


def listing() -> list[Seen]:
    """Every live process; a zombie is not alive."""
    if PROC.joinpath("self", "stat").exists():
        found = (look_at(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
        return [seen for seen in found if seen is not None]
    return _by_ps("-ax")


def look_at(pid: int) -> Seen | None:
    """One process, or None if it has ended, even if nobody has collected its exit code yet."""
    if not PROC.joinpath("self", "stat").exists():
        return next(iter(_by_ps("-p", str(pid))), None)
    try:
        state, _parent, group = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:3]
        command = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    return None if state in ENDED else Seen(pid, int(group), command.strip())


def _by_ps(*which: str) -> list[Seen]:
    command = ["ps", *which, "-o", "pid=,pgid=,stat=,command="]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    rows = (line.split(None, 3) for line in output.splitlines())
    return [
        Seen(int(row[0]), int(row[1]), row[3]) for row in rows if len(row) == 4 and row[2][0] not in ENDED
    ]


def is_alive(pid: int, marker: str) -> bool:
    """Whether the process lives and its command line contains `marker`: ids are used again after a restart."""
    seen = look_at(pid)
    return seen is not None and marker in seen.command


def group_members(group: int, marker: str) -> list[int]:
    """Live processes of a group whose command line contains `marker`."""
    return [seen.pid for seen in listing() if seen.group == group and marker in seen.command]


def send(pids: Sequence[int], number: signal.Signals) -> None:
    """Signal processes, ignoring those already gone."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def end(
    pids: Callable[[], Sequence[int]],
    signals: Sequence[tuple[signal.Signals, float]],
) -> bool:
    """Send each signal in turn until nobody is left, waiting its number of seconds after each."""
    for number, patience in signals:
        send(pids(), number)
        if wait_until(lambda: not pids(), patience):
            return True
    return False
