"""The strict YAML reader: only what YAML 1.2 means, and every problem with its place."""

from harness.yamlfile.places import Document, Place
from harness.yamlfile.reading import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    empty_file,
    read_documents,
    read_text,
)
from harness.yamlfile.validation import Placed, validate

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Document",
    "Place",
    "Placed",
    "empty_file",
    "read_documents",
    "read_text",
    "validate",
]
