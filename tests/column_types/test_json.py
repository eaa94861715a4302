"""Each proven type's values come back from JSON as they were: an exported file and an encrypted value hold them so."""

import json

import pytest

from sqla_osiris import DeclarationError, OsirisError
from sqla_osiris.types.accepted import refuse_unproven
from sqla_osiris.types.codec import json_values
from sqla_osiris.types.own import own_check
from sqla_osiris.types.portable import stored
from tests.column_types.catalogue import TYPES, Kept


def proven(made):
    try:
        refuse_unproven("a field", made)
    except DeclarationError:
        return False
    return True


PROVEN = [each for each in TYPES if proven(each.made)]


@pytest.mark.parametrize("each", PROVEN, ids=lambda each: each.name)
def test_a_value_comes_back_from_json_as_it_was(each):
    check, values = own_check(each.made), json_values(stored(each.made))
    for value in (given.given if isinstance(given, Kept) else given for given in each.values):
        try:
            kept = check(value)
        except (ValueError, OsirisError):
            continue  # refused before it is written
        first = values.read(json.loads(json.dumps(values.write(kept))))
        # A type of the user's own may read another value than it was given; it does so once.
        assert values.read(json.loads(json.dumps(values.write(first)))) == first
        assert values.read(json.loads(json.dumps(values.write(None)))) is None
