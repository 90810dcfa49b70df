/**
 * A host in memory: conducts a workflow, with those below it, on a virtual clock. Timers and answers come in the order of
 * their time, at once. Used to rehearse workflows and to run recorded cases; nothing here touches the outside.
 */
import { ValidationError } from '../../core/errors.ts';
import type { AdHocActionIr, WorkflowIr } from '../../workflow-translator/ir.ts';
import { type ConductorParts, createConductor } from './conductor.ts';
import type {
  ActionSignature,
  Command,
  Conductor,
  ConductorEvent,
  ConductorPorts,
  EffectRequest,
  ExecutionIdentity,
  ExecutionParams,
} from './contract.ts';
import type { ExecutionsEffect, TasksEffect } from './expression-models.ts';
import { rehearsedExecutions, rehearsedTasks } from './rehearsed-lookups.ts';
import { isCompleted } from './states.ts';
import { type ActionAnswer, answerStdAction, stdActionSignature } from './std-actions.ts';
import { splitSubWorkflowInput, startProblem } from './workflow-start.ts';

type Input = Readonly<Record<string, unknown>>;
export type ActionRun = Extract<Command, { type: 'action.run' }>;
type WorkflowRun = Extract<Command, { type: 'workflow.run' }>;

export interface RehearsalOptions {
  /** Workflows by full name. */
  readonly workflows: ReadonlyMap<string, WorkflowIr>;
  /** Ad-hoc actions that belong to no workbook, by name. */
  readonly actions?: ReadonlyMap<string, AdHocActionIr>;
  /** Signatures of further actions; `std.*` are known. */
  findAction?(name: string): ActionSignature | undefined;
  /** Answer of an action; `undefined` lets `std.*` answer by themselves. */
  answer?(run: ActionRun, execution: RehearsalExecution): ActionAnswer | undefined;
  /** Value of an effect from outside of the rehearsal (`st2kv`); absent means that there is none. */
  fetch?(kind: string, key: string): unknown;
  /** Makes the conductors; tests put something around them. */
  readonly conductorFor?: (parts: ConductorParts) => Conductor;
  /** Called with each command of each execution, before it is carried out. */
  onCommand?(command: Command, execution: RehearsalExecution): void;
}

export interface RehearsalExecution {
  readonly identity: ExecutionIdentity;
  readonly conductor: Conductor;
  readonly workflow: WorkflowIr;
  /** Where it hangs: the run in the execution above. */
  readonly parent?: { readonly execution: RehearsalExecution; readonly run: WorkflowRun };
  /** Executions below, by id of the run. */
  readonly children: Map<string, RehearsalExecution>;
  /** Runs of actions that nobody has answered. */
  readonly pendingActions: Map<string, ActionRun>;
}

export interface Rehearsal {
  /** Virtual time in seconds since the start. */
  readonly now: number;
  /** Every execution, in order of their start. */
  readonly executions: readonly RehearsalExecution[];
  /**
   * Starts a workflow; nothing has happened in it yet but its first step.
   * @throws ValidationError when there is none of that name, or it refuses the input
   */
  start(name: string, input: Input, params?: ExecutionParams): RehearsalExecution;
  /** Delivers what is due next; false when nothing is. */
  step(): boolean;
  /** Delivers what is due until `seconds` from now, and moves the clock there. */
  advance(seconds: number): void;
  /** Hands an event to an execution at once. */
  send(execution: RehearsalExecution, event: ConductorEvent): void;
}

interface Delivery {
  readonly at: number;
  readonly order: number;
  readonly execution: RehearsalExecution;
  readonly event: ConductorEvent;
}

/** Virtual times start here, so that records look like records. */
const EPOCH = Date.UTC(2020, 0, 1);

export function createRehearsal(options: RehearsalOptions): Rehearsal {
  const executions: RehearsalExecution[] = [];
  const agenda = createAgenda();
  let now = 0;
  let ids = 0;

  const ports: ConductorPorts = {
    now: () => EPOCH + Math.round(now * 1000),
    uuid: () => {
      ids += 1;
      return `00000000-0000-4000-8000-${ids.toString(16).padStart(12, '0')}`;
    },
    random: () => 0.5,
    findAction(name) {
      const adhoc = options.actions?.get(name);
      if (adhoc !== undefined) return { params: [], open: true, adhoc };
      return stdActionSignature(name) ?? options.findAction?.(name);
    },
  };

  function begin(workflow: WorkflowIr, identity: ExecutionIdentity, parent?: RehearsalExecution['parent']) {
    const conductor = (options.conductorFor ?? createConductor)({ workflow, identity, ports });
    const execution: RehearsalExecution = {
      identity,
      conductor,
      workflow,
      ...(parent === undefined ? {} : { parent }),
      children: new Map(),
      pendingActions: new Map(),
    };
    return execution;
  }

  function later(execution: RehearsalExecution, seconds: number, event: ConductorEvent): void {
    agenda.add(now + seconds, execution, event);
  }

  function send(execution: RehearsalExecution, event: ConductorEvent): void {
    for (const command of execution.conductor.handle(event)) {
      options.onCommand?.(command, execution);
      carryOut(execution, command);
    }
  }

  function carryOut(execution: RehearsalExecution, command: Command): void {
    switch (command.type) {
      case 'action.run':
        return runAction(execution, command);
      case 'workflow.run':
        return runWorkflow(execution, command);
      case 'timer.start':
        return later(execution, command.seconds, { type: 'timer.fired', id: command.id });
      case 'timer.cancel':
        return agenda.removeTimer(execution, command.id);
      case 'effects.fetch': {
        const results = command.effects.map(fetchEffect);
        return later(execution, 0, { type: 'effects.fetched', id: command.id, results });
      }
      case 'workflow.cancel': {
        const child = execution.children.get(command.id);
        if (child !== undefined) later(child, 0, { type: 'cancel', message: command.message ?? undefined });
        return;
      }
      case 'workflow.resume': {
        const child = execution.children.get(command.id);
        if (child !== undefined) later(child, 0, { type: 'resume', env: command.env });
        return;
      }
      case 'workflow.pause': {
        const child = execution.children.get(command.id);
        if (child !== undefined) later(child, 0, { type: 'pause' });
        return;
      }
      case 'workflow.rerun': {
        const child = execution.children.get(command.id);
        if (child !== undefined) later(child, 0, { type: 'rerun', tasks: command.tasks, env: command.env });
        return;
      }
      case 'state.changed':
        return reportToParent(execution, command);
      case 'action.cancel':
        execution.pendingActions.delete(command.id);
        return later(execution, 0, { type: 'action.completed', id: command.id, state: 'CANCELLED', result: null });
    }
  }

  function fetchEffect({ kind, key, args }: EffectRequest): { readonly value: unknown } | { readonly error: string } {
    if (kind === 'tasks') return { value: rehearsedTasks(executions, args as unknown as TasksEffect) };
    if (kind === 'executions') return { value: rehearsedExecutions(executions, args as unknown as ExecutionsEffect) };
    const value = options.fetch?.(kind, key);
    return value === undefined ? { error: `The key ${key} does not exist.` } : { value };
  }

  function runAction(execution: RehearsalExecution, run: ActionRun): void {
    const answer = options.answer?.(run, execution) ?? answerStdAction(run.action, run.input);
    if (answer === undefined) {
      const message = `No result is given for task '${run.task_name}', which runs ${run.action}.`;
      return later(execution, 0, { type: 'action.refused', id: run.id, message });
    }
    if (answer.kind === 'pending') {
      execution.pendingActions.set(run.id, run);
      return;
    }
    const state = answer.kind === 'result' ? 'SUCCESS' : 'ERROR';
    later(execution, answer.after ?? 0, { type: 'action.completed', id: run.id, state, result: answer.value });
  }

  function runWorkflow(parent: RehearsalExecution, run: WorkflowRun): void {
    const refuse = (message: string): void => later(parent, 0, { type: 'workflow.refused', id: run.id, message });
    const workflow = run.names.map((name) => options.workflows.get(name)).find((found) => found !== undefined);
    if (workflow === undefined) return refuse(`Failed to find workflow [name=${run.names.at(-1)}]`);
    const { input, params } = splitSubWorkflowInput(workflow, run.input, run.params);
    const problem = startProblem(workflow, input, params);
    if (problem !== undefined) return refuse(problem);
    const { id: execution_id, root_execution_id, depth } = parent.identity;
    const identity: ExecutionIdentity = {
      id: run.uuid,
      workflow_name: workflow.name,
      root_execution_id,
      parent: { execution_id, task_id: run.task_id, task_name: run.task_name },
      depth: (depth ?? 0) + 1,
      input,
      params,
    };
    const child = begin(workflow, identity, { execution: parent, run });
    parent.children.set(run.id, child);
    later(child, 0, { type: 'start' });
  }

  function reportToParent(execution: RehearsalExecution, change: Extract<Command, { type: 'state.changed' }>): void {
    const { parent } = execution;
    const { state, state_info } = change;
    if (parent === undefined) return;
    const { id } = parent.run;
    if (state === 'SUCCESS' || state === 'ERROR' || state === 'CANCELLED') {
      const event: ConductorEvent = execution.conductor.view(Number.MAX_SAFE_INTEGER).started
        ? { type: 'workflow.completed', id, state, output: change.output ?? {}, state_info }
        : { type: 'workflow.refused', id, message: state_info ?? '' };
      if (event.type === 'workflow.refused') executions.splice(executions.indexOf(execution), 1);
      return later(parent.execution, 0, event);
    }
    if (state === 'PAUSED' || state === 'RUNNING') later(parent.execution, 0, { type: 'workflow.updated', id, state });
  }

  function deliver(delivery: Delivery): void {
    now = Math.max(now, delivery.at);
    if (delivery.event.type === 'start') executions.push(delivery.execution);
    send(delivery.execution, delivery.event);
  }

  return {
    get now() {
      return now;
    },
    executions,
    start(name, input, params = {}) {
      const workflow = options.workflows.get(name);
      if (workflow === undefined) throw new ValidationError(`Workflow not found [workflow_identifier=${name}]`);
      const problem = startProblem(workflow, input, params);
      if (problem !== undefined) throw new ValidationError(problem);
      const id = ports.uuid();
      const execution = begin(workflow, { id, workflow_name: name, root_execution_id: id, input, params });
      deliver({ at: now, order: 0, execution, event: { type: 'start' } });
      const view = execution.conductor.view(Number.MAX_SAFE_INTEGER);
      if (!view.started && isCompleted(view.state)) throw new ValidationError(view.state_info ?? 'The start failed.');
      return execution;
    },
    step() {
      const next = agenda.take(Number.POSITIVE_INFINITY);
      if (next === undefined) return false;
      deliver(next);
      return true;
    },
    advance(seconds) {
      const until = now + seconds;
      for (let next = agenda.take(until); next !== undefined; next = agenda.take(until)) deliver(next);
      now = until;
    },
    send,
  };
}

interface Agenda {
  add(at: number, execution: RehearsalExecution, event: ConductorEvent): void;
  /** Takes the earliest delivery that is due by `until`. */
  take(until: number): Delivery | undefined;
  removeTimer(execution: RehearsalExecution, id: string): void;
}

/** A queue by time; what is added with the same time comes in the order of adding. */
function createAgenda(): Agenda {
  const byTime = new Map<number, { readonly items: (Delivery | undefined)[]; next: number }>();
  const times: number[] = [];
  let order = 0;
  return {
    add(at, execution, event) {
      order += 1;
      let slot = byTime.get(at);
      if (slot === undefined) {
        slot = { items: [], next: 0 };
        byTime.set(at, slot);
        const place = times.findIndex((time) => time > at);
        times.splice(place < 0 ? times.length : place, 0, at);
      }
      slot.items.push({ at, order, execution, event });
    },
    take(until) {
      for (let time = times[0]; time !== undefined && time <= until; time = times[0]) {
        const slot = byTime.get(time);
        while (slot !== undefined && slot.next < slot.items.length) {
          const item = slot.items[slot.next];
          slot.items[slot.next] = undefined;
          slot.next += 1;
          if (item !== undefined) return item;
        }
        byTime.delete(time);
        times.shift();
      }
      return undefined;
    },
    removeTimer(execution, id) {
      for (const slot of byTime.values()) {
        const place = slot.items.findIndex(
          (item) => item?.execution === execution && item.event.type === 'timer.fired' && item.event.id === id,
        );
        if (place >= 0) slot.items[place] = undefined;
      }
    },
  };
}
