import type { WorkflowExecution } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';
import type { Asker, EffectContext } from './effects.ts';

/** What a workflow may see of some executions. */
export interface Sight {
  isVisible(record: WorkflowExecution): boolean;
  /** A value of a visible one, as it may be seen. */
  seen(record: WorkflowExecution, value: unknown): unknown;
}

/**
 * Of others a workflow sees what a client sees, which is masked where it is secret; with RBAC only those of its own user. Of its own tree
 * it sees everything, as it has been given that anyway.
 */
export async function seenBy(
  { stores, isRbacEnabled, masksFor }: EffectContext,
  asker: Asker,
  records: readonly WorkflowExecution[],
): Promise<Sight> {
  const isOwn = (record: WorkflowExecution) =>
    asker.execution !== undefined && rootOf(record) === asker.execution.root_execution_id;
  const others = records.filter((record) => !isOwn(record));
  if (others.length === 0) return { isVisible: () => true, seen: (_record, value) => value };
  const [masks, ofUser] = await Promise.all([
    masksFor(others.map(({ uuid }) => uuid)),
    isRbacEnabled ? executionsOf(stores, asker.user, others) : undefined,
  ]);
  return {
    isVisible: (record) => isOwn(record) || ofUser === undefined || ofUser.has(record.st2_execution_id ?? ''),
    seen: (record, value) => (masks.isEmpty || isOwn(record) ? value : masks.mask(record.uuid, value)),
  };
}

function rootOf({ root_execution_id: root, uuid }: WorkflowExecution): string {
  return root ?? uuid;
}

/** Ids of those executions of ours, which the workflows belong to, that run in the name of a user. */
async function executionsOf(
  { executions }: Stores,
  user: string,
  workflows: readonly WorkflowExecution[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(workflows.flatMap(({ st2_execution_id: id }) => id ?? []))];
  const found = await executions.find({ id: { $in: ids }, 'context.user': user }, { include: ['id'] });
  return new Set(found.map(({ id }) => id));
}
