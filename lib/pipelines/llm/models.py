"""Which model a server is asked for.

In: TILT_MODEL, and what GET {base}/models lists. Out: a name. Pure.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from lib.errors import TiltProtocolError

ARCTIC_TILT: Final = "Snowflake/snowflake-arctic-tilt-v1.3"
"""TILT_MODEL's default, which no server of this kind serves: here it means that nobody chose."""

_SHOWN: Final = 20
_MOST_CHARS: Final = 200


def chosen_model(configured: str) -> str | None:
    """The model that the operator named; None where nobody did."""
    return None if configured == ARCTIC_TILT else configured


def listed_models(content: bytes) -> tuple[str, ...]:
    """The names in a list of models, each once.

    Raises:
        TiltProtocolError: It is no such list.
    """
    try:
        tree: Any = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise TiltProtocolError("The model's server does not list its models: no JSON at /models.") from exc
    cards = tree.get("data", tree.get("models")) if isinstance(tree, dict) else tree
    if not isinstance(cards, list):
        raise TiltProtocolError("The model's server does not list its models: no `data` at /models.")
    names = [card.get("id") or card.get("name") if isinstance(card, dict) else card for card in cards]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and 0 < len(name) <= _MOST_CHARS))


def only_model(names: Sequence[str]) -> str:
    """The one that is listed.

    Raises:
        TiltProtocolError: None is, or several are; names them.
    """
    if len(names) == 1:
        return names[0]
    if ARCTIC_TILT in names:
        return ARCTIC_TILT
    if not names:
        raise TiltProtocolError("The model's server lists no model: load one there, or name it in TILT_MODEL.")
    raise TiltProtocolError(f"The model's server has several models; set TILT_MODEL to one of {shown(names)}.")


def shown(names: Sequence[str]) -> str:
    """Names for an error."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(" ".join(name.split()) for name in names[:_SHOWN]) + more
