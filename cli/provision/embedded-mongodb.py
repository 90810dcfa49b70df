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
5. It copies documents with Python's `deepcopy`, reads what it has just updated once more, asks for the tables and
   columns with every command, and commits each document of a command by itself: a third of its time.
6. It changes documents of an `updateMany` one by one, reading and writing each in full. Fields that are set to plain texts, the marks by which
   many are noted as done, are changed where they are stored.
7. It answers a compare-and-set that fails (a full disk, a unique value that is taken) as one that found nothing. Here it is
   an error, and a full disk is named as MongoDB names it.
8. It reads a message in several turns of its event loop, looks through each document for ids of its own kind, and has SQLite
   check each JSON text that it has just written: a third of the CPU of a command.
9. It takes a command through many layers, which build SQL anew each time. The two commands that each action needs, the insert and the
   compare-and-set of a document by its id, go straight to the table where they use nothing out of the ordinary.
10. It has commits wait for the disk now and then, and keeps documents without a field in the sparse indexes of that field.
11. It notes each look of a driver whether it is still there, twice: a hundred megabytes a day.
"""
import copy
import datetime
import functools
import logging
import re

from neosqlite._sqlite import sqlite3
from neosqlite.binary import Binary
from neosqlite.collection import Collection
from neosqlite.collection import json_helpers
from neosqlite.collection.index_manager import IndexManager
from neosqlite.collection.jsonb_support import json_data_column
from neosqlite.collection.query_engine.crud_operations import CRUDOperationsMixin
from neosqlite.collection.query_engine.find_operations import FindOperationsMixin
from neosqlite.collection.query_helper import QueryHelper, aggregation, update_operations
from neosqlite.collection.query_helper._sql_updates import SqlUpdatesMixin
from neosqlite.collection.query_helper.crud_operations import CRUDOperationsMixin as StatementsMixin
from neosqlite.collection.sql_translator_unified import SQLClauseBuilder, SQLOperatorTranslator
from neosqlite.connection import Connection
from neosqlite.results import UpdateResult
from neosqlite.sql_utils import quote_table_name
from nx_27017 import server
from nx_27017.handler import NeoSQLiteHandler
from nx_27017.nx_27017 import main
from checkpoints import Checkpoints
from conversation import run_server
from plain_commands import DUPLICATE_KEY, answer_plainly, insert_row


def never(*_arguments, **_options):
    return False


def as_it_is(_self, document):
    return document


class DocumentEncoder(json_helpers.NeoSQLiteJSONEncoder):
    def default(self, value):
        if type(value) is datetime.datetime:
            return {"$date": value.isoformat()}
        is_plain = isinstance(value, bytes) and not isinstance(value, Binary)
        return super().default(Binary(value) if is_plain else value)


# SQLite's JSON has no word for what is no number.
document_encoder = DocumentEncoder(allow_nan=False)


def to_json(document, **_options):
    return document_encoder.encode(document)


def insert_as_given(insert):
    """Documents come from the wire: they belong to nobody else, and have their id."""

    def insert_one(self, document):
        if not isinstance(document.get("_id"), str):
            return insert(self, document)
        insert_row(self.collection.db, self.collection.name, to_json(document), document["_id"])
        return document["_id"]

    return insert_one


def remembering_names(list_collection_names):
    """The names of the tables, read again when a table was made or dropped."""

    def names(self):
        (version,) = self.db.execute("PRAGMA schema_version").fetchone()
        known = self.__dict__.get("_known_names")
        if known is None or known[0] != version:
            known = self._known_names = (version, list_collection_names(self))
        return known[1]

    return names


# Names of fields that come first in an index of any collection.
first_fields = set()
# Our operator for `$in` on a field without lists.
ONE_OF = "$oneOf"


def remembering(create_index):
    def create(self, key, reindex=True, sparse=False, *arguments, **options):
        first = key if isinstance(key, str) else key[0]
        first_fields.add(first if isinstance(first, str) else first[0])
        name = create_index(self, key, reindex, sparse, *arguments, **options)
        if sparse:
            leave_out_empty(self.collection.db, name)
        return name

    return create


def remember_indexes(store):
    """Those that were made before: services create theirs when they start, and need not start because the database does."""
    for (command,) in store.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"):
        first = re.search(r"_extract\(data, '\$\.([^'.]+)", command)
        if first is not None:
            first_fields.add(first[1])


def leave_out_empty(store, name):
    """Documents without the first field of a sparse index are not kept in it."""
    (command,) = store.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", (name,)).fetchone()
    if " WHERE " in command:
        return
    field = re.search(r"\w+_extract\(data, '[^']*'\)", command)[0]
    # All or nothing: without the disk for a new index the old one stays.
    with store:
        store.execute("BEGIN")
        store.execute(f"DROP INDEX {quote_table_name(name)}")
        store.execute(f"{command} WHERE {field} IS NOT NULL")


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


class Disposable(dict):
    """A document that was read to be changed: it needs no copy."""


thorough_copy = copy.deepcopy


def copied(value, memo=None):
    """What `deepcopy` gives for values of documents, which are trees: their leaves are never changed in place."""
    kind = type(value)
    if kind is Disposable:
        return value
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    if kind is list:
        return [copied(item) for item in value]
    if kind in (str, int, float, bool, type(None)):
        return value
    return thorough_copy(value, memo)


def without_second_look(find_one_and_update):
    """The usual case (no order, nothing made anew, the document wanted, perhaps without some fields) answered with what was just written."""

    def update_one(self, filter, update, **options):
        left_out = options.get("projection") or {}
        asked = {name for name, value in options.items() if value}
        plain = asked <= {"return_document", "session", "projection"} and not any(left_out.values())
        where = None
        if plain and options.get("return_document"):
            filter = self.helpers._normalize_id_query(filter)
            where, parameters = self.sql_translator.translate_match(filter)
        if not where:
            return find_one_and_update(self, filter, update, **options)
        collection = self.collection
        columns = f"id, _id, {json_data_column(self.jsonb.jsonb_supported)}"
        command = f"SELECT {columns} FROM {quote_table_name(collection.name)} {where} LIMIT 1"
        row = collection.db.execute(command, parameters).fetchone()
        if row is None:
            return None
        number, stored_id, text = row
        document = collection._load_with_stored_id(number, text, stored_id)
        updated, _ = self.helpers._internal_update(number, update, Disposable(document), None, filter)
        return {field: value for field, value in updated.items() if field not in left_out}

    return update_one


PLAIN_FIELD = re.compile(r"[A-Za-z_]+")


def with_texts_set_in_place(update_many):
    """Texts need no thought about how values are stored: the same change is made to all documents by one statement."""

    def update(self, filter, change, **options):
        fields = change.get("$set", {}) if list(change) == ["$set"] else {}
        plain = fields and all(PLAIN_FIELD.fullmatch(name) and type(value) is str for name, value in fields.items())
        asked = {name for name, value in options.items() if value}
        where = None
        if plain and asked <= {"session"}:
            where, parameters = self.sql_translator.translate_match(self.helpers._normalize_id_query(filter))
        if not where:
            return update_many(self, filter, change, **options)
        places = ", ".join(f"'$.{name}', ?" for name in fields)
        command = (
            f"UPDATE {quote_table_name(self.collection.name)} "
            f"SET data = {self.jsonb.json_function_prefix}_set(data, {places}) {where}"
        )
        changed = self.collection.db.execute(command, [*fields.values(), *parameters]).rowcount
        return UpdateResult(matched_count=changed, modified_count=changed, upserted_id=None)

    return update


class Store(sqlite3.Connection):
    """Remembers that the disk could not be written or read, whoever catches the error, and when its log was copied."""

    broken = None

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.checkpoints = Checkpoints(self)
        remember_indexes(self)

    def execute(self, *arguments):
        try:
            return super().execute(*arguments)
        except sqlite3.OperationalError as error:
            if re.search("disk|readonly|unable to open", str(error)):
                self.broken = error
            raise


# Errors of compare-and-sets, which the handler takes for nothing found.
failures = []


def noting_failures(work):
    def do(*arguments, **options):
        try:
            return work(*arguments, **options)
        except Exception as error:
            failures.append(error)
            raise

    return do


OUT_OF_DISK_SPACE = 14031
UNKNOWN_ERROR = 8


def refusal(message, error, code):
    return message["request_id"], {"ok": 0, "errmsg": str(error), "code": code}


# Commands that write: one document, or several.
SINGLE, SEVERAL = {"findAndModify"}, {"insert", "update", "delete"}
# Commands that only read, with a short way.
LOOKS = {"find"}


def is_of_one_document(body, sections):
    """Whether a command is one statement, which SQLite commits by itself."""
    if not SINGLE.isdisjoint(body):
        return True
    given = [data.get("documents", ()) for _, data in sections]
    return "insert" in body and sum(map(len, given)) == 1


def whole_or_refused(handle):
    """
    What a command has written is committed together. Documents that could be written stay written where another one could not, but a disk
    that fails takes the whole command back.
    """

    def handle_one(self, message):
        body = next((data for kind, data in message["sections"] if kind == "body"), {})
        if (SINGLE | SEVERAL | LOOKS).isdisjoint(body):
            return handle(self, message)
        store = self.get_database(body.get("$db", "test")).db
        store.broken = None
        if not LOOKS.isdisjoint(body):
            plainly = answer_plainly(store, body, message["sections"])
            return handle(self, message) if plainly is None else (message["request_id"], plainly)
        failures.clear()
        try:
            plainly = answer_plainly(store, body, message["sections"])
            if plainly is not None:
                return message["request_id"], plainly
            if not is_of_one_document(body, message["sections"]):
                store.execute("BEGIN")
            reply = handle(self, message)
            if store.in_transaction and store.broken is None:
                store.execute("COMMIT")
        except sqlite3.Error as error:
            store.broken = store.broken or error
        finally:
            if store.in_transaction:
                store.execute("ROLLBACK")
            store.checkpoints.look()
        if store.broken is not None:
            return refusal(message, store.broken, OUT_OF_DISK_SPACE)
        if failures and not SINGLE.isdisjoint(body):
            taken = isinstance(failures[-1], sqlite3.IntegrityError) or "UNIQUE" in str(failures[-1])
            return refusal(message, failures[-1], DUPLICATE_KEY if taken else UNKNOWN_ERROR)
        return reply

    return handle_one


sqlite3.connect = functools.partial(sqlite3.connect, factory=Store)
# The libraries take it from the module when they copy, or have taken it already.
copy.deepcopy = aggregation.deepcopy = update_operations.deepcopy = copied
# Every table that this version makes has the column.
Collection._id_column = "_id"
FindOperationsMixin.find_one_and_update = noting_failures(without_second_look(FindOperationsMixin.find_one_and_update))
NeoSQLiteHandler.handle_insert = whole_or_refused(NeoSQLiteHandler.handle_insert)
NeoSQLiteHandler.handle_command = whole_or_refused(NeoSQLiteHandler.handle_command)
CRUDOperationsMixin.update_many = with_texts_set_in_place(CRUDOperationsMixin.update_many)
SqlUpdatesMixin._can_use_sql_updates = never
server.run_server = run_server
NeoSQLiteHandler._convert_objectids = as_it_is
Connection.list_collection_names = remembering_names(Connection.list_collection_names)
StatementsMixin._internal_insert = insert_as_given(StatementsMixin._internal_insert)
json_helpers.neosqlite_json_dumps = update_operations.neosqlite_json_dumps = to_json
IndexManager.create_index = remembering(IndexManager.create_index)
QueryHelper._build_field_clause = with_narrowed_field(QueryHelper._build_field_clause)
SQLOperatorTranslator.translate_operator = with_one_of(SQLOperatorTranslator.translate_operator)
SQLClauseBuilder.build_where_clause = with_narrowed_fields(SQLClauseBuilder.build_where_clause)
SQLClauseBuilder._build_logical_condition = in_parentheses(SQLClauseBuilder._build_logical_condition)

if __name__ == "__main__":
    logging.disable(logging.INFO)
    main()
