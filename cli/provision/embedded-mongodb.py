"""Starts the embedded MongoDB server (NX-27017 on SQLite) with what it lacks for our use.

1. It has two ways of updating documents. The one through SQLite's JSON functions stores booleans of `$set` as
   numbers, dates as text, and objects of `$push` as JSON text; the one in Python stores what it was given. Only the
   latter is used.
2. It hands each command to a thread pool, although a lock lets only one command at a time into a database. The
   hand-over and the fight for the interpreter's lock cost a quarter of a command's time: commands run where they arrive.
3. It joins the alternatives of `$or` to the rest of a filter without parentheses, so that a filter found, and changed,
   documents that only the last alternative fits.
4. It allows for a list behind every field, which keeps SQLite from using an index: each look-up by status read the
   whole collection. The first field of an index never holds a list here, so it is compared as it is.
"""
import asyncio

from neosqlite.collection.index_manager import IndexManager
from neosqlite.collection.query_helper import QueryHelper
from neosqlite.collection.query_helper._sql_updates import SqlUpdatesMixin
from neosqlite.collection.sql_translator_unified import SQLClauseBuilder, SQLOperatorTranslator
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


# Names of fields that come first in an index of any collection. Each service creates its indexes when it starts.
first_fields = set()
# Our operator for `$in` on a field without lists.
ONE_OF = "$oneOf"


def remembering(create_index):
    def create(self, key, *arguments, **options):
        first = key if isinstance(key, str) else key[0]
        first_fields.add(first if isinstance(first, str) else first[0])
        return create_index(self, key, *arguments, **options)

    return create


def narrowed(field, value):
    """The condition on a field, as one that an index can answer where there is one."""
    if field not in first_fields or isinstance(value, bool):
        return value
    if isinstance(value, (str, int, float)):
        return {"$eq": value}
    if isinstance(value, dict) and list(value) == ["$in"]:
        values = value["$in"]
        if values and all(isinstance(one, str) for one in values):
            return {ONE_OF: values}
    return value


def one_of(access, values):
    return f"{access} IN ({', '.join('?' for _ in values)})", list(values)


def with_narrowed_fields(build_where_clause):
    def build(self, query, *arguments, **options):
        query = {field: narrowed(field, value) for field, value in query.items()}
        return build_where_clause(self, query, *arguments, **options)

    return build


def with_one_of(translate_operator):
    def translate(self, access, operator, value):
        return one_of(access, value) if operator == ONE_OF else translate_operator(self, access, operator, value)

    return translate


def with_narrowed_field(build_field_clause):
    def build(self, field, value):
        value = narrowed(field, value)
        if isinstance(value, dict) and ONE_OF in value:
            return one_of(f"{self.jsonb.json_function_prefix}_extract(data, '$.{field}')", value[ONE_OF])
        return build_field_clause(self, field, value)

    return build


def in_parentheses(build_logical_condition):
    def build(self, *arguments, **options):
        sql, parameters = build_logical_condition(self, *arguments, **options)
        return (sql if not sql else f"({sql})"), parameters

    return build


SqlUpdatesMixin._can_use_sql_updates = never
server.asyncio = SameThread()
IndexManager.create_index = remembering(IndexManager.create_index)
QueryHelper._build_field_clause = with_narrowed_field(QueryHelper._build_field_clause)
SQLOperatorTranslator.translate_operator = with_one_of(SQLOperatorTranslator.translate_operator)
SQLClauseBuilder.build_where_clause = with_narrowed_fields(SQLClauseBuilder.build_where_clause)
SQLClauseBuilder._build_logical_condition = in_parentheses(SQLClauseBuilder._build_logical_condition)

if __name__ == "__main__":
    main()
