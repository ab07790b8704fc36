"""Whoever CARTWRIGHT_ALERT names is told once of each night that went wrong and of each trouble that begins."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from cartwright.orchestration import structure
from cartwright.orchestration.alerts import notify, run_alarms
from cartwright.orchestration.alerts import sensor as alerts
from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.alarms import house_alarms, runbook
from cartwright.warehouse.alarms.alarm import Alarm
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.settings import CHECKOUT, Settings
from sinks import PASSWORD, TOKEN, Sinks, listening

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # no mail leaves this machine
STUDIES = ("cd20_salvage", "other")
RUNBOOK = CHECKOUT / runbook.PAGE
FAULTS: dict[str, bool] = {}  # what goes wrong tonight in the job below


@dg.asset(key=["quality", "delivery_ledger"])
def ledger() -> dg.MaterializeResult:
    found = [{"kind": "feed_late", "words": "lis_fish: never delivered", "subject": "lis_fish", "study_id": None}]
    return dg.MaterializeResult(metadata={"alarms": dg.MetadataValue.json(found if FAULTS.get("feed") else [])})


CHECK = dg.AssetCheckSpec("dbt", asset=["adam", "adsl"], blocking=True)


@dg.asset(key=["adam", "adsl"], deps=[ledger], check_specs=[CHECK])
def model() -> Iterator[dg.MaterializeResult]:
    if FAULTS.get("step"):
        raise ValueError("Zhang Wei, 1961-02-03")
    failed = bool(FAULTS.get("check"))
    yield dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                passed=not failed, check_name="dbt", metadata={"fatal": {"adam.adsl.key_unique": 3} if failed else {}}
            )
        ]
    )


def releases(study: str) -> dg.AssetsDefinition:
    @dg.asset(name="current", key_prefix=[study, "release"], deps=[model])
    def current() -> dg.MaterializeResult:
        if FAULTS.get(study):
            raise dg.Failure("Li Na")
        return dg.MaterializeResult(metadata={"release": "r1", "new": True})

    return current


NIGHT = dg.Definitions(
    [ledger, model, *map(releases, STUDIES)], jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)]
)


@pytest.fixture
def sinks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sinks]:
    with listening() as sinks:
        monkeypatch.setenv("CARTWRIGHT_ALERT", sinks.alert)
        yield sinks


@pytest.fixture
def settings(sinks: Sinks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A new house with two studies."""
    for study in STUDIES:
        (tmp_path / study).mkdir()
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "house"))
    monkeypatch.setenv("CARTWRIGHT_STUDIES", ",".join(str(tmp_path / study) for study in STUDIES))
    return Settings()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def night(instance: dg.DagsterInstance, **faults: bool) -> str:
    FAULTS.clear()
    FAULTS.update(faults)
    return NIGHT.resolve_job_def("nightly").execute_in_process(instance=instance, raise_on_error=False).run_id


def tell(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    return alerts.tell(instance, settings, "UTC", by_daemon=False)


def test_a_sound_night_tells_nobody(instance: dg.DagsterInstance, settings: Settings, sinks: Sinks) -> None:
    night(instance)
    assert tell(instance, settings) == []
    assert sinks.mails == sinks.hooks == []


def test_a_step_that_fails_is_told_by_mail_and_webhook_without_its_words(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks
) -> None:
    run_id = night(instance, step=True)
    tell(instance, settings)
    (mail,), (hook,) = sinks.texts, sinks.hooks
    for text in (mail, hook[1]):
        assert "no release of cd20_salvage, other" in text
        assert "failed (ValueError)" in text
        assert "docs/runbook.md#a-night-failed" in text
        assert run_id in text
        assert "Zhang" not in text
        assert "1961" not in text


def test_a_fatal_check_is_told_by_its_name_and_count(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks
) -> None:
    night(instance, check=True)
    tell(instance, settings)
    assert "- adam.adsl.key_unique on adam.adsl: 3 rows" in sinks.texts[0]
    assert "docs/runbook.md#a-fatal-check-did-not-pass" in sinks.texts[0]


def test_one_message_names_the_study_that_failed(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks
) -> None:
    night(instance, other=True)
    tell(instance, settings)
    ((subject, text),) = sinks.mails
    assert subject.endswith("no release of other")
    assert "- other: no release tonight; the one before stays" in text
    assert "cd20_salvage" not in text
    assert "Li Na" not in text


def test_a_run_whose_process_died_is_told(instance: dg.DagsterInstance, settings: Settings, sinks: Sinks) -> None:
    run = instance.create_run_for_job(NIGHT.resolve_job_def("nightly"), status=dg.DagsterRunStatus.STARTED)
    assert tell(instance, settings) == []
    instance.report_run_failed(run)
    tell(instance, settings)
    assert "its process died" in sinks.texts[0]


def test_a_night_is_told_once_whoever_looks(instance: dg.DagsterInstance, settings: Settings, sinks: Sinks) -> None:
    night(instance, step=True)
    tell(instance, settings)
    assert alerts.tell(instance, settings, "UTC") == []
    assert len(sinks.mails) == 1
    night(instance, step=True)
    tell(instance, settings)
    assert len(sinks.mails) == 2


def test_what_lasts_is_told_when_it_begins(instance: dg.DagsterInstance, settings: Settings, sinks: Sinks) -> None:
    for is_late in (True, True, False, True):
        night(instance, feed=is_late)
        tell(instance, settings)
    assert [("lis_fish: never delivered" in text) for text in sinks.texts] == [True, True]


def test_a_message_that_cannot_be_delivered_is_tried_again_and_tells_no_url(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks, caplog: pytest.LogCaptureFixture
) -> None:
    night(instance, step=True)
    with caplog.at_level(logging.DEBUG):
        gone = settings.model_copy(
            update={"alert": _secret(f"mailto://u:{PASSWORD}@127.0.0.1:9?from=n@b.test&to=a@b.test")}
        )
        said = tell(instance, gone)
    assert said[0].startswith("NOT told")
    assert "mailto (1 of 1): not delivered" in said
    assert PASSWORD not in "\n".join([*said, caplog.text])
    assert tell(instance, settings) == [], "not at once: a dead server is not asked every minute"
    _let_time_pass(settings)
    assert tell(instance, settings)[0].startswith("told 2 receivers")


def test_one_receiver_that_is_away_does_not_keep_the_others_waiting(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks
) -> None:
    sinks.status = 500
    night(instance, step=True)
    said = tell(instance, settings)
    assert said[0].startswith("told 1 receiver:")
    assert said[1] == "json (2 of 2): not delivered"
    assert tell(instance, settings) == []
    assert len(sinks.mails) == 1


def test_a_landing_zone_that_goes_away_is_told(instance: dg.DagsterInstance, settings: Settings, sinks: Sinks) -> None:
    open_build(settings).close()
    with open_build(settings) as con:
        identity_key.establish(con, settings)
    (settings.feeds / "lis").mkdir(parents=True)
    assert tell(instance, settings) == []
    shutil.rmtree(settings.feeds)
    tell(instance, settings)
    tell(instance, settings)
    ((subject, text),) = sinks.mails
    assert "The landing zone is gone or empty" in subject
    assert "is it mounted?" in text


def test_a_key_that_others_can_read_is_told_without_the_key(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks
) -> None:
    with open_build(settings) as con:
        identity_key.establish(con, settings)
    (settings.feeds / "lis").mkdir(parents=True)
    key = identity_key.read_key(settings).decode()
    settings.identity_key.chmod(0o644)
    tell(instance, settings)
    assert "the identity key is readable by others" in sinks.texts[0]
    assert key not in sinks.texts[0]


def test_the_morning_brings_one_digest(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(instance, feed=True)
    tell(instance, settings)
    now = datetime.now(UTC)
    later = settings.model_copy(update={"digest_at": (now + timedelta(minutes=1)).time()})
    if now.hour < 23:
        assert alerts.tell(instance, later, "UTC") == []
    earlier = settings.model_copy(update={"digest_at": now.time()})
    assert alerts.tell(instance, earlier, "UTC") == ["told 2 receivers: digest: 1 warning"]
    assert alerts.tell(instance, earlier, "UTC") == []
    assert "lis_fish: never delivered" in sinks.texts[-1]


def test_a_night_that_does_not_come_is_told(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_alarms.missing(instance) == []
    night(instance)
    assert run_alarms.missing(instance) == []
    monkeypatch.setattr(run_alarms, "NIGHT_DUE_AFTER", timedelta(0))
    (alarm,) = run_alarms.missing(instance)
    assert alarm.kind == "night_missing"


def test_a_night_that_does_not_come_and_a_disk_that_fills_up_reach_both_receivers(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(instance)
    monkeypatch.setattr(run_alarms, "NIGHT_DUE_AFTER", timedelta(0))
    monkeypatch.setattr(house_alarms, "LEAST_FREE_BYTES", 1 << 60)
    settings.home.mkdir(exist_ok=True)
    later = settings.model_copy(update={"digest_at": time.max})
    assert alerts.tell(instance, later, "UTC")[0].startswith("told 2 receivers")
    (mail,), ((_, hook),) = sinks.texts, sinks.hooks
    for text in (mail, hook):
        assert "no night has ended since" in text
        assert "docs/runbook.md#no-night-has-ended" in text
        assert "MiB should be free for three nights" in text
        assert "docs/runbook.md#the-disk-is-nearly-full" in text


@pytest.mark.parametrize("kind", re.findall(r"^## (.+)\n\n\*Alert", RUNBOOK.read_text(), flags=re.MULTILINE))
def test_every_kind_of_alert_reaches_mail_and_webhook_with_its_section(
    settings: Settings, sinks: Sinks, kind: str
) -> None:
    (name,) = [name for name, title in runbook.TITLES.items() if title == kind]
    taken, untold = alerts.message(settings, kind, alerts._grouped([Alarm(name, "3 rows")]))
    assert (taken, untold) == (2, [])
    (mail,), ((_, hook),) = sinks.texts, sinks.hooks
    for text in (mail, hook):
        assert "3 rows" in text
        assert runbook.section(name) in text


def test_without_receivers_the_log_says_that_nobody_is_told(
    instance: dg.DagsterInstance, settings: Settings, sinks: Sinks
) -> None:
    night(instance, step=True)
    assert tell(instance, settings.model_copy(update={"alert": None})) == [alerts.NOT_SET]


def test_the_ping_names_the_study_and_its_failure_tells_no_url(settings: Settings, sinks: Sinks) -> None:
    assert notify.ping(settings, "other") == "CARTWRIGHT_PING is not set"
    pinging = settings.model_copy(update={"ping": _secret(sinks.ping)})
    assert notify.ping(pinging, "other") == "sent"
    assert sinks.pings == [f"/ping/{TOKEN}/other"]
    sinks.status = 503
    assert notify.ping(pinging, "other") == "not taken: answered with 503"
    for url in (f"http://127.0.0.1:9/{TOKEN}", f"file:///{TOKEN}", f"http://[{TOKEN}"):
        said = notify.ping(settings.model_copy(update={"ping": _secret(url)}), "other")
        assert said.startswith("not sent")
        assert TOKEN not in said


def test_a_misspelt_setting_leaves_the_receivers_and_tells_no_url(
    settings: Settings, sinks: Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTWRIGHT_STUDI", "x")
    assert structure.settings().alert.get_secret_value() == sinks.alert
    with pytest.raises(ValueError, match="no setting") as raised:
        Settings()
    assert PASSWORD not in str(raised.value)
    assert TOKEN not in repr(raised.value)


def test_a_refresh_that_cannot_begin_is_told(settings: Settings, sinks: Sinks) -> None:
    settings.build_db.parent.mkdir(parents=True)
    settings.build_db.touch()
    result = CliRunner().invoke(app, ["refresh"])
    assert result.exit_code == 1
    assert "the night could not begin (NoPlaceForSimulation)" in sinks.texts[0]
    assert "is it mounted?" in sinks.texts[0]


def test_a_unit_that_was_stopped_is_told(settings: Settings, sinks: Sinks) -> None:
    assert CliRunner().invoke(app, ["alert", "stopped", "cartwright-daemon.service"]).exit_code == 0
    assert "- cartwright-daemon.service has failed and was stopped" in sinks.texts[0]


def test_a_test_message_says_who_took_it(settings: Settings, sinks: Sinks) -> None:
    result = CliRunner().invoke(app, ["alert", "test"])
    assert (result.exit_code, "2 receivers took the message" in result.output) == (0, True)
    sinks.status = 500
    result = CliRunner().invoke(app, ["alert", "test"])
    assert result.exit_code == 1
    assert "json (2 of 2): not delivered" in result.output
    assert TOKEN not in result.output


def test_an_alarm_is_known_by_what_it_is_about() -> None:
    assert Alarm("disk", "1 MiB", "home").key == Alarm("disk", "2 MiB", "home").key
    assert Alarm("disk", "1 MiB", "home", "a").key != Alarm("disk", "1 MiB", "home", "b").key


def _secret(url: str) -> object:
    return Settings(alert=url).alert


def _let_time_pass(settings: Settings) -> None:
    path = settings.dagster_home / "told.json"
    path.write_text(path.read_text().replace('"wait_until": ', '"wait_until": -'))
