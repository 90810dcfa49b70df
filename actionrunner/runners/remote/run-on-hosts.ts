/** Runs something on each host at once and shapes the result as StackStorm does: an object keyed by host. */
import { errorMessage, errorTrace } from '../../../core/errors.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import { quoteWord } from '../../process/quote.ts';
import { NO_SINK } from '../../process/run-process.ts';
import type { OutputSink, RunContext, RunOutcome, Values } from '../contract.ts';
import { toOutputValue } from '../shell/json-text.ts';
import { toEnvironment, toTimeout } from '../shell/run-local-shell.ts';
import { loadKnownHosts } from './known-hosts.ts';
import {
  connectSsh,
  parseTarget,
  type RemoteCommand,
  type RemoteEnd,
  type SshConnection,
  SshTimeoutError,
  sshCredentials,
} from './ssh-connection.ts';

const DEFAULT_TIMEOUT = 60;

/** Work on one host. The command line has environment, folder and sudo around it already. */
export type HostWork = (
  connection: SshConnection,
  run: (commandLine: string) => Promise<RemoteEnd>,
) => Promise<RemoteEnd>;

interface HostResult {
  readonly failed: boolean;
  readonly succeeded: boolean;
  readonly return_code: number;
  readonly stdout: unknown;
  readonly stderr: unknown;
  readonly timeout?: boolean;
  readonly error?: string;
  readonly traceback?: string;
}

async function wrapCommand(
  context: RunContext,
  commandLine: string,
): Promise<Pick<RemoteCommand, 'command' | 'input' | 'runAs'>> {
  const { runnerParameters: parameters } = context;
  const variables = { ...toEnvironment(parameters.env), ...(await context.actionEnvironment()) };
  const exports = Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${quoteWord(name)}=${quoteWord(value)}`);
  const folder = typeof parameters.cwd === 'string' && parameters.cwd !== '' ? parameters.cwd : '/tmp';
  const line = [`export ${exports.join(' ')}`, `cd ${quoteWord(folder)}`, commandLine].join(' && ');
  const runAs = sudo(parameters);
  if (runAs === undefined) return { command: line, input: undefined, runAs };
  return { command: `${runAs.prefix} bash -c ${quoteWord(line)}`, input: runAs.input, runAs };
}

function sudo(parameters: Values): RemoteCommand['runAs'] {
  if (parameters.sudo !== true) return undefined;
  const password = parameters.sudo_password;
  if (typeof password !== 'string' || password === '') return { prefix: 'sudo -E --', input: undefined };
  // Over standard input: on a command line everybody on the host could read it.
  return { prefix: 'sudo -S -E --', input: `${password}\n` };
}

function toResult(end: RemoteEnd): HostResult {
  const refused = /sudo: \d+ incorrect password attempts?/.test(end.stderr);
  if (refused) {
    const user = /\[sudo\] password for (.+?):/.exec(end.stderr)?.[1] ?? 'unknown';
    throw new Error(`Invalid sudo password provided or sudo is not configured for this user (${user})`);
  }
  const succeeded = end.exitCode === 0;
  return {
    failed: !succeeded,
    succeeded,
    return_code: end.exitCode,
    stdout: toOutputValue(end.stdout),
    stderr: toOutputValue(end.stderr),
  };
}

function toFailure(error: unknown, message: string): HostResult {
  const timedOut = error instanceof SshTimeoutError;
  return {
    failed: true,
    succeeded: false,
    timeout: timedOut,
    return_code: timedOut ? -9 : 255,
    stdout: timedOut ? error.stdout : '',
    stderr: timedOut ? error.stderr : '',
    error: `${message} ${errorMessage(error)}`,
    traceback: errorTrace(error),
  };
}

function toStatus(results: readonly HostResult[], allowPartialFailure: boolean): ExecutionStatus {
  if (allowPartialFailure && results.some(({ succeeded }) => succeeded)) return 'succeeded';
  if (results.every(({ succeeded }) => succeeded)) return 'succeeded';
  return results.every(({ timeout }) => timeout === true) ? 'timeout' : 'failed';
}

export async function runOnHosts(context: RunContext, work: HostWork): Promise<RunOutcome> {
  const { runnerParameters: parameters, services, signal } = context;
  const hosts = String(parameters.hosts ?? '')
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
  if (hosts.length === 0)
    throw new Error(`No hosts specified to run action for action ${context.execution.liveaction_id}.`);
  const settings = services.config.ssh;
  const port = typeof parameters.port === 'number' ? parameters.port : undefined;
  const bastion =
    typeof parameters.bastion_host === 'string' && parameters.bastion_host !== ''
      ? parseTarget(parameters.bastion_host, port)
      : undefined;
  const credentials = await sshCredentials(parameters, {
    user: services.config.system.user,
    keyFile: settings.key_file,
  });
  const accept = await loadKnownHosts(settings.known_hosts, settings.strict_host_keys);
  // Output of several hosts at once would be mixed: it is streamed for one only.
  const output: OutputSink = hosts.length === 1 ? context.output : NO_SINK;

  async function onHost(text: string): Promise<readonly [string, HostResult]> {
    const target = parseTarget(text, port);
    let connection: SshConnection | undefined;
    try {
      connection = await connectSsh(target, credentials, bastion, accept, signal);
    } catch (error) {
      return [target.host, toFailure(error, `Failed connecting to host ${target.host}.`)];
    }
    const run = async (commandLine: string) => {
      const wrapped = await wrapCommand(context, commandLine);
      const timeout = toTimeout(parameters.timeout, DEFAULT_TIMEOUT);
      const maxOutput = services.config.actionrunner.max_output;
      return (connection as SshConnection).run({ ...wrapped, timeout, signal, output, maxOutput });
    };
    try {
      return [target.host, toResult(await work(connection, run))];
    } catch (error) {
      return [target.host, toFailure(error, `Failed executing command on host "${target.host}".`)];
    } finally {
      connection.close();
    }
  }

  const results: (readonly [string, HostResult])[] = [];
  const waiting = [...hosts];
  const lane = async () => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) results.push(await onHost(host));
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(settings.max_parallel, 1), hosts.length) }, lane));
  const status = toStatus(
    results.map(([, result]) => result),
    settings.allow_partial_failure,
  );
  return { status, result: Object.fromEntries(results) };
}
