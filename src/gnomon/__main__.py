"""The program: ``gnomon``, and ``python -m gnomon``."""

import gc
import sys

from gnomon.errors import InputError


def run() -> None:
    """Run the command that was typed; an interrupt while the program still loads is one line as well.

    Loading a command makes some 10^5 objects that stay: looking for rubbish among them as often as Python does
    costs a fifth of a second, and another tenth when it ends.
    """
    gc.set_threshold(100_000, 50, 100)
    try:
        from gnomon.cli.interrupts import listen

        listen()
        from gnomon.cli.main import main
        from gnomon.cli.plain_text import plain_streams

        plain_streams()

        main()
    except InputError as error:  # of a step that another package adds, before there is a command
        sys.stderr.write(f"gnomon: {' '.join(str(error).split())}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("gnomon: interrupted\n")
        sys.exit(130)
    finally:
        _forget_interrupts()
        gc.freeze()


def _forget_interrupts() -> None:
    """Have a Ctrl-C that was answered leave no trace.

    One that falls into code which Python makes from text, as a data class does when its module loads, marks the
    interpreter to end by that signal, whatever the program makes of it; the next such code clears the mark.
    """
    exec("")


if __name__ == "__main__":
    run()
