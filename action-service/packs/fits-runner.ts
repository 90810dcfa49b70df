/** Whether an action goes together with its runner: checked when it is registered, made or changed (`st2common/validators/api/action.py`). */
import { ValidationError } from '../../core/errors.ts';
import { pyEquals } from '../../core/python/equality.ts';
import { pyRepr } from '../../core/python/repr.ts';
import type { ParameterSchemas, RunnerType } from '../../stores/records.ts';

const OVERRIDABLE = ['default', 'description', 'enum', 'immutable', 'required', 'position'];

interface Checked {
  readonly runner_type: string;
  readonly parameters: ParameterSchemas;
}

/**
 * @param runner the runner type that the action names, if there is one
 * @throws ValidationError unknown runner type, parameters that cannot go together
 */
export function assertFitsRunner(ref: string, action: Checked, runner: RunnerType | undefined): void {
  if (runner === undefined) throw new ValidationError(`RunnerType ${action.runner_type} is not found.`);
  assertParameters(ref, action.parameters, runner.runner_parameters);
}

function assertParameters(ref: string, parameters: ParameterSchemas, inherited: ParameterSchemas): void {
  const positions = new Map<number, string>();
  for (const [name, schema] of Object.entries(parameters)) {
    const runner = Object.hasOwn(inherited, name) ? inherited[name] : undefined;
    if (runner !== undefined) assertOverride(ref, name, schema, runner);
    if (typeof schema.position === 'number') {
      const other = positions.get(schema.position);
      if (other !== undefined) {
        throw new ValidationError(
          `Parameters ${name} and ${other} have same position ${schema.position}. Position values have to be unique.`,
        );
      }
      positions.set(schema.position, name);
    }
    if ('immutable' in schema) assertImmutable(name, schema, runner);
  }
  const order = [...positions.keys()].sort((a, b) => a - b);
  if (order.some((position, index) => position !== (order[0] ?? 0) + index))
    throw new ValidationError(`Positions supplied ${pyRepr(order)} for parameters are not contiguous.`);
}

type Schema = Readonly<Record<string, unknown>>;

function assertOverride(ref: string, name: string, schema: Schema, runner: Schema): void {
  for (const [attribute, value] of Object.entries(schema)) {
    if (OVERRIDABLE.includes(attribute) || pyEquals(value, runner[attribute])) continue;
    throw new ValidationError(
      `The attribute "${attribute}" for the runner parameter "${name}" in action "${ref}" cannot be overridden.`,
    );
  }
}

function assertImmutable(name: string, schema: Schema, runner: Schema | undefined): void {
  if (runner !== undefined && 'immutable' in runner)
    throw new ValidationError(`Param ${name} is declared immutable in runner. Cannot override in action.`);
  if (!('default' in schema) && !(runner !== undefined && 'default' in runner))
    throw new ValidationError(`Immutable param ${name} requires a default value.`);
}
