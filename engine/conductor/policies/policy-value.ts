/** Values of policies, evaluated and checked. */
import { ValidationError } from '../../../core/errors.ts';
import { pyRepr } from '../../../core/python/repr.ts';
import { PyFloat } from '../../../core/python/values.ts';
import type { Template } from '../../../workflow-translator/ir.ts';
import type { Machine } from '../machine.ts';
import type { TaskRecord } from '../records.ts';
import { evaluateTemplate, taskScope } from '../scope.ts';

/**
 * A whole number from 0: seconds or a count; 0 when it is not given.
 * @throws ValidationError naming the policy when it is something else
 */
export function policyNumber(
  machine: Machine,
  task: TaskRecord,
  policy: string,
  template: Template | undefined,
): number {
  if (template === undefined || template === null) return 0;
  const evaluated = evaluateTemplate(template, taskScope(machine, task, task.in_context));
  const value = evaluated instanceof PyFloat ? evaluated.value : evaluated;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalid(task, policy, evaluated, 'a whole number that is not negative');
}

/** @throws ValidationError naming the policy when it is no boolean */
export function policyFlag(
  machine: Machine,
  task: TaskRecord,
  policy: string,
  template: Template | undefined,
): boolean {
  if (template === undefined || template === null) return false;
  const value = evaluateTemplate(template, taskScope(machine, task, task.in_context));
  if (typeof value === 'boolean') return value;
  throw invalid(task, policy, value, 'true or false');
}

function invalid(task: TaskRecord, policy: string, value: unknown, wanted: string): ValidationError {
  return new ValidationError(
    `Invalid data type in '${policy}' of task '${task.name}': ${pyRepr(value)} is not ${wanted}. ` +
      'Value(s) can be shown after YAQL evaluating. If you use YAQL here, please correct it.',
  );
}
