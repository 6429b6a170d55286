"""How an installation runs the endpoint; read from the environment, where units and containers keep such things.

======================================  =======================================================================
``CERTENGINE_TRUSTED_PROXIES``          addresses or networks whose ``X-Forwarded-For`` is believed; default none
``CERTENGINE_HOSTS``                    names it answers under besides the issuer's domain; default none
``CERTENGINE_REQUEST_LOG``              ``1``: a line of JSON on stderr for each request; default ``0``
``CERTENGINE_LOOKUPS_PER_MINUTE``       look-ups that one client network may make in a minute; default 60
``CERTENGINE_OVERALL_PER_MINUTE``       look-ups that all may make in a minute; default 300000
======================================  =======================================================================
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from certengine.errors import UsageError
from certengine.web.limits import Limits

_MOST = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation decides.

    Attributes:
        proxies: addresses or networks of reverse proxies whose ``X-Forwarded-For`` is believed. With none, the client is
            who connects; a proxy that is not named here makes all visitors look like one, who soon is refused.
    """

    proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    request_log: bool = False
    limits: Limits = field(default_factory=Limits)


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment; what is not set has its default.

    Raises:
        UsageError: for a value that is none.
    """
    limits = Limits()
    per_minute = _number(environment, "CERTENGINE_LOOKUPS_PER_MINUTE", limits.per_minute)
    overall = _number(environment, "CERTENGINE_OVERALL_PER_MINUTE", limits.overall_per_minute)
    limits = replace(
        limits, lookups=per_minute, per_minute=per_minute, overall=max(overall // 15, 1), overall_per_minute=overall
    )
    log = environment.get("CERTENGINE_REQUEST_LOG", "0")
    if log not in {"0", "1"}:
        raise UsageError(f"`CERTENGINE_REQUEST_LOG` is 0 or 1, got: {log}")
    return Settings(
        proxies=tuple(_network(one) for one in _listed(environment, "CERTENGINE_TRUSTED_PROXIES")),
        hosts=_listed(environment, "CERTENGINE_HOSTS"),
        request_log=log == "1",
        limits=limits,
    )


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in environment.get(name, "").split(",") if one.strip())


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise UsageError(
            f"`CERTENGINE_TRUSTED_PROXIES` names addresses or networks, got: {text}", hint="for example `127.0.0.1`"
        ) from None
    return text


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MOST):
        raise UsageError(f"`{name}` is a number from 1 to {_MOST}, got: {text}")
    return int(text)
