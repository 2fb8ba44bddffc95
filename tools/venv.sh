# Sourced by ./demo and ./test: makes .venv with this checkout installed, once; safe to run twice.
# usage: make_venv EXTRA      EXTRA is "" or "[dev]"

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    echo "gnomon needs Python 3.11 or newer on the PATH" >&2
    return 1
}

make_venv() {
    stamp=".venv/installed$(printf '%s' "$1" | tr -d '[]')"
    if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then
        return 0
    fi
    echo "setting up .venv (a minute or two, once)"
    if command -v uv >/dev/null 2>&1; then
        [ -x .venv/bin/python ] || uv venv --quiet --python '>=3.11' .venv || return 1
        uv pip install --quiet --python .venv/bin/python -e ".$1" || return 1
    else
        python=$(find_python) || return 1
        [ -x .venv/bin/pip ] || "$python" -m venv .venv || return 1
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".$1" || return 1
    fi
    : >"$stamp"
}
