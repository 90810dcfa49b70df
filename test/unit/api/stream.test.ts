import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import test from 'node:test';
import type { Listener } from '../../../api/stream/event-hub.ts';
import { DEFAULT_EVENTS, matchesPattern, toFrame, wants } from '../../../api/stream/events.ts';
import { createRounds, type Join } from '../../../api/stream/rounds.ts';
import { streamRoutes } from '../../../api/stream/routes.ts';
import { createSseConnection } from '../../../api/stream/sse-connection.ts';
import { ForbiddenError, UnavailableError } from '../../../core/errors.ts';
import { loadConfig } from '../../../platform/config/load-config.ts';

const patterns: readonly [string, string, boolean][] = [
  ['st2.execution__update', 'st2.execution__update', true],
  ['st2.execution__update', 'st2.execution__create', false],
  ['st2.announcement__*', 'st2.announcement__chatops', true],
  ['st2.*__create', 'st2.execution.output__create', true],
  ['*', 'anything', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'a1c2b', false],
  ['ab*ab', 'ab', false],
];

for (const [pattern, name, expected] of patterns) {
  test(`events: ${pattern} ${expected ? 'takes' : 'leaves'} ${name}`, () =>
    assert.equal(matchesPattern(pattern, name), expected));
}

test('events: filters on name, action and execution all have to fit', () => {
  const event = { name: 'st2.execution__update', data: '{}', actionRef: 'core.local', executionId: 'abc' };
  assert.equal(wants({ events: DEFAULT_EVENTS }, event), true);
  assert.equal(wants({ events: DEFAULT_EVENTS }, { ...event, name: 'st2.execution.output__create' }), false);
  assert.equal(wants({ events: DEFAULT_EVENTS, actionRefs: ['core.noop'] }, event), false);
  assert.equal(wants({ events: DEFAULT_EVENTS, executionIds: ['abc'] }, event), true);
  assert.equal(
    wants({ events: DEFAULT_EVENTS, executionIds: ['x'] }, { name: 'st2.execution__update', data: '{}' }),
    false,
  );
});

test('frames: event, id where there is one, data, blank line', () => {
  assert.equal(String(toFrame('EOF', "''")), "event: EOF\ndata: ''\n\n");
  assert.equal(String(toFrame('a', '{}', '1-2')), 'event: a\nid: 1-2\ndata: {}\n\n');
  assert.equal(String(toFrame('a\r\ndata: forged\n\nevent: b', '{}')), 'event: a data: forged event: b\ndata: {}\n\n');
});

test('rounds: clients that wait for the same frames share one buffer, others get their own', async () => {
  const rounds = createRounds();
  const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const asked = [[a, b], [a, b], [a, c], [c]];
  const got = await Promise.all(
    asked.map((frames) => new Promise<Buffer>((resolve) => rounds.ask((join: Join) => resolve(join(frames))))),
  );
  assert.deepEqual(got.map(String), ['ab', 'ab', 'ac', 'c']);
  assert.equal(got[0], got[1]);
});

test('connection: frames keep their order, those of one round are one write, none is lost at the end', async () => {
  const connection = createSseConnection(60, createRounds());
  const chunks: string[] = [];
  connection.body.on('data', (chunk) => chunks.push(String(chunk)));
  for (const text of ['1', '2', '3']) connection.send(Buffer.from(text));
  await once(connection.body, 'data');
  if (chunks.length === 1) await once(connection.body, 'data');
  connection.send(Buffer.from('4'));
  connection.send(Buffer.from('5'));
  connection.end();
  await once(connection.body, 'end');
  assert.deepEqual(chunks, ['\n', '123', '45']);
});

test('connection: a client that takes nothing is cut off, with the frames of one round and of many', async () => {
  for (const wait of [false, true]) {
    const rounds = createRounds();
    const connection = createSseConnection(60, rounds);
    const frame = Buffer.alloc(1024 * 1024);
    let sent = 0;
    for (; sent < 100 && !connection.body.destroyed; sent += 1) {
      connection.send(frame);
      if (wait) await new Promise<void>((resolve) => rounds.ask(() => resolve()));
    }
    assert.ok(sent >= 15 && sent <= 18, `cut off after ${sent} MiB`);
  }
});

test('stream: the end of an execution does not overtake its output', async () => {
  let tell: Listener = () => undefined;
  const hub = {
    listen: async (listener: Listener) => {
      tell = listener;
      return () => undefined;
    },
    executionEvents: async () => [],
  };
  const piece = { id: 'o1', execution_id: 'e1', data: 'late', output_type: 'stdout', timestamp: new Date() };
  const end = { name: 'st2.execution__update', data: '{}', executionId: 'e1', status: 'succeeded' };
  let asked = 0;
  const stores = {
    outputs: {
      // The end comes while the output is looked for, which is stored by the second look only.
      find: async () => {
        asked += 1;
        if (asked > 1) return [piece];
        tell(end, () => toFrame(end.name, end.data));
        return [];
      },
    },
    executions: { get: async () => ({ status: 'running' }) },
  };
  const values: Readonly<Record<string, string>> = { end_execution_id: 'e1' };
  const query = {
    text: (name: string) => values[name],
    list: (name: string) => (name === 'events' ? ['st2.*'] : undefined),
  };
  const [route] = streamRoutes({ config: loadConfig({}), stores, hub } as never);
  const answer = await route?.handle({
    query,
    headers: {},
    requester: { user: 'ann', roles: [] },
    params: {},
  } as never);
  // What is written at the end of a round waits on a timer that keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  const pieces: Buffer[] = await (answer as { readonly body: Readable }).body.toArray();
  clearInterval(alive);
  const text = String(Buffer.concat(pieces));
  assert.deepEqual(
    [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name),
    ['st2.execution.output__create', 'st2.execution__update'],
  );
});

test('stream: while the broker is away a client is refused, and nothing is left open', async () => {
  const hub = {
    listen: async () => {
      throw new UnavailableError('There is no connection to the message broker.');
    },
  };
  const query = { text: () => undefined, list: () => undefined };
  const [route] = streamRoutes({ config: loadConfig({}), stores: {}, hub } as never);
  const request = { query, headers: {}, requester: { user: 'ann', roles: [] }, params: {} };
  await assert.rejects(async () => route?.handle(request as never), UnavailableError);
});

const OUTPUT = '/executions/:id/output';

/** Asks for all output of an execution that is `status`, with so many pieces of so many characters stored. */
async function askForOutput(options: {
  readonly status: string;
  readonly pieces: number;
  readonly length: number;
  readonly whileLoading?: (listener: Listener, loads: number) => void;
}) {
  const { status, pieces, length, whileLoading } = options;
  let tell: Listener = () => undefined;
  const hub = {
    listen: async (listener: Listener) => {
      tell = listener;
      return () => undefined;
    },
  };
  const stored = Array.from({ length: pieces }, (_, sequence) => ({
    id: `o${sequence}`,
    execution_id: 'e1',
    output_type: 'stdout',
    sequence,
  }));
  const loads = { count: 0 };
  const outputs = {
    find: async (
      { id }: { readonly id?: { readonly $in: readonly string[] } },
      { include }: { readonly include?: readonly string[] } = {},
    ) => {
      if (include !== undefined) return stored;
      loads.count += 1;
      whileLoading?.(tell, loads.count);
      const wanted = id === undefined ? stored : stored.filter((piece) => id.$in.includes(piece.id));
      return wanted.map((piece) => ({ ...piece, data: 'x'.repeat(length) }));
    },
  };
  const stores = { outputs, executions: { get: async () => ({ id: 'e1', status }) } };
  const route = streamRoutes({ config: loadConfig({}), stores, hub } as never).find(({ path }) => path === OUTPUT);
  const answer = await route?.handle({ query: { text: () => undefined }, params: { id: 'e1' } } as never);
  return {
    body: (answer as { readonly body: Readable }).body,
    loads,
    tell: (...given: Parameters<Listener>) => tell(...given),
  };
}

/** Lets everything happen that waits for nothing outside of the process. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const liveOutput = (id: string, data = '{}') =>
  [
    { name: 'st2.execution.output__create', data, executionId: 'e1', outputId: id, outputType: 'stdout' },
    () => Buffer.alloc(0),
  ] as const;

test('output: much of it is loaded as the client takes it, and all of it arrives', async () => {
  const { body, loads } = await askForOutput({ status: 'succeeded', pieces: 400, length: 100_000 });
  await settle();
  assert.ok(loads.count <= 2, `${loads.count} pages are loaded though nobody has read any`);
  const alive = setInterval(() => undefined, 1_000);
  const text = String(Buffer.concat(await body.toArray()));
  clearInterval(alive);
  const sequences = [...text.matchAll(/"sequence":(\d+)/g)].map(([, sequence]) => Number(sequence));
  assert.deepEqual(
    sequences,
    Array.from({ length: 400 }, (_, sequence) => sequence),
  );
  assert.ok(text.endsWith("event: EOF\ndata: ''\n\n"));
});

test('output: what comes live while stored pieces are sent follows them, and none comes twice', async () => {
  const { body, tell } = await askForOutput({
    status: 'running',
    pieces: 120,
    length: 10,
    whileLoading: (listener, loads) => {
      if (loads !== 1) return;
      listener(...liveOutput('o119'));
      listener(...liveOutput('new', '{"sequence":120}'));
    },
  });
  const chunks: string[] = [];
  body.on('data', (chunk) => chunks.push(String(chunk)));
  await settle();
  tell({ name: 'st2.execution__update', data: '{}', executionId: 'e1', status: 'succeeded' }, () => Buffer.alloc(0));
  await once(body, 'end');
  const sequences = [...chunks.join('').matchAll(/"sequence":(\d+)/g)].map(([, sequence]) => Number(sequence));
  assert.deepEqual(
    sequences,
    Array.from({ length: 121 }, (_, sequence) => sequence),
  );
});

test('output: a client that does not take what is stored is cut off when too much comes live', async () => {
  const { body, tell } = await askForOutput({ status: 'running', pieces: 400, length: 100_000 });
  await settle();
  assert.equal(body.destroyed, false);
  for (let at = 0; at < 20; at += 1) tell(...liveOutput(`n${at}`, 'x'.repeat(1024 * 1024)));
  assert.equal(body.destroyed, true);
});

test('stream: a client that may not see the execution it waits for leaves nothing behind', async (t) => {
  const interval = t.mock.method(globalThis, 'setInterval');
  const config = loadConfig({ ST2_RBAC__ENABLE: 'true', ST2_RBAC__PERMISSION_ISOLATION: 'true' });
  const stores = { executions: { get: async () => ({ context: { user: 'bob' } }) } };
  const [route] = streamRoutes({ config, stores, hub: {} } as never);
  const query = { text: (name: string) => (name === 'end_execution_id' ? 'e1' : undefined), list: () => undefined };
  const request = { query, headers: {}, requester: { user: 'ann', roles: [] }, params: {} };
  await assert.rejects(async () => route?.handle(request as never), ForbiddenError);
  assert.equal(interval.mock.callCount(), 0);
});
