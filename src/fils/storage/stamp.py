"""The stamp of a database: which version of Fils' tables it has and which mode it was made for."""

from __future__ import annotations

from fils.domain.errors import ConfigurationError
from fils.storage.rows import SCHEMA_VERSION


def check_stamp(schema_version: int, stamped_mode: str, *, database: str, mode: str) -> None:
    """
    Check that a database fits this program and this start.

    Args:
        schema_version: As stamped.
        stamped_mode: As stamped.
        database: How the database is named to a person; no password.
        mode: What Fils was started with.

    Raises:
        ConfigurationError: If it does not.
    """
    check_mode(stamped_mode, database=database, mode=mode)
    if schema_version < SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {database} has tables of version {schema_version} and this Fils needs "
            f"version {SCHEMA_VERSION}; make a backup, run `fils migrate` and start again"
        )
    if schema_version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the database {database} has tables of version {schema_version} and this Fils knows "
            f"version {SCHEMA_VERSION}; use the newer Fils that made them"
        )


def nothing_of_fils(database: str, *, mode: str) -> ConfigurationError:
    """
    What to raise where nothing is and nothing may be made.

    Args:
        database: How the database is named to a person; no password.
        mode: What Fils was started with; it tells which command begins an installation.
    """
    first = "fils accounts create NAME" if mode == "production" else "fils serve"
    return ConfigurationError(
        f"the database {database} holds nothing of Fils; name the right one (--database, FILS_DATABASE_URL), "
        f"or begin a new installation there with `{first}`"
    )


def check_mode(stamped_mode: str, *, database: str, mode: str) -> None:
    """
    Check that a database was made for *mode*.

    Raises:
        ConfigurationError: If it was made for another one.
    """
    if stamped_mode != mode:
        raise ConfigurationError(
            f"the database {database} was made for mode={stamped_mode} and mode={mode} was asked for; "
            f"name another database or start with mode={stamped_mode}"
        )
