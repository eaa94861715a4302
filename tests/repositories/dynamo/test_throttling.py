"""DynamoDB: throttling is retried by the SDK's own policy, as its user configured it, and by nothing else."""

import json
from io import BytesIO

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3 import HTTPResponse

from tests.repositories.dynamo.fixtures import _arguments
from tests.stores.models import Employee

THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "slow down",
}


class Throttles:
    """Answers a client's first requests in the server's place."""

    def __init__(self, client, operation, times):
        self.left, self.asked = times, 0
        client.meta.events.register(f"before-send.dynamodb.{operation}", self)

    def __call__(self, request, **_):
        self.asked += 1
        if not self.left:
            return None
        self.left -= 1
        body = BytesIO(json.dumps(THROTTLED).encode())
        return AWSResponse(request.url, 400, {}, HTTPResponse(body=body, preload_content=False))


@pytest.mark.parametrize("operation", ["Query", "PutItem"])
def test_a_throttled_append_is_repeated_by_the_sdk(dynamodb, open_on_dynamodb, operation):
    employees = open_on_dynamodb(Employee)
    throttles = Throttles(dynamodb, operation, times=2)

    assert employees.append("bob", overtime=1).seq == 1
    assert (throttles.left, throttles.asked) == (0, 3)
    assert employees.state("bob").overtime == 1


def test_where_the_sdk_shall_not_repeat_its_error_is_told_and_nothing_is_written(dynamodb, open_on_dynamodb):
    once = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}), **_arguments(dynamodb))
    employees = open_on_dynamodb(Employee, once)
    throttles = Throttles(once, "PutItem", times=1)

    with pytest.raises(ClientError) as told:
        employees.append("bob", overtime=1)
    once.close()

    assert told.value.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert throttles.asked == 1
    assert list(open_on_dynamodb(Employee).history("bob")) == []
