"""
How the embedded database speaks MongoDB's wire protocol: a message is read and answered in one turn of the event loop, on the thread that
it arrives on.
"""
import asyncio
import struct
import uuid

import bson
from bson.codec_options import CodecOptions, TypeCodec, TypeRegistry
from bson.int64 import Int64
from neosqlite.objectid import ObjectId
from nx_27017 import server
from nx_27017.wire_protocol import MAX_MESSAGE_SIZE_BYTES, MESSAGE_HEADER_SIZE, OP_QUERY, ResponseBuilder, WireProtocol


class ObjectIds(TypeCodec):
    """Ids of documents that come without one, between the wire and the store."""

    python_type = ObjectId
    bson_type = bson.ObjectId

    def transform_python(self, value):
        return bson.ObjectId(value.binary)

    def transform_bson(self, value):
        return ObjectId(value.binary)


CODEC = CodecOptions(type_registry=TypeRegistry([ObjectIds()]))
HEADER = struct.Struct("<iiii")
LENGTH = struct.Struct("<i")
FLAGS = struct.Struct("<I")
CHECKSUM_PRESENT = 1


def sections_of(message):
    """The parts of an OP_MSG after its header: a body, and perhaps sequences of documents."""
    (flags,) = FLAGS.unpack_from(message, MESSAGE_HEADER_SIZE)
    end = len(message) - (4 if flags & CHECKSUM_PRESENT else 0)
    at = MESSAGE_HEADER_SIZE + FLAGS.size
    while at < end:
        kind, at = message[at], at + 1
        (size,) = LENGTH.unpack_from(message, at)
        if size < 4 or at + size > end:
            raise ValueError("A section of the message goes beyond its end.")
        if kind == 0:
            yield "body", bson.decode(message[at : at + size], CODEC)
        elif kind == 1:
            name_end = message.index(0, at + 4)
            name = message[at + 4 : name_end].decode()
            yield "payload", {name: bson.decode_all(message[name_end + 1 : at + size], CODEC)}
        else:
            raise ValueError(f"Unknown kind of section: {kind}")
        at += size


def reply_to(request_id, document):
    cursor = document.get("cursor")
    if cursor is not None and cursor.get("id") == 0:
        cursor["id"] = Int64(0)
    body = bson.encode(document, codec_options=CODEC)
    length = MESSAGE_HEADER_SIZE + FLAGS.size + 1 + len(body)
    return HEADER.pack(length, 0, request_id, WireProtocol.OP_MSG) + b"\0\0\0\0\0" + body


class Conversation(asyncio.Protocol):
    """A connection of a client, whose messages are answered one after the other where they arrive."""

    def __init__(self, handler):
        self.handler = handler
        self.id = str(uuid.uuid4())
        self.received = bytearray()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        self.handler.increment_connections()

    def connection_lost(self, _error):
        self.handler.decrement_connections()
        self.handler.close_streams_for_connection(self.id)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()

    def data_received(self, data):
        self.received += data
        while len(self.received) >= MESSAGE_HEADER_SIZE:
            (length,) = LENGTH.unpack_from(self.received)
            if not MESSAGE_HEADER_SIZE <= length <= MAX_MESSAGE_SIZE_BYTES:
                server.logger.warning("Message of %d bytes, connection closed", length)
                return self.transport.close()
            if len(self.received) < length:
                return
            message = bytes(self.received[:length])
            del self.received[:length]
            self.transport.write(self.answer(message))

    def answer(self, message):
        _, request_id, _, opcode = HEADER.unpack_from(message)
        try:
            if opcode == WireProtocol.OP_QUERY:
                query = {**OP_QUERY.parse(message), "_conn_id": self.id}
                return ResponseBuilder.build_reply(request_id, request_id, self.handler.handle_query(query)[1])
            if opcode != WireProtocol.OP_MSG:
                raise ValueError(f"Unsupported opcode: {opcode}")
            command = {"request_id": request_id, "sections": list(sections_of(message)), "_conn_id": self.id}
            is_insert = any(kind == "body" and "insert" in data for kind, data in command["sections"])
            handle = self.handler.handle_insert if is_insert else self.handler.handle_command
            return reply_to(request_id, handle(command)[1])
        except Exception as error:
            server.logger.exception("command failed")
            return reply_to(request_id, {"ok": 0, "errmsg": str(error)})


async def run_server(host, port, handler):
    listening = await asyncio.get_running_loop().create_server(lambda: Conversation(handler), host, port)
    async with listening:
        await listening.serve_forever()
