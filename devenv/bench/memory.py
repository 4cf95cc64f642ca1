"""What an emulator holds of this machine's memory."""

import psutil


def resident_mb(pid: int) -> tuple[int, int]:
    """Resident memory in MB: of the process itself, and of all its descendants together (the
    functions that it runs, a stream server of its own)."""
    try:
        process = psutil.Process(pid)
        own = _resident(process)
        others = sum(_resident(child) for child in process.children(recursive=True))
    except psutil.NoSuchProcess:
        return 0, 0
    return own // 2**20, others // 2**20


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
