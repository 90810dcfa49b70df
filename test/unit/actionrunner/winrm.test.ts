import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { NO_SINK } from '../../../actionrunner/process/run-process.ts';
import { md4, rc4 } from '../../../actionrunner/runners/winrm/ntlm/legacy-crypto.ts';
import { authenticateMessage, negotiateMessage } from '../../../actionrunner/runners/winrm/ntlm/messages.ts';
import { readableErrors, toPowerShellLiteral } from '../../../actionrunner/runners/winrm/powershell.ts';
import { connectWindowsHost } from '../../../actionrunner/runners/winrm/remote-shell.ts';
import {
  elements,
  parseXml,
  readEnvelope,
  WinRmFault,
  writeEnvelope,
} from '../../../actionrunner/runners/winrm/soap.ts';
import { createAuthority } from '../../support/certificates.ts';
import { HOSTILE_STRINGS } from './hostile-strings.ts';

describe('PowerShell literals', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [null, '$null'],
    ['test', '"test"'],
    ['\n"\'`$\0\u201d', '"`n`"`\'```$`0`\u201d"'],
    [true, '$true'],
    [false, '$false'],
    [9.5, '9.5'],
    [['a', ['b', 1]], '@("a", @("b", 1))'],
    [{ a: { b: [null] } }, '@{"a" = @{"b" = @($null)}}'],
  ];
  for (const [value, expected] of cases) {
    it(`${JSON.stringify(value)}`, () => assert.equal(toPowerShellLiteral(value), expected));
  }

  it('keep every hostile text inside', () => {
    for (const text of HOSTILE_STRINGS) {
      assert.match(toPowerShellLiteral(text), /^"(?:`[\s\S]|[^"`$\u201c\u201d\u201e])*"$/);
    }
  });
});

describe('errors of PowerShell', () => {
  it('are read from its XML; what is none stays', () => {
    const xml = '#< CLIXML\r\n<Objs xmlns="x"><Obj><S>progress</S></Obj><S S="Error">a_x000D__x000A_</S></Objs>';
    assert.equal(readableErrors(xml), 'a');
    assert.equal(readableErrors('plain'), 'plain');
    assert.equal(readableErrors('#< CLIXML\r\n<Objs'), '#< CLIXML\r\n<Objs');
  });
});

describe('NTLM', () => {
  it('MD4 and RC4 give the published values', () => {
    // RFC 1320 A.5
    assert.equal(md4(Buffer.from('')).toString('hex'), '31d6cfe0d16ae931b73c59d7e0c089c0');
    assert.equal(
      md4(Buffer.from('12345678901234567890'.repeat(4))).toString('hex'),
      'e33b4ddc9c38f2199c3e7b164fcc0536',
    );
    // RFC 6229 2, key 0102030405
    const stream = rc4(Buffer.from([1, 2, 3, 4, 5]));
    assert.equal(stream(Buffer.alloc(16)).toString('hex'), 'b2396305f03dc027ccc3524a0a1118a8');
    assert.equal(stream(Buffer.alloc(16)).toString('hex'), '6982944f18fc82d589c403a47a0d0919');
  });

  it('refuses what is no challenge', () => {
    const login = (challenge: Buffer) =>
      authenticateMessage({ username: 'a', password: 'b' }, negotiateMessage(), challenge, 'HTTP/host');
    assert.throws(() => login(Buffer.from('hello')), /something else than a challenge/);
    const empty = Buffer.alloc(56);
    empty.write('NTLMSSP\0', 'latin1');
    empty.writeUInt32LE(2, 8);
    assert.throws(() => login(empty), /does not know NTLM version 2/);
  });
});

describe('a command whose connection breaks', () => {
  /** An NTLM challenge of a host named A. */
  const challenge = Buffer.alloc(58);
  challenge.write('NTLMSSP\0', 'latin1');
  challenge.writeUInt32LE(2, 8);
  challenge.writeUInt16LE(10, 40);
  challenge.writeUInt32LE(48, 44);
  challenge.set([1, 0, 2, 0, 0x41, 0], 48);
  const SHELL = '<e:Envelope xmlns:e="e"><e:Body><r:ShellId xmlns:r="r">one</r:ShellId></e:Body></e:Envelope>';

  it('is not started a second time', async () => {
    let commands = 0;
    const server = createServer(createAuthority().issue(), async (request, response) => {
      const body = await readText(request);
      const [, token] = (request.headers.authorization ?? '').split(' ');
      const step = token === undefined ? 0 : Buffer.from(token, 'base64').readUInt32LE(8);
      if (body.includes('shell/Command<')) {
        commands += 1;
        request.socket.destroy();
      } else if (body !== '') response.end(SHELL);
      else if (step === 3) response.end();
      else {
        const offer = step === 1 ? `Negotiate ${challenge.toString('base64')}` : 'Negotiate';
        response.writeHead(401, { 'www-authenticate': offer }).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = connectWindowsHost({
      url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/wsman`),
      transport: 'ntlm',
      credentials: { username: 'a', password: 'b' },
      verifyCertificate: false,
    });
    try {
      const { signal } = new AbortController();
      const command = { command: 'c', cwd: undefined, env: {}, signal, output: NO_SINK, maxOutput: 1 };
      await assert.rejects(host.run(command), { code: 'ECONNRESET' });
      assert.equal(commands, 1);
    } finally {
      host.close();
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('SOAP', () => {
  const url = new URL('http://host:5985/wsman');

  it('carries every hostile text as it is, but for characters that XML cannot have', () => {
    for (const text of HOSTILE_STRINGS) {
      const options = { [text]: text };
      const document = parseXml(writeEnvelope({ kind: 'create', url, operationTimeout: 5, options, body: '' }));
      const [option] = elements(document, 'Option');
      const isCarried = (character: string) => character >= ' ' || '\t\n\r'.includes(character);
      const expected = [...Buffer.from(text).toString()].filter(isCarried).join('');
      assert.equal(option?.getAttribute('Name'), expected);
      assert.equal(option?.textContent, expected);
    }
  });

  it('tells faults, and answers that are no SOAP', () => {
    const fault = (code: number) =>
      `<s:Envelope xmlns:s="e"><s:Body><s:Fault><s:Reason><s:Text>Gone.</s:Text></s:Reason><s:Detail><f:WSManFault xmlns:f="f" Code="${code}"/></s:Detail></s:Fault></s:Body></s:Envelope>`;
    const isTimeout = (code: number) => (error: unknown) =>
      error instanceof WinRmFault && error.isOperationTimeout === (code === 2_150_858_793);
    for (const code of [2_150_858_793, 5]) assert.throws(() => readEnvelope(500, fault(code)), isTimeout(code));
    assert.throws(() => readEnvelope(404, 'Not found'), /status 404 and no SOAP message/);
    assert.throws(() => readEnvelope(502, '<html/>'), /status 502/);
  });
});
