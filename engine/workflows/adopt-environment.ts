import { upsertSearchAttributes } from '@temporalio/workflow';
import type { WorkflowArguments } from '../contract.ts';

/**
 * A re-run comes with a new environment and hangs under a new execution of ours: from here on the workflow belongs to that one.
 */
export function adoptEnvironment(args: WorkflowArguments, env?: Readonly<Record<string, unknown>>): WorkflowArguments {
  if (env === undefined) return args;
  const params = { ...args.identity.params, env };
  const adopted = { ...args, identity: { ...args.identity, params } };
  const executionId = env.st2_execution_id;
  if (typeof executionId !== 'string' || executionId === args.st2.execution_id) return adopted;
  const user = typeof env.st2_user === 'string' ? env.st2_user : args.st2.user;
  upsertSearchAttributes({
    st2_execution_id: [executionId],
    ...(user === undefined ? {} : { st2_user: [user] }),
  });
  return { ...adopted, st2: { ...args.st2, execution_id: executionId, user }, acting_user: undefined };
}
