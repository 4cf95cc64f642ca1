"""The event source mapping hands rides to the function; a batch that fails blocks its shard."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "The mapping delivers rides to the function"


def check(facts: Facts) -> Finding:
    settings, mapping = facts.settings, facts.system.mapping
    if mapping.state == "Missing":
        return wrong(
            f"there is none from {settings.input_stream} to {settings.function_name}",
            "Run `devenv bootstrap`.",
        )
    if mapping.state in ("Disabled", "Disabling"):
        return wrong(f"it is {mapping.state}", "Run `devenv bootstrap`: it enables the mapping.")
    if (result := mapping.last_result or "").startswith("PROBLEM"):
        retries = sum(shard.retries for shard in mapping.shards)
        again = f", {retries} retries so far" if retries else ""
        return wrong(
            f"its last result is {result!r}{again}; the shard waits until that batch goes through",
            "See why in `devenv logs function`, or the checks below. To give up such batches after "
            "three retries: "
            + facts.command(
                f"lambda update-event-source-mapping --uuid {mapping.uuid} "
                "--maximum-retry-attempts 3 --bisect-batch-on-function-error"
            )
            + ".",
        )
    return well(f"{mapping.state}, {result or 'nothing to tell yet'}")
