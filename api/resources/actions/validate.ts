/** Checks of an action that is made or changed (`st2common/validators/api/action.py`). */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../../core/errors.ts';
import { pyEquals } from '../../../core/python/equality.ts';
import { pyRepr } from '../../../core/python/repr.ts';
import type { ParameterSchemas } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';

const OVERRIDABLE = ['default', 'description', 'enum', 'immutable', 'required', 'position'];

interface Checked {
  readonly name: string;
  readonly pack: string;
  readonly runner_type: string;
  readonly parameters: ParameterSchemas;
}

/** @throws ValidationError unknown runner type or pack, parameters that cannot go together */
export async function assertAction(context: ApiContext, action: Checked): Promise<void> {
  const runner = await context.stores.runnerTypes.findOne({ name: action.runner_type });
  if (runner === undefined) throw new ValidationError(`RunnerType ${action.runner_type} is not found.`);
  if (!(await hasActionsFolder(context, action.pack))) {
    const bases = context.config.packs.base_paths.join(',');
    throw new ValidationError(
      `Content pack "${action.pack}" is not found or doesn't contain actions directory. Searched in: ${bases}`,
    );
  }
  assertParameters(`${action.pack}.${action.name}`, action.parameters, runner.runner_parameters);
}

async function hasActionsFolder({ config, stores }: ApiContext, pack: string): Promise<boolean> {
  if (!/^[a-z0-9_-]+$/i.test(pack)) return false;
  const registered = await stores.packs.findOne({ ref: pack });
  const folders = config.packs.base_paths.map((base) => join(base, pack));
  if (typeof registered?.path === 'string') folders.push(registered.path);
  for (const folder of folders) {
    const found = await stat(join(folder, 'actions')).catch(() => undefined);
    if (found?.isDirectory() === true) return true;
  }
  // A pack that was registered without any action may get its first one.
  return registered !== undefined;
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
