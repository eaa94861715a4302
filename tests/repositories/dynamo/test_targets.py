"""Which DynamoDB a target means, and what is said when it is not there."""

import logging

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sqla_osiris import DynamoRepository, OsirisError, repository
from sqla_osiris.repositories.dynamo.target import client_and_prefix
from tests.repositories.dynamo.fixtures import Client
from tests.repositories.dynamo.models import Employee


@pytest.fixture
def aws(monkeypatch):
    """The environment that boto3 looks into."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEYOFENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-environment")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def test_a_url_a_client_and_a_resource_mean_the_same(dynamodb_url, dynamodb, dynamodb_resource, prefix):
    by_url = repository(Employee, f"{dynamodb_url}&table_prefix={prefix}")
    assert isinstance(by_url, DynamoRepository)
    by_url.create()
    by_url.append("bob", title="VP", overtime=3)

    for target in (dynamodb, dynamodb_resource):
        assert isinstance(repository(Employee, target), DynamoRepository)
        opened = DynamoRepository(Employee, target, table_prefix=prefix)
        opened.create()
        opened.append("bob", overtime=1)
        assert opened.state("bob").title == "VP"
    assert by_url.state("bob").overtime == 5


@pytest.mark.parametrize(
    ("url", "endpoint", "region"),
    [
        ("dynamodb://", "https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1"),
        ("dynamodb://?region=us-east-1", "https://dynamodb.us-east-1.amazonaws.com", "us-east-1"),
        ("dynamodb://localhost:8000", "http://localhost:8000", "eu-central-1"),
        ("dynamodb://db.example/?tls=true", "https://db.example", "eu-central-1"),
    ],
)
def test_a_url_says_where_and_the_environment_the_rest(aws, url, endpoint, region):
    client, prefix = client_and_prefix(url)

    assert (client.meta.endpoint_url, client.meta.region_name, prefix) == (endpoint, region, "")


def test_a_secret_appears_nowhere(aws, caplog):
    caplog.set_level(logging.INFO)
    employees = repository(Employee, "dynamodb://key:hunter2@127.0.0.1:1/?region=eu-west-1")
    with pytest.raises(EndpointConnectionError) as told:
        employees.append("bob", overtime=1)

    assert "hunter2" not in f"{employees!r}{told.value!r}{caplog.text}"


def test_no_permission_passes_as_aws_says_it_and_writes_nothing(open_on_dynamodb, dynamodb):
    def denied(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutItem")

    employees = open_on_dynamodb(Employee, Client(dynamodb, put_item=denied))
    with pytest.raises(ClientError, match="AccessDenied"):
        employees.append("bob", overtime=1)
    assert list(employees.history("bob")) == []


@pytest.mark.parametrize("prefix_", ["a b", "ü", "x" * 250, "a/"])
def test_a_prefix_that_dynamodb_refuses_is_told(dynamodb, prefix_):
    with pytest.raises(OsirisError, match="table_prefix"):
        DynamoRepository(Employee, dynamodb, table_prefix=prefix_)


@pytest.mark.parametrize("target", [None, 5, object()])
def test_anything_else_is_no_dynamodb(target):
    with pytest.raises(OsirisError, match="boto3"):
        DynamoRepository(Employee, target)
