"""What the bucket tells of its files through Pub/Sub: attributes, and the object as data."""

from typing import Any

from buildhub_sample_archive.http.bucket_objects import object_resource
from buildhub_sample_archive.objects import File

WRITTEN = "OBJECT_FINALIZE"
DELETED = "OBJECT_DELETE"


def notification(
    bucket: str, path: str, file: File, event: str = WRITTEN, **attributes: str
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the attributes and the data of the message about a file.

    Args:
        bucket: with the file.
        path: of the file.
        file: as it is, or was.
        event: what happened to it.
        attributes: others, such as ``overwrittenByGeneration``.
    """
    resource = object_resource(bucket, path, file)
    return {
        "notificationConfig": f"projects/_/buckets/{bucket}/notificationConfigs/1",
        "eventType": event,
        "eventTime": f"{resource['timeCreated'].removesuffix('Z')}211Z",
        "payloadFormat": "JSON_API_V1",
        "bucketId": bucket,
        "objectId": path,
        "objectGeneration": resource["generation"],
        **attributes,
    }, resource
