#!/bin/sh
# lock.sh UV: makes requirements/*.txt anew: what images and CI install, in versions and by hashes for every
# system and Python that Matinee supports, and no index's address. torch is apart: what "the" torch of a version
# is depends on the index (CPU, CUDA), so no hash of it is right for everybody.
set -eu
uv=$1
lock() {
    name=$1
    shift
    echo "torch; sys_platform == 'none'" | "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package torch --overrides - \
        --output-file "requirements/$name.txt" pyproject.toml "$@"
}
echo 'setuptools>=77' | "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate --output-file requirements/build.txt - # as build-system in pyproject
lock serve
lock train --extra train
lock develop --extra train --extra dev
