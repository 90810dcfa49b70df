/** The runner types as they are registered. Imports no runner's code: the registrar of packs uses it in every process. */
import type { Stores } from '../../stores/stores.ts';
import { actionChainMetadata } from './action-chain/metadata.ts';
import { announcementMetadata } from './announcement/metadata.ts';
import { chatopsResultMetadata } from './chatops-result/metadata.ts';
import type { RunnerMetadata } from './contract.ts';
import { httpRequestMetadata } from './http-request/metadata.ts';
import { inquirerMetadata } from './inquirer/metadata.ts';
import { localShellCmdMetadata } from './local-shell-cmd/metadata.ts';
import { localShellScriptMetadata } from './local-shell-script/metadata.ts';
import { mistralV2Metadata } from './mistral-v2/metadata.ts';
import { noopMetadata } from './noop/metadata.ts';
import { orquestaMetadata } from './orquesta/metadata.ts';
import { packManagementMetadata } from './pack-management/metadata.ts';
import { pythonScriptMetadata } from './python-script/metadata.ts';
import { remoteShellCmdMetadata } from './remote-shell-cmd/metadata.ts';
import { remoteShellScriptMetadata } from './remote-shell-script/metadata.ts';
import { winrmMetadata } from './winrm/metadata.ts';

export const RUNNER_TYPES: readonly RunnerMetadata[] = [
  orquestaMetadata,
  inquirerMetadata,
  httpRequestMetadata,
  announcementMetadata,
  actionChainMetadata,
  chatopsResultMetadata,
  localShellCmdMetadata,
  localShellScriptMetadata,
  mistralV2Metadata,
  noopMetadata,
  packManagementMetadata,
  pythonScriptMetadata,
  remoteShellScriptMetadata,
  remoteShellCmdMetadata,
  ...winrmMetadata,
];

/**
 * Writes all runner types. One that an operator has disabled stays disabled.
 *
 * @returns how many there are
 */
export async function registerRunnerTypes(stores: Stores): Promise<number> {
  for (const metadata of RUNNER_TYPES) {
    const known = await stores.runnerTypes.findOne({ name: metadata.name }, { include: ['enabled'] });
    await stores.runnerTypes.upsert(
      { name: metadata.name },
      {
        output_schema: {},
        ...metadata,
        uid: `runner_type:${metadata.name}`,
        enabled: known?.enabled ?? metadata.enabled,
      },
    );
  }
  return RUNNER_TYPES.length;
}
