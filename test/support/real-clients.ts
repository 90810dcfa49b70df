import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from '../../cli/provision/cache.ts';
import { silentProgress } from '../../cli/provision/progress.ts';
import { ensurePythonPackages } from '../../cli/provision/python.ts';
import { type CommandResult, runCommand } from '../../cli/provision/run-command.ts';
import type { RunningServices } from './running-services.ts';

/** The unmodified clients of StackStorm and Mistral, from the Python package index. */
export interface RealClients {
  readonly python: string;
  /** Where the clients are and whom they talk to; a token is not part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  st2(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult>;
  mistral(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult>;
}

/** Versions that the tests speak for. setuptools: both clients still import pkg_resources. */
const requirements = ['st2client==3.9.0', 'python-mistralclient==6.3.0', 'setuptools<81'];

/** Installs the clients into a private virtualenv (once a machine) and points them at the running services. */
export async function realClients(services: RunningServices, home: string): Promise<RealClients> {
  const env = process.env;
  const context = { env, cacheFolder: cacheFolder(env), progress: silentProgress };
  const packages = await ensurePythonPackages('real-clients-1', requirements, context);
  await mkdir(home, { recursive: true });
  const base = {
    PATH: env.PATH,
    HOME: home,
    PYTHONPATH: packages.pythonPath,
    PYTHONWARNINGS: 'ignore',
    LANG: 'C.UTF-8',
    COLUMNS: '200',
    ST2_BASE_URL: 'http://127.0.0.1',
    ST2_API_URL: `${services.apiUrl}/v1`,
    ST2_AUTH_URL: services.authUrl,
    ST2_STREAM_URL: `${services.streamUrl}/v1`,
    OS_MISTRAL_URL: services.mistralUrl,
  };
  const run = async (name: string, args: readonly string[], extra: Readonly<Record<string, string>> = {}) => {
    const script = path.join(packages.bin, name);
    return await runCommand(packages.python, [script, ...args], { env: { ...base, ...extra }, timeoutMs: 180_000 });
  };
  return {
    python: packages.python,
    env: base,
    st2: async (args, extra) => await run('st2', args, { ST2_AUTH_TOKEN: await services.token(), ...extra }),
    mistral: (args, extra) => run('mistral', args, extra),
  };
}
