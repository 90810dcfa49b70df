import mimetypes
import os
import shutil
import subprocess
from email.message import EmailMessage

from st2common.runners.base_action import Action

FALLBACKS = ("/usr/sbin/sendmail", "/usr/lib/sendmail")


class SendmailAction(Action):
    def run(self, to, subject, body, sendmail_binary=None, send_empty_body=True,
            content_type="text/html", attachments=None, **kwargs):
        if not body.strip() and not send_empty_body:
            return True, "Body is empty, nothing was sent."
        message = EmailMessage()
        message["From"] = kwargs.get("from") or "stanley"
        message["To"] = to
        message["Subject"] = subject
        message.set_content(body, subtype=content_type.partition("/")[2] or "plain", charset="utf-8")
        for path in [part.strip() for part in (attachments or "").split(",") if part.strip()]:
            kind, _ = mimetypes.guess_type(path)
            main, _, sub = (kind or "application/octet-stream").partition("/")
            with open(path, "rb") as handle:
                message.add_attachment(handle.read(), maintype=main, subtype=sub,
                                       filename=os.path.basename(path))
        program = self._program(sendmail_binary)
        sent = subprocess.run([program, "-t", "-oi"], input=message.as_bytes(),
                              capture_output=True, check=False)
        if sent.returncode != 0:
            return False, sent.stderr.decode("utf-8", "replace")
        return True, "Sent to %s." % to

    @staticmethod
    def _program(given):
        if given and given != "None":
            return given
        for candidate in (shutil.which("sendmail"),) + FALLBACKS:
            if candidate and os.path.exists(candidate):
                return candidate
        raise ValueError("No sendmail program was found on this machine.")
