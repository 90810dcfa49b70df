/** Brings one execution of ours in step with its workflow: status by the rules, result as clients expect it. */
import { retryByPolicies } from '../../action-service/retry-policy.ts';
import { FAILED_STATUSES, isCompleted } from '../../core/statuses.ts';
import { lookAtWorkflow } from './look-at-workflow.ts';
import { makeResult } from './make-result.ts';
import { readAhead, type WorkflowNews } from './read-ahead.ts';
import { nextStatus } from './status-rules.ts';
import { findRecord, type TrackedExecution, type TrackedRecord, uuidOf, versionOf } from './tracked-record.ts';
import type { TrackerContext } from './tracker-context.ts';

/** What an update has led to. */
export interface UpdateOutcome {
  /** Nothing more will come of this execution. */
  readonly done: boolean;
  /** Something was different from the last time. */
  readonly changed: boolean;
  /** It waits for children to end: their changes concern it. */
  readonly waitsForChildren: boolean;
}

const NOTHING_LEFT: UpdateOutcome = { done: true, changed: false, waitsForChildren: false };

/**
 * @param known marks of what was written last, by execution id; kept by the caller
 * @param overtaken raised when there is something newer to look at
 * @param news what its workflow has just said, where that is why it is looked at
 */
export async function updateExecution(
  context: TrackerContext,
  id: string,
  known: Map<string, string>,
  overtaken: AbortSignal,
  news?: WorkflowNews,
): Promise<UpdateOutcome> {
  const { stores, actions } = context;
  const [execution, ahead] = await Promise.all([
    stores.executions.get(id, { include: ['status', 'context', 'log'] }),
    news && readAhead(context, id, news),
  ]);
  if (execution === undefined || isCompleted(execution.status)) return NOTHING_LEFT;
  const early = ahead !== undefined && ahead.record.uuid === uuidOf(execution) ? ahead : undefined;
  const found = early?.record ?? (await findRecord(context, execution));
  if (found === undefined) return { done: false, changed: false, waitsForChildren: false };
  const look = await lookAtWorkflow(context, execution, found, known.get(id), early?.end, overtaken);
  const { record, active, result: shown } = look;
  const status = nextStatus({ status: execution.status, state: record.state, active });
  const mark = `${versionOf(record)} ${status}`;
  const changed = known.get(id) !== mark || status !== execution.status;
  if (changed) {
    const result = shown ?? (await makeResult(context, record));
    const change = { result, context: mistralContext(execution, record) };
    if (status === execution.status) await actions.updateProgress(id, change);
    else {
      // The retry exists before the end is stored: a workflow or chain that waits for it hears of the last try only.
      const full = FAILED_STATUSES.includes(status) ? await stores.executions.get(id) : undefined;
      const retried = full !== undefined && (await retryByPolicies({ ...full, status }, context));
      const asItWas = { from: [execution.status], ifLogLength: execution.log.length };
      const callback = retried ? { callback: null } : {};
      const stored = await actions.changeStatus(id, status, { ...change, ...callback, ...asItWas });
      // It has gone on since it was read, such as by a resume: what follows from that is another status.
      if (stored === undefined) return { done: false, changed: true, waitsForChildren: active };
    }
    known.set(id, mark);
  }
  return { done: isCompleted(status), changed, waitsForChildren: active && status !== 'running' };
}

/** The runner stores this too; here for a workflow that was faster than its runner. */
function mistralContext(execution: TrackedExecution, record: TrackedRecord) {
  const present = execution.context.mistral as Readonly<Record<string, unknown>> | undefined;
  if (present?.execution_id !== undefined) return undefined;
  const current = { execution_id: record.uuid, workflow_name: record.workflow_name };
  if (present === undefined) return { mistral: current };
  const { workflow_name, workflow_execution_id, parent: _parent, ...kept } = present;
  return { mistral: { ...kept, ...current, parent: { workflow_name, workflow_execution_id } } };
}
