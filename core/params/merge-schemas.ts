/** The schemas of an action's parameters: those of its runner with the action's changes on top. */
import { isDict } from '../python/dict.ts';
import { pyEquals } from '../python/equality.ts';
import { ParamError } from './errors.ts';
import type { ParameterSchema, ParameterSchemas } from './schema.ts';

/** What an action may change of a parameter of its runner. */
const OVERRIDABLE = new Set(['default', 'description', 'enum', 'immutable', 'required']);

function merged(base: unknown, change: unknown): unknown {
  if (!isDict(base) || !isDict(change)) return change;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    result[key] = Object.hasOwn(result, key) ? merged(result[key], value) : value;
  }
  return result;
}

/**
 * Runner's and action's schemas as one; attributes of the action win, nested ones are merged.
 * @throws ParamError when the action changes what it may not, such as the type of a runner's parameter
 */
export function mergeParameterSchemas(
  runner: ParameterSchemas,
  action: ParameterSchemas,
  actionRef = '',
): ParameterSchemas {
  for (const [name, schema] of Object.entries(action)) {
    const inherited = Object.hasOwn(runner, name) ? runner[name] : undefined;
    if (inherited !== undefined) checkOverride(name, inherited, schema, actionRef);
  }
  return merged(runner, action) as ParameterSchemas;
}

function checkOverride(name: string, runner: ParameterSchema, action: ParameterSchema, actionRef: string): void {
  for (const [attribute, value] of Object.entries(action)) {
    if (OVERRIDABLE.has(attribute) || pyEquals(runner[attribute] ?? null, value)) continue;
    throw new ParamError(
      `The attribute "${attribute}" for the runner parameter "${name}" in action "${actionRef}" cannot be overridden.`,
      { parameter: name, attribute },
    );
  }
}

/** The parameters as the API and the clients show them: immutable in one place is immutable in both. */
export function parametersView(runner: ParameterSchemas, action: ParameterSchemas): ParameterSchemas {
  const names = new Set([...Object.keys(runner), ...Object.keys(action)]);
  const view = [...names].map((name): [string, ParameterSchema] => {
    const ofRunner = runner[name] ?? {};
    const ofAction = action[name] ?? {};
    const schema: ParameterSchema = { ...ofRunner, ...ofAction };
    const knowsImmutable = 'immutable' in ofRunner || 'immutable' in ofAction;
    if (!knowsImmutable) return [name, schema];
    return [name, { ...schema, immutable: ofRunner.immutable === true || ofAction.immutable === true }];
  });
  return Object.fromEntries(view);
}

/** Names in the order in which a form or a command line asks for them: `position` first, then by name. */
export function byPosition(schemas: ParameterSchemas): readonly string[] {
  const place = (name: string): number => schemas[name]?.position ?? Number.POSITIVE_INFINITY;
  return Object.keys(schemas).sort((left, right) => {
    const [a, b] = [place(left), place(right)];
    return a === b ? (left < right ? -1 : 1) : a - b;
  });
}
