"""
The short way of the embedded database for the commands that each action needs: the insert, the compare-and-set of a document by its id, that
of several, and the look at documents by their ids. They go straight to the table where they use nothing out of the ordinary; what does
is left to the library.
"""
from neosqlite._sqlite import sqlite3
from neosqlite.collection import json_helpers
from neosqlite.sql_utils import quote_table_name


class NotPlain(Exception):
    """The command asks for something that is left to the library."""


PLAIN_INSERT = {"insert", "documents", "ordered", "lsid", "$db"}
PLAIN_UPDATE = {"findAndModify", "query", "update", "new", "remove", "upsert", "fields", "lsid", "$db"}
PLAIN_UPDATES = {"update", "updates", "ordered", "lsid", "$db"}
PLAIN_FIND = {"find", "filter", "projection", "limit", "singleBatch", "batchSize", "lsid", "$db"}
# Characters of documents in one answer; more would need a cursor.
MOST_FOUND = 8_000_000
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
    if operator == "$exists":
        return type(operand) is bool
    return operator in ("$size", "$lte") and is_whole(operand)


def is_whole(value):
    return isinstance(value, int) and type(value) is not bool


def fits(document, field, wanted):
    value = value_at(document, field)
    if type(wanted) is dict and "$exists" in wanted:
        return (value is not ABSENT) == wanted["$exists"]
    if type(wanted) is dict and "$size" in wanted:
        return type(value) is list and len(value) == wanted["$size"]
    # One of the elements of a list may be what is wanted.
    if type(value) is list:
        raise NotPlain
    if type(wanted) is dict and "$lte" in wanted:
        return is_whole(value) and value <= wanted["$lte"]
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


def changed_row(store, name, query, change):
    """Changes the document of an id if it fits. @returns it as it is then; `None` when none fits"""
    wanted = {field: value for field, value in query.items() if field != "_id"}
    is_plain = (
        type(query.get("_id")) is str
        and is_plain_change(change)
        and all(not field.startswith("$") and is_plain_condition(value) for field, value in wanted.items())
    )
    if not is_plain:
        raise NotPlain
    table = quote_table_name(name)
    row = store.execute(f"SELECT id, data FROM {table} WHERE _id = ?", (query["_id"],)).fetchone()
    if row is None:
        return None
    number, text = row
    document = document_of(query["_id"], text)
    if not all(fits(document, field, value) for field, value in wanted.items()):
        return None
    change_as_asked(document, change)
    store.execute(f"UPDATE {table} SET data = ? WHERE id = ?", (json_helpers.neosqlite_json_dumps(document), number))
    return document


def document_of(stored_id, text):
    """A document as it is stored; the library leaves the id out of some that it has replaced."""
    if type(text) is not str:
        raise NotPlain
    return {"_id": stored_id, **json_helpers.neosqlite_json_loads(text)}


def update_plainly(store, body):
    """Changes the document of an id if it fits, and gives it as it is then. @returns what the client is answered"""
    left_out = body.get("fields") or {}
    is_plain = (
        PLAIN_UPDATE.issuperset(body)
        and body.get("new") is True
        and not body.get("remove")
        and not body.get("upsert")
        and not any(left_out.values())
        and not any("." in field for field in left_out)
    )
    if not is_plain:
        raise NotPlain
    try:
        document = changed_row(store, body["findAndModify"], body["query"], body.get("update"))
    except sqlite3.IntegrityError as error:
        return {"ok": 0, "errmsg": str(error), "code": DUPLICATE_KEY}
    found = None if document is None else {field: value for field, value in document.items() if field not in left_out}
    return {"ok": 1, "value": found}


def inserted_row(store, name, query, change):
    """Stores what an update of a document that is not there makes of it. @raises IntegrityError when it is there, and did not fit"""
    # What else a filter says by equality becomes part of the document.
    others = [wanted for field, wanted in query.items() if field != "_id"]
    if any(type(wanted) is not dict or "$lte" not in wanted for wanted in others):
        raise NotPlain
    if list(change) != ["$set"] or any("." in field for field in change["$set"]):
        raise NotPlain
    insert_row(store, name, json_helpers.neosqlite_json_dumps({"_id": query["_id"], **change["$set"]}), query["_id"])


def update_each_plainly(store, body, statements):
    """Changes each document of an id that fits, or stores it where that is asked for. @returns what the client is answered"""
    known = {"q", "u", "multi", "upsert"}
    if not PLAIN_UPDATES.issuperset(body) or any(one.get("multi") or not known.issuperset(one) for one in statements):
        raise NotPlain
    name, changed, added, taken = body["update"], 0, [], []
    store.execute("BEGIN")
    for index, one in enumerate(statements):
        if changed_row(store, name, one["q"], one["u"]) is not None:
            changed += 1
        elif one.get("upsert"):
            try:
                inserted_row(store, name, one["q"], one["u"])
                added.append({"index": index, "_id": one["q"]["_id"]})
            except sqlite3.IntegrityError as error:
                taken.append({"index": index, "code": DUPLICATE_KEY, "errmsg": str(error)})
                if body.get("ordered", True):
                    break
    store.execute("COMMIT")
    more = {**({"upserted": added} if added else {}), **({"writeErrors": taken} if taken else {})}
    return {"ok": 1, "n": changed + len(added), "nModified": changed, **more}


def shown(document, projection):
    if not projection:
        return document
    if not any(projection.values()):
        return {field: value for field, value in document.items() if field not in projection}
    return {field: value for field, value in document.items() if field == "_id" or field in projection}


def find_plainly(store, body):
    """Gives documents by their ids. @returns what the client is answered"""
    wanted, projection = body["filter"], body.get("projection") or {}
    ids = wanted["_id"]["$in"] if type(wanted["_id"]) is dict and list(wanted["_id"]) == ["$in"] else [wanted["_id"]]
    is_plain = (
        PLAIN_FIND.issuperset(body)
        and len(wanted) == 1
        and all(type(one) is str for one in ids)
        and all(type(one) in (int, bool) for one in projection.values())
        and len({bool(one) for one in projection.values()}) < 2
        and not any("." in field or "$" in field for field in projection)
        and body.get("limit", 0) in (0, len(ids))
        and len(ids) <= min(body.get("batchSize", len(ids)), 500)
    )
    if not is_plain:
        raise NotPlain
    places = ",".join("?" * len(ids))
    table = quote_table_name(body["find"])
    rows = store.execute(f"SELECT _id, data FROM {table} WHERE _id IN ({places})", ids).fetchall()
    if sum(len(text) for _, text in rows) > MOST_FOUND and len(rows) > 1:
        raise NotPlain
    found = [shown(document_of(stored_id, text), projection) for stored_id, text in rows]
    return {"ok": 1, "cursor": {"id": 0, "ns": f"{body['$db']}.{body['find']}", "firstBatch": found}}


def listed(name, sections):
    """The documents or statements of a command, which the driver sends beside its body."""
    return [one for _, data in sections for one in data.get(name, ())]


ANSWERS = {
    "insert": lambda store, body, sections: insert_plainly(store, body, listed("documents", sections)),
    "findAndModify": lambda store, body, _sections: update_plainly(store, body),
    "update": lambda store, body, sections: update_each_plainly(store, body, listed("updates", sections)),
    "find": lambda store, body, _sections: find_plainly(store, body),
}


def answer_plainly(store, body, sections):
    """The answer to one of the commands that are needed most; `None` where the library is to find it. Nothing is written then."""
    answer = ANSWERS.get(next(iter(body), None))
    if answer is None or store.in_transaction:
        return None
    try:
        return answer(store, body, sections)
    except (NotPlain, ValueError, KeyError, sqlite3.IntegrityError):
        pass
    except sqlite3.OperationalError:
        # No such table yet; what is wrong with the disk is remembered.
        if store.broken is not None:
            raise
    if store.in_transaction:
        store.execute("ROLLBACK")
    return None
