#!/bin/sh
# install.sh PYTHON VENV EXTRAS: a virtual environment with Matinee in it; or, where EXTRAS is a file of
# requirements, with these: one that cannot be installed is told, and the others are.
# With PINNED=1 in the environment, as in CI, all but torch comes in the versions and by the hashes of
# requirements/.
set -eu
python=$1 venv=$2 extras=$3
torch='torch>=2.8,<2.14' # as in pyproject.toml
cpu_index=https://download.pytorch.org/whl/cpu

"$python" - <<'PY' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Matinee needs Python 3.11 or newer, this is {sys.version.split()[0]}: make PYTHON=python3.11 …")
PY
[ -x "$venv/bin/pip" ] || "$python" -m venv "$venv"

install() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
case $extras in
*.txt) PINNED= ;;
*dev*) locked=develop ;;
*train*) locked=train ;;
*) locked=serve ;;
esac
if [ -n "${PINNED:=}" ]; then
    echo "Installing requirements/$locked.txt …"
    install --require-hashes --requirement requirements/build.txt
    install --require-hashes --requirement "requirements/$locked.txt"
fi

# On Linux the package index gives torch with CUDA, which is gigabytes: without an NVIDIA GPU, PyTorch's own
# index of CPU builds is asked first, if it answers at once.
has_gpu() { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; }
answers() {
    "$venv/bin/python" -c "import urllib.request as r; r.urlopen('$cpu_index/torch/', timeout=4).close()" 2>/dev/null
}
if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
    echo "Installing PyTorch …"
    if [ "$(uname -s)" = Linux ] && ! has_gpu && answers; then
        install "$torch" --index-url "$cpu_index"
    else
        install "$torch"
    fi
fi
case $extras in
*.txt)
    sed 's/ *#.*//; /^$/d' "$extras" | while read -r requirement; do
        echo "Installing $requirement …"
        install "$requirement" </dev/null ||
            echo "$requirement cannot be installed here: the tables will say so"
    done
    ;;
*)
    echo "Installing Matinee …"
    if [ -n "$PINNED" ]; then
        install --no-deps --no-build-isolation --editable .
    else
        install --editable ".[$extras]"
    fi
    ;;
esac
