/** Runs a chain task by task, from its beginning or from where it was paused. Source: StackStorm's action_chain_runner. */
import { randomUUID } from 'node:crypto';
import { toTimestamp } from '../../../action-service/present-execution.ts';
import { retryKey } from '../../../action-service/retry-policy.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { COMPLETED_STATUSES, type ExecutionStatus, FAILED_STATUSES, isCompleted } from '../../../core/statuses.ts';
import { databaseFailure } from '../../../platform/mongo/database-failure.ts';
import { withDatabase } from '../../../platform/mongo/with-database.ts';
import type { Execution } from '../../../stores/executions.ts';
import { type RunContext, type RunOutcome, stopReason, type Values } from '../contract.ts';
import { waitForStatus } from '../execution-watch.ts';
import type { Chain, ChainTask } from './chain-definition.ts';
import { type ChainError, type ChainState, known, nodeOf, type TaskResult, toChainError } from './chain-state.ts';
import { castForAction, renderChainValues } from './chain-templates.ts';

/** Statuses in which the chain looks at a child again. */
const SETTLED: readonly ExecutionStatus[] = [...COMPLETED_STATUSES, 'paused', 'pending'];
/** One that was only passing through `paused` is in one of these next. */
const GONE_ON: readonly ExecutionStatus[] = [...COMPLETED_STATUSES, 'resuming', 'running', 'pausing', 'canceling'];

const mentionsConfig = (parameters: Values) => JSON.stringify(parameters).includes('config_context');

export class ChainRun {
  private readonly context: RunContext;
  private readonly chain: Chain;
  private readonly state: ChainState;

  constructor(context: RunContext, chain: Chain) {
    this.context = context;
    this.chain = chain;
    this.state = {
      tasks: [],
      published: context.runnerParameters.display_published === false ? undefined : {},
      vars: {},
      results: {},
      status: 'failed',
      error: undefined,
    };
  }

  /** Runs from the first task. */
  async start(): Promise<RunOutcome> {
    if (!(await this.initVars())) return this.outcome();
    return this.follow(this.chain.first);
  }

  /** Goes on after a pause: with the last task where it was paused, else with what follows it. */
  async continue(): Promise<RunOutcome> {
    if (!(await this.initVars())) return this.outcome();
    this.restore();
    const last = this.state.tasks.at(-1);
    if (last === undefined) return this.follow(this.chain.first);
    const { executions } = this.context.services.stores;
    const child = await this.surely(() => executions.get(last.execution_id ?? ''));
    if (child === undefined) return this.follow(this.next(last.name, last.state));
    this.state.tasks.pop();
    if (child.status === 'paused' || child.status === 'pausing') return this.follow(last.name, child);
    const ended = isCompleted(child.status) ? child : await this.waitFor(child.id);
    const task = nodeOf(this.chain, last.name);
    this.record(task, ended, new Date(last.created_at), undefined);
    return this.follow(await this.advance(task, ended));
  }

  private async initVars(): Promise<boolean> {
    const { chain, context, state } = this;
    try {
      Object.assign(
        state.vars,
        await this.surely(() =>
          renderChainValues(context, chain.vars, context.actionParameters, 'variable %s of the chain'),
        ),
      );
      return true;
    } catch (error) {
      state.error = toChainError('Failed initializing ``vars`` in chain.', error);
      return false;
    }
  }

  /** Work that may be done twice, also when the database goes away meanwhile. */
  private surely<T>(work: () => Promise<T>): Promise<T> {
    return withDatabase(this.context.logger, work);
  }

  private restore(): void {
    const { execution } = this.context;
    const result = (execution.result ?? {}) as { readonly tasks?: readonly TaskResult[]; readonly published?: Values };
    this.state.tasks.push(...(result.tasks ?? []));
    for (const task of this.state.tasks) this.state.results[task.name] = task.result;
    if (this.state.published !== undefined) Object.assign(this.state.published, result.published);
    Object.assign(this.state.vars, execution.context.vars);
  }

  private async follow(first: string | undefined, paused?: Execution): Promise<RunOutcome> {
    let name = first;
    let resumed = paused;
    if (name === undefined && this.state.tasks.length === 0) this.state.status = 'succeeded';
    while (name !== undefined) {
      name = await this.step(name, resumed);
      resumed = undefined;
      await this.report();
      const stop = await this.asked();
      if (stop !== undefined) {
        this.state.status = stop;
        break;
      }
    }
    return this.outcome();
  }

  /** Runs one task; gives the name of the next. */
  private async step(name: string, paused: Execution | undefined): Promise<string | undefined> {
    const { state } = this;
    let task: ChainTask;
    let parameters: Values = {};
    try {
      task = nodeOf(this.chain, name);
      if (paused === undefined) parameters = await this.surely(() => this.parametersOf(task));
    } catch (error) {
      state.status = 'failed';
      state.error = toChainError(`Failed to run task "${name}".`, error);
      return undefined;
    }
    const created = new Date();
    let child: Execution | undefined;
    let failure: ChainError | undefined;
    try {
      child = paused === undefined ? await this.request(task, parameters) : await this.resume(paused);
      child = await this.waitFor(child.id);
    } catch (error) {
      failure = toChainError(`Failed running task "${name}".`, error);
    }
    state.results[name] = failure ?? child?.result;
    this.record(task, failure === undefined ? child : undefined, created, failure);
    return this.advance(task, failure === undefined ? child : undefined);
  }

  /** Publishes what a task has given, and names the task that follows; none when that fails, and with it the chain. */
  private async advance(task: ChainTask, child: Execution | undefined): Promise<string | undefined> {
    const { state } = this;
    try {
      if (child !== undefined) await this.publish(task, child.result);
    } catch (error) {
      state.status = 'failed';
      state.error = toChainError(`Failed to publish variables of task "${task.name}".`, error);
      return undefined;
    }
    try {
      return this.next(task.name, child?.status ?? 'failed');
    } catch (error) {
      state.status = 'failed';
      state.error = toChainError(`Failed to get next node after "${task.name}".`, error);
      return undefined;
    }
  }

  private async parametersOf(task: ChainTask): Promise<Values> {
    const { context, state } = this;
    const { stores, packConfig } = context.services;
    if ((await stores.actions.findOne({ ref: task.ref }, { include: ['ref'] })) === undefined) {
      throw new ValidationError(`Action with reference "${task.ref}" doesn't exist.`);
    }
    const parent = { execution_id: context.execution.id, ...context.execution.context };
    const scope = {
      ...this.scope(),
      __results: state.results,
      action_context: { parent },
      // A broken configuration must not keep tasks from running that do not use it.
      config_context: mentionsConfig(task.parameters) ? await packConfig(context.action.pack, context.user) : {},
    };
    const kind = `action parameter %s in task "${task.name}"`;
    const rendered = await renderChainValues(context, task.parameters, scope, kind).catch((error: unknown) => {
      if (databaseFailure(error) !== undefined) throw error;
      throw new ValidationError(`Parameter rendering failed. ${errorMessage(error)}`);
    });
    return castForAction(context, task.ref, rendered);
  }

  private scope(): Values {
    return { ...this.context.actionParameters, ...this.state.results, ...this.state.vars };
  }

  private async request(task: ChainTask, parameters: Values): Promise<Execution> {
    const { execution, user, services, runnerParameters } = this.context;
    const skipped = Array.isArray(runnerParameters.skip_notify) && runnerParameters.skip_notify.includes(task.name);
    const notify = skipped ? undefined : (task.notify ?? execution.notify);
    const { vars: _vars, ...context } = execution.context;
    const request = {
      action: task.ref,
      parameters,
      preRendered: true,
      user,
      context: { parent: { execution_id: execution.id, ...context }, chain: task.context },
      idempotencyKey: `${execution.id}/${task.name}/${randomUUID()}`,
      ...(notify === undefined || notify === null ? {} : { notify }),
    };
    const child = await this.surely(() => services.actions.request(request));
    if (this.state.tasks.length === 0) await this.surely(async () => this.context.began?.());
    return child;
  }

  private async resume(child: Execution): Promise<Execution> {
    await this.surely(() => this.context.services.actions.resumeChild(child.id, this.context.user));
    return child;
  }

  /** The child (or the retry that a policy made of it) once it has settled. A cancel waits for it, as in StackStorm. */
  private async waitFor(id: string): Promise<Execution> {
    const { services, signal } = this.context;
    const cut = new AbortController();
    const onAbort = () => {
      if (signal.aborted && stopReason(signal) !== 'canceled') cut.abort();
    };
    signal.addEventListener('abort', onAbort);
    onAbort();
    try {
      for (let current = id; ; ) {
        const settled = await waitForStatus(services, current, SETTLED, cut.signal);
        if (settled === undefined) throw new Error('The action runner was stopped before the chain had ended.');
        if (settled.status === 'paused' && settled.pause_state === 'passing') {
          await waitForStatus(services, current, GONE_ON, cut.signal);
          continue;
        }
        const retry = FAILED_STATUSES.includes(settled.status)
          ? await this.surely(() =>
              services.stores.executions.findOne({ idempotency_key: retryKey(settled.id) }, { include: ['id'] }),
            )
          : undefined;
        if (retry === undefined) return settled;
        current = retry.id;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private async publish(task: ChainTask, result: unknown): Promise<void> {
    if (Object.keys(task.publish).length === 0) return;
    const { state, context } = this;
    const scope = {
      ...context.actionParameters,
      [task.name]: result,
      ...state.results,
      ...state.vars,
      __results: state.results,
    };
    const rendered = await this.surely(() =>
      renderChainValues(context, task.publish, scope, `publish parameter %s in task "${task.name}"`),
    );
    Object.assign(state.vars, rendered);
    if (state.published !== undefined) Object.assign(state.published, rendered);
  }

  private record(task: ChainTask, child: Execution | undefined, created: Date, failure: ChainError | undefined): void {
    this.state.results[task.name] = failure ?? child?.result;
    this.state.tasks.push({
      id: task.name,
      name: task.name,
      execution_id: child?.id ?? null,
      liveaction_id: child?.liveaction_id ?? null,
      workflow: null,
      created_at: toTimestamp(created),
      updated_at: toTimestamp(child?.end_timestamp ?? new Date()),
      state: child?.status ?? 'failed',
      result: failure ?? child?.result ?? {},
    });
  }

  /** Sets the status that the chain has after a task, and gives the task that follows. */
  private next(name: string, status: ExecutionStatus | undefined): string | undefined {
    const { state, chain } = this;
    const task = nodeOf(chain, name);
    if (status === 'succeeded') {
      state.status = 'succeeded';
      return known(chain, task.onSuccess);
    }
    if (status === 'canceled') {
      state.status = 'canceled';
      return undefined;
    }
    if (status === 'paused' || status === 'pending') {
      state.status = 'paused';
      return undefined;
    }
    state.status = status === 'timeout' ? 'timeout' : 'failed';
    return known(chain, task.onFailure);
  }

  /** Whether somebody asked the chain itself to stop. */
  private async asked(): Promise<ExecutionStatus | undefined> {
    const reason = stopReason(this.context.signal);
    if (reason === 'canceled') return 'canceled';
    if (reason !== undefined) return 'abandoned';
    const { execution, services } = this.context;
    const own = await this.surely(() => services.stores.executions.get(execution.id, { include: ['status'] }));
    if (own?.status === 'canceling' || own?.status === 'canceled') return 'canceled';
    return own?.status === 'pausing' || own?.status === 'paused' ? 'paused' : undefined;
  }

  private async report(): Promise<void> {
    const { execution, services } = this.context;
    await this.surely(() => services.actions.updateProgress(execution.id, { result: this.result() }));
  }

  private result(): Values {
    const { tasks, published, error } = this.state;
    return { tasks, ...(published === undefined ? {} : { published }), ...error };
  }

  private outcome(): RunOutcome {
    const { status, vars } = this.state;
    return { status, result: this.result(), ...(status === 'paused' ? { context: { vars } } : {}) };
  }
}
