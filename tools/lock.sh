#!/bin/sh
# lock.sh UV: makes requirements/*.txt anew: what images and CI install, in versions and by hashes for every
# system and Python that Matinee supports, and no index's address. torch is apart, with what its builds for GPUs
# need: what "the" torch of a version is depends on the index (CPU, CUDA), so no hash of it is right for
# everybody. What else torch needs is in train.txt, so that torch alone is installed without a hash.
set -eu
uv=$1
lock() {
    name=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate "$@" >"$scratch"
    awk '/^[^ ]/ { apart = /^(torch|triton|nvidia-[^=]*|cuda-[^=]*)==/ } !apart' "$scratch" >"requirements/$name.txt"
}
scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
cd "$(dirname "$0")/.."
echo 'setuptools>=78.1.1' | lock build - # as build-system in pyproject.toml
lock serve pyproject.toml
lock train pyproject.toml --extra train
lock develop pyproject.toml --extra train --extra dev
