"""`diffurec`: the command line, put together.

The modules below import torch, polars and textual inside their commands, so that `--help` is instant.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, cast

import typer

import diffurec
from diffurec_tui.cli.console import EXIT_INTERRUPTED, fail, handle_errors, prepare_streams

USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__base__)
"""What the command-line parser raises; Typer has no public name for it."""

app = typer.Typer(
    name="diffurec",
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Train DiffuRec, a diffusion model for sequential recommendation, and watch it recommend.",
    epilog="Start with `diffurec demo`. Results go to stdout, narration to stderr.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(diffurec.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that belong to no command."""


MODULES = (
    "demo", "data", "train", "weights", "evaluate", "probe", "tune", "explore", "walks", "runs", "watch",
)  # fmt: skip
for _module in MODULES:
    _commands = import_module(f"diffurec_tui.cli.{_module}").app
    if _module == "data":
        app.add_typer(_commands, name="data")
    else:
        app.registered_commands.extend(_commands.registered_commands)


def _check_surroundings() -> None:
    """Refuse what neither torch nor Polars can work with: a folder that is gone, names that are no text."""
    try:
        Path.cwd()
    except OSError:
        fail("the current folder does not exist any more; change to another one")
    for argument in sys.argv[1:]:
        try:
            argument.encode()
        except UnicodeEncodeError:
            fail(f"{argument!r}: not UTF-8; rename the file, or set LC_ALL=C.UTF-8")


def main() -> None:
    """Entry point: every error that a user can cause is one line, and the exit status says which kind."""
    prepare_streams()
    with handle_errors():
        _check_surroundings()
        try:
            status = app(standalone_mode=False)
        except USAGE_ERROR as error:
            message = cast("Any", error).format_message()
            context = getattr(error, "ctx", None)
            if type(error).__name__ == "NoArgsIsHelpError":
                sys.stdout.write(message + "\n")
                sys.exit(0)
            path = context.command_path if context else "diffurec"
            fail(f"{message} Try `{path} --help`.")
        except typer.Abort:
            fail("interrupted", EXIT_INTERRUPTED)
        else:
            if status == EXIT_INTERRUPTED:  # newer Typer answers Ctrl-C with this and not with Abort
                fail("interrupted", EXIT_INTERRUPTED)
            sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
