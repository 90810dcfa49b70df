"""Starts the embedded MongoDB server (NX-27017 on SQLite) with its exact way of updating documents, on one thread.

The server has two ways of updating. The one through SQLite's JSON functions stores booleans of `$set` as numbers,
dates as text, and objects of `$push` as JSON text; the one in Python stores what it was given. Only the latter is used.

It hands each command to a thread pool, although a lock lets only one command at a time into a database. The hand-over
and the fight for the interpreter's lock cost a quarter of the time of a command, so commands run where they arrive.
"""
import asyncio

from neosqlite.collection.query_helper._sql_updates import SqlUpdatesMixin
from nx_27017 import server
from nx_27017.nx_27017 import main


def never(*_arguments, **_options):
    return False


class SameThread:
    """The asyncio module as the server sees it: work meant for a thread is done at once."""

    def __getattr__(self, name):
        return getattr(asyncio, name)

    @staticmethod
    async def to_thread(work, *arguments):
        return work(*arguments)


SqlUpdatesMixin._can_use_sql_updates = never
server.asyncio = SameThread()

if __name__ == "__main__":
    main()
