"""What a release holds: queries, files of it, where a number comes from, what was not understood."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import STUDY, chosen_place, settle
from cartwright.warehouse.settings import Settings

app = typer.Typer()  # its commands stand at the top: `cartwright NAME`


@app.command()
def sql(
    statement: Annotated[str | None, typer.Argument(help="Statements; without them a shell opens.")] = None,
    command: Annotated[str | None, typer.Option("-c", help="The same, as psql and duckdb spell it.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV: all rows, all columns.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write one JSON array, an object a row.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet; send it to a file.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write a workbook with dictionary; send it to a file.")] = False,
    expanded: Annotated[bool, typer.Option("--expanded", "-x", help="Record by record, a line a column.")] = False,
    release: Annotated[str | None, typer.Option(help="A release id; default is the current one.")] = None,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Query the current release, read-only and locked down; scratch tables live until you leave.

    A terminal gets as many columns as it holds, the first 200 rows, long texts elided with a mark, and is told what is
    not shown. A pipe gets everything, a row a line. `NULL` is unknown, `""` an empty text. Statements can also come by
    standard input. With a form the last statement's result is written; those before it prepare.

    The shell has completion (Tab), history, a pager and `\\?`. A statement is ended by Ctrl-C, and after
    `CARTWRIGHT_QUERY_SECONDS` (600; 0: never).

    Exit codes: 0 done, 1 refused or ended by the limit, 2 not understood, 130 ended by Ctrl-C, 141 nobody reads on.

    Examples, by what is wanted:

    - a look: `cartwright sql "SELECT paramcd, count(*) FROM adam.adtte GROUP BY ALL"`
    - one patient: `cartwright sql -x "FROM mart.patients LIMIT 1"`
    - sideways: `cartwright sql "FROM mart.patients" | less -S`
    - for a program: `cartwright sql --csv "FROM adam.adsl" > adsl.csv`
    - a script: `cartwright sql < questions.sql`
    """
    import sys

    from cartwright.orchestration.commands.shell.results import run
    from cartwright.warehouse.connect import release_folder
    from cartwright.warehouse.export.forms import Form

    forms = [form for form, is_wanted in zip(Form, (csv, json, parquet, xlsx), strict=True) if is_wanted]
    if len(forms) + expanded > 1:
        raise typer.BadParameter("one form at a time: --csv, --json, --parquet, --xlsx or --expanded")
    if statement is not None and command is not None:
        raise typer.BadParameter("give the statement once, with -c or without")
    settings = Settings()
    place = chosen_place(settings, study)
    path = release_folder(place, release) / "release.duckdb" if release else place.current_db
    text = statement if command is None else command
    if text is None and sys.stdin.isatty() and sys.stdout.isatty() and not forms:
        from cartwright.orchestration.commands.shell.prompt import open_shell

        open_shell(path, settings.query_seconds)
    else:
        form = forms[0] if forms else None
        run(path, sys.stdin.read() if text is None else text, settings.query_seconds, form, expanded)


@app.command()
def export(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Tables (adam.adsl) or schemas (adam) of the release; default: all.")
    ] = None,
    to: Annotated[Path, typer.Option(help="A folder that does not exist yet.")] = Path("export"),
    csv: Annotated[bool, typer.Option("--csv", help="A CSV file each.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="A Parquet file each, meanings in its metadata.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="A workbook each, with a dictionary sheet.")] = False,
    cdisc: Annotated[
        bool, typer.Option("--cdisc", help="Instead of tables: SDTM and ADaM data sets, define.xml, ARS, a guide.")
    ] = False,
    query: Annotated[str | None, typer.Option(help="Instead of tables: what this statement gives.")] = None,
    release: Annotated[str | None, typer.Option(help="A release id; default is the current one.")] = None,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Write tables of a release to files for other programs, with a dictionary of their columns.

    `dictionary.csv` says label, type, unit and meaning of every column, `about.json` study, release and data cut.
    Nothing is cut: a table that a sheet cannot hold is refused. In workbooks a text that begins like a formula is
    stored as text and marked so, and the sheet `about` counts them; CSV files hold texts as they are, so open
    workbooks in a spreadsheet, not CSV.

    What the release shows of a subject stands in the files too, dates and small counts among it: they are open to you
    alone, and are not for publication.

    Examples: `cartwright export adam.adsl mart --xlsx --to for_anna`,
    `cartwright export --csv --query "FROM adam.adtte WHERE paramcd = 'OS'" --to os`,
    `cartwright export --cdisc --to for_sas` (docs/cdisc.md)
    """
    from cartwright.orchestration.commands.exporting import show_cdisc_export, show_export
    from cartwright.warehouse.connect import release_folder
    from cartwright.warehouse.export.forms import Form

    wanted = {Form.csv: csv, Form.parquet: parquet, Form.xlsx: xlsx}
    forms = [form for form, is_wanted in wanted.items() if is_wanted]
    if cdisc and (forms or tables or query):
        raise typer.BadParameter("--cdisc writes all of its files in their own forms: give it alone")
    if not forms and not cdisc:
        raise typer.BadParameter("say in which form: --csv, --parquet, --xlsx, or several of them; or --cdisc")
    if tables and query:
        raise typer.BadParameter("tables or --query, not both")
    place = chosen_place(Settings(), study)
    path = (release_folder(place, release) / "release.duckdb" if release else place.current_db).resolve()
    if cdisc:
        show_cdisc_export(path, to)
    else:
        show_export(path, tables or [], query, forms, to)


@app.command()
def trace(
    what: Annotated[
        str, typer.Argument(help="An analysis (os_by_group), an output (baseline.table1) or a table (adam.adtte).")
    ],
    usubjid: Annotated[str | None, typer.Argument(help="Pseudonym of a patient; needed for a table.")] = None,
    item: Annotated[
        str | None,
        typer.Argument(help="Parameter, criterion, baseline item or column of the table; variable of an analysis."),
    ] = None,
    group: Annotated[str | None, typer.Option(help="Only this group of the analysis.")] = None,
    variable: Annotated[str | None, typer.Option(help="Only this variable (row of a table, covariate, term).")] = None,
    level: Annotated[str | None, typer.Option(help="Only who has this level of the variable.")] = None,
    records: Annotated[bool, typer.Option("--records", help="The raw records of everybody behind the number.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="All rows, as CSV.")] = False,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """From a number to the patients behind it; from an item of a patient to the raw records that decided it.

    An analysis lists who was used and who was left out and why, as it stored them when it ran. Of a patient every
    record that decided stands with its role, its file and line: the lesion that grew and its nadir, the first dose, the
    last contact.
    What was looked for and not found is said in words.

    Examples, by what is asked:

    - a curve or test: `cartwright trace os_by_group --group my_group`
    - a cell of a table: `cartwright trace table1 --group my_group --variable my_item --level true --records`
    - a model: `cartwright trace table2_os_multi`
    - a patient in an analysis: `cartwright trace table1 CW-0123456789ABCDEF my_item`
    - an endpoint: `cartwright trace adam.adtte CW-0123456789ABCDEF PFS`
    - a column of a patient: `cartwright trace adam.adsl CW-0123456789ABCDEF my_item`
    - a criterion: `cartwright trace eligibility.criterion_result CW-0123456789ABCDEF histology`
    - responses: `cartwright trace adam.adrs CW-0123456789ABCDEF BOR`
    """
    from cartwright.orchestration.commands.trace_view import show_trace

    settings = Settings()
    show_trace(settings, chosen_place(settings, study), what, usubjid, item, group, variable, level, records, csv)


@app.command()
def changes(
    since: Annotated[str | None, typer.Option(help="Compare with this release instead of the one before.")] = None,
    about: Annotated[
        str | None, typer.Option(help="Only subjects, endpoints, baseline values, results or other values.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="All changes, as CSV.")] = False,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """What changed since last night: records, subjects, endpoints, baseline values and results.

    Old and new value stand side by side, with the raw records that did it: `+` came to decide, `-` no longer does,
    without a sign its content changed. `cartwright trace` shows what they are, `cartwright releases diff` any two
    releases.

    Examples: `cartwright changes`, then `cartwright changes --about endpoints --csv`
    """
    from cartwright.orchestration.commands.printing import show_changes

    settings = Settings()
    settle(settings)
    show_changes(chosen_place(settings, study), since, about, csv)


@app.command()
def audit(
    verdict: Annotated[
        str | None,
        typer.Option(
            help="Only these: reproduced, close, differs, declared, rounding, suspicious, incoherent, not_computable."
        ),
    ] = None,
    section: Annotated[str | None, typer.Option(help="Only figures printed there, e.g. table1.")] = None,
    claim: Annotated[str | None, typer.Option(help="Everything about one claim, with the arithmetic.")] = None,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Every printed figure of the publication beside the current release's, each with one verdict.

    Without options: the counts, the share reproduced by stage, and every claim that is not reproduced.
    *reproduced* equals ours at the printed precision; *close* and *differs* say how far; *declared* is a constant of
    the methods; *rounding*, *suspicious* and *incoherent* are faults of the print by arithmetic, whatever the data.
    With a cohort that was made to fit the print, agreement shows that this pipeline computes what the paper computed,
    not that the paper is right. The same table is `results.claims_audit` and a section of the report.

    Examples: `cartwright audit --verdict incoherent`, then `cartwright audit --claim t1.age.p`
    """
    from cartwright.orchestration.commands.audit_view import show_audit, show_claim

    place = chosen_place(Settings(), study)
    if claim is None:
        show_audit(place, verdict, section)
    elif not show_claim(place, claim):
        raise typer.Exit(1)


@app.command()
def rejected(
    table: Annotated[str | None, typer.Argument(help="Only this feed table, e.g. lis_lab_result.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown.")] = 20,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Records that could not be loaded: file, line, column, reason and remedy (never their content).

    Files lie below the source's folder in the landing zone, such as lis/; a header is line 1.

    Example: `cartwright rejected lis_lab_result`
    """
    from cartwright.orchestration.commands.printing import show_rejected

    show_rejected(chosen_place(Settings(), study), table, limit)


@app.command()
def findings(
    kind: Annotated[str | None, typer.Argument(help="Only this kind, e.g. unknown_code.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this feed table, e.g. lis_lab_result.")] = None,
    release: Annotated[str | None, typer.Option(help="A release id; default is the current one.")] = None,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """What was not understood: codes and units to map next, implausible values, missing links, rejected records.

    One line a code, unit or place: how many records and subjects have it, which outputs it can touch, what to do.
    Kinds: unknown_code, unknown_unit, unreadable_value, implausible, rejected, missing_link, partial_date,
    missing_value, conflict, repeated, clinical. The records: `cartwright sql "SELECT record_id FROM facts.finding ..."`

    Examples: `cartwright findings unknown_unit`, `cartwright findings --table lis_lab_result`
    """
    from cartwright.orchestration.commands.printing import show_findings

    settings = Settings()
    show_findings(settings, chosen_place(settings, study), kind, table, release)
