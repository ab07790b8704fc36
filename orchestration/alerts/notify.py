"""Messages to people, by the URLs of CARTWRIGHT_ALERT, and the ping of CARTWRIGHT_PING. Nothing here raises.

URLs hold passwords and tokens, so what is said of a receiver is the scheme of its URL and its place in the list.
"""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from urllib.parse import quote

from cartwright.warehouse.settings import Settings

_SECONDS = 10


def send(settings: Settings, title: str, body: str) -> tuple[int, list[str]]:
    """Send to every receiver. Returns how many took it, and of the others what went wrong, in words."""
    if settings.alert is None:
        return 0, []
    import apprise
    from apprise.utils.parse import parse_urls

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its words may quote URLs
    urls = parse_urls(settings.alert.get_secret_value())
    taken, untold = 0, [] if urls else ["CARTWRIGHT_ALERT holds no URL"]
    for place, url in enumerate(urls, 1):
        receiver, name = apprise.Apprise(), f"{url.partition('://')[0]} ({place} of {len(urls)})"
        try:
            if not receiver.add(url):
                untold.append(f"{name}: no URL that apprise knows")
            elif receiver.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
                taken += 1
            else:
                untold.append(f"{name}: not delivered")
        except Exception as error:  # noqa: BLE001 whatever a plugin raises: the night goes on
            untold.append(f"{name}: not delivered ({type(error).__name__})")
    return taken, untold


def ping(settings: Settings, study_id: str) -> str:
    """Tell the watcher of a dead machine that a study was published. Returns what came of it, in words."""
    if settings.ping is None:
        return "CARTWRIGHT_PING is not set"
    url = settings.ping.get_secret_value().replace("{study}", quote(study_id))
    try:
        if not url.startswith(("http://", "https://")):
            return "not sent: CARTWRIGHT_PING is no URL of http or https"
        with urllib.request.urlopen(url, timeout=_SECONDS):
            return "sent"
    except urllib.error.HTTPError as error:
        return f"not taken: answered with {error.code}"
    except Exception as error:  # noqa: BLE001 also what a strange URL raises
        return f"not sent: {type(error).__name__}"
