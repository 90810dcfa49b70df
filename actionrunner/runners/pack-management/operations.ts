/** What the actions of the pack `packs` do, by operation. Names, parameters and results are StackStorm's. */
import { realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { installFolder, installPacks } from '../../../action-service/packs/install-packs.ts';
import { buildVirtualenv, removeVirtualenv, updateVirtualenv } from '../../../action-service/packs/pack-virtualenv.ts';
import { readMetadata } from '../../../action-service/packs/read-metadata.ts';
import { findPacks, registerPacks } from '../../../action-service/packs/register-packs.ts';
import { refuseSystemPacks, unregisterPacks } from '../../../action-service/packs/unregister-packs.ts';
import { ValidationError } from '../../../core/errors.ts';
import type { OperationContext } from './runner.ts';

export type Operation = (operation: OperationContext) => Promise<unknown>;

const PACK_NAME = /^[a-z0-9_-]+$/i;

function texts({ context }: OperationContext, name: string): readonly string[] {
  const value = context.actionParameters[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** @throws ValidationError for names that no pack can have */
function packNames(operation: OperationContext): readonly string[] {
  const packs = texts(operation, 'packs');
  const wrong = packs.find((pack) => !PACK_NAME.test(pack));
  if (wrong !== undefined) throw new ValidationError(`"${wrong}" is no name of a pack.`);
  return packs;
}

const flag = ({ context }: OperationContext, name: string) => context.actionParameters[name] === true;

async function install(operation: OperationContext): Promise<unknown> {
  const register = String(operation.context.actionParameters.register ?? 'all');
  const packs = await installPacks(
    texts(operation, 'packs'),
    {
      force: flag(operation, 'force'),
      dependencies: !flag(operation, 'skip_dependencies'),
      complete: true,
      types: register.split(',').map((kind) => kind.trim()),
    },
    operation.installer,
  );
  return {
    output: {
      packs_list: packs,
      message: 'Successfully installed packs',
      conflict_list: null,
      warning_list: operation.warnings,
    },
  };
}

async function download(operation: OperationContext): Promise<unknown> {
  const given = [...texts(operation, 'packs'), ...texts(operation, 'dependency_list')];
  const options = { force: flag(operation, 'force'), dependencies: false, complete: false, types: [] };
  const packs = await installPacks(given, options, operation.installer);
  return Object.fromEntries(packs.map((pack) => [pack, 'Success.']));
}

async function load(operation: OperationContext): Promise<unknown> {
  const { installer, context } = operation;
  const packs = packNames(operation);
  const register = String(context.actionParameters.register ?? 'all');
  const { counts } = await registerPacks({
    ...installer,
    types: register.split(',').map((kind) => kind.trim()),
    failOnFailure: true,
    ...(packs.length === 0 ? {} : { packs }),
  });
  return counts;
}

async function unload(operation: OperationContext): Promise<unknown> {
  const packs = packNames(operation);
  for (const warning of await unregisterPacks(operation.installer, packs)) {
    await operation.installer.report(warning);
  }
  return null;
}

async function remove(operation: OperationContext): Promise<unknown> {
  const { installer, context } = operation;
  const packs = packNames(operation);
  refuseSystemPacks(packs);
  const base = installFolder(installer.basePaths);
  const elsewhere = await findPacks(installer.basePaths.filter((folder) => path.resolve(folder) !== base));
  for (const pack of packs) {
    await rm(path.join(base, pack), { recursive: true, force: true });
    if (context.actionParameters.delete_env !== false) await removeVirtualenv(installer.virtualenvs.base, pack);
    const other = elsewhere.get(pack);
    if (other !== undefined) await installer.report(`Pack "${pack}" is also in ${other}, which is left alone.`);
  }
  return null;
}

async function uninstall(operation: OperationContext): Promise<unknown> {
  const packs = packNames(operation);
  refuseSystemPacks(packs);
  const { stage } = operation.installer;
  await stage({ name: 'unregister packs', action: 'packs.unload', packs }, () => unload(operation));
  return stage({ name: 'delete packs', action: 'packs.delete', packs }, () => remove(operation));
}

async function setUpVirtualenv(operation: OperationContext): Promise<unknown> {
  const { installer } = operation;
  const packs = packNames(operation);
  const found = await findPacks(installer.basePaths);
  for (const pack of packs) {
    const folder = found.get(pack);
    if (folder === undefined)
      throw new ValidationError(`Pack "${pack}" is not installed. Looked in: ${installer.basePaths}`);
    await installer.report(`Setting up the virtualenv of ${pack}`);
    if (flag(operation, 'update') && (await updateVirtualenv(pack, folder, installer.virtualenvs))) continue;
    const built = await buildVirtualenv(pack, folder, installer.virtualenvs);
    await (await built.activate()).commit();
  }
  return `Successfully set up virtualenv for the following packs: ${packs.join(', ')}`;
}

async function get(operation: OperationContext): Promise<unknown> {
  const pack = String(operation.context.actionParameters.pack ?? '');
  const folder = (await findPacks(operation.installer.basePaths)).get(pack);
  if (folder === undefined) return { pack: null, git_status: null };
  return { pack: await readMetadata(path.join(folder, 'pack.yaml')), git_status: await gitStatus(operation, folder) };
}

async function gitStatus({ installer }: OperationContext, folder: string): Promise<string | null> {
  if ((await stat(path.join(folder, '.git')).catch(() => undefined)) === undefined) return null;
  const git = (...args: readonly string[]) =>
    installer.run('git', ['-c', `safe.directory=${folder}`, '-C', folder, ...args]).catch(() => '');
  const [status = ''] = (await git('status')).split('\n');
  const remotes = (await git('remote', '-v'))
    .split('\n')
    .flatMap((line) => (line.endsWith('(fetch)') ? [line.split(/\s+/)[1] ?? ''] : []));
  return `Status:\n${status}\n\nRemotes:\n${remotes.join('\n')}`;
}

async function getPackDependencies(operation: OperationContext): Promise<unknown> {
  const { actionParameters } = operation.context;
  const nested = Number(actionParameters.nested ?? 3);
  const found = await findPacks(operation.installer.basePaths);
  const wanted = new Set<string>();
  const conflicts = new Set<string>();
  for (const [pack, status] of Object.entries((actionParameters.packs_status ?? {}) as Record<string, unknown>)) {
    const folder = found.get(pack);
    if (nested <= 0 || folder === undefined || !/success/i.test(String(status))) continue;
    const { dependencies } = await readMetadata(path.join(folder, 'pack.yaml'));
    for (const text of Array.isArray(dependencies) ? dependencies.map(String) : []) {
      const [name = '', version] = text.split('=');
      const other = found.get(path.basename(name).replace(/^stackstorm-/, ''));
      if (other === undefined) wanted.add(text);
      else if (version !== undefined) {
        const metadata = await readMetadata(path.join(other, 'pack.yaml'));
        if (String(metadata.version).replace(/^v/, '') !== version.replace(/^v/, '')) conflicts.add(text);
      }
    }
  }
  return { dependency_list: [...wanted], conflict_list: [...conflicts], nested: nested - 1 };
}

async function getConfig({ installer }: OperationContext): Promise<unknown> {
  const base = installFolder(installer.basePaths);
  return { pack_path: await realpath(base).catch(() => base) };
}

/** Every operation by its name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  delete: remove,
  download,
  get,
  get_config: getConfig,
  get_pack_dependencies: getPackDependencies,
  install,
  load,
  search: ({ index, context }) => index.search(String(context.actionParameters.query ?? '')),
  setup_virtualenv: setUpVirtualenv,
  show: async ({ index, context }) => ({
    pack: (await index.find(String(context.actionParameters.pack ?? ''))) ?? null,
  }),
  uninstall,
  unload,
  update_virtualenv: setUpVirtualenv,
};
