"""How a field's touches fold into its state. Pure: no SQLAlchemy, no driver, no clock."""

from sqla_osiris.reducers.base import Reducer
from sqla_osiris.reducers.collections import Append, Distinct, Union
from sqla_osiris.reducers.patches import Merge
from sqla_osiris.reducers.simple import Count, First, Last, Max, Mean, Min, Sum
from sqla_osiris.reducers.truths import All, Any

__all__ = [
    "All",
    "Any",
    "Append",
    "Count",
    "Distinct",
    "First",
    "Last",
    "Max",
    "Mean",
    "Merge",
    "Min",
    "Reducer",
    "Sum",
    "Union",
]
