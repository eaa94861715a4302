"""How does the store talk to DynamoDB? Through one client of boto3 or aioboto3, and the same few requests.

A resource's client takes and gives Python values, a client of its own takes and gives ``{"S": "bob"}``: both work.
Throttling is retried by the SDK's own policy. What the SDK does not repeat, a lost conflict inside a transaction, is
repeated here.
"""

import importlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, TypeVar

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.retrying import backoff, pause_after, retry
from sqla_osiris.steps import Steps

__all__ = ["ATTEMPTS", "Requests", "client_of"]

T = TypeVar("T")

Item = dict[str, Any]
Action = dict[str, dict[str, Any]]

ATTEMPTS: Final = 64
"""How often a lost race is entered again before its caller gets an error."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.004, 0.25
_FAILED: Final = "ConditionalCheckFailed"
_PASSING: Final = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_VALUES: Final = ("Item", "Key", "ExpressionAttributeValues")
_KEYS_A_GET: Final = 100
_CUT_OFF: Final = 5
_ANSWERS: Final = {
    "query": "Items",
    "scan": "Items",
    "batch_get_item": "Responses",
    "batch_write_item": "UnprocessedItems",
    "describe_table": "Table",
}
"""What each answer has, of requests that may be sent again. get_item is not used: its answer may be empty."""


def client_of(target: Any) -> tuple[Any, bool] | None:
    """The client behind a boto3 or aioboto3 DynamoDB resource or client, and whether it takes Python values.

    None for anything else.
    """
    meta: Any = getattr(target, "meta", None)
    if getattr(meta, "service_name", None) == "dynamodb":
        return meta.client, True
    if getattr(getattr(meta, "service_model", None), "service_name", None) == "dynamodb":
        return target, False
    return None


class Requests:
    """Requests as steps. Items are dicts of plain attributes, whatever the client is."""

    def __init__(self, target: Any, sleep: Callable[[float], Any]) -> None:
        found = client_of(target)
        if found is None:
            raise OsirisError(
                f"A {type(target).__name__} is no DynamoDB resource or client of boto3 or aioboto3. "
                "Give boto3.resource('dynamodb') or boto3.client('dynamodb')."
            )
        self._client, self._native = found
        self.sleep = sleep
        errors = importlib.import_module("botocore.exceptions")
        self.errors: tuple[type[Exception], ...] = (errors.ClientError, errors.BotoCoreError, OsirisError)
        """What a request raises: the SDK's errors and ours."""
        self._client_error: Any = errors.ClientError
        self._connection_error: Any = errors.HTTPClientError

    def pause(self, attempt: int) -> Steps[None]:
        """Wait a random time, longer with each attempt: racers drift apart."""
        yield from self.wait(pause_after(attempt, _FIRST_PAUSE, _LONGEST_PAUSE))

    def retry(
        self, attempt: Callable[[int], Steps[T | None]], *, attempts: int | None = ATTEMPTS
    ) -> Steps[T | None]:
        """As :func:`retry`: so many attempts, or without an end. The second one follows at once."""
        return retry(attempt, chain([0.0], islice(_pauses(), attempts and attempts - 2)), self.sleep)

    def wait(self, seconds: float) -> Steps[None]:
        yield lambda: self.sleep(seconds)

    def call(self, operation: str, **arguments: Any) -> Steps[Any]:
        """One request. A table that is missing raises OsirisError; other errors of the SDK pass unchanged.

        An answer without what each one has was cut off, and the SDK took its end for an empty one: it is asked for again.
        So it is after a refusal that was cut off before its reason: what was refused was not done.
        """
        for name in _VALUES:
            if name in arguments:
                arguments[name] = self._out(arguments[name])
        always = _ANSWERS.get(operation)
        for attempt in range(_CUT_OFF):
            try:
                answer = yield lambda: getattr(self._client, operation)(**arguments)
            except self._client_error as error:
                _refuse_missing(error, operation, arguments)
                if _says_why(error) or attempt == _CUT_OFF - 1:
                    raise
            except ValueError as error:
                # A reply that ends within its checksum's header: botocore reads a number there. Was it done? Nobody knows.
                if always is None or attempt == _CUT_OFF - 1:
                    raise self._connection_error(error=error) from error
            else:
                if always is None or always in answer:
                    return answer
            yield from self.pause(attempt)
        raise OsirisError(
            f"DynamoDB's answers to {operation} were cut off {_CUT_OFF} times: they have no {always!r}. Look at what is "
            "between here and DynamoDB, and call again."
        )

    def try_call(self, code: str, operation: str, **arguments: Any) -> Steps[Any]:
        """One request; None where DynamoDB answers it with this error code."""
        try:
            return (yield from self.call(operation, **arguments))
        except self._client_error as error:
            if _code(error) != code:
                raise
            return None

    def put_if(self, condition: str, table: str, item: Item, **arguments: Any) -> Steps[bool]:
        """Put an item where the condition holds; return whether it did."""
        put = {"TableName": table, "Item": item, "ConditionExpression": condition, **arguments}
        return (yield from self.try_call("ConditionalCheckFailedException", "put_item", **put)) is not None

    def put_new(self, table: str, item: Item) -> Steps[bool]:
        """Put an item where none is, under its ``nonce``; whether it is there now.

        The SDK may send a request again whose answer was lost: the item in our way is then our own.
        """

        def attempt(lost: int) -> Steps[bool | None]:
            try:
                yield from self.call(
                    "put_item",
                    TableName=table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(seq)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client_error as error:
                code = _code(error)
                if code == "ConditionalCheckFailedException":
                    there = self._in(error.response.get("Item", {}))
                    return bool(there.get("nonce") == item["nonce"])
                if code != "TransactionConflictException" or lost == ATTEMPTS:
                    raise
                return None
            return True

        return bool((yield from retry(attempt, _pauses(), self.sleep)))

    def transact(self, actions: Sequence[Action]) -> Steps[list[bool]]:
        """All of the actions or none: [] when done, else which of their conditions failed."""
        written = self._written(actions)

        def attempt(lost: int) -> Steps[list[bool] | None]:
            try:
                yield from self.call("transact_write_items", TransactItems=written)
            except self._client_error as error:
                reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
                if _FAILED in reasons:
                    return [reason == _FAILED for reason in reasons]
                if not reasons or lost == ATTEMPTS or not _PASSING.issuperset(reasons):
                    raise
                return None
            return []

        return (yield from retry(attempt, _pauses(), self.sleep)) or []

    def get(self, table: str, key: Item) -> Steps[Item | None]:
        item, _ = yield from self.get_dated(table, key)
        return item

    def get_dated(self, table: str, key: Item) -> Steps[tuple[Item | None, str | None]]:
        """As :meth:`get`, and when the server says that it answered, as HTTP writes dates."""
        items, date = yield from self._batch_get(table, {"Keys": [self._out(key)], "ConsistentRead": True})
        return (items[0] if items else None), date

    def get_many(self, table: str, keys: Sequence[Item], **arguments: Any) -> Steps[list[Item]]:
        """The items of these keys that there are, in no order."""
        items: list[Item] = []
        for start in range(0, len(keys), _KEYS_A_GET):
            asked = [self._out(key) for key in keys[start : start + _KEYS_A_GET]]
            found, _ = yield from self._batch_get(table, {"Keys": asked, "ConsistentRead": True, **arguments})
            items += found
        return items

    def _batch_get(self, table: str, asked: dict[str, Any]) -> Steps[tuple[list[Item], str | None]]:
        """The items of at most 100 keys, and when the last answer was given."""
        answers = yield from self._call_for_all("batch_get_item", "UnprocessedKeys", {table: asked})
        items = [self._in(item) for answer in answers for item in answer["Responses"].get(table, ())]
        return items, answers[-1].get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")

    def write_many(self, table: str, requests: Sequence[Action]) -> Steps[None]:
        """Unconditional puts and deletes, each by itself; safe to repeat."""
        for start in range(0, len(requests), 25):
            part = {table: self._written(requests[start : start + 25])}
            yield from self._call_for_all("batch_write_item", "UnprocessedItems", part)

    def _call_for_all(self, operation: str, left: str, request: dict[str, Any]) -> Steps[list[Any]]:
        """The answers to a request, and to what is ``left`` of it each time, after a pause."""
        answers: list[Any] = []
        while request:
            if answers:
                yield from self.pause(len(answers))
            answers.append((yield from self.call(operation, RequestItems=request)))
            request = answers[-1].get(left, {})
        return answers

    def delete_many(self, table: str, keys: Sequence[Item]) -> Steps[None]:
        """Delete the items of these keys, each by itself."""
        return self.write_many(table, [{"DeleteRequest": {"Key": key}} for key in keys])

    def page(self, operation: str, start: Any = None, **arguments: Any) -> Steps[tuple[list[Item], Any]]:
        """One page of a query or scan, and where the next one starts (None after the last)."""
        if start is not None:
            arguments["ExclusiveStartKey"] = start
        answer = yield from self.call(operation, **arguments)
        return [self._in(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")

    def pages(self, operation: str, **arguments: Any) -> Generator[Steps[list[Item]], None, None]:
        """The pages of a query or scan as steps, to be run in order."""
        start: list[Any] = [None]

        def next_page() -> Steps[list[Item]]:
            items, start[0] = yield from self.page(operation, start[0], **arguments)
            return items

        yield next_page()
        while start[0] is not None:
            yield next_page()

    def _written(self, actions: Sequence[Action]) -> list[Action]:
        return [
            {kind: {n: self._out(v) if n in _VALUES else v for n, v in arguments.items()}}
            for action in actions
            for kind, arguments in action.items()
        ]

    def _out(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return dict(item) if self._native else {name: _typed(value) for name, value in item.items()}

    def _in(self, item: Mapping[str, Any]) -> Item:
        read = _normal if self._native else _untyped
        return {name: read(value) for name, value in item.items()}


def _pauses() -> Iterator[float]:
    return backoff(2 * _FIRST_PAUSE, _LONGEST_PAUSE)


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _says_why(error: Any) -> bool:
    """Whether a refusal has a code of DynamoDB's: the SDK puts HTTP's number in the place of one that was cut off."""
    return bool(_code(error)) and not _code(error).isdecimal()


def _refuse_missing(error: Exception, operation: str, arguments: Mapping[str, Any]) -> None:
    """Raise OsirisError if this says that a table is missing of which nobody asked whether it is there."""
    if _code(error) != "ResourceNotFoundException" or operation == "describe_table":
        return
    tables = [arguments["TableName"]] if "TableName" in arguments else list(arguments.get("RequestItems", ()))
    tables += [part["TableName"] for action in arguments.get("TransactItems", ()) for part in action.values()]
    raise OsirisError(
        f"DynamoDB has no table {', '.join(sorted(set(tables)))} here. Call repository.create(), or look at the "
        "region, the endpoint and the table_prefix."
    ) from error


def _typed(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, dict):
        return {"M": {name: _typed(part) for name, part in value.items()}}
    return {"N": str(value)}


def _untyped(value: Mapping[str, Any]) -> Any:
    ((kind, held),) = value.items()
    if kind == "NULL":
        return None
    if kind == "N":
        return Decimal(held)
    if kind == "M":
        return {name: _untyped(part) for name, part in held.items()}
    return held


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _normal(part) for name, part in value.items()}
    # boto3's Binary wraps bytes.
    return value.value if hasattr(value, "value") else value
