/** Every runner, by the name of its runner type. A new one is a folder and a line here and in metadata.ts. */
import { actionChainRunner } from './action-chain/runner.ts';
import { announcementRunner } from './announcement/runner.ts';
import { chatopsResultRunner } from './chatops-result/runner.ts';
import type { Runner } from './contract.ts';
import { httpRequestRunner } from './http-request/runner.ts';
import { inquirerRunner } from './inquirer/runner.ts';
import { localShellCmdRunner } from './local-shell-cmd/runner.ts';
import { localShellScriptRunner } from './local-shell-script/runner.ts';
import { mistralV2Runner } from './mistral-v2/runner.ts';
import { noopRunner } from './noop/runner.ts';
import { packManagementRunner } from './pack-management/runner.ts';
import { pythonScriptRunner } from './python-script/runner.ts';
import { remoteShellCmdRunner } from './remote-shell-cmd/runner.ts';
import { remoteShellScriptRunner } from './remote-shell-script/runner.ts';
import { unsupportedRunner } from './unsupported.ts';
import { winRmCmdRunner, winRmPsCmdRunner, winRmPsScriptRunner } from './winrm/runner.ts';

export const runners: Readonly<Record<string, Runner>> = {
  'action-chain': actionChainRunner,
  announcement: announcementRunner,
  'chatops-result': chatopsResultRunner,
  'http-request': httpRequestRunner,
  inquirer: inquirerRunner,
  'local-shell-cmd': localShellCmdRunner,
  'local-shell-script': localShellScriptRunner,
  'mistral-v2': mistralV2Runner,
  noop: noopRunner,
  orquesta: unsupportedRunner(
    'orquesta',
    'Workflows in the Orquesta language cannot be run; write them in the Mistral v2 language.',
  ),
  'pack-management': packManagementRunner,
  'python-script': pythonScriptRunner,
  'remote-shell-cmd': remoteShellCmdRunner,
  'remote-shell-script': remoteShellScriptRunner,
  'winrm-cmd': winRmCmdRunner,
  'winrm-ps-cmd': winRmPsCmdRunner,
  'winrm-ps-script': winRmPsScriptRunner,
};

/** @throws Error that names the known ones */
export function findRunner(name: string): Runner {
  const runner = Object.hasOwn(runners, name) ? runners[name] : undefined;
  if (runner !== undefined) return runner;
  throw new Error(`Failed to find runner ${name}. Available runners are: ${Object.keys(runners).sort().join(', ')}`);
}
