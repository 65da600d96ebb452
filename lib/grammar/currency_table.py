"""The currencies of the world and how they are written: tables, nothing else.

Source: ISO 4217 for codes and minor units; symbols as Unicode CLDR lists them, and as receipts print them.
"""

_CODES = """
    AED ALL AMD ARS AUD AZN BAM BDT BGN BHD BND BOB BRL BYN CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP EUR GBP GEL
    GHS GTQ HKD HRK HUF IDR ILS INR IQD ISK JOD JPY KES KGS KHR KRW KWD KZT LAK LBP LKR MAD MDL MKD MMK MNT MOP MUR
    MXN MYR NGN NOK NPR NZD OMR PEN PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD TZS UAH UGX USD UYU
    UZS VES VND XAF XOF XPF ZAR ZMW
"""

CODES = frozenset(_CODES.split())
"""ISO 4217 codes of currencies that people pay with."""

_NO_DECIMALS = "CLP COP CRC HUF IDR ISK JPY KHR KRW LAK PYG TWD UGX UZS VND XAF XOF XPF"
NO_DECIMALS = frozenset(_NO_DECIMALS.split())
"""Currencies whose prices have no decimals in practice, whatever ISO 4217 gives as minor unit: in 22.000 the last three
digits are hundreds."""

THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies with three decimals. Source: ISO 4217, minor unit 3."""

_DOLLARS = ("USD", "CAD", "AUD", "SGD", "NZD", "HKD", "TWD", "MXN", "CLP", "COP", "ARS", "BND", "UYU", "DOP")

SYMBOLS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "£": ("GBP",),
    "$": _DOLLARS,
    "us$": ("USD",),
    "u$s": ("USD",),
    "s$": ("SGD",),
    "hk$": ("HKD",),
    "nt$": ("TWD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
    "c$": ("CAD",),
    "ca$": ("CAD",),
    "nz$": ("NZD",),
    "mx$": ("MXN",),
    "r$": ("BRL",),
    "rd$": ("DOP",),
    "col$": ("COP",),
    "s/": ("PEN",),
    "s/.": ("PEN",),
    "₲": ("PYG",),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY", "TWD", "HKD"),
    "₩": ("KRW",),
    "원": ("KRW",),
    "₫": ("VND",),
    "đ": ("VND",),
    "vnđ": ("VND",),
    "d": ("VND",),
    "฿": ("THB",),
    "₺": ("TRY",),
    "₽": ("RUB",),
    "₴": ("UAH",),
    "₹": ("INR",),
    "₱": ("PHP",),
    "₪": ("ILS",),
    "₦": ("NGN",),
    "₸": ("KZT",),
    "₾": ("GEL",),
    "zł": ("PLN",),
    "zl": ("PLN",),
    "kč": ("CZK",),
    "kc": ("CZK",),
    "rm": ("MYR",),
    "rp": ("IDR",),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR", "BRL"),  # The last where OCR read "R$".
    "ft": ("HUF",),
    "fr": ("CHF",),
    "sfr": ("CHF",),
    "kr": ("SEK", "NOK", "DKK", "ISK", "CZK"),
    "lei": ("RON", "MDL"),
    "лв": ("BGN",),
    "руб": ("RUB",),
    "р": ("RUB",),
    "грн": ("UAH",),
    "тг": ("KZT",),
    "tl": ("TRY",),
    "บาท": ("THB",),
    "ден": ("MKD",),
    "дин": ("RSD",),
    "рсд": ("RSD",),
    "ر.س": ("SAR",),
    "ريال": ("SAR", "QAR", "OMR"),
    "ر.ق": ("QAR",),
    "ر.ع": ("OMR",),
    "د.إ": ("AED",),
    "درهم": ("AED", "MAD"),
    "ج.م": ("EGP",),
    "جنيه": ("EGP",),
    "د.ك": ("KWD",),
    "د.ب": ("BHD",),
    'ש"ח': ("ILS",),
    "ש''ח": ("ILS",),
    "שח": ("ILS",),
    "रु": ("INR",),
    "ლარი": ("GEL",),
    "dh": ("MAD", "AED"),
    "dhs": ("AED", "MAD"),
}
"""Symbols and abbreviations, folded in case only, and the currencies that use them, most usual first."""

WORDS: dict[str, tuple[str, ...]] = {
    "ringgit": ("MYR",),
    "rupiah": ("IDR",),
    "euro": ("EUR",),
    "euros": ("EUR",),
    "dollar": _DOLLARS,
    "dollars": _DOLLARS,
    "us dollar": ("USD",),
    "us dollars": ("USD",),
    "pounds sterling": ("GBP",),
    "pound sterling": ("GBP",),
    "złotych": ("PLN",),
    "złoty": ("PLN",),
    "korun českých": ("CZK",),
    "korun": ("CZK",),
    "kronor": ("SEK",),
    "kroner": ("NOK", "DKK"),
    "forint": ("HUF",),
    "franken": ("CHF",),
    "рублей": ("RUB",),
    "рубль": ("RUB",),
    "рубля": ("RUB",),
    "гривень": ("UAH",),
    "гривня": ("UAH",),
    "гривні": ("UAH",),
    "тенге": ("KZT",),
    "теңге": ("KZT",),
    "динара": ("RSD",),
    "денари": ("MKD",),
    "việt nam đồng": ("VND",),
    "đồng": ("VND",),
    "türk lirası": ("TRY",),
    "lirası": ("TRY",),
    "reais": ("BRL",),
    "rupees": ("INR", "PKR", "LKR"),
    "rupee": ("INR", "PKR", "LKR"),
    "pesos": ("MXN", "PHP", "ARS", "COP", "CLP"),
    "baht": ("THB",),
    "soles": ("PEN",),
    "人民币": ("CNY",),
    "日本円": ("JPY",),
}
"""Names of currencies as they stand in sentences ("all amounts in Euro")."""
