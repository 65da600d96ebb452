"""Settings: one frozen tree, read once at start.

In: configs/default.yaml, an optional file of the operator's (CONFIG_FILE), the environment. Out: `Settings`.
The only package that touches os.environ. `sections` has the models, `loading` reads them, `secret_files` reads secrets
that are mounted as files, `engines` tells engines what they read from the environment by themselves.
"""

from lib.settings.engines import (
    environment_for_tesseract,
    prepare_environment_for_ocr,
    prepare_environment_for_vllm,
)
from lib.settings.loading import DEFAULTS, load_settings
from lib.settings.sections import (
    ApiSettings,
    JobsSettings,
    LogSettings,
    Misbehavior,
    MockSettings,
    NormalizerSettings,
    OcrSettings,
    ReviewSettings,
    Settings,
    TiltServerSettings,
    TiltSettings,
    UploadSettings,
    environment_names,
    every_setting,
    variables,
)

__all__ = [
    "DEFAULTS",
    "ApiSettings",
    "JobsSettings",
    "LogSettings",
    "Misbehavior",
    "MockSettings",
    "NormalizerSettings",
    "OcrSettings",
    "ReviewSettings",
    "Settings",
    "TiltServerSettings",
    "TiltSettings",
    "UploadSettings",
    "environment_for_tesseract",
    "environment_names",
    "every_setting",
    "load_settings",
    "prepare_environment_for_ocr",
    "prepare_environment_for_vllm",
    "variables",
]
