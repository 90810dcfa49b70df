"""
The short way of the embedded database for the two commands that each action needs: the insert, and the compare-and-set of a document by its
id. They go straight to the table where they use nothing out of the ordinary; what does is left to the library.
"""
from neosqlite._sqlite import sqlite3
from neosqlite.collection import json_helpers
from neosqlite.sql_utils import quote_table_name


class NotPlain(Exception):
    """The command asks for something that is left to the library."""


PLAIN_INSERT = {"insert", "documents", "ordered", "lsid", "$db"}
PLAIN_UPDATE = {"findAndModify", "query", "update", "new", "remove", "upsert", "fields", "lsid", "$db"}
ABSENT = object()
DUPLICATE_KEY = 11000


def value_at(document, path):
    """The value at a dotted path through objects."""
    value = document
    for name in path.split("."):
        if type(value) is list:
            raise NotPlain
        value = value.get(name, ABSENT) if type(value) is dict else ABSENT
    return value


def is_plain_condition(wanted):
    if type(wanted) is str:
        return True
    if type(wanted) is not dict or len(wanted) != 1:
        return False
    [(operator, operand)] = wanted.items()
    if operator == "$in":
        return type(operand) is list and all(type(one) is str for one in operand)
    return type(operand) is bool if operator == "$exists" else operator == "$size" and type(operand) is int


def fits(document, field, wanted):
    value = value_at(document, field)
    if type(wanted) is dict and "$exists" in wanted:
        return (value is not ABSENT) == wanted["$exists"]
    if type(wanted) is dict and "$size" in wanted:
        return type(value) is list and len(value) == wanted["$size"]
    # One of the elements of a list may be what is wanted.
    if type(value) is list:
        raise NotPlain
    return value == wanted if type(wanted) is str else value in wanted["$in"]


def set_at(document, path, value):
    *outer, last = path.split(".")
    for name in outer:
        document = document.setdefault(name, {})
        if type(document) is not dict:
            raise NotPlain
    document[last] = value


def push_to(document, field, pushed):
    values = document.setdefault(field, [])
    if type(values) is not list:
        raise NotPlain
    is_modified = type(pushed) is dict and any(name.startswith("$") for name in pushed)
    if not is_modified:
        return values.append(pushed)
    if list(pushed) != ["$each"] or type(pushed["$each"]) is not list:
        raise NotPlain
    values.extend(pushed["$each"])


def is_plain_change(change):
    if type(change) is not dict or not {"$set", "$push", "$unset"}.issuperset(change):
        return False
    if not all(type(fields) is dict and not any("$" in path for path in fields) for fields in change.values()):
        return False
    return not any("." in path for operator, fields in change.items() if operator != "$set" for path in fields)


def change_as_asked(document, change):
    for path, value in change.get("$set", {}).items():
        set_at(document, path, value)
    for field, value in change.get("$push", {}).items():
        push_to(document, field, value)
    for field in change.get("$unset", {}):
        document.pop(field, None)


def insert_row(store, name, text, stored_id):
    store.execute(f"INSERT INTO {quote_table_name(name)}(data, _id) VALUES (?, ?)", (text, stored_id))


def insert_plainly(store, body, documents):
    """Stores documents that bring their ids. @returns what the client is answered"""
    if not PLAIN_INSERT.issuperset(body) or not all(type(document.get("_id")) is str for document in documents):
        raise NotPlain
    rows = [(json_helpers.neosqlite_json_dumps(document), document["_id"]) for document in documents]
    if len(rows) > 1:
        store.execute("BEGIN")
    taken = []
    for index, row in enumerate(rows):
        try:
            insert_row(store, body["insert"], *row)
        except sqlite3.IntegrityError as error:
            taken.append({"index": index, "code": DUPLICATE_KEY, "errmsg": str(error)})
            if body.get("ordered", True):
                rows = rows[: index + 1]
                break
    if store.in_transaction:
        store.execute("COMMIT")
    return {"ok": 1, "n": len(rows) - len(taken), **({"writeErrors": taken} if taken else {})}


def update_plainly(store, body):
    """Changes the document of an id if it fits, and gives it as it is then. @returns what the client is answered"""
    query, change, left_out = body["query"], body.get("update"), body.get("fields") or {}
    wanted = {field: value for field, value in query.items() if field != "_id"}
    is_plain = (
        PLAIN_UPDATE.issuperset(body)
        and body.get("new") is True
        and not body.get("remove")
        and not body.get("upsert")
        and not any(left_out.values())
        and not any("." in field for field in left_out)
        and type(query.get("_id")) is str
        and is_plain_change(change)
        and all(not field.startswith("$") and is_plain_condition(value) for field, value in wanted.items())
    )
    if not is_plain:
        raise NotPlain
    table = quote_table_name(body["findAndModify"])
    row = store.execute(f"SELECT id, data FROM {table} WHERE _id = ?", (query["_id"],)).fetchone()
    if row is None:
        return {"ok": 1, "value": None}
    number, text = row
    if type(text) is not str:
        raise NotPlain
    document = json_helpers.neosqlite_json_loads(text)
    if not all(fits(document, field, value) for field, value in wanted.items()):
        return {"ok": 1, "value": None}
    change_as_asked(document, change)
    try:
        store.execute(f"UPDATE {table} SET data = ? WHERE id = ?", (json_helpers.neosqlite_json_dumps(document), number))
    except sqlite3.IntegrityError as error:
        return {"ok": 0, "errmsg": str(error), "code": DUPLICATE_KEY}
    return {"ok": 1, "value": {field: value for field, value in document.items() if field not in left_out}}


def answer_plainly(store, body, sections):
    """The answer to one of the two commands that are needed most; `None` where the library is to find it. Nothing is written then."""
    if store.in_transaction:
        return None
    try:
        if "insert" in body:
            return insert_plainly(store, body, [one for _, data in sections for one in data.get("documents", ())])
        return update_plainly(store, body) if "findAndModify" in body else None
    except (NotPlain, ValueError, KeyError):
        return None
    except sqlite3.OperationalError:
        # No such table yet; what is wrong with the disk is remembered.
        if store.broken is not None:
            raise
        if store.in_transaction:
            store.execute("ROLLBACK")
        return None
