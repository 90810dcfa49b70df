import { ConflictError, errorMessage, ValidationError } from '../core/errors.ts';
import { gather } from '../platform/gather.ts';
import { databaseFailure } from '../platform/mongo/database-failure.ts';
import { traceFields } from '../platform/observability/tracing.ts';
import { newId } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import type { Action, RunnerType } from '../stores/records.ts';
import { rememberBy } from '../stores/remembered.ts';
import type { Stores } from '../stores/stores.ts';
import type { Announcer } from './announce.ts';
import type { ExecutionRequest } from './contract.ts';
import { createHeldActions } from './held-actions.ts';
import type { ParameterRules } from './parameters.ts';
import type { Snapshots } from './snapshots.ts';
import type { Traces } from './traces.ts';

/** For how long a change of an action by another process may go unnoticed. */
const REMEMBERED_MS = 1_000;
/** Requests being stored up to which an order is given at the same time: with more, it would come too early. */
const FEW = 2;
/** Executions in one write at most. */
const TOGETHER = 50;

interface Deps {
  readonly stores: Stores;
  readonly snapshots: Snapshots;
  readonly announce: Announcer;
  readonly parameters: ParameterRules;
  readonly traces: Traces;
}

interface Stored {
  readonly execution: Execution;
  /** Not made before, for the same key. */
  readonly isNew: boolean;
}

/** Makes the function behind `ActionService.request`. */
export function createRequester(deps: Deps) {
  const { stores, snapshots, announce, parameters, traces } = deps;
  const mayBeHeld = createHeldActions(stores);
  const findAction = rememberBy(stores.actions, 'ref', REMEMBERED_MS);
  const findRunnerType = rememberBy(stores.runnerTypes, 'name', REMEMBERED_MS);

  async function known(key: string | undefined): Promise<Execution | undefined> {
    return key === undefined ? undefined : stores.executions.findOne({ idempotency_key: key });
  }

  async function build(
    request: ExecutionRequest,
    action: Action,
    runner: RunnerType,
  ): Promise<Omit<Execution, 'parameters'>> {
    const now = new Date();
    const delayed = request.delay !== undefined && request.delay > 0;
    const context = requestContext(request, action);
    const parent = parentOf(context);
    const notify = isEmpty(action.notify) ? request.notify : action.notify;
    return {
      id: newId(),
      liveaction_id: newId(),
      action_ref: action.ref,
      runner_type: runner.name,
      action_snapshot: await snapshots.put(action as never),
      runner_snapshot: await snapshots.put(runner as never),
      status: 'requested',
      context,
      start_timestamp: now,
      updated_at: now,
      log: [{ timestamp: now, status: 'requested' }],
      notify_state: 'pending',
      ...(parent === undefined ? {} : { parent }),
      ...(request.callback === undefined || isEmpty(request.callback)
        ? {}
        : { callback: request.callback, callback_state: 'pending' as const }),
      ...(notify === undefined || notify === null || isEmpty(notify) ? {} : { notify }),
      ...(request.delay === undefined ? {} : { delay: request.delay }),
      ...traceFields(),
      ...(delayed ? { due_at: new Date(now.getTime() + (request.delay as number)) } : {}),
      ...(request.idempotencyKey === undefined ? {} : { idempotency_key: request.idempotencyKey }),
      ...request.trigger,
    };
  }

  let beingStored = 0;

  /** Stores what was built in the same turn, such as the requests that came in one. */
  async function storeAll(built: readonly Execution[]): Promise<readonly (Stored | Promise<Stored>)[]> {
    try {
      const isNew = await stores.executions.insertEach(built);
      return built.map((execution, place) =>
        isNew[place] === true ? { execution, isNew: true } : findTwin(execution),
      );
    } catch (error) {
      if (built.length === 1 || databaseFailure(error) !== undefined) throw error;
      // It may be the fault of one of them; others may be stored.
      return built.map(async (execution) => (await storeAll([execution]))[0] as Stored | Promise<Stored>);
    }
  }

  /** The same request came twice at once: the one stored first is the answer to both. */
  async function findTwin({ id, idempotency_key: key }: Execution): Promise<Stored> {
    const execution = key === undefined ? await stores.executions.get(id) : await known(key);
    if (execution === undefined) throw new ConflictError(`The execution "${id}" exists already.`);
    return { execution, isNew: execution.id === id };
  }

  const storeTogether = gather(storeAll, { most: TOGETHER });

  async function store(execution: Execution): Promise<Stored> {
    beingStored += 1;
    try {
      return await storeTogether(execution);
    } finally {
      beingStored -= 1;
    }
  }

  return async (request: ExecutionRequest): Promise<Execution> => {
    const action = await findAction(request.action);
    if (action === undefined)
      throw new ValidationError(`Action "${request.action}" cannot be found.`, { action: request.action });
    const runner = await findRunnerType(action.runner_type);
    if (runner === undefined) {
      throw new ValidationError(`Runner type "${action.runner_type}" of action "${action.ref}" is not registered.`, {
        action: action.ref,
      });
    }

    const draft = await build(request, action, runner);
    let rendered: Readonly<Record<string, unknown>>;
    try {
      rendered =
        request.preRendered === true
          ? (request.parameters ?? {})
          : await parameters.render(action, runner, request.parameters ?? {}, draft.context, request.templateContext);
    } catch (error) {
      if (databaseFailure(error) !== undefined) throw error;
      // As in StackStorm: a request whose templates cannot be rendered leaves a failed execution behind to be looked at.
      const reason = { error: errorMessage(error), traceback: '' };
      const now = new Date();
      await stores.executions.insert({
        ...draft,
        parameters: request.parameters ?? {},
        status: 'failed',
        result: reason,
        end_timestamp: now,
        log: [...draft.log, { timestamp: now, status: 'failed' }],
        idempotency_key: undefined,
        callback_state: undefined,
      } as never);
      throw error;
    }
    if (!action.enabled)
      throw new ValidationError(`Unable to execute. Action "${action.ref}" is disabled.`, { action: action.ref });
    parameters.validate(action, runner, rendered, request.parameters ?? {});

    const isFree = draft.due_at === undefined && !(await mayBeHeld(action.ref));
    const trace = await traces.prepare(draft.context, draft.parent);
    const asked: Execution = {
      ...draft,
      parameters: rendered,
      ...(trace.traceId === undefined ? {} : { trace_id: trace.traceId }),
    };
    const storing = store(asked);
    // The way to a runner takes as long as the way to the database. An order for what is not stored in the end finds nothing.
    const isEarly = isFree && request.isOneOfMany !== true && beingStored <= FEW;
    if (isEarly) announce.ordered(asked, true);
    const { execution, isNew } = await storing;
    if (!isNew) return execution;
    // It need not wait for its place in the trace.
    if (isFree && !isEarly) announce.ordered(execution, false);
    announce.created(execution, isFree);
    await trace.enter(execution);
    return execution;
  };
}

/** The user of a workflow is the user of what it runs. */
function requestContext(request: ExecutionRequest, action: Action): Readonly<Record<string, unknown>> {
  const context: Record<string, unknown> = { ...request.context };
  const parent = context.parent;
  const parentUser = typeof parent === 'object' && parent !== null && 'user' in parent ? parent.user : undefined;
  context.user = typeof parentUser === 'string' ? parentUser : request.user;
  context.pack = action.pack;
  return context;
}

function parentOf(context: Readonly<Record<string, unknown>>): string | undefined {
  const { parent } = context;
  if (typeof parent !== 'object' || parent === null || !('execution_id' in parent)) return undefined;
  return typeof parent.execution_id === 'string' ? parent.execution_id : undefined;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
