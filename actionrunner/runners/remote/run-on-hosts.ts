/** Runs something on each host at once and shapes the result as StackStorm does: an object keyed by host. */
import { errorMessage } from '../../../core/errors.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import { quoteWord } from '../../process/quote.ts';
import { NO_SINK } from '../../process/run-process.ts';
import type { OutputSink, RunContext, RunOutcome } from '../contract.ts';
import { toOutputValue } from '../shell/json-text.ts';
import { toEnvironment, toTimeout } from '../shell/run-local-shell.ts';
import { loadKnownHosts } from './known-hosts.ts';
import {
  connectSsh,
  parseTarget,
  type RemoteEnd,
  type SshConnection,
  SshTimeoutError,
  sshCredentials,
} from './ssh-connection.ts';

const DEFAULT_TIMEOUT = 60;
const AT_ONCE = 50;

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
): Promise<{ readonly command: string; readonly input?: string }> {
  const { runnerParameters: parameters } = context;
  const variables = { ...toEnvironment(parameters.env), ...(await context.actionEnvironment()) };
  const exports = Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${quoteWord(name)}=${quoteWord(value)}`);
  const folder = typeof parameters.cwd === 'string' && parameters.cwd !== '' ? parameters.cwd : '/tmp';
  const line = [`export ${exports.join(' ')}`, `cd ${quoteWord(folder)}`, commandLine].join(' && ');
  if (parameters.sudo !== true) return { command: line };
  const password = parameters.sudo_password;
  if (typeof password !== 'string' || password === '') return { command: `sudo -E -- bash -c ${quoteWord(line)}` };
  // Over standard input: on a command line everybody on the host could read it.
  return { command: `sudo -S -E -- bash -c ${quoteWord(line)}`, input: `${password}\n` };
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
    traceback: error instanceof Error ? (error.stack ?? '') : '',
  };
}

function toStatus(results: readonly HostResult[]): ExecutionStatus {
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
  const port = typeof parameters.port === 'number' ? parameters.port : undefined;
  const bastion =
    typeof parameters.bastion_host === 'string' && parameters.bastion_host !== ''
      ? parseTarget(parameters.bastion_host, port)
      : undefined;
  const credentials = await sshCredentials(parameters, services.config.system.user);
  const accept = await loadKnownHosts();
  // Output of several hosts at once would be mixed: it is streamed for one only.
  const output: OutputSink = hosts.length === 1 ? context.output : NO_SINK;

  async function onHost(text: string): Promise<readonly [string, HostResult]> {
    const target = parseTarget(text, port);
    let connection: SshConnection | undefined;
    try {
      connection = await connectSsh(target, credentials, bastion, accept);
    } catch (error) {
      return [target.host, toFailure(error, `Failed connecting to host ${target.host}.`)];
    }
    const run = async (commandLine: string) => {
      const { command, input } = await wrapCommand(context, commandLine);
      const timeout = toTimeout(parameters.timeout, DEFAULT_TIMEOUT);
      const maxOutput = services.config.actionrunner.max_output;
      return (connection as SshConnection).run({ command, input, timeout, signal, output, maxOutput });
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
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, hosts.length) }, lane));
  return { status: toStatus(results.map(([, result]) => result)), result: Object.fromEntries(results) };
}
