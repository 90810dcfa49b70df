import type { WorkflowArguments } from '../contract.ts';
import { conduct } from './conduct.ts';

/** Every workflow type: the definition comes as the argument, so the type can be the workflow's own name. */
export default async function interpret(args: WorkflowArguments): Promise<unknown> {
  return await conduct(args);
}
