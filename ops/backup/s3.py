"""A bucket that speaks S3, at one of the processors that the policy names for hosting and backups."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic_core import PydanticCustomError

from chassis.egress import checked_address, is_loopback
from ops.backup.encryption import Sink, Source
from ops.backup.manifest import MANIFEST
from ops.backup.refusal import BackupRefused

SETTINGS = tuple(f"LARABOT_BACKUP_S3_{name}" for name in ("ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY"))
# Scaleway (all its regions lie in the EU) and Hetzner's object storage (Falkenstein, Nuremberg, Helsinki).
HOSTS = (".scw.cloud", ".your-objectstorage.com")
PART_BYTES = 16 * 1024 * 1024
"""Of a file that is sent in parts; S3 takes 10 000 of them, which bounds a file to 160 GB."""
CONNECT_SECONDS, ANSWER_SECONDS, ATTEMPTS = 10, 60, 5


class S3Target:
    """`PREFIX/BACKUP/FILE` in a bucket. A file is there whole or not: a broken upload leaves only invisible parts."""

    def __init__(self, bucket: str, prefix: str, settings: Mapping[str, str]) -> None:
        """Raises BackupRefused: a setting is missing, or the endpoint is no processor's."""
        missing = [name for name in SETTINGS if not settings.get(name)]
        if missing:
            raise BackupRefused(f"For s3:// these settings are missing: {', '.join(missing)}.")
        endpoint, region, access_key, secret_key = (settings[name] for name in SETTINGS)
        _refuse_strangers(endpoint)
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=ANSWER_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                # Checksums beyond MD5 are Amazon's; other stores refuse the trailers.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )

    @contextmanager
    def create(self, backup: str, file: str) -> Iterator[Sink]:
        upload = _Upload(self._client, self._bucket, self._key(backup, file))
        with _in_words("written"):
            try:
                yield upload
                upload.complete()
            except BaseException:
                upload.abort()
                raise

    @contextmanager
    def read(self, backup: str, file: str) -> Iterator[Source]:
        with _in_words("read"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._key(backup, file))
            except self._client.exceptions.NoSuchKey:
                raise BackupRefused(f"{backup}/{file} is not in the bucket.") from None
            with answer["Body"] as body:
                yield body

    def names(self) -> list[str]:
        return sorted(name for name, files in self._found().items() if MANIFEST in files)

    def unfinished(self) -> list[str]:
        return sorted(name for name, files in self._found().items() if MANIFEST not in files)

    def delete(self, backup: str) -> None:
        files = self._found().get(backup, set())
        with _in_words("deleted"):
            for file in sorted(files, key=lambda name: name != MANIFEST):
                self._client.delete_object(Bucket=self._bucket, Key=self._key(backup, file))

    def _found(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        with _in_words("listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for entry in (entry for page in pages for entry in page.get("Contents", ())):
                backup, _, file = entry["Key"].removeprefix(self._prefix).partition("/")
                if file:
                    found.setdefault(backup, set()).add(file)
        return found

    def _key(self, backup: str, file: str) -> str:
        return f"{self._prefix}{backup}/{file}"


class _Upload:
    """Takes bytes and sends them in parts; a small file goes in one piece."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        self._waiting = bytearray()
        self._parts: list[dict[str, Any]] = []
        self._id: str | None = None

    def write(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= PART_BYTES:
            self._send_part()

    def complete(self) -> None:
        """Make the file visible."""
        if self._id is None:
            self._client.put_object(**self._where, Body=bytes(self._waiting))
            return
        if self._waiting:
            self._send_part()
        self._client.complete_multipart_upload(**self._where, UploadId=self._id, MultipartUpload={"Parts": self._parts})

    def abort(self) -> None:
        """Leave nothing, as far as the store still answers; the bucket's own rule removes what is left."""
        if self._id is not None:
            self._client.abort_multipart_upload(**self._where, UploadId=self._id)

    def _send_part(self) -> None:
        if self._id is None:
            self._id = self._client.create_multipart_upload(**self._where)["UploadId"]
        number = len(self._parts) + 1
        answer = self._client.upload_part(
            **self._where, UploadId=self._id, PartNumber=number, Body=bytes(self._waiting)
        )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
        self._waiting.clear()


def _refuse_strangers(endpoint: str) -> None:
    try:
        checked_address(endpoint, HOSTS, emulated=is_loopback(urlsplit(endpoint).hostname or ""))
    except PydanticCustomError as error:
        raise BackupRefused(f"LARABOT_BACKUP_S3_ENDPOINT: {error.message()}.") from None


@contextmanager
def _in_words(verb: str) -> Iterator[None]:
    """What boto3 raises, as a sentence; its texts name hosts and codes, never a secret."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BackupRefused(f"The bucket could not be {verb}: {error}.") from error
