/** Checks of an action that is made or changed (`st2common/validators/api/action.py`). */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assertFitsRunner } from '../../../action-service/packs/fits-runner.ts';
import { ValidationError } from '../../../core/errors.ts';
import type { ParameterSchemas } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';

interface Checked {
  readonly name: string;
  readonly pack: string;
  readonly runner_type: string;
  readonly parameters: ParameterSchemas;
}

/** @throws ValidationError unknown runner type or pack, parameters that cannot go together */
export async function assertAction(context: ApiContext, action: Checked): Promise<void> {
  const runner = await context.stores.runnerTypes.findOne({ name: action.runner_type });
  assertFitsRunner(`${action.pack}.${action.name}`, action, runner);
  if (!(await hasActionsFolder(context, action.pack))) {
    const bases = context.config.packs.base_paths.join(',');
    throw new ValidationError(
      `Content pack "${action.pack}" is not found or doesn't contain actions directory. Searched in: ${bases}`,
    );
  }
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
