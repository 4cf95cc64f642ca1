"""What can be changed about a stream: retention, mode, record size, metrics, encryption."""

from localstack.aws.api.kinesis import InvalidArgumentException

from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams.model import Stream

MIN_RETENTION, MAX_RETENTION = 24, 8760
METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


def increase_retention(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    hours = request["RetentionPeriodHours"]
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        _check_retention(hours)
        if hours < stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
                f"shorter than existing retention period ({stream.retention_hours} hours). Use "
                "DecreaseRetentionPeriod API."
            )
        if hours != stream.retention_hours:  # Recorded: what it is already changes nothing.
            kinesis.change(stream, retention_hours=hours)
    return {}


def decrease_retention(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    hours = request["RetentionPeriodHours"]
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        _check_retention(hours)
        if hours > stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
                f"longer than existing retention period ({stream.retention_hours} hours). Use "
                "IncreaseRetentionPeriod API."
            )
        if hours != stream.retention_hours:
            kinesis.change(stream, retention_hours=hours)
    return {}


def update_stream_mode(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """The shards stay what they are."""
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        kinesis.change(
            stream,
            mode=request["StreamModeDetails"]["StreamMode"],
            warm_mibps=request.get("WarmThroughputMiBps", stream.warm_mibps),
        )
    return {}


def update_max_record_size(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        kinesis.change(stream, max_record_kib=request["MaxRecordSizeInKiB"])
    return {}


def enable_monitoring(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """Recorded; no metrics are made."""
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        wanted = set(stream.metrics) | _metrics(request)
        return _change_metrics(kinesis, stream, wanted)


def disable_monitoring(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        return _change_metrics(kinesis, stream, set(stream.metrics) - _metrics(request))


def start_encryption(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """Recorded and shown; nothing is encrypted."""
    if request["EncryptionType"] != "KMS":
        raise InvalidArgumentException("EncryptionType must be KMS.")
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        kinesis.change(stream, encryption="KMS", key_id=request["KeyId"])
    return {}


def stop_encryption(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    if request["EncryptionType"] != "KMS":
        raise InvalidArgumentException("EncryptionType must be KMS.")
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        kinesis.change(stream, encryption="NONE", key_id=None)
    return {}


def _check_retention(hours: int) -> None:
    if hours < MIN_RETENTION:
        raise InvalidArgumentException(
            f"Minimum allowed retention period is {MIN_RETENTION} hours. Requested retention "
            f"period ({hours} hours) is too short."
        )
    if hours > MAX_RETENTION:
        raise InvalidArgumentException(
            f"Maximum allowed retention period is {MAX_RETENTION} hours. Requested retention "
            f"period ({hours} hours) is too long."
        )


def _metrics(request: Request) -> set[str]:
    names = set(request["ShardLevelMetrics"])
    return set(METRICS) if "ALL" in names else names


def _change_metrics(kinesis: Kinesis, stream: Stream, wanted: set[str]) -> Response:
    desired = tuple(name for name in METRICS if name in wanted)
    kinesis.change(stream, metrics=desired)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": list(stream.metrics),
        "DesiredShardLevelMetrics": list(desired),
    }
