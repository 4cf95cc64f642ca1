"""The MLflow server knows the champion, S3 has its files, and the function has that one.

Or the function has a run's, where RUN_ID was set when it was deployed: then the champion is none of
its business.
"""

from devenv.bootstrap.model_in_s3 import defect
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.errors import Unreachable

NAME = "The function has MLflow's champion, or the run's model that was asked for"


def check(facts: Facts) -> Finding:
    settings, aws = facts.settings, facts.aws
    if facts.is_zip and "MODEL_URI" not in facts.variables:
        return skipped("the function is made from a zip, and nothing here gives it a model")
    name = f"{settings.model_name}@{settings.model_alias}"
    try:
        champion = facts.champion
    except Unreachable as error:
        return wrong(str(error), f"{facts.commands.start_mlflow}; or check MLFLOW_TRACKING_URI.")
    if settings.run_id is not None or facts.deployed_run:
        return _of_run(facts, f"{name} is version {champion.version}" if champion else "")
    if champion is None:
        return wrong(
            f"MLflow at {settings.mlflow_tracking_uri} has no {name}",
            f"{facts.commands.make} finds or trains one.",
        )
    uri = champion.artifact_uri
    if has := defect(aws, uri):
        return wrong(
            f"version {champion.version} of {name} should be at {uri}, and {settings.endpoint} has "
            f"{has}",
            f"{facts.commands.make} trains anew what is gone or damaged. MLflow and the function "
            "have to use the same S3 (AWS_ENDPOINT_URL when MLflow was started).",
        )
    deployed = facts.variables.get("MODEL_URI")
    if deployed != uri:
        return wrong(
            f"{name} is version {champion.version} at {uri}, and the function loads {deployed}",
            f"A new champion reaches the function by {facts.commands.make}.",
        )
    return well(f"{name}, version {champion.version}")


def _of_run(facts: Facts, champion: str) -> Finding:
    """Of a function that has a run's model, or is to have it."""
    wanted, deployed = facts.settings.run_id, facts.variables.get("RUN_ID")
    if wanted not in (None, deployed):
        return wrong(
            f"RUN_ID is {wanted}, and the function has "
            + (f"the model of run {deployed}" if deployed else "the champion"),
            f"{facts.commands.make} deploys that run's model; unset RUN_ID to keep the function's.",
        )
    uri = facts.variables.get("MODEL_URI")
    if uri and (has := defect(facts.aws, uri)):
        return wrong(
            f"the model of run {deployed} should be at {uri}, and {facts.settings.endpoint} has "
            f"{has}",
            "Set RUN_ID to a run that has a model, or unset it for the one with the alias "
            f"{facts.settings.model_alias}; then {facts.commands.make}.",
        )
    note = f" ({champion}: {facts.commands.make} without RUN_ID deploys it)" if champion else ""
    return well(f"run {deployed}'s, as RUN_ID said when it was deployed{note}")
