/** Which interpreter, search path and environment a pack's Python actions get. */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Config } from '../../../platform/config/load-config.ts';
import { projectRoot } from '../../project-root.ts';
import type { RunContext } from '../contract.ts';
import { toEnvironment } from '../shell/run-local-shell.ts';

/** Folder with the compatibility package and the wrappers. */
export const PYTHON_FOLDER = join(projectRoot(), 'actionrunner', 'python');

/** Variables that would change which code runs, and so cannot be set by an action. */
const REFUSED_VARIABLES = new Set(['pythonpath', 'pythonhome', 'pythonstartup']);

export interface PythonEnvironment {
  readonly interpreter: string;
  readonly virtualenv: string | undefined;
  /** Folders put before the interpreter's own search path. */
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where interpreters keep compiled files: packs stay as they were installed, and may be read-only. */
export function bytecodeFolder(config: Config): string {
  return resolve(config.system.data_dir, 'pycache');
}

function virtualenvOf(context: RunContext): string | undefined {
  const { packs, system } = context.services.config;
  const base = packs.virtualenvs_path || join(system.data_dir, 'virtualenvs');
  const folder = resolve(base, context.action.pack);
  return existsSync(join(folder, 'bin', 'python')) ? folder : undefined;
}

/** Folders of the pack that its actions import from: `actions/lib` and `lib`. */
function libraryFolders(context: RunContext, entryPoint: string): string[] {
  const folders = [join(dirname(entryPoint), 'lib')];
  if (context.packPath !== undefined)
    folders.push(join(context.packPath, 'actions', 'lib'), join(context.packPath, 'lib'));
  return [...new Set(folders)].filter((folder) => existsSync(folder));
}

export async function pythonEnvironment(context: RunContext, entryPoint: string): Promise<PythonEnvironment> {
  const { services, runnerParameters } = context;
  const virtualenv = virtualenvOf(context);
  const path = libraryFolders(context, entryPoint);
  const given = Object.entries(toEnvironment(runnerParameters.env)).filter(
    ([name]) => !REFUSED_VARIABLES.has(name.toLowerCase()),
  );
  const env: Record<string, string> = {
    ...services.baseEnvironment,
    ST2_PACKS_BASE_PATHS: services.config.packs.base_paths.map((folder) => resolve(folder)).join(delimiter),
    ...Object.fromEntries(given),
    ...(await context.actionEnvironment()),
    PYTHONPATH: [...path, PYTHON_FOLDER].join(delimiter),
    PYTHONUNBUFFERED: '1',
    PYTHONPYCACHEPREFIX: bytecodeFolder(services.config),
  };
  if (virtualenv !== undefined) {
    env.VIRTUAL_ENV = virtualenv;
    env.PATH = [join(virtualenv, 'bin'), env.PATH ?? ''].join(delimiter);
  }
  const interpreter =
    virtualenv === undefined ? services.config.system.python_binary : join(virtualenv, 'bin', 'python');
  return { interpreter, virtualenv, path, env };
}
