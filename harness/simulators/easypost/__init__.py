"""A carrier API over many carriers, in the manner of EasyPost: labels, trackers, charges."""

from harness.simulators.easypost.simulator import EasyPost

__all__ = ["EasyPost"]
