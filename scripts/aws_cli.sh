# Sourced by the shell recipes beside it: the environment of .env, the pipeline's names, AWS CLI 1 or 2.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -f "$root/.env" ]; then
  while IFS='=' read -r name value; do
    [[ $name =~ ^[A-Z_]+$ ]] && [ -z "${!name+set}" ] && export "$name=$value"
  done < "$root/.env"
fi
# Set to nothing, it means AWS itself; the CLI would take it for a URL.
[ -n "${AWS_ENDPOINT_URL:-}" ] || unset AWS_ENDPOINT_URL

case ${PIPELINE:-ride} in
  ride) streams=(ride_events ride_predictions) function=ride-duration-prediction ;;
  bike) streams=(passenger_events bike-predictions) function=bike-prediction ;;
  *) echo "$0: PIPELINE=$PIPELINE: there is no such pipeline, but ride and bike" >&2; exit 2 ;;
esac
KINESIS_STREAM_INPUT=${KINESIS_STREAM_INPUT:-${streams[0]}}
KINESIS_STREAM_OUTPUT=${KINESIS_STREAM_OUTPUT:-${PREDICTIONS_STREAM_NAME:-${OUTPUT_STREAM:-${streams[1]}}}}
FUNCTION_NAME=${FUNCTION_NAME:-$function}

# Your own CLI, or else the one of .venv.
version=$(aws --version 2>&1) || { PATH=$root/.venv/bin:$PATH; version=$(aws --version 2>&1); }
# From version 2 on it takes what is sent for base64, unless it is told otherwise.
raw=()
[[ $version == aws-cli/1.* ]] || raw=(--cli-binary-format raw-in-base64-out)

# decode: the data of each record of a get-records page on stdin, a line each. By jq, or else Python.
decode() {
  if command -v jq >/dev/null; then
    jq -r '.Records[].Data | @base64d'
  else
    python3 -c 'import base64, json, sys
for record in json.load(sys.stdin)["Records"]:
    print(base64.b64decode(record["Data"]).decode())'
  fi
}
