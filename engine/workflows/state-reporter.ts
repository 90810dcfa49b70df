import type { Conductor, ExecutionView } from '../conductor/contract.ts';
import { isFinalState, type WorkflowArguments } from '../contract.ts';
import { local } from './engine-proxies.ts';

/** Changes stored by one local activity: many more would not fit into its time. */
const CHANGES_PER_REPORT = 1_000;

/** Writes what clients see of the execution when its state has changed, one report after the other. */
export interface StateReporter {
  /** Tells of everything that is new. Resolves when it is stored and announced. */
  report(): Promise<void>;
  /** Writes that an error of ours has ended the execution. @returns what is reported */
  reportBroken(reason: string): Promise<ExecutionView>;
  /** Version that was reported last. */
  readonly reported: number;
}

export function createStateReporter(
  args: () => WorkflowArguments,
  conductor: Conductor,
  workflowId: string,
): StateReporter {
  let reported = args().resumed?.reported ?? 0;
  let last: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    while (!(await sendPart())) {
      // The rest of many changes.
    }
  }

  /** What is told of the execution beside its view. */
  function facts() {
    const { identity, workflow, st2 } = args();
    return {
      uuid: identity.id,
      workflow_id: workflowId,
      workflow_name: workflow.name,
      st2_execution_id: st2.execution_id,
      parent_execution_id: identity.parent?.execution_id,
      params: identity.params,
    };
  }

  /** @returns whether nothing is left */
  async function sendPart(): Promise<boolean> {
    const view = conductor.view(reported, CHANGES_PER_REPORT);
    const canRunAgain = view.state === 'ERROR' || view.state === 'CANCELLED';
    await local.reportState({
      ...facts(),
      view,
      restart:
        canRunAgain && isFinalState(view.state) && !view.more
          ? {
              ...args(),
              parent_run: undefined,
              resumed: { snapshot: conductor.snapshot(), pending: [], reported: view.version },
            }
          : undefined,
    });
    reported = view.version;
    return !view.more;
  }

  return {
    report() {
      last = last.then(send);
      return last;
    },
    async reportBroken(reason) {
      const view = { ...conductor.view(reported), more: false, state: 'ERROR' as const, state_info: reason };
      await local.reportState({ ...facts(), view });
      return view;
    },
    get reported() {
      return reported;
    },
  };
}
