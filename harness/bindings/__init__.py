"""How the integration under test is reached."""

from harness.bindings.python import PythonBinding, load_factory

__all__ = ["PythonBinding", "load_factory"]
