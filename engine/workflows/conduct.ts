/**
 * The shell of one workflow execution: feeds events to the conductor, carries out its commands, and nothing else.
 *
 * 1. One event at a time; commands are carried out in order before the next event is looked at.
 * 2. An execution whose state is final stays open until the actions that still run have ended: they belong to its record.
 * 3. An error of ours ends the execution with its reason. Only a history that does not fit the code may block it.
 */
import { CancellationScope, condition, log, makeContinueAsNewFunc, uuid4, workflowInfo } from '@temporalio/workflow';
import { createConductor, restoreConductor } from '../conductor/conductor.ts';
import type { Command, ConductorEvent, ConductorPorts } from '../conductor/contract.ts';
import { isFinalState, type LiveView, type WorkflowArguments } from '../contract.ts';
import { createActionRuns, inTheNameOf, type RunSurroundings } from './action-runs.ts';
import { adoptEnvironment } from './adopt-environment.ts';
import { local, lookUp } from './engine-proxies.ts';
import { createEventLoop } from './event-loop.ts';
import { listen } from './listen.ts';
import { createStartPacer } from './start-pacer.ts';
import { createStateReporter } from './state-reporter.ts';
import { createSubWorkflows } from './sub-workflows.ts';
import { findSystemAction } from './system-actions.ts';
import { tellParent } from './tell-parent.ts';
import { brokenOff, outcomeOf } from './workflow-outcome.ts';
import { createWorkflowTimers } from './workflow-timers.ts';

/** A history is continued as a new one from here on, or when Temporal suggests it. Events. */
const LONG_HISTORY = 10_000;
/**
 * Before, ends of actions are awaited as long as one comes each second, but not for ever: Temporal refuses a new run, and has the whole
 * history replayed, when something has come meanwhile.
 */
const QUIET = { ms: 1_000, times: 30 } as const;
/** Where a history is continued whatever is under way: Temporal ends the workflow at 51,200 events or 50 MiB. */
const LONGEST_HISTORY = { events: 40_000, bytes: 40 * 1024 * 1024 } as const;

const ports: ConductorPorts = {
  now: () => Date.now(),
  uuid: uuid4,
  random: () => Math.random(),
  findAction: findSystemAction,
  effortAtOnce: 100,
};

type Handlers = {
  readonly [T in Command['type']]: (command: Extract<Command, { type: T }>, surroundings: RunSurroundings) => void;
};

const isOurAction = (command: Command) => command.type === 'action.run' && command.action === 'st2.action';

/** Rounds of the promise queue after which nothing of the present workflow task is left to do. */
const SETTLING_ROUNDS = 100;

async function settle(): Promise<void> {
  for (let round = 0; round < SETTLING_ROUNDS; round += 1) await Promise.resolve();
}

/** Runs the execution to its end. @returns its output */
export async function conduct(given: WorkflowArguments): Promise<unknown> {
  let args = given;
  const { workflowId } = workflowInfo();
  const { workflow, identity, resumed } = given;
  const conductor =
    resumed === undefined
      ? createConductor({ workflow, identity, ports })
      : restoreConductor({ workflow, identity, ports, snapshot: resumed.snapshot });
  const reporter = createStateReporter(() => args, conductor, workflowId);

  let broken: { readonly error: unknown } | undefined;
  let announced: string = resumed === undefined ? 'RUNNING' : conductor.state;
  let reports = 0;
  let states = 0;

  const fail = (error: unknown) => {
    broken ??= { error };
  };
  const guarded = (work: Promise<unknown>) => void work.catch(fail);

  const loop = createEventLoop<ConductorEvent>((event = { type: 'go_on' }) => {
    const before = conductor.effort;
    const commands = conductor.handle(event);
    const together = commands.filter(isOurAction).length;
    for (const command of commands) carryOut(command, { together });
    return { effort: conductor.effort - before, isLeft: conductor.hasWork };
  }, fail);
  const { feed } = loop;
  const pacer = createStartPacer();
  const runs = createActionRuns(() => args, pacer, feed);
  const timers = createWorkflowTimers(feed);
  const children = createSubWorkflows(() => args, feed, fail);
  const effects = new Map<string, Extract<Command, { type: 'effects.fetch' }>>();

  const handlers: Handlers = {
    'action.run': (command, surroundings) => runs.start(command, surroundings),
    'action.cancel': ({ id }) => runs.cancel(id),
    'workflow.run': (command) => children.start(command),
    'workflow.rerun': (command) => children.rerun(command),
    'workflow.cancel': ({ id, message }) =>
      children.signal(id, { name: 'cancel', argument: { message: message ?? undefined } }),
    'workflow.pause': ({ id }) => children.signal(id, { name: 'pause', argument: undefined }),
    'workflow.resume': ({ id, env }) => children.signal(id, { name: 'resume', argument: env && { env } }),
    'timer.start': (command) => timers.start(command),
    'timer.cancel': ({ id }) => timers.cancel(id),
    'effects.fetch': (command) => {
      effects.set(command.id, command);
      const { id, effects: wanted } = command;
      const execution = { id: identity.id, root_execution_id: identity.root_execution_id };
      const fetch = wanted.every(({ kind }) => kind === 'st2kv') ? local.fetchEffects : lookUp;
      guarded(
        fetch({ effects: wanted, execution, ...inTheNameOf(args) }).then((results) => {
          effects.delete(id);
          feed({ type: 'effects.fetched', id, results });
        }),
      );
    },
    'state.changed': ({ state, state_info, output }) => {
      if (state === announced) return;
      announced = state;
      if (state === 'CANCELLED') runs.cancelWaiting();
      holdWhilePaused();
      reports += 1;
      const number = states++;
      // Within the same workflow task, after the other commands of this event.
      guarded(
        settled()
          .then(() => tellParent(args, { state, state_info, output, number }, isLingering()))
          .then(() => reporter.report())
          .finally(() => {
            reports -= 1;
          }),
      );
    },
  };

  /** What waits for its turn has not begun yet. */
  function holdWhilePaused(): void {
    pacer.hold(conductor.state === 'PAUSED');
  }

  /** A report is of a whole: what belongs to the present event is done first. */
  async function settled(): Promise<void> {
    if (conductor.hasWork) await condition(() => !conductor.hasWork);
  }

  /** @param surroundings of a run of an action */
  function carryOut(command: Command, surroundings: RunSurroundings): void {
    (handlers[command.type] as (command: Command, surroundings: RunSurroundings) => void)(command, surroundings);
  }

  function isLingering(): boolean {
    return runs.activityCount > 0 || children.open > 0;
  }

  /**
   * What is under way starts again in the new run: as long as that is a good part of the history, nothing is won. And what must not
   * be done twice is waited for.
   */
  function isTimeForNewRun(): boolean {
    const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
    const isLong = continueAsNewSuggested || historyLength > LONG_HISTORY;
    if (!isLong || children.open > 0 || reports > 0 || !loop.isIdle || 4 * pendingCount() >= historyLength)
      return false;
    return runs.actingCount === 0 || historyLength > LONGEST_HISTORY.events || historySize > LONGEST_HISTORY.bytes;
  }

  /** Asked for after each event: must not look at each of thousands. */
  function pendingCount(): number {
    return runs.count + timers.count + effects.size;
  }

  function pending(): Command[] {
    return [...runs.pending(), ...timers.pending(), ...effects.values()];
  }

  const { cancelRequested } = CancellationScope.current();

  return await CancellationScope.nonCancellable(async () => {
    const scope = CancellationScope.current();
    // What comes from outside comes in the scope of the whole workflow, in which nothing can be begun once it is cancelled.
    const shielded =
      <A extends readonly unknown[]>(work: (...given: A) => void) =>
      (...given: A): void =>
        guarded(scope.run(async () => work(...given)));
    cancelRequested.catch(() => feed({ type: 'cancel', message: 'Cancelled in Temporal.' }));
    const sent = new Set(resumed?.sent);
    holdWhilePaused();
    for (const command of resumed?.pending ?? []) {
      const isRun = command.type === 'action.run';
      carryOut(command, isRun ? { due: resumed?.deadlines?.[command.id], isSent: sent.has(command.id) } : {});
    }
    if (resumed === undefined) feed({ type: 'start' });
    else if (resumed.event !== undefined) {
      if (resumed.event.type === 'rerun') args = adoptEnvironment(args, resumed.event.env);
      feed(resumed.event);
    }
    // What was said before the first workflow task is heard now: of a workflow that has begun, and of runs that are open.
    listen({
      feed: shielded(feed),
      view: (since, limit): LiveView => ({
        ...conductor.view(since, limit),
        params: args.identity.params,
        open_activities: runs.openActivities(),
        waiting: runs.waiting(),
      }),
      completeAction: shielded(({ id, state, result }) => runs.complete(id, { state, result })),
      subWorkflowUpdated: shielded((update) => children.updated(update)),
      adopt: (env) => {
        args = adoptEnvironment(args, env);
      },
    });
    const isDone = () => isFinalState(conductor.state) && reports === 0 && !conductor.hasWork && !isLingering();
    while (broken === undefined && !isDone()) {
      await condition(() => broken !== undefined || isDone() || isTimeForNewRun());
      // What came with this workflow task is worked off before the decision: else it would be asked for again.
      await settle();
      if (broken !== undefined || isDone() || !isTimeForNewRun()) continue;
      pacer.hold(true);
      await quietDown();
      if (broken === undefined && !isDone() && isTimeForNewRun()) return await continueLater();
      holdWhilePaused();
    }
    if (broken !== undefined) return await endBroken(broken.error);
    // Actions that ended after the state was decided.
    if (conductor.view(reporter.reported, 1).version > reporter.reported) await reporter.report();
    return outcomeOf(conductor.view(Number.MAX_SAFE_INTEGER));
  });

  async function quietDown(): Promise<void> {
    const isQuiet = () => (pacer.open === 0 && loop.isIdle) || broken !== undefined;
    let before = Number.POSITIVE_INFINITY;
    for (let times = 0; times < QUIET.times && !isQuiet() && pacer.open < before; times += 1) {
      before = pacer.open;
      await condition(isQuiet, QUIET.ms);
    }
    await settle();
  }

  async function endBroken(error: unknown): Promise<never> {
    const reason = `Internal error of the workflow engine: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    log.error('execution broken off', { reason });
    const { output } = await reporter.reportBroken(reason);
    throw brokenOff(reason, output);
  }

  async function continueLater(): Promise<never> {
    const again = makeContinueAsNewFunc<(args: WorkflowArguments) => Promise<unknown>>({
      workflowType: workflow.name,
      memo: workflowInfo().memo,
    });
    return await again({
      ...args,
      resumed: {
        snapshot: conductor.snapshot(),
        pending: pending(),
        deadlines: runs.deadlines(),
        sent: runs.sent(),
        reported: reporter.reported,
      },
    });
  }
}
