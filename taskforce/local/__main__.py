"""`python -m taskforce.local …`: what `./run` becomes once the packages are installed."""

import argparse
import errno
import shlex
import signal
import sys
from collections.abc import Callable

from taskforce.local import database, serve
from taskforce.local.checks import test
from taskforce.local.children import end_leftovers
from taskforce.local.console import Problem, complain, say
from taskforce.local.doctor import doctor
from taskforce.local.home import CHECKOUT, Home
from taskforce.local.services import Services

HELP = """\
./run                     start Taskforce with demo cases (--port 8001, --no-demo)
./run test [pytest …]     run all checks and tests; with arguments, pytest alone
./run test --release      the same with the large sizes, as before a release (long)
./run doctor              look for what is wrong, and say what to do
./run manage COMMAND …    Django's manage.py with the right environment
./run bench [NAME …]      run a benchmark of benchmarks/, or list them
./run services            run PostgreSQL and Valkey alone, for development
./run env                 print their environment: eval "$(./run env)"
./run reset [--yes]       stop everything and delete all data of this checkout

DATABASE_URL (with DATABASE_OWNER_URL) and REDIS_URL replace the built-in servers with your own,
TASKFORCE_HOME the folder var/ for data, secrets and logs."""


def services(arguments: list[str]) -> int:
    """Run PostgreSQL and Valkey alone, for development."""
    wanted = Services(Home.open())
    with wanted.running():
        print_settings(wanted)
        say("# Ctrl-C stops.")
        wait_for_ctrl_c()
    return 0


def wait_for_ctrl_c() -> None:
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        say()


def env(arguments: list[str]) -> int:
    """Print the environment of the running services."""
    wanted = Services(Home.open())
    if not wanted.are_running():
        raise Problem("The services are not running.", "Start them with ./run services, or all with ./run.")
    print_settings(wanted)
    return 0


def print_settings(wanted: Services) -> None:
    for name, value in wanted.settings().items():
        say(f"export {name}={shlex.quote(value)}")


def manage(arguments: list[str]) -> int:
    """Django's manage.py, with the servers running for as long as it needs them."""
    wanted = Services(Home.open())
    with wanted.running():
        return database.manage(arguments, wanted.environment())


def bench(arguments: list[str]) -> int:
    """Run one benchmark on servers of its own, whose data stay for the next run, or list them."""
    scripts = sorted((CHECKOUT / "benchmarks").glob("*.py"))
    known = {path.stem: path for path in scripts if not path.stem.startswith("_")}
    name, *rest = arguments or [""]
    if name not in known:
        say("Benchmarks, each by ./run bench NAME:\n  " + "\n  ".join(known))
        return 1 if name else 0
    home = Home.open(Home.open().root / "bench")
    wanted = Services(home)
    with wanted.running():
        env = {
            **wanted.environment(),
            "PYTHONPATH": str(CHECKOUT),
            "DJANGO_SETTINGS_MODULE": "taskforce.settings",
        }
        database.prepare(home, env)
        return database.run_in_front([sys.executable, str(known[name]), *rest], env)


def reset(arguments: list[str]) -> int:
    """Stop everything and delete all data, after asking."""
    parser = argparse.ArgumentParser(prog="./run reset")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    home = Home.open()
    if not parser.parse_args(arguments).yes and not is_confirmed(home):
        say("Nothing was deleted.")
        return 1
    serve.end_running(home)
    wanted = Services(home)
    for name in serve.PARTS:
        end_leftovers(home, name)
    wanted.stop()
    home.remove()
    say(f"Deleted {home.root}. ./run starts afresh.")
    return 0


def is_confirmed(home: Home) -> bool:
    say(
        f"This deletes every case, lead and file in {home.root}, and the keys that protect them. There is no way back."
    )
    try:
        return input('Type "delete" to go on: ').strip() == "delete"
    except EOFError:
        return False


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "test": test,
    "doctor": doctor,
    "manage": manage,
    "bench": bench,
    "services": services,
    "env": env,
    "reset": reset,
}


def main(arguments: list[str]) -> int:
    """Run one command; 0 when it did what was asked."""
    stop_however_asked()
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help", "help"):
        say(HELP)
        return 0
    if first and not first.startswith("-") and first not in COMMANDS:
        raise Problem(f"There is no ./run {first}.", HELP)
    return COMMANDS[first](arguments[1:]) if first in COMMANDS else serve.serve(arguments)


def stop_however_asked() -> None:
    """Take every request to stop as Ctrl-C, also in a script's background; `nohup` keeps its meaning."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def guarded() -> int:
    """`main`, with every expected failure as a sentence instead of a traceback."""
    try:
        return main(sys.argv[1:])
    except Problem as problem:
        complain(problem)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        complain(Problem("The disk is full.", "Make room, then start again; what was saved before is safe."))
    return 1


if __name__ == "__main__":
    sys.exit(guarded())
