"""A WinRM service on loopback for tests: WS-Management shells as pywinrm expects them, logins checked by pyspnego.

usage: winrm-server.py FOLDER [http|https]     FOLDER holds users (NTLM_USER_FILE's form: DOMAIN:user:password)

It writes its port and nothing else. Commands run in /bin/sh; of PowerShell it knows only what the runners themselves send, and
shows everything else as it came: `Start-Sleep N` waits, `throw` fails with the XML that PowerShell writes its errors as.
GET /state tells how many shells and commands there are, and what came.
"""
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

if sys.argv[1] != "--powershell":
    # Not for each command: it takes its time.
    import spnego
    from spnego.channel_bindings import GssChannelBindings

FOLDER = os.environ.setdefault("WINRM_FOLDER", sys.argv[1])
SCHEME = sys.argv[2] if len(sys.argv) > 2 else "http"
os.environ["NTLM_USER_FILE"] = os.path.join(FOLDER, "users")
SEALED = "application/HTTP-SPNEGO-session-encrypted"
BOUNDARY = b"--Encrypted Boundary"
MAX_COMMAND_LINE = 8191
SPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
}
STATE_URI = SPACES["rsp"] + "/CommandState/"

shells = {}
seen = {"logins": [], "sealed": 0, "plain": 0, "longest": 0, "lines": []}
certificate_bindings = None


def users():
    with open(os.environ["NTLM_USER_FILE"], encoding="utf-8") as file:
        return [line.rstrip("\n").split(":", 2) for line in file if line.strip()]


def fault(code, reason):
    return (
        '<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value></s:Subcode></s:Code>'
        '<s:Reason><s:Text xml:lang="en-US">%s</s:Text></s:Reason><s:Detail>'
        '<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="%d" Machine="test"/>'
        '</s:Detail></s:Fault>' % (escape(reason), code)
    )


class Command:
    """A process whose output waits to be received."""

    def __init__(self, line, shell):
        self.id = str(uuid.uuid4()).upper()
        self.pieces = []
        self.code = None
        self.changed = threading.Condition()
        seen["longest"] = max(seen["longest"], len(line))
        seen["lines"].append(line if len(line) < 200 else line[:200] + "...")
        encoded = re.fullmatch(r"powershell -encodedcommand (\S+)", line)
        if len(line) > MAX_COMMAND_LINE:
            argv = ["/bin/sh", "-c", "echo The command line is too long. >&2; exit 1"]
        elif encoded:
            script = base64.b64decode(encoded.group(1)).decode("utf-16-le")
            argv = [sys.executable, os.path.abspath(__file__), "--powershell", script]
        else:
            argv = ["/bin/sh", "-c", line]
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "WINRM_FOLDER": FOLDER, **shell["env"]}
        self.process = subprocess.Popen(
            argv, cwd=shell["cwd"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )
        readers = [
            threading.Thread(target=self.read, args=(name, getattr(self.process, name)), daemon=True)
            for name in ("stdout", "stderr")
        ]
        for reader in readers:
            reader.start()
        threading.Thread(target=self.wait, args=(readers,), daemon=True).start()

    def read(self, name, stream):
        while data := stream.read1(16384):
            with self.changed:
                self.pieces.append((name, data))
                self.changed.notify_all()

    def wait(self, readers):
        for reader in readers:
            reader.join()
        code = self.process.wait()
        with self.changed:
            self.code = code
            self.changed.notify_all()

    def receive(self, seconds):
        with self.changed:
            self.changed.wait_for(lambda: self.pieces or self.code is not None, seconds)
            pieces, self.pieces = self.pieces, []
            return pieces, self.code

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def answer(envelope):
    root = ElementTree.fromstring(envelope)
    find = lambda path: root.find(path, SPACES)
    text = lambda path: (find(path).text or "") if find(path) is not None else None
    action = text("s:Header/a:Action")
    kind = action.rsplit("/", 1)[1]
    selector = text("s:Header/w:SelectorSet/w:Selector")
    if kind == "Create":
        shell_id = str(uuid.uuid4()).upper()
        body = find("s:Body/rsp:Shell")
        variables = body.findall("rsp:Environment/rsp:Variable", SPACES)
        cwd = body.find("rsp:WorkingDirectory", SPACES)
        shells[shell_id] = {
            "env": {one.get("Name"): one.text or "" for one in variables},
            "cwd": None if cwd is None else cwd.text,
            "commands": {},
        }
        return 200, "Create", (
            '<x:ResourceCreated xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"><a:ReferenceParameters>'
            '<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>'
            "</a:ReferenceParameters></x:ResourceCreated>" % shell_id
        )
    shell = shells.get(selector)
    if shell is None:
        return 500, kind, fault(2150858843, "The request for the Windows Remote Shell with ShellId %s failed because the "
                                "shell was not found on the server." % selector)
    if kind == "Command":
        try:
            command = Command(text("s:Body/rsp:CommandLine/rsp:Command"), shell)
        except OSError as error:
            return 500, kind, fault(2147942667, "%s The directory name is invalid." % error)
        shell["commands"][command.id] = command
        return 200, kind, "<rsp:CommandResponse><rsp:CommandId>%s</rsp:CommandId></rsp:CommandResponse>" % command.id
    if kind == "Receive":
        desired = find("s:Body/rsp:Receive/rsp:DesiredStream")
        command = shell["commands"][desired.get("CommandId")]
        asked = float(re.fullmatch(r"PT([\d.]+)S", text("s:Header/w:OperationTimeout")).group(1))
        # Shorter than asked for, so that the way of a host without output is gone through quickly.
        pieces, code = command.receive(min(asked, 0.5))
        if not pieces and code is None:
            return 500, kind, fault(2150858793, "The WS-Management service cannot complete the operation within the "
                                    "time specified in OperationTimeout.")
        streams = "".join(
            '<rsp:Stream Name="%s" CommandId="%s">%s</rsp:Stream>' % (name, command.id, base64.b64encode(data).decode())
            for name, data in pieces
        )
        state = (
            '<rsp:CommandState CommandId="%s" State="%sRunning"/>' % (command.id, STATE_URI) if code is None else
            '<rsp:CommandState CommandId="%s" State="%sDone"><rsp:ExitCode>%d</rsp:ExitCode></rsp:CommandState>'
            % (command.id, STATE_URI, code & 0xFFFFFFFF)
        )
        return 200, kind, "<rsp:ReceiveResponse>%s%s</rsp:ReceiveResponse>" % (streams, state)
    if kind == "Signal":
        command = shell["commands"].pop(find("s:Body/rsp:Signal").get("CommandId"), None)
        if command is not None:
            command.kill()
        return 200, kind, "<rsp:SignalResponse/>"
    if kind == "Delete":
        for command in shells.pop(selector)["commands"].values():
            command.kill()
        return 200, kind, ""
    return 500, kind, fault(2150858819, "The action %s is not known." % action)


def envelope(request, kind, body):
    message = ElementTree.fromstring(request).find("s:Header/a:MessageID", SPACES).text
    spaces = "".join(' xmlns:%s="%s"' % item for item in SPACES.items())
    return (
        "<s:Envelope%s xml:lang=\"en-US\"><s:Header><a:Action>%sResponse</a:Action><a:RelatesTo>%s</a:RelatesTo>"
        "</s:Header><s:Body>%s</s:Body></s:Envelope>" % (spaces, kind, message, body)
    ).encode()


class Handler(BaseHTTPRequestHandler):
    """One connection: NTLM logs connections in."""

    protocol_version = "HTTP/1.1"
    login = None
    context = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        running = sum(
            command.process.poll() is None for shell in list(shells.values()) for command in shell["commands"].values()
        )
        self.reply(200, json.dumps({"shells": len(shells), "running": running, **seen}).encode(), "application/json")

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # a client may go at any time

    def reply(self, status, body=b"", kind="application/soap+xml;charset=UTF-8", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, token=None):
        value = "Negotiate" if token is None else "Negotiate " + base64.b64encode(token).decode()
        self.reply(401, headers=[("WWW-Authenticate", value), ("WWW-Authenticate", 'Basic realm="WSMAN"')])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, password = base64.b64decode(value).decode().partition(":")
            if not any((user, secret) == (name, password) for _, user, secret in users()):
                return self.refuse()
            self.login = "basic"
            seen["logins"].append("basic")
        elif scheme in ("Negotiate", "NTLM"):
            return self.negotiate(base64.b64decode(value))
        elif self.login is None:
            return self.refuse()
        self.exchange(body)

    def negotiate(self, token):
        try:
            if self.context is None or self.login is not None:
                self.login = None
                self.context = spnego.server(protocol="ntlm", channel_bindings=certificate_bindings)
            challenge = self.context.step(token)
        except spnego.exceptions.SpnegoError as error:
            self.context = None
            seen["logins"].append("refused: %s" % error)
            return self.refuse()
        if not self.context.complete:
            return self.refuse(challenge)
        self.login = "ntlm"
        seen["logins"].append("ntlm " + self.context.client_principal)
        self.reply(200)

    def exchange(self, body):
        sealed = "multipart/encrypted" in self.headers.get("Content-Type", "")
        if self.login == "ntlm" and SCHEME == "http" and not sealed:
            return self.reply(500, b"unencrypted messages are not allowed", "text/plain")
        seen["sealed" if sealed else "plain"] += 1
        request = self.unseal(body) if sealed else body
        status, kind, content = answer(request)
        reply = envelope(request, kind, content)
        if not sealed:
            return self.reply(status, reply)
        wrapped = self.context.wrap_winrm(reply)
        data = struct.pack("<i", len(wrapped.header)) + wrapped.header + wrapped.data
        parts = (
            BOUNDARY + b"\r\n\tContent-Type: " + SEALED.encode() + b"\r\n\tOriginalContent: "
            b"type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(reply) + BOUNDARY
            + b"\r\n\tContent-Type: application/octet-stream\r\n" + data + BOUNDARY + b"--\r\n"
        )
        self.reply(status, parts, 'multipart/encrypted;protocol="%s";boundary="Encrypted Boundary"' % SEALED)

    def unseal(self, body):
        head, _, rest = body.partition(b"\tContent-Type: application/octet-stream\r\n")
        length = int(re.search(rb"Length=(\d+)", head).group(1))
        signature_length = struct.unpack("<i", rest[:4])[0]
        end = 4 + signature_length + length
        message = self.context.unwrap_winrm(rest[4 : 4 + signature_length], rest[4 + signature_length : end])
        assert rest[end:] == BOUNDARY + b"--\r\n", rest[end:]
        return message


UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def literal(text):
    """The value of a double-quoted literal."""
    return re.sub("`(.)", lambda match: UNESCAPED.get(match.group(1), match.group(1)), text, flags=re.S)


def powershell(script):
    write = sys.stdout.write
    path = re.search(r'-LiteralPath "((?:`.|[^"`])*)"', script, re.S)
    local = literal(path.group(1)).replace("\\", "/") if path else None
    if "GetRandomFileName" in script:
        write(tempfile.mkdtemp(dir=FOLDER).replace("/", "\\") + "\r\n")
    elif script.startswith("$data = "):
        data = base64.b64decode(re.search(r'FromBase64String\("(.*?)"\)', script).group(1))
        with open(local, "ab") as file:
            file.write(data)
    elif script.startswith("Remove-Item"):
        shutil.rmtree(local)
    elif found := re.match(r'& "((?:`.|[^"`])*\\script\.ps1)" ?', script, re.S):
        with open(literal(found.group(1)).replace("\\", "/"), "rb") as file:
            content = file.read()
        write(json.dumps({"sha256": hashlib.sha256(content).hexdigest(), "arguments": script[found.end():]}))
    elif found := re.fullmatch(r'& "((?:`.|[^"`])*\\call\.ps1)"', script, re.S):
        with open(literal(found.group(1)).replace("\\", "/"), encoding="utf-8-sig", newline="") as file:
            return powershell(file.read())
    elif found := re.match(r"Start-Sleep ([\d.]+)", script):
        sys.stdout.flush()
        time.sleep(float(found.group(1)))
    elif found := re.match(r"throw (.*)", script):
        sys.stderr.write(
            '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
            '<Obj S="progress"><MS><PR N="Record"><S>Preparing modules</S></PR></MS></Obj>'
            '<S S="Error">%s_x000D__x000A_</S><S S="Error">At line:1_x000D__x000A_</S></Objs>' % escape(found.group(1))
        )
        return 1
    else:
        write(script)
    return 0


def main():
    global certificate_bindings
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if SCHEME == "https":
        certificate = os.path.join(FOLDER, "certificate.pem")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, os.path.join(FOLDER, "key.pem"))
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        with open(certificate, encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        digest = hashlib.new(os.environ.get("CERTIFICATE_HASH", "sha256"), der).digest()
        certificate_bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + digest)
    print(server.server_port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "--powershell":
        sys.exit(powershell(sys.argv[2]))
    main()
