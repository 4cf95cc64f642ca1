"""What readers write in the console's editor, step by step: the tutorials' functions, anew."""

HELLO = """
import json

def lambda_handler(event, context):
    print(json.dumps(event))
    return {"statusCode": 200, "body": json.dumps("Hello from Lambda!")}
"""

RIDES = """
def prepare_features(ride):
    pair = "%s_%s" % (ride["PULocationID"], ride["DOLocationID"])
    return {"PU_DO": pair, "trip_distance": ride["trip_distance"]}

def predict(features):
    return 10.0
"""

ONE_RIDE = f"""{RIDES}
def lambda_handler(event, context):
    prediction = predict(prepare_features(event["ride"]))
    return {{"ride_duration": prediction, "ride_id": event["ride_id"]}}
"""

UNNAMED_ID = f"""
import json
{RIDES}
def lambda_handler(event, context):
    print(json.dumps(event))
    return {{"ride_duration": 10.0, "ride_id": ride_id}}
"""
"""Two tutorials return an id that they have not read from anything."""

PRINTED = """
import json

def lambda_handler(event, context):
    print(json.dumps(event))
"""

DECODED = """
import base64

def lambda_handler(event, context):
    for record in event["Records"]:
        print(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
"""


def batch(ride: str = "ride_event") -> str:
    """Returns the predictions of all records; one tutorial looks for the ride in `event` first."""
    return f"""
import base64
import json
{RIDES}
def lambda_handler(event, context):
    predictions = []
    for record in event["Records"]:
        ride_event = json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
        prediction = predict(prepare_features({ride}["ride"]))
        predictions.append({{"ride_duration": prediction, "ride_id": ride_event["ride_id"]}})
    return {{"predictions": predictions}}
"""


def publishing(stream: str) -> str:
    """The same, put on a second stream, whose name a variable may give."""
    return f"""
import base64
import json
import os

import boto3

kinesis_client = boto3.client("kinesis")
PREDICTIONS_STREAM_NAME = os.getenv("PREDICTIONS_STREAM_NAME", "{stream}")
{RIDES}
def lambda_handler(event, context):
    predictions = []
    for record in event["Records"]:
        ride_event = json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
        ride_id = ride_event["ride_id"]
        prediction = predict(prepare_features(ride_event["ride"]))
        made = {{"ride_duration": prediction, "ride_id": ride_id}}
        prediction_event = {{"model": "ride_duration", "version": "123", "prediction": made}}
        kinesis_client.put_record(
            StreamName=PREDICTIONS_STREAM_NAME,
            Data=json.dumps(prediction_event),
            PartitionKey=str(ride_id),
        )
        predictions.append(prediction_event)
    return {{"predictions": predictions}}
"""


BIKES = """
import base64
import json
import os

import boto3

kinesis = boto3.client("kinesis")

def lambda_handler(event, context):
    made = []
    for record in event["Records"]:
        hour = json.loads(base64.b64decode(record["kinesis"]["data"]).decode("utf-8"))
        made.append({"cnt": 10.0, "pred_id": hour["pred_id"]})
        kinesis.put_record(
            StreamName=os.getenv("OUTPUT_STREAM", "bike-predictions"),
            Data=json.dumps({"model": "none", "prediction": made[-1]}),
            PartitionKey=str(hour["pred_id"]),
        )
    return {"predictions": made}
"""

NODE = """
exports.handler = async (event) => {
  for (const record of event.Records) {
    console.log("Decoded payload:", Buffer.from(record.kinesis.data, "base64").toString());
  }
  return "done";
};
"""
