"""Which repositories the account has, for those who are given an image's name."""

import sys

from localstack.constants import DEFAULT_AWS_ACCOUNT_ID


def has_repository(name: str) -> bool:
    """Whether there is one of this name in any region. Nobody has made one before ECR is loaded."""
    models = sys.modules.get("moto.ecr.models")
    if models is None:
        return False
    backends = models.ecr_backends[DEFAULT_AWS_ACCOUNT_ID]
    return any(name in backend.repositories for backend in list(backends.values()))
