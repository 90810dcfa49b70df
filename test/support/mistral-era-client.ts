import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, type Environment } from '../../cli/provision/cache.ts';
import { silentProgress } from '../../cli/provision/progress.ts';
import { ensurePythonPackages } from '../../cli/provision/python.ts';
import { type CommandResult, runCommand } from '../../cli/provision/run-command.ts';
import type { RunningServices } from './running-services.ts';

/** The last release of st2client that takes mistral-v2 for a workflow and draws its tasks as a tree. */
const requirements = ['st2client==3.2.0'];
/** Its installation asks for pip and the old setuptools of the virtualenv itself, which an isolated build does not have. */
const build = ['setuptools<81', 'wheel'];

/** Names that Python 3.10 has taken away and that this client's dependencies of 2020 still ask for. */
const oldNames = `import collections
import collections.abc
for name in ("Callable", "Iterable", "Mapping", "MutableMapping", "MutableSet", "Sequence", "Set"):
    setattr(collections, name, getattr(collections.abc, name))
`;

/** Runs `st2` of the time when Mistral was a part of StackStorm. The client itself is unmodified. */
export async function mistralEraClient(
  services: RunningServices,
  home: string,
): Promise<(...args: readonly string[]) => Promise<CommandResult>> {
  const env: Environment = { ...process.env, PIP_NO_BUILD_ISOLATION: '0' };
  const context = { env, cacheFolder: cacheFolder(env), progress: silentProgress };
  const packages = await ensurePythonPackages('real-clients-mistral-era-2', requirements, context, build);
  const shims = path.join(home, 'old-names');
  await mkdir(shims, { recursive: true });
  await writeFile(path.join(shims, 'sitecustomize.py'), oldNames);
  const environment = {
    PATH: env.PATH,
    HOME: home,
    PYTHONPATH: [shims, packages.pythonPath].filter(Boolean).join(path.delimiter),
    PYTHONWARNINGS: 'ignore',
    LANG: 'C.UTF-8',
    COLUMNS: '200',
    ST2_BASE_URL: 'http://127.0.0.1',
    ST2_API_URL: `${services.apiUrl}/v1`,
    ST2_AUTH_URL: services.authUrl,
    ST2_STREAM_URL: `${services.streamUrl}/v1`,
    ST2_AUTH_TOKEN: await services.token(),
  };
  return (...args) =>
    runCommand(packages.python, [path.join(packages.bin, 'st2'), ...args], { env: environment, timeoutMs: 180_000 });
}
