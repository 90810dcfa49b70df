/**
 * Runs the sensors of its partition, each in a process of its own.
 *
 * 1. What runs follows the records: enabled sensors of the partition, started, stopped and restarted as they change.
 * 2. A sensor that ends is started again after a pause that doubles each time, up to a limit; one that ran for a minute
 *    starts over with the short pause. The others are not concerned.
 * 3. A sensor is told of the triggers of its types: all at its start, then those that come and go.
 */
import type { DispatchTrigger } from '../../action-service/triggers/dispatch-trigger.ts';
import { canonicalJson, triggerView } from '../../action-service/triggers/trigger-service.ts';
import { errorMessage } from '../../core/errors.ts';
import { type Bus, type Consumer, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Stores } from '../../stores/stores.ts';
import { createSweep } from '../sweep.ts';
import type { Partition } from './partition.ts';
import type { SensorCommand, SensorDispatch, SensorProcess, TriggerView } from './sensor-process.ts';
import { startSensorProcess } from './sensor-process.ts';
import type { SensorType } from './sensor-type.ts';

const SPAWN_TRIGGER = 'core.st2.sensor.process_spawn';
const EXIT_TRIGGER = 'core.st2.sensor.process_exit';
const STEADY_MS = 60_000;

export interface SensorContainerDeps {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly dispatch: DispatchTrigger;
  readonly partition: Partition;
  readonly sensorDispatch: (message: SensorDispatch) => Promise<void>;
  /** Program and first message of a sensor, without its triggers. */
  readonly prepare: (sensor: SensorType) => Promise<{
    readonly command: SensorCommand;
    readonly request: Readonly<Record<string, unknown>>;
    /** Takes back what the program was given. */
    release(): Promise<void>;
  }>;
  readonly logger: Logger;
  readonly settings: {
    /** Seconds. */
    readonly refresh_interval: number;
    readonly respawn_delay: number;
    readonly respawn_delay_max: number;
  };
}

interface Running {
  readonly sensor: SensorType;
  readonly signature: string;
  process: SensorProcess | undefined;
  triggers: Map<string, TriggerView>;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  isStopped: boolean;
}

/** What makes a sensor another one, so that it has to be started anew. */
const signatureOf = (sensor: SensorType) =>
  canonicalJson([sensor.artifact_uri, sensor.entry_point, sensor.trigger_types, sensor.poll_interval ?? null]);

export function createSensorContainer(deps: SensorContainerDeps): Service {
  const { stores, bus, dispatch, settings } = deps;
  const logger = deps.logger.child({ component: 'sensor-container' });
  const sensors = new Map<string, Running>();
  let watcher: Consumer | undefined;

  async function triggersOf(sensor: SensorType): Promise<Map<string, TriggerView>> {
    const triggers = await stores.triggers.find({ type: { $in: [...sensor.trigger_types] } });
    return new Map(triggers.map((trigger) => [trigger.ref, triggerView(trigger) as TriggerView]));
  }

  async function announce(trigger: string, sensor: SensorType, facts: Readonly<Record<string, unknown>>) {
    const payload = { id: sensor.name, timestamp: Math.floor(Date.now() / 1000), ...facts };
    await dispatch({ trigger, payload }).catch((error: unknown) =>
      logger.warn({ sensor: sensor.ref, reason: errorMessage(error) }, 'sensor trigger could not be stored'),
    );
  }

  function startAgain(running: Running, startedAt: number): void {
    if (running.isStopped) return;
    if (Date.now() - startedAt > STEADY_MS) running.failures = 0;
    const pause = Math.min(settings.respawn_delay * 2 ** running.failures, settings.respawn_delay_max);
    running.failures += 1;
    logger.warn({ sensor: running.sensor.ref, seconds: pause }, 'sensor is started again after a pause');
    running.timer = setTimeout(() => void start(running), pause * 1000);
  }

  async function start(running: Running): Promise<void> {
    const { sensor } = running;
    const child = logger.child({ sensor: sensor.ref });
    const startedAt = Date.now();
    let release = async () => {};
    try {
      const prepared = await deps.prepare(sensor);
      release = prepared.release;
      running.triggers = await triggersOf(sensor);
      if (running.isStopped) return await release();
      const request = { ...prepared.request, triggers: [...running.triggers.values()] };
      const started = await startSensorProcess({
        command: prepared.command,
        request,
        dispatch: deps.sensorDispatch,
        logger: child,
      });
      running.process = started;
      child.info({ pid: started.pid }, 'sensor started');
      void follow(running, started, startedAt, release);
      const { file, args } = prepared.command;
      await announce(SPAWN_TRIGGER, sensor, { pid: started.pid, cmd: [file, ...args].join(' ') });
    } catch (error) {
      child.warn({ reason: errorMessage(error) }, 'sensor could not be started');
      await release().catch(() => undefined);
      startAgain(running, startedAt);
    }
  }

  async function follow(
    running: Running,
    started: SensorProcess,
    startedAt: number,
    release: () => Promise<void>,
  ): Promise<void> {
    const code = await started.exited;
    running.process = undefined;
    logger.info({ sensor: running.sensor.ref, pid: started.pid, exit_code: code }, 'sensor ended');
    await release().catch((error: unknown) =>
      logger.warn({ sensor: running.sensor.ref, reason: errorMessage(error) }, 'token could not be taken back'),
    );
    await announce(EXIT_TRIGGER, running.sensor, { pid: started.pid, exit_code: code });
    startAgain(running, startedAt);
  }

  async function stop(running: Running): Promise<void> {
    running.isStopped = true;
    clearTimeout(running.timer);
    await running.process?.stop();
  }

  async function followTriggers(running: Running): Promise<void> {
    if (running.process === undefined) return;
    const present = await triggersOf(running.sensor);
    for (const [ref, trigger] of present) {
      const known = running.triggers.get(ref);
      if (known === undefined) running.process.tell('create', trigger);
      else if (canonicalJson(known.parameters) !== canonicalJson(trigger.parameters))
        running.process.tell('update', trigger);
    }
    for (const [ref, trigger] of running.triggers) if (!present.has(ref)) running.process.tell('delete', trigger);
    running.triggers = present;
  }

  async function refresh(): Promise<void> {
    const isOurs = await deps.partition();
    const enabled = (await stores.sensorTypes.find({ enabled: true })) as unknown as SensorType[];
    const wanted = new Map(enabled.filter((sensor) => isOurs(sensor.ref)).map((sensor) => [sensor.ref, sensor]));
    for (const [ref, running] of sensors) {
      const sensor = wanted.get(ref);
      if (sensor !== undefined && signatureOf(sensor) === running.signature) continue;
      sensors.delete(ref);
      await stop(running);
    }
    for (const [ref, sensor] of wanted) {
      const known = sensors.get(ref);
      if (known !== undefined) {
        await followTriggers(known);
        continue;
      }
      const running: Running = {
        sensor,
        signature: signatureOf(sensor),
        process: undefined,
        triggers: new Map(),
        failures: 0,
        timer: undefined,
        isStopped: false,
      };
      sensors.set(ref, running);
      await start(running);
    }
  }

  const sweep = createSweep({ everyMs: settings.refresh_interval * 1000, work: refresh, what: 'sensors', logger });

  return {
    async start() {
      watcher = await bus.subscribe({
        bindings: [
          { exchange: EXCHANGES.sensor, routing_key: '#' },
          { exchange: EXCHANGES.trigger, routing_key: '#' },
        ],
        handler: () => sweep.hurry(),
      });
      await refresh();
      await sweep.start();
      logger.info({ sensors: sensors.size }, 'sensors are running');
    },
    async stop() {
      await watcher?.cancel();
      await sweep.stop();
      await Promise.all([...sensors.values()].map(stop));
    },
  };
}
