#!/usr/bin/env bash
# boto3 and botocore 1.44.8, a DynamoDB whose connection breaks in the middle of a reply (a proxy, a network, a restart).
#
# Guessed: a reply that ends too early is a connection error, which the SDK retries as it does when no reply comes.
# Seen: it depends on where the reply ends. Within the headers, Python's http.client takes the end of the connection for the end
# of the headers, and what comes out is an answer without a body. The SDK checks neither that Content-Length came nor that the
# body is JSON: get_item() returns a success without "Item", which is how DynamoDB says that there is no such item, query() one
# without "Items", put_item() one as ever. If it ends right behind the name of the checksum's header, a bare ValueError leaves the
# SDK, no error of botocore's, and nothing is retried. Only an end behind the headers is noticed and retried.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check boto3==1.44.8 botocore==1.44.8

"$folder/venv/bin/python" - <<'PYTHON'
import binascii
import socket
import sys
import threading

import boto3
import botocore
from botocore.config import Config

BODY = b'{"Item": {"id": {"S": "a"}, "price": {"N": "4"}}}'
WHOLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
    + b"x-amz-crc32: %d\r\n" % binascii.crc32(BODY)
    + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
    + BODY
)
ENDS = {
    "behind its first header": WHOLE.index(b"x-amz-crc32"),
    "behind the name of its checksum": WHOLE.index(b"x-amz-crc32: ") + len(b"x-amz-crc32: "),
    "in the middle of its body": len(WHOLE) - 20,
    "nowhere": len(WHOLE),
}


def serve(server, end, requests):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            while len(body) < length:
                body += connection.recv(65536)
            requests.append(body)
            connection.sendall(WHOLE[:end])


def ask(end):
    """What get_item() makes of a reply of so many bytes, and how many requests it sent."""
    requests = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server, end, requests), daemon=True).start()
        client = boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}",
            region_name="eu-west-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 3, "mode": "legacy"}),
        )
        try:
            answer = client.get_item(TableName="goods", Key={"id": {"S": "a"}})
            seen = f"a success, Item: {answer.get('Item')}"
        except Exception as error:
            kind = "of botocore's" if type(error).__module__.startswith("botocore") else "none of botocore's"
            seen = f"{type(error).__name__}, {kind}"
        server.shutdown(socket.SHUT_RDWR)
    return seen, len(requests)


print(f"boto3 {boto3.__version__}, botocore {botocore.__version__}, Python {sys.version.split()[0]}:")
seen = {}
for where, end in ENDS.items():
    seen[where] = ask(end)
    print(f"  a reply that ends {where}: {seen[where][0]}; requests: {seen[where][1]}")
if seen != {
    "behind its first header": ("a success, Item: None", 1),
    "behind the name of its checksum": ("ValueError, none of botocore's", 1),
    "in the middle of its body": ("ChecksumError, of botocore's", 3),
    "nowhere": ("a success, Item: {'id': {'S': 'a'}, 'price': {'N': '4'}}", 1),
}:
    sys.exit("CHANGED: replies that end too early are read otherwise")
PYTHON
