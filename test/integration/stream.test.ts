import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { createStores } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

let infrastructure: Provisioned;
let services: RunningServices;
let token: string;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  services = await startServices(infrastructure, {
    only: ['st2api', 'st2auth', 'st2stream', 'st2scheduler', 'st2actionrunner'],
  });
  token = await services.token();
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

interface Frame {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Reads frames until the server ends the answer, or `until` is satisfied. */
async function listen(
  path: string,
  until: (frames: readonly Frame[]) => boolean,
  headers: Record<string, string> = {},
  connected?: () => void,
): Promise<Frame[]> {
  const stop = AbortSignal.timeout(30_000);
  const answer = await fetch(`${services.streamUrl}/v1${path}`, {
    headers: { 'x-auth-token': token, ...headers },
    signal: stop,
  });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
  connected?.();
  const frames: Frame[] = [];
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    frames.push(...parts.map(toFrame));
    if (until(frames)) break;
  }
  return frames;
}

function toFrame(text: string): Frame {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  return { event: field('event') ?? '', data: field('data') ?? '', id: field('id') };
}

const never = () => false;

async function run(cmd: string): Promise<string> {
  const { id } = await services.request<{ id: string }>('POST', '/executions', {
    action: 'core.local',
    parameters: { cmd },
  });
  return id;
}

test('events of an execution arrive in order, each status once', async () => {
  let connected: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const done = (frames: readonly Frame[]) => frames.some((frame) => /"status":"succeeded"/.test(frame.data));
  const listening = listen('/stream?events=st2.execution__*&action_refs=core.local', done, {}, () => connected());
  await ready;
  await run('echo one');
  const frames = await listening;
  assert.equal(frames[0]?.event, 'st2.execution__create');
  const statuses = frames.map((frame) => (JSON.parse(frame.data) as { status: string }).status);
  // What nothing holds back passes `scheduled` without a change that would be announced.
  assert.deepEqual(statuses, ['requested', 'running', 'succeeded']);
  const firstId = frames[1]?.id ?? '';
  const missed = await listen('/stream?events=st2.execution__*', done, { 'last-event-id': firstId });
  assert.equal(missed[0]?.id, frames[2]?.id);
});

test('the output of a running action: as it comes, then the end', async () => {
  const id = await run('echo first; sleep 0.3; echo second >&2');
  const frames = await listen(`/executions/${id}/output`, never);
  assert.deepEqual(frames.at(-1), { event: 'EOF', data: "''", id: undefined });
  const pieces = frames.slice(0, -1).map((frame) => JSON.parse(frame.data) as { data: string; output_type: string });
  assert.deepEqual(pieces.map(({ data, output_type }) => [output_type, data]).sort(), [
    ['stderr', 'second\n'],
    ['stdout', 'first\n'],
  ]);
  const errors = await listen(`/executions/${id}/output?output_type=stderr`, never);
  assert.equal(errors.length, 2);
});

test('a client that waits for the end of an execution that is over is told at once', async () => {
  const id = await run('echo over');
  await listen(`/executions/${id}/output`, never);
  const query = `events=st2.execution__update,st2.execution.output__create&end_event=st2.execution__update&end_execution_id=${id}`;
  const frames = await listen(`/stream?${query}`, never);
  assert.equal(frames.at(-1)?.event, 'st2.execution__update');
  assert.match(frames.at(-1)?.data ?? '', /"status":"succeeded"/);
  assert.ok(frames.some((frame) => frame.event === 'st2.execution.output__create'));
});

test('much output, more than is ever kept for a slow client, arrives whole', async () => {
  const id = await run('echo much');
  await listen(`/executions/${id}/output`, never);
  const config = loadConfig(services.env);
  const connection = await connectMongo(config, createLogger('test', 'error'));
  try {
    const { outputs } = createStores(connection);
    const piece = {
      execution_id: id,
      action_ref: 'core.local',
      runner_ref: 'local-shell-cmd',
      output_type: 'stdout',
    } as const;
    const data = 'x'.repeat(64 * 1024);
    for (let part = 0; part < 6; part += 1) {
      const pieces = Array.from({ length: 64 }, (_, at) => {
        return { ...piece, timestamp: new Date(), data, sequence: 1_000 + part * 64 + at };
      });
      await outputs.insertMany(pieces);
    }
  } finally {
    await connection.close();
  }
  const isPiece = (frame: Frame) => frame.event === 'st2.execution.output__create';
  const output = await listen(`/executions/${id}/output`, never);
  assert.deepEqual([output.filter(isPiece).length, output.at(-1)?.event], [385, 'EOF']);
  const sequences = output.slice(1, -1).map((frame) => (JSON.parse(frame.data) as { sequence: number }).sequence);
  assert.deepEqual(
    sequences,
    Array.from({ length: 384 }, (_, at) => 1_000 + at),
  );
  const query = `events=st2.execution__update,st2.execution.output__create&end_execution_id=${id}`;
  const events = await listen(`/stream?${query}`, never);
  assert.deepEqual([events.filter(isPiece).length, events.at(-1)?.event], [385, 'st2.execution__update']);
});

test('without a token there is no stream', async () => {
  const answer = await fetch(`${services.streamUrl}/v1/stream`);
  assert.equal(answer.status, 401);
  await answer.arrayBuffer();
});
