"""What configuration looks like, as data: one tree for config classes and for classic schemas."""

from earmark.specs.config.describe import describe, example, to_json_schema
from earmark.specs.config.environment import resolve_environment
from earmark.specs.config.spec import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STRING,
    ConfigKind,
    ConfigSpec,
    array,
    config_map,
    enum,
    noneable,
    one_of,
    selector,
    shape,
)
from earmark.specs.config.validate import ConfigFault, Validated, path_text, validate

__all__ = [
    "ANY",
    "BOOL",
    "FLOAT",
    "INT",
    "STRING",
    "ConfigFault",
    "ConfigKind",
    "ConfigSpec",
    "Validated",
    "array",
    "config_map",
    "describe",
    "enum",
    "example",
    "noneable",
    "one_of",
    "path_text",
    "resolve_environment",
    "selector",
    "shape",
    "to_json_schema",
    "validate",
]
