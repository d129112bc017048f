# Matinee in a container. Two targets:
#   docker build --target serve -t matinee:serve .    the bot; an empty home gets a quick model by numpy alone
#   docker build --target train -t matinee:train .    also fits full models, with PyTorch
# What is installed is locked by hashes in requirements/, but for PyTorch, whose builds differ by index.
# Secrets come at run time, none is built in. The root file system may be read-only: the bot writes to its
# volume and to /tmp alone.

FROM python:3.11.14-slim-bookworm AS build-serve
WORKDIR /src
COPY requirements requirements
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/build.txt
RUN python -m venv /opt/matinee \
    && /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/serve.txt
COPY pyproject.toml MANIFEST.in README.md LICENSE CHANGELOG.md ./
COPY bot bot
COPY recsys recsys
COPY sandbox sandbox
COPY storage storage
RUN /opt/build/bin/pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps dist/*.whl

FROM build-serve AS build-train
# CPU builds of PyTorch. For an NVIDIA GPU: --build-arg TORCH_INDEX= takes the package index's, with CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check \
        ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} 'torch>=2.8,<2.14' \
    && /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/train.txt

FROM python:3.11.14-slim-bookworm AS base
RUN useradd --system --uid 10001 --no-create-home matinee \
    && install -d -m 0700 -o matinee -g matinee /var/lib/matinee
# TZ is the clock of the container's logs; people's time zones are MATINEE_TIMEZONE and /settings.
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
USER matinee
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
