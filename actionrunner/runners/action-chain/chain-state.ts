/** What a chain has come to: its tasks' results, what was published, and the error that ended it. */
import { errorMessage, errorTrace, ValidationError } from '../../../core/errors.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import type { Chain, ChainTask } from './chain-definition.ts';

export interface TaskResult {
  readonly id: string;
  readonly name: string;
  readonly execution_id: string | null;
  readonly liveaction_id: string | null;
  readonly workflow: null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly state: ExecutionStatus;
  readonly result: unknown;
}

export interface ChainError {
  readonly error: string;
  readonly traceback: string;
}

export interface ChainState {
  readonly tasks: TaskResult[];
  readonly published: Record<string, unknown> | undefined;
  readonly vars: Record<string, unknown>;
  /** Results by task name, for templates. */
  readonly results: Record<string, unknown>;
  status: ExecutionStatus;
  error: ChainError | undefined;
}

export function toChainError(message: string, error: unknown): ChainError {
  return { error: `${message} ${errorMessage(error)}`, traceback: errorTrace(error) };
}

/** @throws ValidationError for a name that no task has */
export const nodeOf = (chain: Chain, name: string): ChainTask => {
  const task = chain.tasks.find((one) => one.name === name);
  if (task === undefined) throw new ValidationError(`Unable to find node with name "${name}".`);
  return task;
};

/** The name of a task that follows, checked. @throws ValidationError for a name that no task has */
export function known(chain: Chain, name: string | undefined): string | undefined {
  return name === undefined ? undefined : nodeOf(chain, name).name;
}
