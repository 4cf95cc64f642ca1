"""Which repositories there are, for those who are given an image's name."""

import sys


def has_repository(name: str, account: str | None = None) -> bool:
    """Whether there is one of this name in any region: the account's; of any if none is given.

    Nobody has made one before ECR is loaded.
    """
    models = sys.modules.get("moto.ecr.models")
    if models is None:
        return False
    accounts = models.ecr_backends
    found = list(accounts.values()) if account is None else [accounts.get(account, {})]
    return any(name in backend.repositories for each in found for backend in list(each.values()))
