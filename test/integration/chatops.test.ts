/** ChatOps against the real API: the bridge with a chat server on loopback, and the requests that hubot makes. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findFreePorts } from '../../platform/network/ports.ts';
import { type ExecutionAnswer, endOf, getExecution, requestExecution } from '../support/executions.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const TOKEN = 'a-token-of-the-bridge';
const TIMEOUT = { timeoutMs: 45_000, intervalMs: 50 };

const FILES: Readonly<Record<string, string>> = {
  'pack.yaml': 'name: chattest\ndescription: Commands of a chat.\nversion: 1.0.0\nauthor: Tramontane\n',
  'actions/greet.yaml': `name: greet
runner_type: local-shell-cmd
enabled: true
entry_point: ""
parameters:
  who: {type: string, required: true}
  word: {type: string, required: true}
  cmd: {default: "echo {{ word }} {{ who }}", immutable: true}
`,
  'actions/typed.yaml': `name: typed
runner_type: noop
enabled: true
entry_point: ""
parameters:
  names: {type: array}
  count: {type: integer}
  share: {type: number}
  loud: {type: boolean}
  facts: {type: object}
`,
  'aliases/typed.yaml': `name: typed
pack: chattest
description: Takes all kinds of values.
action_ref: chattest.typed
formats: ["type {{ names }}"]
`,
  'aliases/greet.yaml': `name: greet
pack: chattest
description: Greets somebody.
action_ref: chattest.greet
formats:
  - display: "greet {{ who }}"
    representation:
      - "greet {{ who }} politely"
      - "say hello to {{ who=all }}"
immutable_parameters:
  word: "{{ st2kv.system.word }}"
ack:
  format: "Greeting {{ execution.parameters.who }} with {{ execution.parameters.word }}"
  append_url: false
result:
  format: "It said {{ execution.result.stdout }}{~}in {{ execution.status }}"
  extra:
    slack:
      color: "{{ 'good' if execution.status == 'succeeded' else 'danger' }}"
`,
  'aliases/quiet.yaml': `name: quiet
pack: chattest
description: Says nothing.
action_ref: core.noop
formats: ["be quiet"]
ack: {enabled: false}
result: {enabled: false}
`,
  'aliases/plain.yaml': `name: plain
pack: chattest
description: Prints.
action_ref: core.local
formats: ["print {{ cmd }}"]
`,
};

let infrastructure: Provisioned;
let system: RunningServices;
let chat: Server;
let bridgePort = 0;
/** What the chat server was told. */
const told: Record<string, unknown>[] = [];

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
  const folder = path.join(infrastructure.folder, 'chat-packs', 'chattest');
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  chat = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      told.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
  [bridgePort = 0] = await findFreePorts(1);
  system = await startServices(infrastructure, {
    packFolders: [path.dirname(folder)],
    only: [
      'st2api',
      'st2auth',
      'st2stream',
      'st2scheduler',
      'st2actionrunner',
      'st2notifier',
      'st2rulesengine',
      'st2chatops',
    ],
    env: {
      ST2_CHATOPS__ADAPTER: 'webhook',
      ST2_CHATOPS__PORT: String(bridgePort),
      ST2_CHATOPS__OUTGOING_URL: `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`,
      ST2_CHATOPS__TOKEN: TOKEN,
    },
  });
  await system.request('PUT', '/keys/word', { name: 'word', value: 'hello' });
});

after(async () => {
  await system?.stop();
  chat?.close();
  await infrastructure?.stop();
});

async function write(text: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${bridgePort}/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ user: 'ann', channel: 'ops', text }),
  });
  assert.equal(response.status, 200);
}

const answer = (what: string, pattern: RegExp) =>
  waitFor(() => told.find(({ text }) => pattern.test(String(text))), { what, ...TIMEOUT }).catch((error) => {
    throw new Error(`${error.message}; the chat was told ${JSON.stringify(told)}`, { cause: error });
  });

describe('the bridge against the API', () => {
  it('acknowledges and tells the result, each as the alias says', async () => {
    await write('!greet Bob politely');
    const ack = await answer('the acknowledgement', /^Greeting/);
    assert.deepEqual([ack.text, ack.channel, ack.user], ['Greeting Bob with hello', 'ops', 'ann']);
    const result = await answer('the result', /^It said/);
    assert.equal(result.text, 'It said hello Bob\nin succeeded');
    assert.deepEqual(result.extra, { slack: { color: 'good' } });
  });

  it('says what is wrong with a command, and helps', async () => {
    await write('!greet Bob politely word=evil');
    await answer('the refusal', /^Immutable arguments cannot be overriden: word/);
    await write('!make coffee');
    await answer('the refusal', /^Command 'make coffee' matched no patterns/);
    await write('!help greet');
    assert.equal((await answer('help', /Greets somebody/)).text, '!greet {{ who }} - Greets somebody.');
  });

  it('posts what an action announces', async () => {
    await system.request('POST', '/executions', {
      action: 'chatops.post_message',
      parameters: { channel: 'ops', message: 'Head {~} body', user: 'ann', whisper: true },
    });
    const posted = await answer('the message', /^Head/);
    assert.deepEqual([posted.text, posted.whisper], ['Head \n body', true]);
  });
});

async function runAction(action: string, parameters: Readonly<Record<string, unknown>>): Promise<ExecutionAnswer> {
  const { id } = await requestExecution(system, action, parameters);
  return endOf(system, id);
}

/** The payloads of announcements on the stream, as hubot hears them. */
async function listen(signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const heard: Record<string, unknown>[] = [];
  const response = await fetch(`${system.streamUrl}/v1/stream`, {
    headers: { 'x-auth-token': await system.token() },
    signal,
  });
  const follow = async () => {
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      rest += Buffer.from(chunk).toString('utf8');
      const frames = rest.split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1];
        if (field('event') !== 'st2.announcement__chatops') continue;
        heard.push((JSON.parse(field('data') ?? '') as { payload: Record<string, unknown> }).payload);
      }
    }
  };
  follow().catch(() => undefined); // It ends with the signal.
  return heard;
}

describe('the requests of hubot-stackstorm', () => {
  const stop = new AbortController();
  let heard: Record<string, unknown>[] = [];

  before(async () => {
    heard = await listen(stop.signal);
  });
  after(() => stop.abort());

  const command = (name: string, format: string, text: string) =>
    system.request<{ execution: { id: string; web_url?: string }; actionalias: object; message?: string }>(
      'POST',
      '/aliasexecution',
      {
        name,
        format,
        command: text,
        user: 'ann',
        source_channel: 'ops',
        source_context: { room: 'ops', thread: 7 },
        notification_route: 'hubot',
      },
    );

  it('loads the commands', async () => {
    const aliases = await system.request<{ name: string; enabled: boolean; formats: unknown[]; description: string }[]>(
      'GET',
      '/actionalias?limit=-1',
    );
    const greet = aliases.find(({ name }) => name === 'greet');
    assert.equal(greet?.enabled, true);
    assert.deepEqual(Object.keys(greet?.formats[0] as object).sort(), ['display', 'representation']);
  });

  it('gives the words of a command the types of the parameters', async () => {
    const typed = async (text: string) =>
      (await command('typed', 'type {{ names }}', text)).execution as unknown as ExecutionAnswer;
    const { parameters } = await typed('type "a, b,c" count=5 share=0.5 loud=true facts={"x":1}');
    assert.deepEqual(parameters, { names: ['a', 'b', 'c'], count: 5, share: 0.5, loud: true, facts: { x: 1 } });
    assert.deepEqual((await typed(`type '["a, b"]'`)).parameters.names, ['a, b']);
    assert.deepEqual((await typed('type one')).parameters.names, ['one']);
    await assert.rejects(
      typed('type one count=many'),
      /400.*Failed to cast value \\"many\\" for parameter \\"count\\" of type \\"integer\\"/,
    );
  });

  /** The first announcement that fits; what the rule of the pack did is part of a failure. */
  const hear = (fits: (message: string) => boolean) =>
    waitFor(() => heard.find(({ message }) => fits(String(message))), { what: 'the announcement', ...TIMEOUT }).catch(
      async (error) => {
        const made = await system.request('GET', '/ruleenforcements?rule_ref=chatops.notify');
        const posted = await system.request('GET', '/executions?action=chatops.post_result&include_attributes=result');
        throw new Error(`${error.message}; ${JSON.stringify({ heard, made, posted })}`, { cause: error });
      },
    );

  it('runs one, and hears of its end on the stream through the rule of the pack', async () => {
    const made = await command('greet', 'say hello to {{ who=all }}', 'say hello to');
    assert.equal(made.message, 'Greeting all with hello');
    const said = await hear((message) => message.startsWith('It said'));
    assert.equal(said.message, 'It said hello all{~}in succeeded');
    assert.deepEqual([said.channel, said.user, said.whisper], ['ops', 'ann', false]);
    assert.deepEqual([said.context, said.extra], [{ room: 'ops', thread: 7 }, { slack: { color: 'good' } }]);
  });

  it('hears of an end without a format in general, and nothing of one that wants nothing said', async () => {
    const quiet = await command('quiet', 'be quiet', 'be quiet');
    const plain = await command('plain', 'print {{ cmd }}', 'print "echo one"');
    const said = await hear((message) => message.includes(plain.execution.id));
    assert.match(String(said.message), /^Action core\.local completed\.\nstatus : succeeded\n(?:.*\n)*stdout : one/);
    assert.ok(!heard.some(({ message }) => String(message).includes(quiet.execution.id)));
  });

  it('actions of the pack: match a command, run it, and post how it ended', async () => {
    const matched = await runAction('chatops.match', { text: 'greet Ann politely' });
    assert.deepEqual(matched.result.result, {
      alias: { name: 'greet', pack: 'chattest', action_ref: 'chattest.greet' },
      representation: 'greet {{ who }} politely',
    });

    const executed = await runAction('chatops.match_and_execute', { text: 'say hello to Cy', user: 'ann' });
    const id = String(executed.result.result);
    const greeting = await getExecution(system, id);
    assert.deepEqual([greeting.status, greeting.result.stdout], ['succeeded', 'hello Cy']);

    const ran = await runAction('chatops.run', {
      text: 'greet Dee politely',
      channel: 'ops',
      user: 'ann',
      whisper: true,
    });
    assert.equal(ran.status, 'succeeded', JSON.stringify(ran.result));
    const said = await hear((message) => message.startsWith('It said hello Dee'));
    assert.deepEqual([said.channel, said.user, said.whisper], ['ops', 'ann', true]);
  });

  it('actions of the pack: say why a command was not run', async () => {
    for (const action of ['chatops.match', 'chatops.match_and_execute']) {
      const { status, result } = await runAction(action, { text: 'make coffee' });
      assert.equal(status, 'failed');
      assert.match(String(result.result), /Command 'make coffee' matched no patterns/);
    }
  });
});
