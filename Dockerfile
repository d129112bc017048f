# Matinee in a container. Two targets:
#   docker build --target serve -t matinee:serve .    the bot alone, on a model that is there
#   docker build --target train -t matinee:train .    also trains, so that an empty home prepares itself
# Both install as `pip install .` and `pip install '.[train]'` do. Secrets come at run time, none is built in.

FROM python:3.11.14-slim-bookworm AS build-serve
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY recsys recsys
COPY sandbox sandbox
COPY storage storage
RUN python -m venv /opt/matinee \
    && /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM build-serve AS build-train
# CPU builds of PyTorch. For an NVIDIA GPU: --build-arg TORCH_INDEX= takes the package index's, with CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check \
        ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} 'torch>=2.8,<2.14' \
    && /opt/matinee/bin/pip install --no-cache-dir --disable-pip-version-check '.[train]'

FROM python:3.11.14-slim-bookworm AS base
RUN useradd --system --uid 10001 --no-create-home matinee \
    && install -d -o matinee -g matinee /var/lib/matinee
ENV PATH=/opt/matinee/bin:$PATH \
    PYTHONUNBUFFERED=1 \
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
