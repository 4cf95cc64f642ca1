"""Other sites' pages that the developer lets in: by a bucket's CORS rules or a function URL's Cors.

Such a page reaches that bucket or that function and nothing else: `site` passes the service's name
on in the header ONLY, and `chain` refuses a request that turns out to be for another one.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html and
https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from werkzeug.datastructures import Headers

from devenv.emulator.door.guard import host_name
from devenv.emulator.door.public_s3 import find_bucket

ONLY = "x-devenv-only"
"""The header by which `chain` knows the one service that a request may reach."""

FUNCTION_URL = re.compile(r"(?P<id>[^.]+)\.lambda-url\.(?P<region>[a-z0-9-]+)\.")
BUCKET_HOST = re.compile(
    r"(?P<bucket>[a-z0-9.-]+)\.(?:s3|s3-website)\b|(?P<own>[a-z0-9-]+)\.localhost$"
)
OWN_PAGES = ("/_localstack", "/_devenv", "/_aws", "/restapis")
"""Paths that lead elsewhere on every host."""


@dataclass(frozen=True)
class CrossOriginRequest:
    """A request of another site's page. Header names are in lower case."""

    method: str
    host: str
    path: str
    origin: str
    headers: Mapping[str, str]


def service_that_allows(request: CrossOriginRequest) -> str | None:
    """`s3` or `lambda-url`, if the origin is named by the bucket or function that is asked for."""
    if request.path.startswith(OWN_PAGES) or "x-amz-target" in request.headers:
        return None
    host = host_name(request.host)
    if found := FUNCTION_URL.match(host):
        allowed = _function_allows(found["id"], found["region"], request)
        return "lambda-url" if allowed else None
    return "s3" if _bucket_allows(_bucket_name(host, request.path), request) else None


def _function_allows(url_id: str, region: str, request: CrossOriginRequest) -> bool:
    from localstack.services.lambda_.invocation.models import lambda_stores

    method = request.headers.get("access-control-request-method", request.method)
    for account in list(lambda_stores):
        for function in list(lambda_stores[account][region].functions.values()):
            for url in list(function.function_url_configs.values()):
                if url.url_id.lower() == url_id and url.cors:
                    return cors_allows(url.cors, request.origin, method)
    return False


def cors_allows(cors: Mapping[str, Any], origin: str, method: str) -> bool:
    """Whether a function URL's Cors names the origin and the method; "*" is any."""
    origins = cors.get("AllowOrigins") or ()
    methods = cors.get("AllowMethods") or ()
    named = any(fnmatchcase(origin, pattern) for pattern in origins)
    return named and ("*" in methods or method in methods)


def _bucket_name(host: str, path: str) -> str:
    if found := BUCKET_HOST.match(host):
        return str(found["bucket"] or found["own"])
    return path.split("/")[1]


def _bucket_allows(name: str, request: CrossOriginRequest) -> bool:
    from localstack.services.s3.cors import S3CorsHandler

    bucket = find_bucket(name)
    headers = Headers({**request.headers, "origin": request.origin})
    rules = (bucket.cors_rules or {}).get("CORSRules", ()) if bucket is not None else ()
    return any(S3CorsHandler._match_rule(rule, request.method, headers) for rule in rules)
