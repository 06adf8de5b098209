"""Options that many commands share."""

from typing import Annotated

from cyclopts import Parameter

Database = Annotated[
    str | None,
    Parameter(
        name="--database",
        env_var="DEALFLOW_DATABASE",
        help="sqlite:///FILE or postgresql://…; by default a SQLite file in the user's data folder.",
    ),
]
CompanyId = Annotated[
    int | None, Parameter(name="--company", help="Id of the company; may be left out if there is only one.")
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
