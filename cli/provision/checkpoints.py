"""
Copies what was written to the database's log into its file, in a thread. SQLite does so within a commit, which waits for the disk then: 15 ms
and more for each seventieth write.
"""
import asyncio

from neosqlite._sqlite import sqlite3

# Changed documents after which a copy is made. Each writes a dozen pages to the log.
DOCUMENTS = 200
# Pages (of 4 KiB) in the log from which a commit makes the copy itself: the thread does not come to the end of what is written all the time.
MOST_PAGES = 16_000


def copy_log(path):
    copier = sqlite3.connect(path, isolation_level=None)
    try:
        copier.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error:
        pass  # Of a disk that fails those hear who write.
    finally:
        copier.close()


class Checkpoints:
    """When the log of a connection is copied."""

    def __init__(self, store):
        self.store = store
        # Documents that the connection had changed at the last copy, and that copy.
        self.changed = 0
        self.copy = None
        store.execute(f"PRAGMA wal_autocheckpoint = {MOST_PAGES}")

    def look(self):
        """Makes a copy when there is enough for one. To be called after each command that writes."""
        is_running = self.copy is not None and not self.copy.done()
        if is_running or self.store.total_changes - self.changed < DOCUMENTS:
            return
        self.changed = self.store.total_changes
        path = next(file for _, name, file in self.store.execute("PRAGMA database_list") if name == "main")
        self.copy = asyncio.get_running_loop().run_in_executor(None, copy_log, path)
