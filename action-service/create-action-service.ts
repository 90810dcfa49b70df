import { errorMessage } from '../core/errors.ts';
import { COMPLETED_STATUSES, isCompleted } from '../core/statuses.ts';
import type { Bus } from '../platform/bus/bus.ts';
import type { Logger } from '../platform/logging/create-logger.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import { createAnnouncer } from './announce.ts';
import { createStatusSetter } from './change-together.ts';
import type { ActionService, CallbackSender } from './contract.ts';
import { createEndNotes } from './end-notes.ts';
import type { KeyValueService } from './keyvalue/keyvalue-service.ts';
import { createLifeCycle } from './life-cycle.ts';
import { createSecretNotes } from './note-secrets.ts';
import { observeExecution } from './observe-execution.ts';
import { createParameterRules } from './parameters.ts';
import { createPresenter } from './present-execution.ts';
import { createQuestions } from './questions.ts';
import { createRequester } from './request-execution.ts';
import { createSnapshots } from './snapshots.ts';
import { createTraces, type Traces } from './traces.ts';

export interface ActionServiceDeps {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly keyValues: KeyValueService;
  /** By `callback.source`. A process without a sender for a source leaves it to one that has it. */
  readonly callbacks?: Readonly<Record<string, CallbackSender>>;
  readonly systemUser: string;
  readonly maskSecrets: boolean;
  /** Base address of the web UI, for `web_url`. */
  readonly webUrl: string;
  /** Whether nobody is to hear of an end but who waits for it. Without this the notifier finds that out. */
  readonly isQuietEnd?: (execution: Execution) => Promise<boolean>;
}

/** What the processes that are built on the action service use beside it. */
export interface ActionServiceParts {
  readonly traces: Traces;
  /** Says and writes what is still to be said and written; before the process ends. */
  flush(): Promise<void>;
}

/** Builds the action service (see contract.ts for its rules). */
export function createActionService(deps: ActionServiceDeps): ActionService & ActionServiceParts {
  const { stores, bus, callbacks = {} } = deps;
  const logger = deps.logger.child({ component: 'action-service' });
  const announce = createAnnouncer(bus);
  const snapshots = createSnapshots(stores);
  const noteSecrets = createSecretNotes(snapshots);
  const traces = createTraces(stores);
  const setStatus = createStatusSetter(stores, logger);
  const parameters = createParameterRules({ stores, keyValues: deps.keyValues, systemUser: deps.systemUser });
  const request = createRequester({ stores, snapshots, announce, parameters, traces });
  const present = createPresenter({
    stores,
    snapshots,
    parameters,
    maskByDefault: deps.maskSecrets,
    webUrl: deps.webUrl,
  });
  let outputSequence = 0;

  const endNotes = createEndNotes(stores, { present }, (error) =>
    logger.warn({ reason: errorMessage(error) }, 'what followed from ends could not be noted, the sweeps do it again'),
  );

  const senderTo = (source: unknown) => callbacks[String(source)];

  /** @returns whether the one who waits has been told */
  async function deliver(execution: Execution): Promise<boolean> {
    const { callback } = execution;
    const sender = senderTo(callback?.source);
    if (callback === undefined || sender === undefined) return false;
    try {
      if (isCompleted(execution.status)) await noteSecrets(execution);
      await sender.deliver(callback, execution);
      return true;
    } catch (error) {
      logger.warn(
        { execution_id: execution.id, reason: errorMessage(error) },
        'callback could not be delivered, the sweep tries again',
      );
      return false;
    }
  }

  const changeStatus: ActionService['changeStatus'] = async (id, to, change = {}) => {
    const changed = await setStatus(id, to, change);
    if (changed === undefined) return undefined;
    logger.info({ execution_id: id, action: changed.action_ref, status: to }, 'execution changed its status');
    observeExecution(changed);
    if (isCompleted(to)) await followEnd(changed);
    else {
      announce.changed(changed);
      if (to === 'paused' && changed.pause_state === 'passing') await goOn(changed);
      else if (to === 'paused' || to === 'running') await tell(changed);
    }
    return changed;
  };

  /** Whoever waits hears of an end first. */
  async function followEnd(execution: Execution): Promise<void> {
    const telling = deliver(execution);
    const isQuiet = await isQuietEnd(execution);
    announce.ended(execution, isQuiet);
    const { callback } = execution;
    if (callback !== undefined && senderTo(callback.source) === undefined)
      announce.untold(execution, String(callback.source));
    const isTold = await telling;
    if (isTold || isQuiet) endNotes.add({ execution, isTold, isQuiet });
  }

  async function isQuietEnd(execution: Execution): Promise<boolean> {
    try {
      return (await deps.isQuietEnd?.(execution)) ?? false;
    } catch {
      return false; // The notifier asks again.
    }
  }

  /** It was to go on by the time it is paused. */
  async function goOn({ id }: Execution): Promise<void> {
    await lifeCycle.resume(id, deps.systemUser).catch((error: unknown) => {
      logger.warn({ execution_id: id, reason: errorMessage(error) }, 'not resumed, the sweep tries again');
    });
  }

  /** A waiting workflow hears of a pause and the going on after it; the first start is no news to it. */
  async function tell(execution: Execution): Promise<void> {
    if (execution.status === 'running' && !execution.log.some((entry) => entry.status === 'paused')) return;
    await deliver(execution);
  }

  const lifeCycle = createLifeCycle(stores, { changeStatus, request });

  return {
    request,
    changeStatus,
    present,
    traces,
    flush() {
      announce.flush();
      return endNotes.flush();
    },
    ...lifeCycle,
    ...createQuestions(stores, { changeStatus, resume: lifeCycle.resume }),

    async deliverCallback(execution) {
      const isTold = await deliver(execution);
      if (isTold && isCompleted(execution.status)) endNotes.add({ execution, isTold, isQuiet: false });
    },

    async updateProgress(id, change) {
      const set: Record<string, unknown> = {};
      if (change.result !== undefined) set.result = change.result;
      for (const [key, value] of Object.entries(change.context ?? {})) set[`context.${key}`] = value;
      const changed = await stores.executions.updateOne(
        {
          id,
          // News from before the end may be stored after it, by another process: the end is what counts.
          status: { $nin: COMPLETED_STATUSES },
          ...(change.ifLeasedBy === undefined ? {} : { 'lease.owner': change.ifLeasedBy }),
        },
        {
          ...(Object.keys(set).length === 0 ? {} : { $set: set }),
          ...(change.lease === null ? { $unset: { lease: 1 } } : {}),
        },
      );
      if (changed !== undefined) bus.publish('st2.execution', 'update', { id, status: changed.status });
      return changed;
    },

    async renewLeases(owner, ids, seconds) {
      if (ids.length === 0) return [];
      const mine = { id: { $in: [...ids] }, 'lease.owner': owner };
      await stores.executions.updateMany(mine, { $set: { 'lease.expires_at': new Date(Date.now() + seconds * 1000) } });
      return (await stores.executions.find(mine, { include: ['id'] })).map((execution) => execution.id);
    },

    async appendOutput(execution, type, data) {
      outputSequence += 1;
      const stored = await stores.outputs.insert({
        execution_id: execution.id,
        action_ref: execution.action_ref,
        runner_ref: execution.runner_type,
        timestamp: new Date(),
        output_type: type,
        data,
        sequence: outputSequence,
      });
      announce.output(stored.id, execution.id);
    },

    children: (id) =>
      stores.executions.find({ parent: id }, { sort: { start_timestamp: 1 }, include: ['status', 'runner_type'] }),
  };
}
