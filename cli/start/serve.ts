import { errorMessage } from '../../core/errors.ts';
import type { Environment } from '../provision/cache.ts';
import type { Progress } from '../provision/progress.ts';
import { type ClientSettings, clientEnvironment, envFile, writeEnvFile } from './env-file.ts';
import { requestJson } from './http.ts';
import type { StartOptions } from './options.ts';
import { runSample } from './sample-run.ts';
import { firstUser, type RunningSystem, startSystem } from './system.ts';

/** Half of a token's life: the file to `source` then never holds one that is about to end. */
const tokenSeconds = 86_400;

/** How {@link serve} talks to the world. */
export interface ServeContext {
  readonly options: StartOptions;
  readonly env: Environment;
  readonly progress: Progress;
  /** Called once, when the system serves and everything was printed. */
  readonly onServing: () => void;
  /** How a person ends it, as the last line of the start. */
  readonly howToEnd: string;
  /** Resolves when the system is to end. */
  readonly stopRequested: Promise<string>;
  /** Ends the wait above from within: `st2ctl`, `npm stop`. */
  readonly requestStop: (why: string) => void;
}

/** Starts the system, shows what there is, serves until it is asked to stop, and stops everything. */
export async function serve(context: ServeContext): Promise<void> {
  const { options, env, progress } = context;
  const since = Date.now();
  const system = await startSystem({
    options,
    env,
    progress,
    onShutdownRequest: () => context.requestStop('asked to'),
    stopRequested: context.stopRequested,
  });
  let refresh: NodeJS.Timeout | undefined;
  try {
    await refreshEnvFile(system);
    const again = () =>
      refreshEnvFile(system).catch((error) => progress.say(`${envFile(system.dataFolder)}: ${errorMessage(error)}`));
    refresh = setInterval(() => void again(), (tokenSeconds / 2) * 1_000);
    progress.say(`Serving after ${((Date.now() - since) / 1_000).toFixed(1)} s.`);
    const link = options.sample ? await showSample(system, progress) : undefined;
    showAddresses(system, progress, link);
    progress.say(`\n${context.howToEnd}`);
    context.onServing();
    progress.say(`Stopping (${await context.stopRequested}) …`);
  } finally {
    clearInterval(refresh);
    await progress.during('Stopping', system.stop());
  }
  progress.say('Stopped.');
}

async function requestToken(system: RunningSystem): Promise<string> {
  const credentials = Buffer.from(`${firstUser}:${system.password}`).toString('base64');
  const { token } = await requestJson<{ readonly token: string }>(
    `${system.scheme}://127.0.0.1:${system.ports.auth}/tokens`,
    {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: { ttl: tokenSeconds },
    },
  );
  return token;
}

async function refreshEnvFile(system: RunningSystem): Promise<string> {
  const token = await requestToken(system);
  await writeEnvFile(system.dataFolder, clientSettings(system, token));
  return token;
}

function clientSettings(system: RunningSystem, token: string): ClientSettings {
  const { ports, scheme, env } = system;
  return { ports, scheme, token, cacert: env.ST2_CACERT, ...temporal(system) };
}

function temporal(system: RunningSystem) {
  return {
    temporalAddress: system.env.TEMPORAL_ADDRESS ?? '',
    temporalNamespace: system.env.TEMPORAL_NAMESPACE ?? 'default',
    temporalUiUrl: system.env.ST2_TEMPORAL__UI_URL ?? '',
  };
}

async function showSample(system: RunningSystem, progress: Progress): Promise<string | undefined> {
  const apiUrl = `${system.scheme}://127.0.0.1:${system.ports.api}/v1`;
  const token = await requestToken(system);
  const work = runSample({ apiUrl, token, ...temporal(system) });
  try {
    const sample = await progress.during('Running testpack.wftest', work);
    progress.say(`\ntestpack.wftest ${sample.status}:\n${sample.table}\n`);
    return sample.temporalLink;
  } catch (error) {
    // The system serves all the same, and serving is what it takes to find out why.
    progress.say(`The sample did not run: ${errorMessage(error)} Logs: ${system.dataFolder}/logs`);
    return undefined;
  }
}

function showAddresses(system: RunningSystem, progress: Progress, sampleLink: string | undefined): void {
  const { ports, dataFolder } = system;
  const host = `${system.scheme}://127.0.0.1`;
  const file = envFile(dataFolder);
  const { ST2_AUTH_TOKEN: _token, ...variables } = clientEnvironment(clientSettings(system, ''));
  const lines = [
    `API          ${host}:${ports.api}/v1`,
    `Temporal UI  ${sampleLink ?? temporal(system).temporalUiUrl}`,
    '',
    'In another shell, for the st2, mistral and temporal clients (a token is in the file):',
    `  source ${file}`,
    'or:',
    ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
    `  st2 login ${firstUser} --password "$(cat ${dataFolder}/${firstUser}.password)"`,
  ];
  progress.say(lines.join('\n'));
}
