# Matinee in a container. Two targets:
#   docker build --target serve -t matinee:serve .    the bot; an empty home gets a quick model by numpy alone
#   docker build --target train -t matinee:train .    also fits full models, with PyTorch
#   docker build --target train --build-arg TORCH=cuda -t matinee:cuda .    the same on an NVIDIA GPU
# All but PyTorch comes in the versions and by the hashes of requirements/. The bot writes to its volume and to
# /tmp alone: the root file system may be read-only. Secrets come at run time, none is built in.

# A tag; a release puts the digest behind it that it has on that day.
FROM python:3.11.14-slim-bookworm AS python

FROM python AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements requirements

FROM builder AS wheel
RUN pip install --only-binary=:all: --require-hashes --requirement=requirements/build.txt
COPY pyproject.toml MANIFEST.in README.md LICENSE CHANGELOG.md ./
COPY bot bot
COPY recsys recsys
COPY sandbox sandbox
COPY storage storage
RUN pip wheel --no-deps --no-build-isolation --wheel-dir=/dist .

FROM builder AS environment
RUN python -m venv --without-pip /opt/matinee \
    && pip --python=/opt/matinee install --only-binary=:all: --require-hashes --requirement=requirements/serve.txt

FROM environment AS build-serve
COPY --from=wheel /dist /dist
RUN pip --python=/opt/matinee install --no-deps --no-index /dist/*.whl

FROM environment AS build-train
RUN pip --python=/opt/matinee install --only-binary=:all: --require-hashes --requirement=requirements/train.txt
# cpu: PyTorch's own index of CPU builds. cuda: the package index's, which for Linux are built for CUDA.
ARG TORCH=cpu
RUN case "$TORCH" in \
        cpu) index=--index-url=https://download.pytorch.org/whl/cpu ;; \
        cuda) index= ;; \
        *) echo "TORCH is cpu or cuda, not $TORCH" >&2; exit 1 ;; \
    esac \
    && pip --python=/opt/matinee install --only-binary=:all: $index 'torch>=2.8,<2.14'
COPY --from=wheel /dist /dist
RUN pip --python=/opt/matinee install --no-deps --no-index /dist/*.whl

FROM python AS base
RUN groupadd --system --gid 10001 matinee \
    && useradd --system --uid 10001 --gid 10001 --no-create-home matinee \
    && install -d -m 0700 -o matinee -g matinee /var/lib/matinee
# TZ is the clock of the container; people's time zones are MATINEE_TIMEZONE and /settings.
ENV PATH=/opt/matinee/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    TZ=UTC \
    MATINEE_HOME=/var/lib/matinee \
    MATINEE_HTTP_HOST=0.0.0.0 \
    MATINEE_HTTP_PORT=8080
WORKDIR /var/lib/matinee
VOLUME /var/lib/matinee
# By number, so that whoever forbids root can see that this is not root.
USER 10001:10001
EXPOSE 8080
# Whether the process is alive: a restart mends that. Whether people are answered is at /readyz.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['MATINEE_HTTP_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["matinee"]
CMD ["run"]

FROM base AS train
COPY --from=build-train /opt/matinee /opt/matinee

FROM base AS serve
COPY --from=build-serve /opt/matinee /opt/matinee
