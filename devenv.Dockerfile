# The environment's own image: the emulator, the MLflow server and the bootstrap of compose.yaml,
# on the packages that an embedded environment runs on too.

FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements.lock pyproject.toml devenv.excludes ./
# From one cache beside them, so that what both environments have is there once, by hard links.
ENV UV_CACHE_DIR=/opt/cache UV_LINK_MODE=hardlink
RUN pip install --quiet --no-cache-dir --root-user-action=ignore \
      "$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
# What pyproject.toml asks for without its dev extra and what nothing here uses, at the lock's
# versions; and what zip functions run on (devenv/stack/function_packages.py): boto3 alone, and the
# runtime client.
RUN uv venv --quiet /opt/devenv \
 && uv pip install --quiet --python /opt/devenv \
      --constraint requirements.lock --excludes devenv.excludes -r pyproject.toml \
 && uv venv --quiet /opt/functions/zip \
 && uv pip install --quiet --python /opt/functions/zip --constraint requirements.lock boto3 \
 && uv pip install --quiet --python /opt/functions/zip --target /opt/functions/runtime \
      --constraint requirements.lock awslambdaric \
 && cd /opt/devenv/lib/python3.13/site-packages \
 && find . -type d -name tests -not -path './numpy/*' -prune -exec rm -rf {} + \
 && rm -rf pyarrow/include pyarrow/*flight* amazon_kclpy/jars /opt/cache \
 && python -m compileall -q /opt/functions

FROM python:3.13-slim
COPY --from=packages /opt /opt
ENV PATH=/opt/devenv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DEVENV_HOME=/var/lib/devenv \
    DEVENV_FUNCTIONS=containers \
    DEVENV_FUNCTION_LOG=/dev/stdout \
    DEVENV_ZIP_PYTHON=/opt/functions/zip/bin/python \
    DEVENV_RUNTIME_DIR=/opt/functions/runtime
COPY pyproject.toml README.md LICENSE /build/
COPY devenv /build/devenv
RUN --mount=type=bind,from=packages,source=/usr/local/bin/uv,target=/usr/local/bin/uv \
    uv pip install --quiet --no-cache --python /opt/devenv --no-deps /build \
 && python -m devenv.emulator.service_catalog \
 && MLFLOW_DISABLE_TELEMETRY=true python -m devenv.stack.registry_template
# Everything runs once, which leaves the bytecode of what is imported: a third of the packages' whole.
# What isn't used here is compiled when somebody first does.
RUN --mount=type=bind,target=/checkout set -e; \
    export DEVENV_HOME=/tmp/once DEVENV_FUNCTIONS=processes DEVENV_FUNCTION_LOG=/tmp/once/log; \
    export DEVENV_IMAGE_ROOT=/checkout DEVENV_IMAGE_REPOSITORY=once FUNCTION_IMAGE_URI=once:latest; \
    export DEVENV_IMAGE_PACKAGES=/tmp/once/packages MLFLOW_DISABLE_TELEMETRY=true; \
    export AWS_ENDPOINT_URL=http://127.0.0.1:4566 MLFLOW_TRACKING_URI=http://127.0.0.1:5000; \
    export AWS_ACCESS_KEY_ID=once AWS_SECRET_ACCESS_KEY=once AWS_DEFAULT_REGION=us-east-1; \
    packages="$DEVENV_IMAGE_PACKAGES/$(sha256sum /checkout/Pipfile.lock | cut -c-64)"; \
    mkdir -m 700 /tmp/once; mkdir -p "$packages"; ln -s /opt/functions/zip "$packages/image"; \
    python -m devenv.emulator >/tmp/once/emulator.log 2>&1 & \
    python -m devenv.stack.mlflow_server --host 127.0.0.1 --port 5000 --backend-store-uri \
      sqlite:////tmp/once/mlflow.db --default-artifact-root s3://mlflow-models/ \
      >/tmp/once/mlflow.log 2>&1 & \
    devenv bootstrap --wait 120 && devenv status || { cat /tmp/once/*.log; exit 1; }; \
    kill $(jobs -p) && wait; rm -rf /tmp/once /tmp/devenv
# What needs no rights has none: MLflow and the bootstrap. compose.yaml runs the emulator as root.
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin devenv \
 && install -d -m 700 -o devenv -g devenv /var/lib/mlflow \
 && install -d -m 700 /var/lib/devenv
USER devenv
WORKDIR /tmp
CMD ["python", "-m", "devenv.emulator"]
