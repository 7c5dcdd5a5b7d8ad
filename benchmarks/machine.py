"""What numbers were taken on."""

import os
import platform
import resource


def machine() -> dict[str, str]:
    """Return what the numbers were taken on."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "peak memory of the whole": f"{peak / 2**20:.1f} GiB",  # kilobytes on Linux
    }
