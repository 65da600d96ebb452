"""When an answer counts as right: amounts to the cent without sign, names as people would say they match."""

import difflib
import unicodedata
from decimal import Decimal


def same_amount(got: Decimal, want: str) -> bool:
    """Equal to the cent, whatever the sign."""
    return abs(abs(got) - abs(Decimal(want))) < Decimal("0.005")


def folded_name(text: str) -> str:
    """Letters and digits in lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def same_name(got: str, want: str) -> bool:
    """Equal after folding, or one holds most of the other, or nearly equal."""
    one, other = folded_name(got), folded_name(want)
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    held = len(short) >= 4 and (long.startswith(short) or (short in long and 2 * len(short) >= len(long)))
    return one == other or held or difflib.SequenceMatcher(None, one, other).ratio() >= 0.85
