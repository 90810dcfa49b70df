/** Every runner, by the name of its runner type. A new one is a folder and a line here and in metadata.ts. */
import type { Runner } from './contract.ts';
import { localShellCmdRunner } from './local-shell-cmd/runner.ts';
import { localShellScriptRunner } from './local-shell-script/runner.ts';
import { noopRunner } from './noop/runner.ts';
import { pythonScriptRunner } from './python-script/runner.ts';

export const runners: Readonly<Record<string, Runner>> = {
  'local-shell-cmd': localShellCmdRunner,
  'local-shell-script': localShellScriptRunner,
  noop: noopRunner,
  'python-script': pythonScriptRunner,
};

/** @throws Error that names the known ones */
export function findRunner(name: string): Runner {
  const runner = Object.hasOwn(runners, name) ? runners[name] : undefined;
  if (runner !== undefined) return runner;
  throw new Error(`Failed to find runner ${name}. Available runners are: ${Object.keys(runners).sort().join(', ')}`);
}
