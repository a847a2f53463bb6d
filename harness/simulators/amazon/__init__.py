"""A marketplace as the Amazon Selling Partner API shows it."""

from harness.simulators.amazon.simulator import Amazon

__all__ = ["Amazon"]
