"""One carrier reached directly, in the manner of UPS: rates, labels, tracking, alerts."""

from harness.simulators.ups.simulator import Ups

__all__ = ["Ups"]
