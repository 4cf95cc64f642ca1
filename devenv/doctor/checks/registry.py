"""The MLflow server knows the champion, S3 has its files, and the function has that one."""

from devenv.bootstrap.model_in_s3 import defect
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong
from devenv.errors import Unreachable

NAME = "The function has MLflow's champion"


def check(facts: Facts) -> Finding:
    settings, aws = facts.settings, facts.aws
    name = f"{settings.model_name}@{settings.model_alias}"
    try:
        champion = facts.champion
    except Unreachable as error:
        return wrong(str(error), "Start it with `devenv up -d`, or check MLFLOW_TRACKING_URI.")
    if champion is None:
        return wrong(
            f"MLflow at {settings.mlflow_tracking_uri} has no {name}", "Run `devenv bootstrap`."
        )
    uri = champion.artifact_uri
    if has := defect(aws, uri):
        return wrong(
            f"version {champion.version} of {name} should be at {uri}, and {settings.endpoint} has "
            f"{has}",
            "MLflow and the function have to use the same S3 (AWS_ENDPOINT_URL when MLflow was "
            "started); `devenv bootstrap` trains anew what is gone or damaged.",
        )
    deployed = facts.variables.get("MODEL_URI")
    if settings.run_id is None and deployed != uri:
        return wrong(
            f"{name} is version {champion.version} at {uri}, and the function loads {deployed}",
            "Run `devenv bootstrap`: a new champion reaches the function by that.",
        )
    return well(f"{name}, version {champion.version}")
