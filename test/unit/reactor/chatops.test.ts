import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { formatResult } from '../../../action-service/chatops/format-result.ts';
import { ValidationError } from '../../../core/errors.ts';
import type { Bus, SubscribeOptions } from '../../../platform/bus/bus.ts';
import { createAdapter } from '../../../reactor/chatops/adapters.ts';
import type { AliasApi } from '../../../reactor/chatops/alias-api.ts';
import { type ChatBridge, createChatBridge } from '../../../reactor/chatops/bridge.ts';
import { waitFor } from '../../support/wait-for.ts';

const TOKEN = 'a-token-of-the-bridge';
const ALIAS = 'a'.repeat(24);
const EXECUTION = 'e'.repeat(24);

/** What the chat server on loopback was told. */
const told: Record<string, unknown>[] = [];
let chat: Server;
let bridge: ChatBridge;
let subscription: SubscribeOptions | undefined;

const api: AliasApi = {
  async execute(command, message, route) {
    if (command !== 'greet Ann') throw new ValidationError(`Command '${command}' matched no patterns`);
    assert.deepEqual([message.user, message.channel, route], ['ann', 'ops', 'chatops']);
    return [{ execution: { id: EXECUTION }, actionalias: {}, message: 'On it!' }];
  },
  help: async (filter) => [{ display: `greet {{name}} ${filter}`.trim(), description: 'Greets.' }],
};

const execution = {
  id: EXECUTION,
  status: 'succeeded',
  context: { action_alias_ref: { id: ALIAS } },
  notify: { 'on-complete': { routes: ['chatops'], data: { user: 'ann', source_channel: 'ops' } } },
};
const alias = {
  id: ALIAS,
  result: { format: '{{ execution.result.stdout }}{~}done', extra: { slack: { color: 'good' } } },
};

before(async () => {
  chat = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      told.push(JSON.parse(body) as Record<string, unknown>);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
  const outgoing = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`;
  const bus = {
    subscribe: async (options: SubscribeOptions) => {
      subscription = options;
      return { cancel: async () => undefined };
    },
  } as unknown as Bus;
  const stores = {
    executions: { get: async (id: string) => (id === EXECUTION ? execution : undefined) },
    aliases: { get: async (id: string) => (id === ALIAS ? alias : undefined) },
  };
  bridge = createChatBridge({
    adapter: createAdapter('webhook', { outgoing_url: outgoing, token: TOKEN, bot_name: 'bot' }),
    api,
    bus,
    stores: stores as never,
    actions: { present: async () => [{ ...execution, result: { stdout: 'hello Ann' } }] },
    logger: pino({ level: 'silent' }),
    settings: { host: '127.0.0.1', port: 0, command_prefix: '!', route: 'chatops', post_results: true },
  });
  await bridge.start();
});

after(async () => {
  await bridge.stop();
  chat.close();
});

beforeEach(() => {
  told.length = 0;
});

const write = (text: string, token = TOKEN) =>
  fetch(`http://127.0.0.1:${bridge.port()}/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ user: 'ann', channel: 'ops', text }),
  });

const answer = () => waitFor(() => told[0], { what: 'an answer in the chat', intervalMs: 5 });

describe('chat bridge', () => {
  it('runs a command and says so', async () => {
    assert.equal((await write('!greet Ann')).status, 200);
    assert.deepEqual(await answer(), {
      channel: 'ops',
      user: 'ann',
      text: 'On it!',
      whisper: false,
      extra: {},
      bot: 'bot',
    });
  });

  it('says why a command was not run', async () => {
    await write('!make coffee');
    assert.equal((await answer()).text, "Command 'make coffee' matched no patterns");
  });

  it('helps', async () => {
    await write('!help greet');
    assert.equal((await answer()).text, '!greet {{name}} greet - Greets.');
  });

  it('hears only what starts with its prefix, and only with the token', async () => {
    await write('greet Ann');
    assert.equal((await write('!greet Ann', 'wrong')).status, 401);
    await write('!help');
    assert.equal((await answer()).text, '!greet {{name}} - Greets.');
    assert.equal(told.length, 1);
  });

  it('tells the result as the alias says, once', async () => {
    const ended = { id: EXECUTION, status: 'succeeded' };
    subscription?.handler(ended, 'update', 'st2.execution');
    subscription?.handler(ended, 'update', 'st2.execution');
    const said = await answer();
    assert.deepEqual([said.text, said.channel, said.extra], ['hello Ann\ndone', 'ops', { slack: { color: 'good' } }]);
    subscription?.handler({ payload: { message: 'next', channel: 'ops' } }, 'chatops', 'st2.announcement');
    await waitFor(() => told.length === 2, { what: 'the announcement', intervalMs: 5 });
    assert.equal(told[1]?.text, 'next');
  });
});

describe('adapters', () => {
  const settings = { outgoing_url: 'http://127.0.0.1:1/', token: TOKEN, bot_name: 'bot' };

  it('slack: reads forms, and no messages of bots', () => {
    const slack = createAdapter('slack', settings);
    const form = (more: Record<string, string>) =>
      slack.read({
        headers: {},
        body: new URLSearchParams({
          token: TOKEN,
          channel_name: 'ops',
          user_name: 'ann',
          text: '!x',
          ...more,
        }).toString(),
      });
    assert.deepEqual(
      { ...form({}), source: undefined },
      { user: 'ann', channel: 'ops', text: '!x', source: undefined },
    );
    assert.equal(form({ bot_id: 'B1' }), undefined);
    assert.throws(() => form({ token: 'other' }), /token/);
  });

  it('refuses unknown kinds and missing settings', () => {
    assert.throws(() => createAdapter('irc', settings), /"irc" is not one of none, webhook, slack/);
    assert.throws(() => createAdapter('slack', { ...settings, token: '' }), /ST2_CHATOPS__TOKEN/);
  });
});

describe('results for the chat', () => {
  const of = (result: unknown) => ({ id: ALIAS, result }) as never;
  const done = { id: EXECUTION, status: 'failed', action: { ref: 'core.local' }, result: { stdout: 'oops' } };

  it('in general, as given, or not at all', () => {
    assert.equal(
      formatResult(of(undefined), { ...done, result: { stdout: 'oops', stderr: '', more: { lines: 'a\nb', code: 1 } } })
        ?.text,
      [
        'Action core.local completed.',
        'status : failed',
        `execution: ${EXECUTION}`,
        'result :',
        '--------',
        'stdout : oops',
        'more : ',
        '  lines : ',
        '    a',
        '    b',
        '  code : 1',
      ].join('\n'),
    );
    assert.match(formatResult(undefined, done)?.text ?? '', /^Action core\.local completed\./);
    assert.equal(formatResult(of({ format: '{{ execution.status }}!' }), done)?.text, 'failed!');
    assert.equal(formatResult(of({ enabled: false }), done), undefined);
    assert.match(formatResult(of({ format: '{{ nothing.here }}' }), done)?.text ?? '', /Cannot render "format"/);
  });
});
