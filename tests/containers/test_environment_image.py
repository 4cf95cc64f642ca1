"""The environment's image leaves packages out (devenv.excludes): everything in it still loads."""

import docker

LOAD = """
from localstack.services.plugins import SERVICE_PLUGINS
failed = []
names = sorted(SERVICE_PLUGINS.list_available())
for name in names:
    try:
        SERVICE_PLUGINS.get_service(name)
    except Exception as error:
        failed.append(f"{name}: {error!r}")
assert len(names) > 30, names
assert not failed, failed
import moto.cloudformation.utils, mlflow.pyfunc, mlflow.sklearn, mlflow.server.fastapi_app
import pyarrow.compute, pyarrow.csv, pyarrow.dataset, pyarrow.parquet
print("all there")
"""


def test_every_service_of_the_emulator_loads(devenv_images: None) -> None:
    """And what MLflow's server and the training read."""
    client = docker.from_env()
    try:
        said = client.containers.run("devenv", ["python", "-c", LOAD], remove=True)
    finally:
        client.close()
    assert said.decode().endswith("all there\n")
