#!/usr/bin/env bash
# Puts one event on the input stream by the AWS CLI, as the tutorials do:
#   scripts/data_in.sh                        the tutorial's own event
#   scripts/data_in.sh '{"ride": …}'          another one
#   PIPELINE=bike scripts/data_in.sh          London's bikes
# KINESIS_STREAM_INPUT names another stream. The endpoint is the one of .env or AWS_ENDPOINT_URL.
source "$(dirname "$0")/aws_cli.sh"

case ${PIPELINE:-ride} in
  ride) event='{"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, "ride_id": 156}' ;;
  bike) event='{"features": {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}, "pred_id": 123}' ;;
esac
aws kinesis put-record --stream-name "$KINESIS_STREAM_INPUT" --partition-key 1 \
  --data "${1:-$event}" "${raw[@]}"
