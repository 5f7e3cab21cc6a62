"""The command line: `relight`, one file per command or group of commands.

Exit codes: 0 done, 1 findings in the input, 2 wrong usage or something that could not be done. Errors are one
clear sentence on standard error, never a traceback.
"""

from __future__ import annotations

import sys

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from api.accounts import AccountError
from api.cli.application import build
from api.cli.output import complain
from api.errors import PagesNotBuiltError, is_database_away
from api.migrations import DatabaseTooNewError
from api.passwords import WeakPasswordError
from api.processes.database import NoDatabaseNamedError
from api.processes.system import StartError
from dispatch.errors import DispatchError
from dispatch.planning.errors import PlanningError
from gis.errors import GisError
from storm.errors import StormError
from topology.errors import TopologyError

COULD_NOT = 2

_ANTICIPATED = (
    AccountError,
    DatabaseTooNewError,
    DispatchError,
    GisError,
    NoDatabaseNamedError,
    PagesNotBuiltError,
    PlanningError,
    StartError,
    StormError,
    TopologyError,
    WeakPasswordError,
)


def main() -> None:
    """Run the command that was typed, and end with its exit code."""
    try:
        build(sys.argv[1:])()
    except _ANTICIPATED as error:
        complain(str(error))
    except ValidationError as error:
        for problem in error.errors(include_input=False):
            name = "_".join(str(part) for part in problem["loc"])
            complain(f"The setting RELIGHT_{name.upper()} is not usable: {problem['msg']}.")
    except SQLAlchemyError as error:
        if not is_database_away(error):
            raise
        complain(
            "The database does not answer. Is it running, and is RELIGHT_DATABASE_URL right? "
            f"({str(getattr(error, 'orig', error)).strip().splitlines()[0]})"
        )
    except OSError as error:
        complain(f"{error.filename or 'A file'}: {error.strerror or error}.")
    sys.exit(COULD_NOT)
