/** The policies of a task, with those of `task-defaults` where the task has none of that kind. */
import { type Dict, dictGet, dictHas, isDict, setKey } from '../../core/python/dict.ts';
import { pyTruth } from '../../core/python/equality.ts';
import type { Report } from '../check/problems.ts';
import type { PoliciesIr, Template } from '../ir.ts';
import type { Path } from '../parse/yaml-document.ts';
import { retry as retrySchema } from '../schema/tasks.ts';
import { validateSchema } from '../schema/validator.ts';
import { parseInlineCall } from './inline-call.ts';
import { present, textAt, toTemplate } from './values.ts';

type Retry = NonNullable<PoliciesIr['retry']>;

/** The keys of a task and of `task-defaults` that are policies. */
export const POLICY_KEYS = [
  'retry',
  'wait-before',
  'wait-after',
  'timeout',
  'pause-before',
  'concurrency',
  'fail-on',
] as const;

/** `retry` as a mapping, the short form `count=3 delay=1` taken apart; undefined if that is no retry. */
export function readRetry(value: unknown, path: Path, report: Report): Dict | undefined {
  if (isDict(value)) return value;
  if (typeof value !== 'string') return undefined;
  const call = parseInlineCall(value);
  if (call === undefined) {
    report('INLINE_CALL', `Invalid action/workflow task property: ${value}`, path);
    return undefined;
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of call.params) setKey(result, key, item);
  const [error] = validateSchema(result, retrySchema);
  if (error === undefined) return result;
  report('SCHEMA', `Invalid DSL: ${error.message}`, path, { schema_path: ['retry', ...error.schemaPath].join('.') });
  return undefined;
}

/** The policies in force. A value that means "none" (0, false) gives way to the default, as in Mistral. */
export function buildPolicies(task: Dict, defaults: Dict | undefined): PoliciesIr {
  const pick = (key: string): Template | undefined => effective(task, key) ?? (defaults && effective(defaults, key));
  return present({
    wait_before: pick('wait-before'),
    wait_after: pick('wait-after'),
    timeout: pick('timeout'),
    pause_before: pick('pause-before'),
    fail_on: pick('fail-on'),
    retry: buildRetry(task) ?? (defaults && buildRetry(defaults)),
  });
}

/** `concurrency` in force; it belongs to with-items. */
export function buildConcurrency(task: Dict, defaults: Dict | undefined): Template | undefined {
  return effective(task, 'concurrency') ?? (defaults && effective(defaults, 'concurrency'));
}

function effective(owner: Dict, key: string): Template | undefined {
  const value = dictGet(owner, key);
  return dictHas(owner, key) && pyTruth(value) ? toTemplate(value) : undefined;
}

function buildRetry(owner: Dict): Retry | undefined {
  const retry = readRetry(dictGet(owner, 'retry'), [], () => undefined);
  if (retry === undefined) return undefined;
  return present({
    count: toTemplate(dictGet(retry, 'count')),
    delay: toTemplate(dictGet(retry, 'delay')),
    break_on: textAt(retry, 'break-on'),
    continue_on: textAt(retry, 'continue-on'),
  });
}
