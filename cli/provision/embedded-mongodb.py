"""Starts the embedded MongoDB server (NX-27017 on SQLite) with its exact way of updating documents.

The server has two ways. The one through SQLite's JSON functions stores booleans of `$set` as numbers, dates as
text, and objects of `$push` as JSON text; the one in Python stores what it was given. Only the latter is used.
"""
from neosqlite.collection.query_helper._sql_updates import SqlUpdatesMixin
from nx_27017.nx_27017 import main


def never(*_arguments, **_options):
    return False


SqlUpdatesMixin._can_use_sql_updates = never

if __name__ == "__main__":
    main()
