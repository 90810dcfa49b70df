/** One line of a file of recorded cases: a definition, what was done, and what Mistral made of it. */
import type { ExecutionParams, MistralState } from '../../engine/conductor/index.ts';

export type DefinitionKind = 'workflow' | 'workbook' | 'actions';

export interface RunRecord {
  readonly id: string;
  readonly definition: string;
  readonly kind: DefinitionKind;
  readonly workflow: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly params: ExecutionParams;
  readonly extra_definitions?: readonly { readonly kind: DefinitionKind; readonly definition: string }[];
  readonly action_results?: Readonly<Record<string, TaskAnswers>>;
  readonly operations?: readonly Operation[];
  readonly expected: ExpectedRun;
}

export interface ValidityRecord {
  readonly id: string;
  readonly kind: DefinitionKind;
  readonly definition: string;
  readonly valid: boolean;
  readonly message?: string;
}

export type RecordedAnswer =
  | { readonly result: unknown }
  | { readonly error: unknown }
  | { readonly exception: string };

/** Answers by order of the calls, the last one repeating; for with-items by index, other indexes run for real. */
export type TaskAnswers =
  | readonly RecordedAnswer[]
  | { readonly items: Readonly<Record<string, readonly RecordedAnswer[]>> };

export interface Operation {
  readonly op: 'wait' | 'sleep' | 'pause' | 'resume' | 'stop' | 'cancel' | 'rerun' | 'skip' | 'complete_action';
  readonly state?: MistralState;
  readonly message?: string;
  readonly task?: string;
  readonly in_workflow?: string;
  readonly index?: number;
  readonly seconds?: number;
  readonly reset?: boolean;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly cancel?: unknown;
}

export interface TaskOutcome {
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly published: unknown;
  readonly result: unknown;
  readonly count: number;
  readonly accepted: number;
  readonly has_state_info: boolean;
}

export interface SubOutcome {
  readonly workflow: string;
  readonly parent_task: string;
  readonly index: number;
  readonly input: unknown;
  readonly state: string;
  readonly output: unknown;
  readonly tasks: readonly TaskOutcome[];
}

export interface RunOutcome {
  readonly state: string;
  readonly output: unknown;
  readonly has_state_info: boolean;
  readonly tasks: readonly TaskOutcome[];
  readonly sub_executions?: readonly SubOutcome[];
  readonly operation_errors?: readonly unknown[];
}

export interface StartRefused {
  readonly start_error: true;
  readonly message?: string;
}

export type ExpectedRun = RunOutcome | StartRefused;
