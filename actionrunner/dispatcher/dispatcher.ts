/**
 * The dispatcher: takes scheduled executions off the bus and runs them; cancels, pauses and resumes what runs.
 *
 * 1. An execution is taken by a compare-and-set from `scheduled` to `running` that writes a lease of this process:
 *    a message that comes twice runs once, and a process that dies is noticed. A workflow is taken by its lease alone
 *    and is `running` once it has really begun: who sees it running finds its first task.
 * 2. Workflows and actions have pools of their own, so that actions never keep the workflows that wait for them from starting.
 * 3. Workflows that find no slot wait in a line of this process, their messages done with: messages that waited for them would keep
 *    back what the workflows that have a slot wait for. The line may be lost: the scheduler's sweep says again what nobody has taken.
 * 4. Who runs an action hears of its cancel by broadcast; what nobody runs in a process is canceled by whoever gets the message.
 * 5. Nothing that a runner does or throws ends the process or leaves an execution without an end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parameterSecrets } from '../../action-service/secrets-of-execution.ts';
import { errorMessage } from '../../core/errors.ts';
import type { ExecutionStatus } from '../../core/statuses.ts';
import { type Bus, bindingsOf, type Consumer, EXCHANGES, type Message, NotNowError } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { withDatabase } from '../../platform/mongo/with-database.ts';
import { withSpan } from '../../platform/observability/tracing.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Policies } from '../policies/policies.ts';
import { type RunContext, type Runner, type RunnerServices, type RunOutcome, stopReason } from '../runners/contract.ts';
import { findRunner } from '../runners/index.ts';
import { checkOutput } from './check-output.ts';
import { createLeases } from './leases.ts';
import { createOutputWriter, SILENT_WRITER } from './output-writer.ts';
import { createPool, type Pool } from './pool.ts';
import type { BuildRunContext } from './run-context.ts';
import { createSteering } from './steering.ts';
import { stoppedOutcome, storeOutcome, toErrorResult } from './store-outcome.ts';
import { createTaker } from './taker.ts';

/** Messages that wait here for a slot; more would keep them from idle processes. */
const PREFETCH = 20;
/** Workflows that wait in line here for a slot; those beyond are left to the scheduler's sweep. */
const LINE = 1_000;

export interface DispatcherDeps {
  readonly services: RunnerServices;
  readonly bus: Bus;
  /** Name of this process: the owner of its leases. */
  readonly owner: string;
  readonly buildContext: BuildRunContext;
  readonly policies: Pick<Policies, 'after'>;
  readonly logger: Logger;
  readonly find?: (name: string) => Runner;
}

type Method = 'run' | 'continueRun';

interface Order {
  readonly id: string;
  /** Status in which the execution waits. */
  readonly from: 'scheduled' | 'resuming';
  readonly method: Method;
  /** What was sent, where it says more than the id. */
  readonly message?: Message;
}

interface Place {
  /** Absent when there is no such runner. */
  readonly runner: Runner | undefined;
  /** None for a workflow inside of another one: the other one holds its own slot while it waits for it. */
  readonly pool: Pool | undefined;
}

interface Run {
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** When an order was given that nobody has written down; `undefined` for one that stands in the execution. */
function orderedAt(order: Message | undefined): Date | undefined {
  return typeof order?.scheduled_at === 'number' ? new Date(order.scheduled_at) : undefined;
}

/** Values of secret parameters: what an action prints of them is masked. */
function secretsGiven({ action, runnerType, runnerParameters, actionParameters }: RunContext): readonly unknown[] {
  return parameterSecrets(action, runnerType, { ...runnerParameters, ...actionParameters });
}

export function createDispatcher(deps: DispatcherDeps): Service {
  const { services, bus, owner, buildContext, policies } = deps;
  const { actions, stores, config } = services;
  const find = deps.find ?? findRunner;
  const logger = deps.logger.child({ component: 'dispatcher' });
  const { lease: leaseSeconds, actions_pool_size, workflows_pool_size, shutdown_timeout } = config.actionrunner;
  const pools = { action: createPool(actions_pool_size), workflow: createPool(workflows_pool_size) };
  const runs = new Map<string, Run>();
  /** Ids of orders that are being carried out here, from the message to the end of the run. */
  const taken = new Set<string>();
  /** Those of them that wait for a slot without a message. */
  const line = new Map<string, Order>();
  const consumers: Consumer[] = [];
  const stopping = new AbortController();
  const outcomes = {
    actions,
    owner,
    logger,
    retried: (execution: Execution, status: ExecutionStatus) => policies.after({ ...execution, status }),
  };
  const leases = createLeases({
    actions,
    owner,
    seconds: leaseSeconds,
    logger,
    onLost(id) {
      logger.error({ execution_id: id }, 'lease of a running action was lost, the action is stopped');
      runs.get(id)?.controller.abort('lease-lost');
    },
  });

  const takeExecution = createTaker({
    stores,
    actions,
    owner,
    seconds: leaseSeconds,
    signal: stopping.signal,
    logger,
  });
  const steer = createSteering({
    services,
    find,
    buildContext,
    goOn: (id) => take({ id, from: 'resuming', method: 'continueRun' }),
    logger,
  });

  /** Carries an order out. Resolves when the execution was taken, waits in line, or needs not be taken. */
  async function take(order: Order): Promise<void> {
    const { id } = order;
    // Orders are said again while they wait; the first one is carried out.
    if (taken.has(id)) return;
    taken.add(id);
    const place = await orForget(id, findPlace(order));
    if (place === undefined) return;
    // Asked and taken in one breath: many orders come at once.
    if (place.pool === pools.workflow && place.pool.isFull()) lineUp(order, place);
    else await carryOut(order, place);
  }

  function lineUp(order: Order, place: Place): void {
    const { id } = order;
    if (line.size >= LINE) {
      taken.delete(id);
      return;
    }
    line.set(id, order);
    carryOut(order, place).catch((error: unknown) => {
      // What is in line still was refused because this process stops.
      if (line.has(id)) return;
      logger.warn({ execution_id: id, reason: errorMessage(error) }, 'workflow was not begun, the sweep says it again');
    });
  }

  async function carryOut(order: Order, { runner, pool }: Place): Promise<void> {
    const giveBack = await orForget(order.id, pool === undefined ? Promise.resolve(() => undefined) : pool.take());
    line.delete(order.id);
    if (giveBack !== undefined) await begin(order, runner, giveBack);
  }

  /** What an order waits for; its id is free again when nothing comes of it. */
  async function orForget<T>(id: string, wanted: Promise<T | undefined>): Promise<T | undefined> {
    let found: T | undefined;
    try {
      found = await wanted;
      return found;
    } finally {
      if (found === undefined) taken.delete(id);
    }
  }

  /** Where an order is carried out; `undefined` when there is nothing to do. */
  async function findPlace(order: Order): Promise<Place | undefined> {
    const waiting = await describe(order);
    if (waiting === undefined) return undefined;
    const runner = findOrUndefined(waiting.runnerType);
    if (runner?.isWorkflow !== true) return { runner, pool: pools.action };
    return { runner, pool: waiting.isChild ? undefined : pools.workflow };
  }

  /** Takes the execution of an order that has its slot, and runs it. */
  async function begin(order: Order, runner: Runner | undefined, giveBack: () => void): Promise<void> {
    const { id, from, method, message } = order;
    const controller = new AbortController();
    let finished: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      finished = resolve;
    });
    // Known before it is taken: a cancel that comes right after must find it.
    runs.set(id, { controller, done });
    const end = () => {
      leases.release(id);
      runs.delete(id);
      taken.delete(id);
      giveBack();
      finished();
    };
    try {
      const execution = await takeExecution({
        id,
        from,
        isLate: method === 'run' && runner?.isWorkflow === true,
        result: method === 'run' ? runner?.initialResult : undefined,
        orderedAt: orderedAt(message),
        isEarly: message?.early === true,
      });
      if (execution === undefined) return end();
      leases.hold(id);
      void withSpan(`run ${execution.action_ref}`, { parent: execution.traceparent }, () =>
        execute(execution, controller.signal, method),
      )
        .catch((error: unknown) => logger.error({ err: error, execution_id: id }, 'run of an execution failed'))
        .finally(end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** What has to be known before a slot is taken: from the message where it says so, else from the database. */
  async function describe({ id, from, message }: Order) {
    if (typeof message?.runner_type === 'string') {
      return { runnerType: message.runner_type, isChild: message.child === true };
    }
    const found = await stores.executions.get(id, { include: ['status', 'runner_type', 'parent'] });
    if (found?.status !== from) return undefined;
    return { runnerType: found.runner_type, isChild: found.parent !== undefined };
  }

  function findOrUndefined(name: string): Runner | undefined {
    try {
      return find(name);
    } catch {
      // The refusal becomes the execution's result when it runs.
      return undefined;
    }
  }

  async function execute(execution: Execution, signal: AbortSignal, method: Method): Promise<void> {
    const output = config.actionrunner.stream_output ? createOutputWriter(actions, execution, logger) : SILENT_WRITER;
    let context: RunContext | undefined;
    let outcome: RunOutcome;
    let runner: Runner | undefined;
    try {
      runner = find(execution.runner_type);
      const built = await withDatabase(logger, () => buildContext(execution, output, signal));
      if (config.api.mask_secrets) output.conceal(secretsGiven(built));
      context = { ...built, began: () => markRunning(execution) };
      const run = runner[method];
      if (run === undefined) throw new Error(`The ${runner.name} runner cannot go on with a paused run.`);
      outcome = await run(context);
      if (config.system.validate_output_schema) outcome = checkOutput(context.action, context.runnerType, outcome);
    } catch (error) {
      if (!signal.aborted)
        logger.info({ execution_id: execution.id, err: error }, 'action failed before or in its runner');
      outcome = { status: 'failed', result: toErrorResult(error) };
    }
    await output.close();
    const reason = stopReason(signal);
    const stored = reason === undefined ? outcome : stoppedOutcome(reason, outcome);
    if (stored === undefined) return;
    leases.release(execution.id);
    await storeOutcome(outcomes, execution, stored);
    if (context !== undefined && runner?.afterRun !== undefined) await runner.afterRun(context, stored);
  }

  /** A workflow that was taken by its lease has begun. */
  async function markRunning({ id, status }: Execution): Promise<void> {
    if (status === 'scheduled') await actions.changeStatus(id, 'running', { from: ['scheduled'], ifLeasedBy: owner });
  }

  const idOf = (message: Message) => String(message.id);
  const consume = async (
    queue: string,
    key: string,
    prefetch: number,
    handle: (id: string, message: Message) => Promise<void>,
  ) => {
    consumers.push(
      await bus.consume({
        queue,
        prefetch,
        bindings: [{ exchange: EXCHANGES.liveactionStatus, routing_key: key }],
        handler: (message) => handle(idOf(message), message),
      }),
    );
  };

  return {
    async start() {
      leases.start();
      consumers.push(
        await bus.subscribe({
          // What had not been taken when the cancel was written is `canceled` at once.
          bindings: bindingsOf(EXCHANGES.liveactionStatus, ['canceling', 'canceled']),
          handler: (message) => runs.get(idOf(message))?.controller.abort('canceled'),
        }),
      );
      await consume('st2.actionrunner.cancel', 'canceling', PREFETCH, (id) => steer('cancel', id));
      await consume('st2.actionrunner.pause', 'pausing', PREFETCH, (id) => steer('pause', id));
      await consume('st2.actionrunner.resume', 'resuming', PREFETCH, (id) => steer('resume', id));
      await consume('st2.actionrunner.work', 'scheduled', PREFETCH, (id, message) =>
        take({ id, from: 'scheduled', method: 'run', message }),
      );
      logger.info({ owner, ...config.actionrunner }, 'dispatcher takes work');
    },
    async stop() {
      stopping.abort(new NotNowError('The action runner is stopping.'));
      const inLine = [...line.values()];
      pools.action.close();
      pools.workflow.close();
      await Promise.all(consumers.splice(0).map((consumer) => consumer.cancel()));
      // Others need not wait for the sweep to say it.
      for (const { id, from, message } of inLine)
        bus.publish(EXCHANGES.liveactionStatus, from, message ?? { id, status: from });
      const left = () => Promise.all([...runs.values()].map((run) => run.done));
      // The last second is for storing what was cut off.
      await Promise.race([left(), sleep(Math.max(shutdown_timeout - 1, 0) * 1000, undefined, { ref: false })]);
      for (const run of runs.values()) run.controller.abort('shutdown');
      await left();
      leases.stop();
    },
  };
}
