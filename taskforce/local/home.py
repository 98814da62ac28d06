"""Where an installation keeps its data, secrets, logs and sockets."""

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from taskforce.local.account import Account, service_account
from taskforce.local.console import Problem
from victims import keyring

CHECKOUT = Path(__file__).resolve().parents[2]
# Linux allows a socket 107 bytes, macOS 103; anything but plain characters, some URL on the way would trip over.
SOCKET_FOLDER = re.compile(r"[A-Za-z0-9/._-]{1,80}")
LARGEST_OLD_LOG = 10_000_000


@dataclass(frozen=True)
class Home:
    """One installation's folder, `var/` in the checkout unless TASKFORCE_HOME says otherwise."""

    root: Path
    account: Account

    @classmethod
    def open(cls, root: Path | None = None) -> "Home":
        """Create the folder if need be, private to us."""
        chosen = root or Path(os.environ.get("TASKFORCE_HOME") or CHECKOUT / "var")
        home = cls(chosen.expanduser().resolve(), service_account())
        home._lay_out()
        return home

    def _lay_out(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            # The service account only passes through: it can list nothing here.
            self.root.chmod(0o711 if self.account.is_switched else 0o700)
            for private in ("secrets", "log", "run", "media", "static"):
                (self.root / private).mkdir(mode=0o700, exist_ok=True)
        except PermissionError as error:
            raise Problem(
                f"{self.root} cannot be written by this account.",
                "Run as the account that owns it, or set TASKFORCE_HOME to a folder of your own.",
            ) from error

    @property
    def services(self) -> Path:
        """Where the servers' data live: here, or outside when `nobody` cannot enter (a checkout under /root)."""
        if not self.account.is_switched or self.account.can_reach(self.root):
            return self.root
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        outside = Path("/var/lib/taskforce") / digest
        outside.mkdir(mode=0o711, parents=True, exist_ok=True)
        return outside

    @property
    def sockets(self) -> Path:
        """A private folder whose path is short and plain enough for a socket."""
        near = self.services / "sockets"
        if SOCKET_FOLDER.fullmatch(str(near)):
            return self.account.make_private_folder(near)
        return self._far_sockets(self.root / "run" / "sockets-folder")

    def _far_sockets(self, note: Path) -> Path:
        if note.exists() and self._is_ours(far := Path(note.read_text())):
            return far
        far = self.account.make_private_folder(Path(tempfile.mkdtemp(prefix="taskforce-", dir="/tmp")))
        note.write_text(str(far))
        return far

    def _is_ours(self, folder: Path) -> bool:
        # /tmp is everybody's, and cleaned: somebody else may have put a folder of that name there since.
        return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == self.account.uid

    def secret(self, name: str) -> str:
        """A random value, made once and kept in a file only we can read."""
        path = self.root / "secrets" / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        return path.read_text()

    def key_ring(self) -> Path:
        """The keys of victims' identities, made once. A ring that is lost is not replaced: it has to come from a backup."""
        path, made = self.root / "secrets" / "victim-keys", self.root / "secrets" / "victim-keys-made"
        if not made.exists():
            keyring.make(path)
            made.touch(mode=0o600)
        return path

    def log(self, name: str) -> Path:
        """The log of one process; a long one is put aside so that logs cannot fill the disk."""
        path = self.root / "log" / f"{name}.log"
        if path.exists() and path.stat().st_size > LARGEST_OLD_LOG:
            path.replace(path.with_suffix(".log.1"))
        return path

    def record(self, name: str) -> Path:
        """A small file of the running state: process ids, locks, addresses."""
        return self.root / "run" / name

    def free_bytes(self) -> int:
        """Room left on the disk of the data."""
        return shutil.disk_usage(self.services).free

    def remove(self) -> None:
        """Delete everything, for ever."""
        for folder in {self.sockets, self.services, self.root}:
            shutil.rmtree(folder, ignore_errors=True)
