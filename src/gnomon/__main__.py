"""The program: ``gnomon``, and ``python -m gnomon``."""

import sys


def run() -> None:
    """Run the command that was typed; an interrupt while the program still loads is one line as well."""
    try:
        from gnomon.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("gnomon: interrupted\n")
        sys.exit(1)


if __name__ == "__main__":
    run()
