"""Starting and ending the process: checks first, then the server, then an exit code that says what happened.

In: the environment. Out: an app for uvicorn, or an exit code. Every way not to start is one sentence on stderr.
"""

import signal
import socket
import sys
from typing import NoReturn

import uvicorn
from fastapi import FastAPI

from apps.tilt_api.engine import CannotServe
from apps.tilt_api.engines import check_machine, start_engine
from apps.tilt_api.lifecycle import Lifecycle
from apps.tilt_api.server import create_app
from lib.errors import StartupError
from lib.questions import load_questions
from lib.settings import Settings, load_settings
from lib.telemetry import configure_logging

EXIT_WRONG_SETTING = 2


def build_app() -> FastAPI:
    """The app of `uvicorn apps.tilt_api:app`; that command has its own host and port."""
    # uvicorn catches the signal, answers what is under way, and then dies of it.
    return _app(_checked_settings(), Lifecycle(stop=lambda: signal.raise_signal(signal.SIGTERM)))


def serve() -> NoReturn:
    """Serve where the settings say, then end the process."""
    settings = _checked_settings()
    lifecycle = Lifecycle(stop=lambda: setattr(server, "should_exit", True))
    config = uvicorn.Config(
        _app(settings, lifecycle),
        host=settings.tilt_server.host,
        port=settings.tilt_server.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(settings.api.drain_s),
    )
    server = uvicorn.Server(config)
    listener = _listener(config)
    try:
        server.run(sockets=[listener])
    except SystemExit as exc:  # So uvicorn ends after a start that failed; the lifecycle knows why it did.
        sys.exit(lifecycle.exit_code or exc.code)
    sys.exit(lifecycle.exit_code)


def _listener(config: uvicorn.Config) -> socket.socket:
    """The server's socket, bound before the model loads: a port that is taken shows at once, not minutes later."""
    try:
        return config.bind_socket()
    except SystemExit:
        _end(f"VLLM_HOST and VLLM_PORT ({config.host}:{config.port}) cannot be listened on.", EXIT_WRONG_SETTING)


def _app(settings: Settings, lifecycle: Lifecycle) -> FastAPI:
    return create_app(settings, questions=load_questions(), start=start_engine, lifecycle=lifecycle)


def _checked_settings() -> Settings:
    """The settings, on a machine that can run the engine; the process ends where it is none."""
    try:
        settings = load_settings()
        configure_logging(settings.log)
        check_machine(settings)
    except StartupError as exc:
        _end(str(exc), exc.exit_code if isinstance(exc, CannotServe) else EXIT_WRONG_SETTING)
    return settings


def _end(why: str, exit_code: int) -> NoReturn:
    sys.stderr.write(f"The TILT server cannot start: {why}\n")
    sys.exit(exit_code)
