"""The command line `cartwright`: one word a task. It parses, calls and prints; work is done in the other modules.

Heavy packages are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, auto
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from cartwright.orchestration.commands.mistakes import in_plain_words
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace


class Served(StrEnum):
    """The two programs behind the pages."""

    webserver = auto()
    daemon = auto()


STUDY = typer.Option(help="Id of a study; needed where the house has several.")


class PlainGroup(TyperGroup):
    """Commands whose foreseen mistakes end in one sentence and exit code 1, not in a traceback."""

    def invoke(self, ctx: Any) -> object:  # its class is private to typer
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `| head` has read enough: nothing is wrong, and nobody is there to be told
            import os
            import sys

            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(141) from None
        except Exception as error:
            words = in_plain_words(error)
            if words is None:
                raise
            typer.echo(words, err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals may hold patient values
    help="""**Cartwright**: hospital feeds in, a gated release with survival statistics out, every night.

Where everything lives is one setting, `CARTWRIGHT_HOME` (default: `.cartwright` in the checkout; of
an installed copy, in the folder where the command is given). A first tour:

- `cartwright simulate` writes the feeds of a made-up hospital
- `cartwright refresh` runs one night through Dagster and publishes a release of each study
- `cartwright sql` opens it, `cartwright export` writes files of it; `cartwright ui` shows lineage, runs and checks
""",
)
releases_app = typer.Typer(no_args_is_help=True, help="List, compare and roll back releases.")
feeds_app = typer.Typer(no_args_is_help=True, help="Look at the feeds and their contracts.")
study_app = typer.Typer(no_args_is_help=True, help="The folder of a study: its protocol and analysis plan.")
hospital_app = typer.Typer(no_args_is_help=True, help="The hospital's folder: its zone, feeds and codes.")
alert_app = typer.Typer(no_args_is_help=True, help="Messages to whom CARTWRIGHT_ALERT names.")
key_app = typer.Typer(no_args_is_help=True, help="The secret that the pseudonyms are made of.")
app.add_typer(releases_app, name="releases")
app.add_typer(hospital_app, name="hospital")
app.add_typer(study_app, name="study")
app.add_typer(key_app, name="key")
app.add_typer(feeds_app, name="feeds")
app.add_typer(alert_app, name="alert")


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("cartwright"))
        raise typer.Exit


@app.callback()
def closed_to_others(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="The version of this program.")
    ] = False,
) -> None:
    """What this program writes is never open for everybody to change, whatever the caller's umask says."""
    import os

    os.umask(os.umask(0o022) | 0o022)


def _place(settings: Settings, study: str | None) -> StudyPlace:
    """Where the study lives that a command is about."""
    from cartwright.warehouse.house import place_of

    _settle(settings)
    return place_of(settings, study)


def _settle(settings: Settings) -> None:
    """Move a house of an earlier version, and say so."""
    from cartwright.warehouse.house import settle

    for line in settle(settings):
        typer.echo(line, err=True)


@app.command()
def simulate(
    patients: Annotated[int, typer.Option(min=1, help="Screened patients of each site; 179 is the study.")] = 179,
    seed: Annotated[int | None, typer.Option(help="The same seed writes the same feeds.")] = None,
    sites: Annotated[int, typer.Option(min=1, help="Sites of one hospital, each with a seed of its own.")] = 1,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Deliveries up to this night.")] = None,
) -> None:
    """Write the feeds of a simulated hospital, and beside them the truth that the pipeline never reads.

    Example: `cartwright simulate --patients 2000 --seed 7`
    """
    from cartwright.orchestration.demonstration import write_hospital

    settings = Settings()
    write_hospital(settings, patients, seed, sites, until.date() if until else None)
    typer.echo(f"simulated feeds of {patients * sites} screened patients are in {settings.feeds}")


@app.command()
def refresh(
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the summary.")] = False,
    study: Annotated[
        str | None, typer.Option(help="Only this study, on the hospital's tables as the last night left them.")
    ] = None,
) -> None:
    """Run one night, from feeds to releases. Ends with a summary; what fails leaves `current` untouched.

    `CARTWRIGHT_STUDIES` says of which studies, by comma (ids, or folders; default: studies/nightly.txt). The
    hospital's tables are built once, then each study by itself: one that is wrong does not stop the others, and the
    exit code is 1.

    In a new house without feeds it first writes the demonstration hospital. `CARTWRIGHT_RESAMPLING` says how much the
    statistics draw at random: `night` (little; the default), `full` (as a proof wants it) or `none`; the release names
    it.

    Examples: `CARTWRIGHT_HOME=/srv/house cartwright refresh`, `cartwright refresh --study my_study`
    """
    from cartwright.orchestration import demonstration
    from cartwright.orchestration.commands.progress import Display
    from cartwright.orchestration.commands.refresh import run_night, telling_of_failure
    from cartwright.orchestration.commands.summary import show_night
    from cartwright.warehouse.house import listed

    with telling_of_failure():
        settings = Settings()
    if study is not None:
        listed(settings, study)
    _settle(settings)
    with telling_of_failure(), Display(quiet=quiet) as display:
        if demonstration.is_wanted(settings):
            display("note", "no feeds configured: writing the demonstration hospital (simulated)")
            demonstration.finish_hospital(settings)
        display("note", "loading definitions")
        report = run_night(settings, display, study)
    show_night(report, settings)
    if not report.succeeded:
        raise typer.Exit(1)


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
    place = _place(settings, study)
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
    `cartwright export --csv --query "FROM adam.adtte WHERE paramcd = 'OS'" --to os`
    """
    from cartwright.orchestration.commands.exporting import show_export
    from cartwright.warehouse.connect import release_folder
    from cartwright.warehouse.export.forms import Form

    wanted = {Form.csv: csv, Form.parquet: parquet, Form.xlsx: xlsx}
    forms = [form for form, is_wanted in wanted.items() if is_wanted]
    if not forms:
        raise typer.BadParameter("say in which form: --csv, --parquet, --xlsx, or several of them")
    if tables and query:
        raise typer.BadParameter("tables or --query, not both")
    place = _place(Settings(), study)
    path = release_folder(place, release) / "release.duckdb" if release else place.current_db
    show_export(path.resolve(), tables or [], query, forms, to)


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
    show_trace(settings, _place(settings, study), what, usubjid, item, group, variable, level, records, csv)


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

    place = _place(Settings(), study)
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

    Example: `cartwright rejected lis_lab_result`
    """
    from cartwright.orchestration.commands.printing import show_rejected

    show_rejected(_place(Settings(), study), table, limit)


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
    show_findings(settings, _place(settings, study), kind, table, release)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Dagster's pages on 127.0.0.1, and the daemon that fires the schedule. No login: keep it on this machine.

    Ctrl-C ends both. Example: `cartwright ui --port 3001`
    """
    from cartwright.orchestration.commands import ui as desk
    from cartwright.orchestration.instance import prepare

    _demand_free(port)
    prepare(Settings())
    desk.run(port)


@app.command()
def serve(
    what: Annotated[Served, typer.Argument(help="webserver (the pages) or daemon (schedule, retries).")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the webserver on 127.0.0.1.")] = 3000,
) -> None:
    """One half of `cartwright ui`, for a service manager: see deploy/."""
    if what is Served.webserver:
        _demand_free(port)
        _become(
            "cartwright.orchestration.pages",
            "-m",
            "cartwright.orchestration.definitions",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        )
    _become("dagster._daemon", "run", "-m", "cartwright.orchestration.definitions")


def _demand_free(port: int) -> None:
    import socket

    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise typer.BadParameter(f"{port} is in use by another program; choose another", param_hint="--port")


def _become(module: str, *arguments: str) -> None:
    """Replace this process by `python -m module`, with Dagster's home made ready."""
    import os
    import sys

    from cartwright.orchestration.instance import prepare

    prepare(Settings())
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe: rights, leftovers, dead runs.")] = False,
) -> None:
    """Examine this installation, and say for each problem what to do; exit code 1 when there is one.

    Settings, rights, key, disk, clocks, landing zone, treatment database, build file, versions, daemon, schedule, last
    night of each study, dead runs, folders left behind. docs/runbook.md has a section for each.

    Example: `cartwright doctor --fix`
    """
    from cartwright.orchestration.doctor import examine_and_print

    if not examine_and_print(Settings(), fix):
        raise typer.Exit(1)


@releases_app.command("list")
def list_releases(
    study: Annotated[str | None, typer.Option(help="Only this study; default: all that the house has.")] = None,
) -> None:
    """All releases by study, newest last; the current ones are marked."""
    from cartwright.orchestration.commands.printing import show_releases
    from cartwright.warehouse.house import all_places

    settings = Settings()
    _settle(settings)
    show_releases([_place(settings, study)] if study else all_places(settings))


@releases_app.command("rollback")
def rollback(
    release_id: Annotated[str, typer.Argument(help="Release to make current again.")],
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Point `current` at an earlier release. Nothing is rebuilt and nothing deleted.

    Example: `cartwright releases rollback 0123456789abcdef`
    """
    from cartwright.warehouse.release import releases as release

    place = _place(Settings(), study)
    release.rollback(place, release_id)
    typer.echo(f"current of {place.study_id} is now {release_id}")


@releases_app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="Earlier release.")],
    new: Annotated[str, typer.Argument(help="Later release.")],
    about: Annotated[
        str | None,
        typer.Option(help="Only inclusion, criterion, baseline, patient, laboratory, response, endpoint or statistic."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="All changes, as CSV.")] = False,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """What changed between two releases of one study: old and new value, and the raw records that came or went.

    `cartwright trace` shows what the records are. Releases of two studies are not compared.

    Examples: `cartwright releases diff 0123456789abcdef fedcba9876543210`, then with `--about endpoint`
    """
    from cartwright.orchestration.commands.printing import show_diff

    show_diff(_place(Settings(), study), old, new, about, csv)


@releases_app.command("prune")
def prune(
    nights: Annotated[int, typer.Option(min=1, help="How many of the newest releases stay.")] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    study: Annotated[str | None, typer.Option(help="Only this study; default: all that the house has.")] = None,
) -> None:
    """Remove old releases for good, by a policy.

    The newest stay, the last of each month, the current one, those that `cartwright releases name` has named, and those
    that somebody has open. The same records, study and program build a removed release again, under the same id.

    Example: `cartwright releases prune --nights 14 --dry-run`
    """
    from cartwright.orchestration.tidy import prune_releases
    from cartwright.warehouse.house import all_places

    settings = Settings()
    _settle(settings)
    prune_releases(settings, [_place(settings, study)] if study else all_places(settings), nights, dry_run)


@releases_app.command("name")
def name_release(
    release_id: Annotated[str, typer.Argument(help="The release.")],
    name: Annotated[str, typer.Argument(help="Small letters, digits, dots, hyphens, underscores.")],
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Give a release a name, as for a publication; a release with a name is never pruned.

    It can be read under `studies/<id>/named/<name>`. A name is not moved; delete the link to take it back.

    Example: `cartwright releases name 0123456789abcdef interim-2026`
    """
    from cartwright.warehouse.upkeep import retention

    place = _place(Settings(), study)
    retention.name_release(place, release_id, name)
    typer.echo(f"{release_id} of {place.study_id} is {place.home / 'named' / name}")


@app.command()
def compact(
    days: Annotated[int, typer.Option(min=1, help="Runs that ended longer ago are forgotten by Dagster.")] = 90,
) -> None:
    """Give back the space of what was deleted: build files are written anew and compared, Dagster's store is swept.

    Results of checks of forgotten runs go too; those of releases stay in the releases. Not while a night runs.

    Example: `cartwright compact`
    """
    from cartwright.orchestration.tidy import compact_house

    compact_house(Settings(), days)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="On another disk; holds all backups of one house.")],
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but so many of the newest.")] = None,
) -> None:
    """Save the build file (raw, quarantine, identities, ledger) and all releases; each release is saved once.

    The folder identifies patients as `restricted/` does: keep it as private. The key is not in it:
    `cartwright key save`. Not while a night runs.

    Example: `cartwright backup /mnt/backup/cartwright --keep 14`
    """
    from cartwright.warehouse.upkeep.backup import back_up

    typer.echo(f"saved as {back_up(Settings(), folder, keep)}")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="What `cartwright backup` was given.")],
    at: Annotated[str | None, typer.Option(help="Name of one backup; default is the newest.")] = None,
    key: Annotated[Path | None, typer.Option(help="Backup of the key, from `cartwright key save`.")] = None,
) -> None:
    """Fill a new house from a backup; every file is compared with its sha256 first.

    Without `--key` the house is whole but for the key, and nights are refused until it is back. The landing zone and
    Dagster's history are not in a backup.

    Example: `CARTWRIGHT_HOME=/srv/new cartwright restore /mnt/backup/cartwright --key /mnt/safe/identity.key`
    """
    from cartwright.warehouse.upkeep.restore import restore as fill

    settings = Settings()
    typer.echo(f"{settings.home} is as it was at {fill(settings, folder.resolve(), at, key)}")
    if not settings.identity_key.exists():
        typer.echo(f"the key is still missing: put it to {settings.identity_key}, mode 0600", err=True)


@key_app.command("save")
def save_key(
    file: Annotated[Path, typer.Argument(help="A new file, outside the house and apart from its backups.")],
) -> None:
    """Copy the identity key to a safe place. With it and a backup patients are known: keep the two apart.

    Example: `cartwright key save /mnt/safe/identity.key`
    """
    from cartwright.warehouse.upkeep.backup import save_key as save

    save(Settings(), file)
    typer.echo(f"the key is saved as {file}")


@key_app.callback()
def about_the_key() -> None:
    """The secret that the pseudonyms are made of."""


@key_app.command("rotate")
def rotate_key() -> None:
    """Replace the identity key: from the next night on every subject has another pseudonym.

    For a key that somebody may have seen. Releases keep the pseudonyms they were published with; `releases diff` across
    the change finds every subject removed and added. The old key stays in the restricted folder as
    `identity.key.<id>`: move it where the keys of old releases are kept. Back up the new one.

    Example: `cartwright key rotate`
    """
    from cartwright.warehouse.connect import open_build
    from cartwright.warehouse.identity.key import rotate
    from cartwright.warehouse.writer import sole_writer

    settings = Settings()
    with sole_writer(settings), open_build(settings) as con:
        old, new = rotate(con, settings)
    typer.echo(f"the identity key is now {new}; the one before is kept as {settings.identity_key}.{old}")


@study_app.command("check")
def check_study(folder: Annotated[Path, typer.Argument(help="The folder, or the name of one in studies/.")]) -> None:
    """Every defect of a study's folder that can be seen without data; exit code 1 when there are any.

    Codes are those of the house's hospital (`CARTWRIGHT_HOSPITAL`). A night runs the same check before it builds the
    study. Example: `cartwright study check studies/mine`
    """
    from cartwright.orchestration.study_reading import check
    from cartwright.warehouse.settings import study_folder

    place = study_folder(str(folder))
    found = check(place, Settings().hospital)
    if found.study is None:
        _refuse(found.defects, folder)
    protocol, plan = found.study.protocol, found.study.plan
    typer.echo(
        f"{protocol.study.title}: sound; {len(protocol.items)} items, {len(protocol.criteria)} criteria, "
        f"{len(protocol.endpoints)} endpoints, {len(plan.outputs)} outputs"
    )


@study_app.command("new")
def new_study(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]) -> None:
    """Write a small study that works, with comments, to begin with.

    Example: `cartwright study new studies/mine`, then `export CARTWRIGHT_STUDIES=studies/mine`
    """
    from cartwright.warehouse.study.example import write_example

    write_example(folder)
    typer.echo(f"{folder} is written; change it, and run `cartwright study check {folder}` after each step")


def _refuse(defects: Sequence[object], folder: Path) -> NoReturn:
    """A line each, and exit code 1."""
    for defect in defects:
        typer.echo(f"{folder}/{defect}")
    typer.echo(f"{len(defects)} defect{'s' if len(defects) > 1 else ''}", err=True)
    raise typer.Exit(1)


@alert_app.command("test")
def test_alert() -> None:
    """Send a test message to every receiver, and say which took it; exit code 1 when one did not.

    `CARTWRIGHT_ALERT` holds URLs of apprise by comma: `mailtos://user:password@mail.example.org?to=on-call@example.org`
    sends e-mail, `jsons://hooks.example.org/cartwright` calls a webhook. What receivers get are names of checks, tables
    and steps, and counts; what is printed here tells no URL.

    Example: `cartwright alert test`
    """
    from cartwright.orchestration.alerts import sensor as alerts

    settings = Settings()
    if settings.alert is None:
        typer.echo(alerts.NOT_SET, err=True)
        raise typer.Exit(1)
    taken, untold = alerts.message(settings, "test", ["This is a test; nothing is wrong."])
    typer.echo(f"{taken} receivers took the message")
    for words in untold:
        typer.echo(words, err=True)
    if untold:
        raise typer.Exit(1)


@alert_app.command("stopped")
def alert_of_unit(unit: Annotated[str, typer.Argument(help="The unit that has failed.")]) -> None:
    """Tell that a service was stopped; for `OnFailure=` of the units in deploy/.

    Works whatever else is wrong with the settings. Example: `cartwright alert stopped cartwright-daemon.service`
    """
    from cartwright.orchestration.alerts import sensor as alerts
    from cartwright.orchestration.structure import settings

    untold = alerts.tell_of_unit(settings(), unit)
    for words in untold:
        typer.echo(words, err=True)
    if untold:
        raise typer.Exit(1)


@hospital_app.command("check")
def check_hospital(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The folder, or the name of one in hospitals/; default: that of CARTWRIGHT_HOSPITAL."),
    ] = None,
) -> None:
    """Every defect of a hospital's folder that can be seen without data; exit code 1 when there are any.

    A night runs the same check before it reads a feed. Example: `cartwright hospital check hospitals/mine`
    """
    from cartwright.warehouse.hospital.check import check_folder
    from cartwright.warehouse.settings import hospital_folder

    place = hospital_folder(folder) if folder else Settings().hospital
    found = check_folder(place)
    if found.defects or found.file is None:
        _refuse(found.defects, place)
    rows = ", ".join(f"{len(own)} of {name}" for name, own in found.rows.items() if own)
    typer.echo(f"{found.file.title}: sound; zone {found.file.zone}; rows of its own: {rows or 'none'}")


@hospital_app.command("new")
def new_hospital(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]) -> None:
    """Write a small hospital folder with comments, to begin with.

    Example: `cartwright hospital new hospitals/mine`, then `export CARTWRIGHT_HOSPITAL=hospitals/mine`
    """
    from cartwright.warehouse.hospital.example import write_example

    write_example(folder)
    typer.echo(f"{folder} is written; fill it in, then run `cartwright hospital check {folder}`")


@feeds_app.command("check")
def check_feeds() -> None:
    """Whether the configured feeds can be read and have what the contracts ask for, without loading anything.

    Names every file and record at fault, and files that belong to no feed table; exit code 1 when there are any.

    Example: `CARTWRIGHT_FEEDS=/srv/landing cartwright feeds check`
    """
    from cartwright.orchestration.commands.printing import show_feeds

    if not show_feeds(Settings()):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
