#!/usr/bin/env bash
# Prints what the predictions stream holds, from its beginning, a record a line, by the AWS CLI:
#   scripts/data_out.sh
#   PIPELINE=bike scripts/data_out.sh
# KINESIS_STREAM_OUTPUT names another stream, SHARD one shard of it (else all are read).
source "$(dirname "$0")/aws_cli.sh"

shards=${SHARD:-$(aws kinesis list-shards --stream-name "$KINESIS_STREAM_OUTPUT" \
  --query 'Shards[].ShardId' --output text)}
for shard in $shards; do
  iterator=$(aws kinesis get-shard-iterator --stream-name "$KINESIS_STREAM_OUTPUT" \
    --shard-id "$shard" --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)
  # A page may be empty, and is one of many, until it says that nothing is behind it.
  while [ "$iterator" != null ]; do
    page=$(aws kinesis get-records --shard-iterator "$iterator" --output json)
    decode <<< "$page"
    [[ $page =~ \"MillisBehindLatest\":\ *([0-9]+) ]] && [ "${BASH_REMATCH[1]}" != 0 ] || break
    [[ $page =~ \"NextShardIterator\":\ *\"([^\"]+)\" ]] && iterator=${BASH_REMATCH[1]} || iterator=null
  done
done
