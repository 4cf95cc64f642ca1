// Puts and gets with the SDK as it comes: over HTTP/2, or with "http1" as the argument, HTTP/1.1.
// Where Kinesis is, it reads from AWS_ENDPOINT_URL. Prints what it saw as JSON.
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [protocol, StreamName] = process.argv.slice(2);
const kinesis = new KinesisClient(
  protocol === "http1" ? { requestHandler: new NodeHttpHandler() } : {},
);
const seen = {};
const bytes = (text) => new TextEncoder().encode(text);
const shown = (records) =>
  records.map((record) => [
    record.PartitionKey,
    new TextDecoder().decode(record.Data),
    record.ApproximateArrivalTimestamp instanceof Date,
  ]);

await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
const put = await kinesis.send(
  new PutRecordCommand({ StreamName, PartitionKey: "ü", Data: bytes("eins") }),
);
const many = await kinesis.send(
  new PutRecordsCommand({
    StreamName,
    Records: ["zwei", "drei"].map((word) => ({ PartitionKey: word, Data: bytes(word) })),
  }),
);
seen.failed = many.FailedRecordCount;
const { ShardIterator } = await kinesis.send(
  new GetShardIteratorCommand({
    StreamName,
    ShardId: put.ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  }),
);
const page = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
seen.records = shown(page.Records);

const { StreamDescriptionSummary } = await kinesis.send(
  new DescribeStreamSummaryCommand({ StreamName }),
);
const { Consumer } = await kinesis.send(
  new RegisterStreamConsumerCommand({
    StreamARN: StreamDescriptionSummary.StreamARN,
    ConsumerName: "javascript",
  }),
);
const { EventStream } = await kinesis.send(
  new SubscribeToShardCommand({
    ConsumerARN: Consumer.ConsumerARN,
    ShardId: put.ShardId,
    StartingPosition: { Type: "TRIM_HORIZON" },
  }),
);
seen.pushed = [];
for await (const { SubscribeToShardEvent } of EventStream) {
  seen.pushed.push(...shown(SubscribeToShardEvent.Records));
  if (seen.pushed.length === 4) break;
  // What comes later is pushed too, as long as the subscription lasts.
  if (seen.pushed.length === 3) {
    await kinesis.send(
      new PutRecordCommand({ StreamName, PartitionKey: "vier", Data: bytes("vier") }),
    );
  }
}

try {
  await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: "not-there" }));
} catch (error) {
  seen.error = error.name;
}
await kinesis.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
kinesis.destroy();
console.log(JSON.stringify(seen));
