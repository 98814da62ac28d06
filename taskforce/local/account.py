"""Whose processes the database servers are: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """The operating-system account that runs PostgreSQL and Valkey."""

    uid: int
    gid: int
    is_switched: bool

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments that make `subprocess` run a program as this account."""
        if not self.is_switched:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """Whether this account can pass every folder down to `path` and enter it."""
        return all(self._may_enter(folder.stat()) for folder in (path, *path.parents))

    def _may_enter(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def make_private_folder(self, path: Path) -> Path:
        """Create `path` readable by this account alone."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.is_switched:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)
        return path


@cache
def service_account() -> Account:
    """Ourselves; for root, `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_switched=False)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid, is_switched=True)
