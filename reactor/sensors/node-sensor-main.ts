/**
 * Runs one sensor written in JavaScript (or TypeScript, where Node can load it). The module exports a class by the name of
 * the sensor, or by default, with the methods of Python sensors: `setup`, `run` or `poll`, `cleanup`, `addTrigger`,
 * `updateTrigger`, `removeTrigger`; all may be asynchronous and all but `run` or `poll` may be left out.
 * It is made with `(sensorService, config, pollInterval)`.
 */
import { createReadStream } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { errorMessage } from '../../core/errors.ts';
import { createDatastoreClient, type DatastoreClient } from './node-datastore.ts';
import { readLines } from './read-lines.ts';

type Trigger = Readonly<Record<string, unknown>>;

interface SensorRequest {
  readonly file_path: string;
  readonly class_name: string;
  readonly pack: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly poll_interval?: number;
  readonly triggers: readonly Trigger[];
}

/** What a sensor may use. */
export interface SensorService extends DatastoreClient {
  dispatch(trigger: string, payload?: unknown, traceTag?: string): Promise<void>;
  dispatchWithContext(trigger: string, payload?: unknown, traceContext?: unknown): Promise<void>;
}

interface Sensor {
  setup?(): unknown;
  run?(): unknown;
  poll?(): unknown;
  cleanup?(): unknown;
  addTrigger?(trigger: Trigger): unknown;
  updateTrigger?(trigger: Trigger): unknown;
  removeTrigger?(trigger: Trigger): unknown;
}

type SensorClass = new (service: SensorService, config: unknown, pollInterval: number) => Sensor;

const REQUEST_FD = 3;
const EVENT_FD = 4;
const POLL_INTERVAL = 5;

function createService(request: SensorRequest): SensorService {
  const channel = new Socket({ fd: REQUEST_FD, readable: true, writable: true });
  const waiting: ((answer: { readonly error?: string }) => void)[] = [];
  readLines(channel, (line) => waiting.shift()?.(JSON.parse(line) as { readonly error?: string }));
  const dispatchWithContext: SensorService['dispatchWithContext'] = async (trigger, payload, traceContext) => {
    const answer = await new Promise<{ readonly error?: string }>((resolve) => {
      waiting.push(resolve);
      channel.write(`${JSON.stringify({ trigger, payload: payload ?? null, trace_context: traceContext ?? null })}\n`);
    });
    if (answer.error !== undefined) process.stderr.write(`Trigger was not dispatched: ${answer.error}\n`);
  };
  return {
    ...createDatastoreClient(process.env, `${request.pack}.${request.class_name}`),
    dispatchWithContext,
    dispatch: (trigger, payload, traceTag) =>
      dispatchWithContext(trigger, payload, traceTag === undefined ? undefined : { trace_tag: traceTag }),
  };
}

async function load(request: SensorRequest, service: SensorService): Promise<Sensor> {
  const module = (await import(pathToFileURL(request.file_path).href)) as Readonly<Record<string, unknown>>;
  const found = module[request.class_name] ?? module.default;
  if (typeof found !== 'function')
    throw new Error(`Sensor module is missing a class with name "${request.class_name}"`);
  return new (found as SensorClass)(service, request.config, request.poll_interval ?? POLL_INTERVAL);
}

async function start(request: SensorRequest): Promise<Sensor> {
  const sensor = await load(request, createService(request));
  current = sensor;
  await sensor.setup?.();
  for (const trigger of request.triggers) await sensor.addTrigger?.(trigger);
  return sensor;
}

async function run(sensor: Sensor, request: SensorRequest): Promise<void> {
  if (sensor.run !== undefined) return void (await sensor.run());
  for (;;) {
    try {
      await sensor.poll?.();
    } catch (error) {
      // One poll that fails (a service of ours that starts just now, too) is no reason to end the sensor: the next may succeed.
      process.stderr.write(`The sensor failed to poll: ${errorMessage(error)}\n`);
    }
    await sleep((request.poll_interval ?? POLL_INTERVAL) * 1000);
  }
}

let current: Sensor | undefined;

async function end(code: number): Promise<never> {
  try {
    await current?.cleanup?.();
  } catch (error) {
    process.stderr.write(`The sensor failed to clean up: ${errorMessage(error)}\n`);
  }
  process.exit(code);
}

async function main(starting: Promise<Sensor>, request: SensorRequest): Promise<void> {
  try {
    await run(await starting, request);
    await end(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    await end(1);
  }
}

const HANDLERS = { create: 'addTrigger', update: 'updateTrigger', delete: 'removeTrigger' } as const;

async function onEvent(sensor: Sensor, line: string): Promise<void> {
  const { type, trigger } = JSON.parse(line) as { type: keyof typeof HANDLERS; trigger: Trigger };
  try {
    await sensor[HANDLERS[type]]?.(trigger);
  } catch (error) {
    process.stderr.write(`The sensor failed on a trigger: ${errorMessage(error)}\n`);
  }
}

process.on('SIGTERM', () => void end(0));
const events = createReadStream('', { fd: EVENT_FD });
let starting: Promise<Sensor> | undefined;
readLines(events, (line) => {
  if (starting === undefined) {
    const request = JSON.parse(line) as SensorRequest;
    starting = start(request);
    void main(starting, request);
    return;
  }
  // In order, once it knows the triggers that there were. That it could not start is told by `main`.
  starting.then(
    (sensor) => void onEvent(sensor, line),
    () => undefined,
  );
});
// The container is gone.
events.on('end', () => process.exit(3));
