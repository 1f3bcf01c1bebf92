"""An S3 server of this machine (moto), with a bucket for whoever asks."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from contracts.identifiers import new_id

ACCESS_KEY, SECRET_KEY, REGION = "test", "test", "fr-par"


class S3Server:
    """The settings of the backup for it, and its buckets."""

    def __init__(self, url: str) -> None:
        self.settings = {
            "LARABOT_BACKUP_S3_ENDPOINT": url,
            "LARABOT_BACKUP_S3_REGION": REGION,
            "LARABOT_BACKUP_S3_ACCESS_KEY": ACCESS_KEY,
            "LARABOT_BACKUP_S3_SECRET_KEY": SECRET_KEY,
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def new_bucket(self) -> str:
        name = f"bucket-{new_id()}".lower().replace("_", "-")
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def bytes_of(self, bucket: str) -> bytes:
        """Everything in a bucket, put end to end."""
        listed = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [entry["Key"] for entry in listed]
        return b"".join(self.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3Server(f"http://{host}:{port}")
    server.stop()
