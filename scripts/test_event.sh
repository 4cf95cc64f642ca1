#!/usr/bin/env bash
# Hands an event file straight to the function by the AWS CLI, as the console's Test does. The
# response goes to stdout, the end of the function's log to stderr:
#   scripts/test_event.sh tests/events/console-ride-123-003.json
# FUNCTION_NAME names another function.
source "$(dirname "$0")/aws_cli.sh"

[ $# = 1 ] || { echo "usage: $0 EVENT.json" >&2; exit 2; }
response=$(mktemp)
trap 'rm -f "$response"' EXIT
answer=$(aws lambda invoke --function-name "$FUNCTION_NAME" --payload "file://$1" --log-type Tail \
  --query '[FunctionError, LogResult]' --output text "${raw[@]}" "$response")
read -r error log <<< "$answer"
base64 --decode <<< "$log" >&2
cat "$response"
echo
[ "$error" = None ]
