import { connect, type Socket } from 'node:net';
import { errorMessage } from '../../core/errors.ts';
import { actionFailure } from '../../platform/temporal/action-failure.ts';
import { EMAIL_SECONDS } from '../outside-limits.ts';

type Input = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 30_000;

/**
 * `std.email`: hands one message to an SMTP server (`host` or `host:port`), with AUTH PLAIN when a password is given.
 *
 * @throws ApplicationFailure of the action: whatever goes wrong, the message is not sent again
 */
export async function sendEmail(input: Input): Promise<unknown> {
  try {
    const [host = '', port = '25'] = String(input.smtp_server).split(':');
    const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS });
    const giveUp = (reason: string) => socket.destroy(new Error(`${host}:${port} ${reason}`));
    socket.on('timeout', () => giveUp('does not answer.'));
    const limit = setTimeout(() => giveUp('takes too long.'), EMAIL_SECONDS * 1_000);
    try {
      await converse(socket, input);
    } finally {
      clearTimeout(limit);
      socket.destroy();
    }
    return null;
  } catch (error) {
    throw actionFailure({ status: 'failed', result: `Failed to send an email message: ${errorMessage(error)}` });
  }
}

async function converse(socket: Socket, input: Input): Promise<void> {
  const talk = createTalk(socket);
  const from = oneLine(input.from_addr);
  const recipients = [input.to_addrs, input.cc_addrs, input.bcc_addrs].flatMap(toList);
  await talk(undefined);
  await talk('EHLO tramontane');
  if (typeof input.smtp_password === 'string' && input.smtp_password !== '') {
    await talk(`AUTH PLAIN ${Buffer.from(`\0${from}\0${input.smtp_password}`).toString('base64')}`);
  }
  await talk(`MAIL FROM:<${from}>`);
  for (const recipient of recipients) await talk(`RCPT TO:<${recipient}>`);
  await talk('DATA');
  await talk(`${toMessage(input, from)}\r\n.`);
  await talk('QUIT');
}

/** Sends a line and awaits the server's answer; any but 2xx and 3xx is an error. */
function createTalk(socket: Socket): (line: string | undefined) => Promise<void> {
  const lines: string[] = [];
  let rest = '';
  let wake: (() => void) | undefined;
  let failure: Error | undefined;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\r\n');
    rest = parts.pop() ?? '';
    // `250-` announces a further line, `250 ` is the last.
    lines.push(...parts.filter((part) => part[3] !== '-'));
    wake?.();
  });
  socket.on('error', (error) => {
    failure = error;
    wake?.();
  });
  socket.on('close', () => {
    failure ??= new Error('The server closed the connection.');
    wake?.();
  });
  return async (line) => {
    if (line !== undefined) socket.write(`${line}\r\n`);
    while (lines.length === 0) {
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const answer = lines.shift() ?? '';
    if (!/^[23]/.test(answer)) throw new Error(`The server answered "${answer}".`);
  };
}

function toMessage(input: Input, from: string): string {
  const headers = [
    `From: ${from}`,
    `To: ${toList(input.to_addrs).join(', ')}`,
    ...(toList(input.cc_addrs).length > 0 ? [`Cc: ${toList(input.cc_addrs).join(', ')}`] : []),
    ...(toList(input.reply_to).length > 0 ? [`Reply-To: ${toList(input.reply_to).join(', ')}`] : []),
    `Subject: =?utf-8?B?${Buffer.from(oneLine(input.subject ?? '<No subject>')).toString('base64')}?=`,
    `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0',
    `Content-Type: text/${input.html_body ? 'html' : 'plain'}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
  ];
  const body = Buffer.from(String(input.html_body ?? input.body ?? '<No body>')).toString('base64');
  return `${headers.join('\r\n')}\r\n\r\n${(body.match(/.{1,76}/g) ?? []).join('\r\n')}`;
}

/** No header and no command may be smuggled in by a line break. */
function oneLine(value: unknown): string {
  return String(value).replace(/[\r\n]+/g, ' ');
}

function toList(value: unknown): string[] {
  if (value === undefined || value === null || value === '') return [];
  return (Array.isArray(value) ? value : [value]).map((item) => oneLine(item).replace(/[<>]/g, ''));
}
