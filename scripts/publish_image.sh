#!/usr/bin/env bash
# Builds the function's image and pushes it to ECR, as the tutorials do with `aws ecr` and docker:
# repository, sign-in, one platform's image, tag, push. Arguments go to `devenv publish`.
set -euo pipefail
exec "$(dirname "$0")/../.venv/bin/devenv" publish "$@"
