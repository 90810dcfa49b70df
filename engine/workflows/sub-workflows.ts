import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  ParentClosePolicy,
  startChild,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import type { Command, ConductorEvent } from '../conductor/contract.ts';
import type { OrderMark, SignalArguments, WorkflowArguments } from '../contract.ts';
import { local } from './engine-proxies.ts';

type RunCommand = Extract<Command, { type: 'workflow.run' }>;
type RerunCommand = Extract<Command, { type: 'workflow.rerun' }>;

/** How a workflow execution ended, as the detail of its failure. */
export interface WorkflowEnd {
  readonly state: 'ERROR' | 'CANCELLED';
  readonly state_info: string | null;
  readonly output: unknown;
  /** False when it has refused to start. Ends from before this was told have none. */
  readonly started?: boolean;
}

/** What may be sent to a sub-workflow from above. */
type ChildSignal = {
  [S in 'pause' | 'resume' | 'cancel']: { readonly name: S; readonly argument: SignalArguments[S] };
}['pause' | 'resume' | 'cancel'];

/** A child that has just ended cannot be signalled; its result is on the way. */
const HAS_ENDED = () => undefined;

type MarkedSignal = ChildSignal & { readonly mark: OrderMark };

interface OpenChild {
  readonly command: RunCommand | RerunCommand;
  handle?: ChildWorkflowHandle<Workflow>;
  /** Signals that came before it was started. */
  readonly early: MarkedSignal[];
}

/** Carries out sub-workflows as Temporal child workflows. */
export interface SubWorkflows {
  start(command: RunCommand): void;
  rerun(command: RerunCommand): void;
  signal(id: string, signal: ChildSignal): void;
  /** A child tells of itself while it still runs. */
  updated(update: SignalArguments['subWorkflowUpdated']): void;
  readonly open: number;
}

export function createSubWorkflows(
  args: () => WorkflowArguments,
  feed: (event: ConductorEvent) => void,
  fail: (error: unknown) => void,
): SubWorkflows {
  const open = new Map<string, OpenChild>();
  let signals = 0;
  const childId = (id: string) => `${workflowInfo().workflowId}/${id}`;

  async function follow(id: string, child: OpenChild, childArgs: WorkflowArguments): Promise<void> {
    let handle: ChildWorkflowHandle<Workflow>;
    try {
      handle = await startChild(childArgs.workflow.name, {
        workflowId: childId(id),
        args: [{ ...childArgs, parent_run: { workflow_id: workflowInfo().workflowId, run_id: id } }],
        // What is to happen to children is the conductor's decision.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        searchAttributes: workflowInfo().searchAttributes,
        memo: workflowInfo().memo,
        staticSummary: childArgs.identity.parent?.task_name,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const message = 'The sub-workflow cannot be run again yet: some of its actions have not ended.';
      return settle(id, child, { type: 'workflow.refused', id, message });
    }
    child.handle = handle;
    for (const signal of child.early) await send(handle, signal).catch(HAS_ENDED);
    try {
      const output: unknown = await handle.result();
      settle(id, child, { type: 'workflow.completed', id, state: 'SUCCESS', output, state_info: null });
    } catch (error) {
      const end = toEnd(error);
      const refused = end.started === false;
      if (refused) settle(id, child, { type: 'workflow.refused', id, message: end.state_info ?? '' });
      else settle(id, child, { type: 'workflow.completed', id, ...end });
    }
  }

  function settle(id: string, child: OpenChild, event: ConductorEvent): void {
    if (open.get(id) !== child) return;
    open.delete(id);
    feed(event);
  }

  async function start(command: RunCommand, child: OpenChild): Promise<void> {
    const { identity, namespace, st2, owner, acting_user } = args();
    const { id } = command;
    const own = {
      id: command.uuid,
      root_execution_id: identity.root_execution_id,
      depth: (identity.depth ?? 0) + 1,
      parent: { execution_id: identity.id, task_id: command.task_id, task_name: command.task_name },
      input: command.input,
      params: command.params,
    };
    const { names } = command;
    const answer = await local.startSubWorkflow({ names, namespace, identity: own, workflow_id: childId(id), st2 });
    if ('refused' in answer) return settle(id, child, { type: 'workflow.refused', id, message: answer.refused });
    const { workflow, input, params } = answer;
    await follow(id, child, {
      workflow,
      namespace,
      st2,
      owner,
      acting_user,
      description: 'sub-workflow execution',
      identity: { ...own, workflow_name: workflow.name, input, params },
    });
  }

  async function rerun(command: RerunCommand, child: OpenChild): Promise<void> {
    const { id, tasks, env } = command;
    const stored = await local.loadSnapshot(childId(id));
    if (stored?.resumed === undefined) {
      return settle(id, child, { type: 'workflow.refused', id, message: `There is nothing to run again for ${id}.` });
    }
    const event = { type: 'rerun', tasks, env } as const;
    await follow(id, child, { ...stored, st2: args().st2, resumed: { ...stored.resumed, event } });
  }

  return {
    start(command) {
      const child: OpenChild = { command, early: [] };
      open.set(command.id, child);
      start(command, child).catch(fail);
    },
    rerun(command) {
      const child: OpenChild = { command, early: [] };
      open.set(command.id, child);
      rerun(command, child).catch(fail);
    },
    signal(id, signal) {
      const child = open.get(id);
      if (child === undefined) return;
      const marked = { ...signal, mark: { from: workflowInfo().runId, number: signals++ } };
      if (child.handle === undefined) child.early.push(marked);
      else send(child.handle, marked).catch(HAS_ENDED);
    },
    updated({ id, state, output, state_info }) {
      const child = open.get(id);
      if (child === undefined) return;
      if (state === 'PAUSED' || state === 'RUNNING') return feed({ type: 'workflow.updated', id, state });
      settle(id, child, { type: 'workflow.completed', id, state, output, state_info: state_info ?? null });
    },
    get open() {
      return open.size;
    },
  };
}

async function send(handle: ChildWorkflowHandle<Workflow>, { name, argument, mark }: MarkedSignal): Promise<void> {
  await handle.signal(name, name === 'cancel' ? argument : { ...argument, mark });
}

function toEnd(error: unknown): WorkflowEnd {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const end = cause.details?.[0] as WorkflowEnd | undefined;
    if (end !== undefined) return end;
  }
  return {
    state: 'ERROR',
    state_info: cause instanceof Error ? cause.message : 'The sub-workflow was ended.',
    output: {},
  };
}
