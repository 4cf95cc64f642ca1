# The environment's own image: the emulator, the MLflow server and the bootstrap of compose.yaml,
# on the packages that an embedded environment runs on too.

FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements.lock pyproject.toml ./
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --quiet --no-cache-dir --root-user-action=ignore \
      "$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
# What pyproject.toml asks for without its dev extra, at the lock's versions and hashes.
RUN uv venv --quiet /opt/devenv \
 && uv pip install --quiet --no-cache --python /opt/devenv \
      --constraint requirements.lock -r pyproject.toml \
 && find /opt/devenv -type d -name tests -path '*/site-packages/*' -not -path '*/numpy/*' \
      -prune -exec rm -rf {} +
# What zip functions run on (devenv/stack/function_packages.py): boto3 alone, and the runtime client.
RUN uv venv --quiet /opt/functions/zip \
 && uv pip install --quiet --no-cache --python /opt/functions/zip --constraint requirements.lock boto3 \
 && uv pip install --quiet --no-cache --python /opt/functions/zip --target /opt/functions/runtime \
      --constraint requirements.lock awslambdaric

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
RUN uv pip install --quiet --no-cache --compile-bytecode --python /opt/devenv --no-deps /build \
 && python -m devenv.emulator.service_catalog \
 && MLFLOW_DISABLE_TELEMETRY=true python -m devenv.stack.registry_template
# What needs no rights has none: MLflow and the bootstrap. compose.yaml runs the emulator as root.
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin devenv \
 && install -d -m 700 -o devenv -g devenv /var/lib/mlflow \
 && install -d -m 700 /var/lib/devenv
USER devenv
WORKDIR /tmp
CMD ["python", "-m", "devenv.emulator"]
