/** Runs the operations on packs inside of this process; git, Python and pip run as processes of the action. */
import path from 'node:path';
import type { PackInstaller } from '../../../action-service/packs/install-packs.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { runProcess } from '../../process/run-process.ts';
import type { RunContext, Runner, RunOutcome } from '../contract.ts';
import { toEnvironment } from '../shell/run-local-shell.ts';
import { createIndexClient } from './index-client.ts';
import { OPERATIONS } from './operations.ts';
import { createStages, type RunStage } from './stages.ts';

/** The version of StackStorm whose packs this system runs. */
const SYSTEM_VERSION = '3.9.0';

/** Operations whose stages clients show; the others are such stages themselves. */
const STAGED = new Set(['install', 'uninstall']);
const UNSEEN: RunStage = (_stage, work) => work();

/** What an operation works with. */
export interface OperationContext {
  readonly context: RunContext;
  readonly installer: PackInstaller;
  readonly index: ReturnType<typeof createIndexClient>;
  /** What was said so far, for the result. */
  readonly said: string[];
  /** What the user should know of, of that. */
  readonly warnings: readonly string[];
}

async function run(context: RunContext): Promise<RunOutcome> {
  const name = String(context.runnerParameters.operation ?? '');
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) {
    throw new ValidationError(`Unknown operation "${name}". Known ones are ${Object.keys(OPERATIONS).join(', ')}.`);
  }
  const said: string[] = [];
  const prepared = await prepare(context, said);
  try {
    const result = await operation(prepared);
    // An installation's result is that of a workflow, everything else's that of a Python action, as clients expect.
    if (name === 'install') return { status: 'succeeded', result };
    return { status: 'succeeded', result: { exit_code: 0, result, stdout: said.join(''), stderr: '' } };
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ValidationError)) throw error;
    const message = errorMessage(error);
    return {
      status: 'failed',
      result: { error: message, exit_code: 1, result: 'None', stdout: said.join(''), stderr: `${message}\n` },
    };
  }
}

async function prepare(context: RunContext, said: string[]): Promise<OperationContext> {
  const { services, actionParameters } = context;
  const { config, stores, bus } = services;
  const report = async (sentence: string) => {
    said.push(`${sentence}\n`);
    await context.output.write('stdout', `${sentence}\n`);
  };
  const proxies = proxyEnvironment(await services.packConfig('packs', context.user));
  const env = { ...services.baseEnvironment, ...proxies, ...toEnvironment(actionParameters.env) };
  const program: PackInstaller['run'] = (file, args, more = {}) => runProgram(context, file, args, { ...env, ...more });
  const index = createIndexClient(context);
  const warnings: string[] = [];
  const data = config.system.data_dir;
  const installer: PackInstaller = {
    stores,
    bus,
    logger: context.logger,
    run: program,
    basePaths: config.packs.base_paths,
    configsPath: config.packs.configs_path || path.join(data, 'configs'),
    virtualenvs: {
      run: program,
      base: path.resolve(config.packs.virtualenvs_path || path.join(data, 'virtualenvs')),
      python: config.system.python_binary,
      warn: (message) => {
        said.push(`${message}\n`);
        warnings.push(message);
        context.logger.warn({ reason: message }, 'virtualenv of a pack is not as its requirements ask for');
      },
    },
    systemVersion: SYSTEM_VERSION,
    repositoryOf: async (name) => (await index.find(name))?.repo_url as string | undefined,
    report,
    stage: STAGED.has(String(context.runnerParameters.operation)) ? createStages(context) : UNSEEN,
  };
  return { context, installer, index, said, warnings };
}

async function runProgram(
  context: RunContext,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const end = await runProcess({
    file,
    args,
    env,
    timeout: Number(context.runnerParameters.timeout ?? 1800),
    signal: context.signal,
    output: { write: async (type, text) => (type === 'stderr' ? context.output.write('stderr', text) : undefined) },
    maxOutput: 1024 * 1024,
  }).catch((error: unknown) => {
    throw new ValidationError(`${file} cannot be run: ${errorMessage(error)}`);
  });
  if (end.exitCode === 0 && !end.timedOut) return end.stdout;
  const words = (end.stderr.trim() || end.stdout.trim()).split('\n').slice(-25).join('\n');
  const what = [path.basename(file), ...args.filter((arg) => !arg.startsWith('-')).slice(0, 3)].join(' ');
  throw new ValidationError(`${what} failed${end.timedOut ? ' in time' : ` with code ${end.exitCode}`}: ${words}`);
}

function proxyEnvironment(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const names = {
    http_proxy: 'http_proxy',
    https_proxy: 'https_proxy',
    no_proxy: 'no_proxy',
    proxy_ca_bundle_path: 'REQUESTS_CA_BUNDLE',
  };
  const isUsed = typeof config.http_proxy === 'string' || typeof config.https_proxy === 'string';
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, variable]) =>
      isUsed && typeof config[key] === 'string' && config[key] !== '' ? [[variable, config[key]]] : [],
    ),
  );
}

export const packManagementRunner: Runner = { name: 'pack-management', run };
