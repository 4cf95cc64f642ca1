# The function's image, for Lambda and for `docker compose`. Nothing of devenv is in it.
#   docker build -t stream-model-duration .
# And the same model and packages as a web service (profile `web` of `docker compose`):
#   docker build --target web -t ride-duration-prediction-service .
# For ECR: docker buildx build --platform linux/amd64 --provenance=false (Lambda refuses an image
# that is a list of platforms, or has an attestation beside it).

FROM public.ecr.aws/lambda/python:3.13 AS packages
RUN pip install --quiet --no-cache-dir --root-user-action=ignore pipenv
COPY Pipfile Pipfile.lock /build/
WORKDIR /build
# The lock as pip's requirements, hashes and all, rather than `pipenv install --system --deploy`:
# a folder of its own can be copied without Pipenv, and where pip is set up with a mirror Pipenv
# takes the lock for an outdated one (docs/decisions/0002-two-locks.md).
RUN pipenv requirements --hash > requirements.txt \
 && pip install --quiet --no-cache-dir --no-deps --require-hashes --only-binary=:all: \
      --target /packages -r requirements.txt \
 # Tests, type stubs and C sources are read by nothing. Compiled bytecode stays: Lambda's disk is
 # read-only, so a function without it would compile every module at every cold start.
 && find /packages -type d \( -name tests -o -name test \) -not -path '*/skops/*' -prune -exec rm -rf {} + \
 && find /packages -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' \) -delete \
 && rm -rf /packages/bin

FROM python:3.13-slim AS web
WORKDIR /app
COPY --from=packages /packages /packages
ENV PYTHONPATH=/packages PYTHONUNBUFFERED=1
COPY lambda_function.py web_service.py ./
COPY serving serving
USER nobody
EXPOSE 9696
ENTRYPOINT ["python", "-m", "web_service", "--host=0.0.0.0"]
CMD ["--workers=2"]

FROM public.ecr.aws/lambda/python:3.13
COPY --from=packages /packages ${LAMBDA_TASK_ROOT}
# The lock, too: `devenv doctor` compares what the image is made from with what is here.
COPY Pipfile.lock lambda_function.py ${LAMBDA_TASK_ROOT}/
COPY serving ${LAMBDA_TASK_ROOT}/serving
RUN python -m compileall -q ${LAMBDA_TASK_ROOT}/lambda_function.py ${LAMBDA_TASK_ROOT}/serving
CMD ["lambda_function.lambda_handler"]
