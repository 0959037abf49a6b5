"""What all sites come to in a week, a month, a school year: one set of SQL files for two engines."""

from reports.faults import Fault

try:
    import fsspec as fsspec
    import pyarrow as pyarrow
except ImportError as missing:
    raise Fault(
        f"rollup: {missing.name} isn't installed; install it with: pip install 'bandgap[archive]'"
    ) from None
