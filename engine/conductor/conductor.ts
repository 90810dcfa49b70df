/**
 * The conductor of one workflow execution: takes events in, works through the steps they cause, gives commands out.
 *
 * A step either is done wholly or, when an expression needs a value from outside, not at all: then its changes are
 * taken back, the values are asked for with one `effects.fetch`, and the step is done again when they arrive. Other
 * steps go on meanwhile; the workflow cannot end before, since the task of a waiting step is incomplete.
 */
import { errorCode, errorMessage, ValidationError } from '../../core/errors.ts';
import type { WorkflowIr } from '../../workflow-translator/ir.ts';
import type {
  Command,
  Conductor,
  ConductorEvent,
  ConductorPorts,
  EffectRequest,
  ExecutionIdentity,
} from './contract.ts';
import { effectKey } from './functions.ts';
import { createMachine, type Machine, nextNumber } from './machine.ts';
import type { EffectResult, Step, WorkflowRecord } from './records.ts';
import { restoreMachine, type Snapshot, takeSnapshot } from './snapshot.ts';
import { isCompleted } from './states.ts';
import { STEPS, type StepHandler } from './steps.ts';
import { forgetTimer, pushDue } from './timers.ts';
import { executionView } from './view.ts';
import { setWorkflowState } from './workflow-state.ts';

export interface ConductorParts {
  readonly workflow: WorkflowIr;
  readonly identity: ExecutionIdentity;
  readonly ports: ConductorPorts;
}

/** A step that waits for values, with those it has already. */
export interface PendingStep {
  readonly id: string;
  readonly step: Step;
  readonly effects: readonly EffectRequest[];
  readonly memo: ReadonlyMap<string, EffectResult>;
}

/** More rounds of fetching than this for one step are taken for an expression that never has enough. */
const MAX_EFFECTS = 10_000;

/** More steps than this for one event are a loop that waits for nothing, such as a task over an empty list that leads to itself. */
const MAX_STEPS = 100_000;

export function createConductor({ workflow, identity, ports }: ConductorParts): Conductor {
  const now = ports.now();
  const record: WorkflowRecord = {
    state: 'IDLE',
    state_info: null,
    output: {},
    env: {},
    input: identity.input,
    params: identity.params,
    context: {},
    started: false,
    backlog: [],
    created_at: now,
    updated_at: now,
  };
  return conduct(createMachine({ ir: workflow, identity, ports, workflow: record }), new Map());
}

/** Goes on from a snapshot of the same workflow execution. */
export function restoreConductor({ snapshot, ...parts }: ConductorParts & { readonly snapshot: unknown }): Conductor {
  const { machine, pending } = restoreMachine(parts, snapshot as Snapshot);
  return conduct(machine, pending);
}

function conduct(machine: Machine, pending: Map<string, PendingStep>): Conductor {
  return {
    handle(event) {
      takeIn(machine, pending, event);
      workOff(machine, pending);
      return finalStateLast(machine);
    },
    get state() {
      return machine.workflow.state;
    },
    get hasWork() {
      return machine.steps.length > 0;
    },
    get effort() {
      return machine.effort;
    },
    view: (since, limit) => executionView(machine, since, limit),
    snapshot: () => takeSnapshot(machine, pending),
  };
}

/** Turns an event into steps. */
function takeIn(machine: Machine, pending: Map<string, PendingStep>, event: ConductorEvent): void {
  const push = (step: Step): void => {
    machine.steps.push(step);
  };
  switch (event.type) {
    case 'go_on':
      return;
    case 'start':
      return push({ kind: 'start' });
    case 'action.completed':
      return push({ kind: 'run_completed', run_id: event.id, state: event.state, output: event.result });
    case 'workflow.completed':
      return push({ kind: 'run_completed', run_id: event.id, state: event.state, output: event.output });
    case 'action.refused':
    case 'workflow.refused':
      return push({ kind: 'run_refused', run_id: event.id, message: event.message });
    case 'action.updated':
    case 'workflow.updated':
      return push({ kind: 'run_updated', run_id: event.id, state: event.state });
    case 'timer.fired': {
      const timer = machine.timers.get(event.id);
      if (timer === undefined) return;
      forgetTimer(machine, timer);
      return pushDue(machine, timer);
    }
    case 'effects.fetched':
      return takeEffects(machine, pending, event.id, event.results);
    case 'pause':
      return push({ kind: 'pause' });
    case 'resume':
      return push({ kind: 'resume', env: event.env });
    case 'cancel':
      return push({ kind: 'stop', state: 'CANCELLED', message: event.message ?? null });
    case 'stop':
      return push({ kind: 'stop', state: event.state, message: event.message ?? null });
    case 'rerun':
      for (const request of event.tasks) push({ kind: 'rerun', request, env: event.env });
      return;
    case 'skip':
      return push({ kind: 'rerun', request: { task: event.task, reset: true, skip: true } });
  }
}

function takeEffects(
  machine: Machine,
  pending: Map<string, PendingStep>,
  id: string,
  results: readonly EffectResult[],
): void {
  const waiting = pending.get(id);
  if (waiting === undefined) return;
  pending.delete(id);
  const memo = new Map(waiting.memo);
  for (const [place, effect] of waiting.effects.entries()) {
    const result = results[place] ?? { error: `No value came for ${effect.kind}(${effect.key}).` };
    memo.set(effectKey(effect.kind, effect.key, effect.args), result);
  }
  machine.memo = memo;
  runStep(machine, pending, waiting.step);
  machine.memo = new Map();
}

function workOff(machine: Machine, pending: Map<string, PendingStep>): void {
  const limit = machine.effort + (machine.ports.effortAtOnce ?? Number.POSITIVE_INFINITY);
  while (machine.effort < limit) {
    workOffRound(machine, pending, limit);
    if (machine.stepsInARow > MAX_STEPS) {
      machine.steps = [];
      giveUp(machine, new ValidationError(`The workflow made ${MAX_STEPS} steps without waiting: a loop without end.`));
    }
    if (machine.steps.length > 0) continue;
    machine.stepsInARow = 0;
    if (!isStuck(machine, pending)) return;
    machine.steps.push({ kind: 'settle' });
  }
}

/** Does the steps there are; those that they lead to come behind what is left of them. */
function workOffRound(machine: Machine, pending: Map<string, PendingStep>, limit: number): void {
  const steps = machine.steps;
  machine.steps = [];
  let done = 0;
  for (; done < steps.length && machine.effort < limit; done += 1) {
    machine.effort += 1;
    runStep(machine, pending, steps[done] as Step);
  }
  machine.stepsInARow += done;
  if (done < steps.length) machine.steps = [...steps.slice(done), ...machine.steps];
}

/** Only joins are left, and nothing is under way that could still reach them. */
function isStuck(
  { workflow, waitingJoins, counters, timers }: Machine,
  pending: ReadonlyMap<string, PendingStep>,
): boolean {
  if (workflow.state !== 'RUNNING' || waitingJoins.size === 0) return false;
  return counters.incomplete === waitingJoins.size && timers.size === 0 && pending.size === 0;
}

function runStep(machine: Machine, pending: Map<string, PendingStep>, step: Step): void {
  const handler = STEPS[step.kind] as StepHandler<Step>;
  const attempt = (act: () => void, onError: (error: unknown) => void): void => {
    const commands = machine.commands.length;
    const steps = machine.steps.length;
    try {
      act();
    } catch (error) {
      if (errorCode(error) !== 'EFFECT_REQUIRED' || machine.memo.size >= MAX_EFFECTS) {
        onError(error);
      } else {
        machine.journal.rollback();
        machine.commands.length = commands;
        machine.steps.length = steps;
        park(machine, pending, step, error);
      }
    }
  };
  attempt(
    () => handler.run(machine, step),
    (error) =>
      attempt(
        () => handler.failed?.(machine, step, error),
        (second) => giveUp(machine, second),
      ),
  );
  machine.journal.commit();
  machine.lookups.clear();
}

/** The failure could not be handled either: the workflow ends with what is known. */
function giveUp(machine: Machine, error: unknown): void {
  if (isCompleted(machine.workflow.state) || machine.workflow.state === 'PAUSED') return;
  const info = errorMessage(error);
  setWorkflowState(machine, 'ERROR', info, { result: info });
}

function park(machine: Machine, pending: Map<string, PendingStep>, step: Step, error: unknown): void {
  const effects = requestedEffects(error);
  const id = `effects-${nextNumber(machine, 'effects')}`;
  pending.set(id, { id, step, effects, memo: machine.memo });
  machine.commands.push({ type: 'effects.fetch', id, effects });
}

function requestedEffects(error: unknown): readonly EffectRequest[] {
  const errors = (error as { readonly errors?: readonly unknown[] }).errors ?? [error];
  const byKey = new Map<string, EffectRequest>();
  for (const one of errors) {
    const { details } = one as { readonly details?: { readonly effect?: EffectRequest } };
    const effect = details?.effect;
    if (effect !== undefined) byKey.set(effectKey(effect.kind, effect.key, effect.args), effect);
  }
  return [...byKey.values()];
}

function finalStateLast(machine: Machine): readonly Command[] {
  const { commands } = machine;
  machine.commands = [];
  const isFinal = (command: Command): boolean => command.type === 'state.changed' && isCompleted(command.state);
  const last = commands.filter(isFinal);
  return last.length === 0 ? commands : [...commands.filter((command) => !isFinal(command)), ...last];
}
