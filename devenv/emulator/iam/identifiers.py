"""The ARNs of what a request names otherwise: by a name, an alias, a part of an ARN.

They are looked up where LocalStack keeps the resources; None for one that isn't there.
"""

from typing import Any


def secret_arn(account: str, region: str, secret_id: str) -> str | None:
    """Of a secret, which ends in six characters that its name doesn't have."""
    from moto.secretsmanager.models import secretsmanager_backends

    found: Any = secretsmanager_backends[account][region].secrets.get(secret_id)
    return None if found is None else str(found.arn)


def key_arn(account: str, region: str, key_id: str) -> str | None:
    """Of a key, which may be named by its id, its ARN or an alias."""
    from localstack.services.kms.models import kms_stores

    if ":key/" in key_id:
        return key_id
    store = kms_stores[account][region]
    alias = "alias/" + key_id.partition("alias/")[2]
    if "alias/" in key_id:
        there = store.aliases.get(alias)
        if there is None:
            return None
        key_id = there.metadata["TargetKeyId"]
    key = store.keys.get(key_id.rpartition("/")[2])
    where = f"arn:aws:kms:{region}:{account}:key/"
    return where + key_id if key is None else str(key.metadata["Arn"])


def stack_arn(account: str, region: str, name: str) -> str | None:
    """Of the stack that has this name now."""
    from localstack.services.cloudformation.stores import get_cloudformation_store

    if name.startswith("arn:"):
        return name
    for stack in get_cloudformation_store(account, region).stacks_v2.values():
        if stack.stack_name == name and stack.status != "DELETE_COMPLETE":
            return str(stack.stack_id)
    return None
