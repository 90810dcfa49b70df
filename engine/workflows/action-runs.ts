import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import { ACTION_FAILURE, type ActionOutcome } from '../../core/action-outcome.ts';
import type { ConductorEvent } from '../conductor/contract.ts';
import type { InTheNameOf, WorkflowArguments } from '../contract.ts';
import { EMAIL_SECONDS, httpSeconds } from '../outside-limits.ts';
import { outsideActivities, st2Activities } from './engine-proxies.ts';
import type { Ended, StartPacer } from './start-pacer.ts';
import { type ActionCommand, ActionError, type SystemAction, systemActions } from './system-actions.ts';

type Completion = Pick<Extract<ConductorEvent, { type: 'action.completed' }>, 'state' | 'result'>;

const LOST = 'The process that ran the action was lost. Whether the action has done its work is not known.';
const TIME_OVER =
  'The time of the action is over, and its end was not told. Whether it has done its work is not known.';

interface OpenRun {
  readonly command: ActionCommand;
  readonly kind: 'timer' | 'signal' | 'activity';
  readonly scope: CancellationScope;
  /** When a timer ends, in milliseconds since the epoch. */
  readonly due?: number;
  /**
   * It waits for its turn to be begun. Or, of what has one attempt: its work on the outside is under way, or is done and its end is
   * awaited from outside.
   */
  stage?: 'waiting' | 'acting' | 'sent';
}

/** What an earlier run of the workflow left of an action that goes on in this one. */
export interface EarlierRun {
  /** When its timer ends. */
  readonly due?: number;
  /** Its request has been sent. */
  readonly isSent?: boolean;
}

/** What is known of a run beside its command. */
export interface RunSurroundings extends EarlierRun {
  /** Actions of StackStorm's that are started in one breath, this one among them. */
  readonly together?: number;
}

/** Carries out the runs of actions; each ends with exactly one event. */
export interface ActionRuns {
  start(command: ActionCommand, surroundings?: RunSurroundings): void;
  cancel(id: string): void;
  /** Cancels those that wait for their turn to be begun: nothing has come of them yet. */
  cancelWaiting(): void;
  /** Completion from outside. Ignored when the run is not open. */
  complete(id: string, completion: Completion): void;
  /** Commands of the runs that are not finished. */
  pending(): readonly ActionCommand[];
  /** When the timers among them end, by id. */
  deadlines(): Readonly<Record<string, number>>;
  /** Ids of those whose request has been sent, and which are completed from outside. */
  sent(): readonly string[];
  /** Ids of runs that an activity carries out now. */
  openActivities(): readonly string[];
  /** How many wait for their turn to be begun. */
  waiting(): number;
  /** How many are not finished, how many of them an activity carries out, and how many of those would do harm if begun again. */
  readonly count: number;
  readonly activityCount: number;
  readonly actingCount: number;
}

export function createActionRuns(
  args: () => WorkflowArguments,
  pacer: StartPacer,
  feed: (event: ConductorEvent) => void,
): ActionRuns {
  const open = new Map<string, OpenRun>();
  let activityCount = 0;
  let actingCount = 0;

  const complete = (id: string, completion: Completion) => {
    const run = open.get(id);
    if (run === undefined) return;
    open.delete(id);
    if (run.kind === 'activity') activityCount -= 1;
    if (run.stage === 'acting') actingCount -= 1;
    feed({ type: 'action.completed', id, ...completion });
  };

  async function runTimer(run: OpenRun, way: Extract<SystemAction['way'], { kind: 'timer' }>) {
    await sleep(Math.max(1, (run.due ?? 0) - Date.now()));
    return way.run(run.command.input);
  }

  /** Awaits the work within the run's own scope and tells how it ended. */
  function follow(run: OpenRun, work: () => Promise<unknown>): void {
    const { id } = run.command;
    open.set(id, run);
    void run.scope.run(work).then(
      (result) => complete(id, { state: 'SUCCESS', result }),
      (error: unknown) => complete(id, toCompletion(error)),
    );
  }

  function startActivity(command: ActionCommand, { isSent, together }: RunSurroundings): void {
    const run: OpenRun = { command, kind: 'activity', scope: new CancellationScope(), stage: 'waiting' };
    open.set(command.id, run);
    activityCount += 1;
    if (isSent === true) {
      run.stage = 'sent';
      return follow(run, untilCompleted);
    }
    pacer.start({
      input: command.input,
      isWanted: () => open.has(command.id),
      go: (ended) => {
        run.stage = undefined;
        follow(run, () => untilEnded(callActivity(run, together), ended));
      },
    });
  }

  async function callActivity(run: OpenRun, together?: number): Promise<unknown> {
    const { id, task_name, action } = run.command;
    const request = toRequest(run.command, args(), together);
    const { input } = request;
    if (action === 'st2.action') {
      return (await st2Activities(id, `${task_name}: ${String(input.ref)}`)['st2.action'](request)).result;
    }
    run.stage = 'acting';
    actingCount += 1;
    if (action === 'std.email') return await outsideActivities(id, task_name, EMAIL_SECONDS)['std.email'](input);
    const proxy = outsideActivities(id, task_name, httpSeconds(input) ?? 0);
    if (action === 'std.http') return await proxy['std.http'](input);
    // Of this scope: another one is the current one after the wait.
    const completed = untilCompleted();
    await proxy['std.mistral_http'](request);
    // Unless it was completed before the request had its answer.
    if (open.has(id)) {
      run.stage = 'sent';
      actingCount -= 1;
    }
    return await completed;
  }

  return {
    start(command, surroundings = {}) {
      const { id } = command;
      const way = systemActions[command.action]?.way;
      if (way === undefined) {
        return feed({ type: 'action.refused', id, message: `Failed to find action [action_name=${command.action}]` });
      }
      if (way.kind === 'refused')
        return feed({ type: 'action.completed', id, state: 'ERROR', result: `${command.action}: ${way.reason}` });
      if (way.kind === 'inline') return feed({ type: 'action.completed', id, ...runInline(way, command) });
      if (way.kind === 'activity') return startActivity(command, surroundings);
      const scope = new CancellationScope();
      if (way.kind === 'signal') return void open.set(id, { command, kind: 'signal', scope });
      const seconds = way.seconds(command.input);
      if (seconds === 0) {
        return feed({ type: 'action.completed', id, state: 'SUCCESS', result: way.run(command.input) });
      }
      const run = { command, kind: 'timer', scope, due: surroundings.due ?? Date.now() + seconds * 1_000 } as const;
      follow(run, () => runTimer(run, way));
    },
    cancel(id) {
      const run = open.get(id);
      complete(id, { state: 'CANCELLED', result: null });
      run?.scope.cancel();
    },
    cancelWaiting() {
      for (const [id, { stage }] of open) if (stage === 'waiting') complete(id, { state: 'CANCELLED', result: null });
    },
    complete(id, completion) {
      const run = open.get(id);
      complete(id, completion);
      run?.scope.cancel();
    },
    pending: () => [...open.values()].map(({ command }) => command),
    deadlines: () => Object.fromEntries([...open].flatMap(([id, { due }]) => (due === undefined ? [] : [[id, due]]))),
    sent: () => [...open].flatMap(([id, { stage }]) => (stage === 'sent' ? [id] : [])),
    get count() {
      return open.size;
    },
    get activityCount() {
      return activityCount;
    },
    get actingCount() {
      return actingCount;
    },
    openActivities: () =>
      [...open].flatMap(([id, { kind, stage }]) => (kind === 'activity' && stage !== 'waiting' ? [id] : [])),
    waiting: () => [...open.values()].filter(({ stage }) => stage === 'waiting').length,
  };
}

function runInline(way: Extract<SystemAction['way'], { kind: 'inline' }>, command: ActionCommand): Completion {
  try {
    return { state: 'SUCCESS', result: way.run(command.input) };
  } catch (error) {
    if (error instanceof ActionError) return { state: 'ERROR', result: error.result };
    throw error;
  }
}

/** Tells the pacer of an end first: what it starts then precedes what follows from the end. */
async function untilEnded<T>(work: Promise<T>, ended: Ended): Promise<T> {
  try {
    const result = await work;
    ended(true);
    return result;
  } catch (error) {
    // A cancelled activity ends here at once.
    ended(error instanceof ActivityFailure && !isCancellation(error));
    throw error;
  }
}

/** Whoever completes the run ends its scope. */
function untilCompleted(): Promise<never> {
  return CancellationScope.current().cancelRequested;
}

function toRequest(command: ActionCommand, args: WorkflowArguments, together = 1) {
  const { id, uuid, task_id, task_name, action, input } = command;
  return {
    run: { id, uuid, task_id, task_name },
    input: action === 'st2.action' ? withContext(input, args) : input,
    workflow: { execution_id: args.identity.id, name: args.workflow.name },
    ...inTheNameOf(args),
    ...(together > 1 ? { together } : {}),
  };
}

export function inTheNameOf({ st2, owner, acting_user }: WorkflowArguments): InTheNameOf {
  return { st2_execution_id: st2.execution_id, owner, acting_user };
}

/** An ad-hoc action on top of `st2.action` gets the context of the environment as well. */
function withContext(input: ActionCommand['input'], args: WorkflowArguments): ActionCommand['input'] {
  if (input.st2_context !== undefined && input.st2_context !== null) return input;
  const defaults = args.identity.params.env?.__actions as
    | Record<string, ActionCommand['input'] | undefined>
    | undefined;
  return { ...input, st2_context: defaults?.['st2.action']?.st2_context };
}

/** What a failed activity means to the conductor. */
function toCompletion(error: unknown): Completion {
  if (isCancellation(error)) return { state: 'CANCELLED', result: null };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === ACTION_FAILURE) {
    const outcome = cause.details?.[0] as ActionOutcome | undefined;
    return { state: outcome?.status === 'canceled' ? 'CANCELLED' : 'ERROR', result: outcome?.result ?? null };
  }
  if (cause instanceof TimeoutFailure)
    return { state: 'ERROR', result: cause.timeoutType === 'HEARTBEAT' ? LOST : TIME_OVER };
  return { state: 'ERROR', result: cause instanceof Error ? cause.message : String(cause) };
}
