"""Measurements, each beside a peer in the same run: `python -m bench`, or one by name.

Counts where counts are what matters; ratios where time, processor or memory is. Absolute times are of
one machine and its loopback interface: compare them with nothing but the peer's beside them.
"""
