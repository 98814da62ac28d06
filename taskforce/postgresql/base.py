from typing import Any

from django.db.backends.postgresql import base

from agencies import acting


class DatabaseWrapper(base.DatabaseWrapper):
    def connect(self) -> None:
        super().connect()
        acting.tell_session(self)

    def set_autocommit(self, autocommit: bool, *args: Any, **kwargs: Any) -> None:
        super().set_autocommit(autocommit, *args, **kwargs)
        if not autocommit:
            acting.tell_transaction(self)
