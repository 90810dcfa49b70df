/** What the runners of local commands and scripts share: environment, sudo, and StackStorm's shape of the result. */

import { pyStr } from '../../../core/python/repr.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import { type ProcessEnd, type ProcessRequest, runProcess } from '../../process/run-process.ts';
import type { RunContext, RunOutcome, Values } from '../contract.ts';
import { toOutputValue } from './json-text.ts';

const DEFAULT_TIMEOUT = 60;

/** Status by exit code, as StackStorm's local runner has it; any other code is a failure. */
const STATUS_BY_EXIT_CODE: ReadonlyMap<number, ExecutionStatus> = new Map([
  [0, 'succeeded'],
  [-9, 'timeout'],
  [-15, 'abandoned'],
]);

/** Environment variables given by a user, as texts. */
export function toEnvironment(given: unknown): Record<string, string> {
  if (typeof given !== 'object' || given === null) return {};
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, pyStr(value)]),
  );
}

/** Seconds an action may take; `undefined` is without a limit. */
export function toTimeout(given: unknown, fallback: number): number | undefined {
  if (given === undefined) return fallback;
  return typeof given === 'number' && given > 0 ? given : undefined;
}

/** The program and arguments that run a command line with a shell, as root when `sudo` is asked for. */
export function shellInvocation(
  commandLine: string,
  parameters: Values,
): Pick<ProcessRequest, 'file' | 'args' | 'input'> {
  if (parameters.sudo !== true) return { file: '/bin/sh', args: ['-c', commandLine] };
  const password = sudoPassword(parameters);
  if (password === undefined) {
    return { file: 'sudo', args: ['-E', '--', 'bash', '-c', commandLine] };
  }
  return { file: 'sudo', args: ['-S', '-E', '--', 'bash', '-c', commandLine], input: `${password}\n` };
}

function sudoPassword({ sudo, sudo_password: password }: Values): string | undefined {
  return sudo === true && typeof password === 'string' && password !== '' ? password : undefined;
}

/** Runs a command line and shapes its end. */
export async function runLocalShell(context: RunContext, commandLine: string): Promise<RunOutcome> {
  const { runnerParameters: parameters, services } = context;
  const timeout = toTimeout(parameters.timeout, DEFAULT_TIMEOUT);
  const end = await runProcess({
    ...shellInvocation(commandLine, parameters),
    env: {
      ...services.baseEnvironment,
      ...toEnvironment(parameters.env),
      ...(await context.actionEnvironment()),
    },
    cwd: typeof parameters.cwd === 'string' && parameters.cwd !== '' ? parameters.cwd : undefined,
    sudoPassword: sudoPassword(parameters),
    timeout,
    signal: context.signal,
    output: context.output,
    maxOutput: services.config.actionrunner.max_output,
  });
  if (end.survived) context.logger.warn('a command could not be killed and may run on');
  return toShellOutcome(end, timeout, typeof parameters.sudo_password === 'string');
}

function toShellOutcome(end: ProcessEnd, timeout: number | undefined, withSudoPassword: boolean): RunOutcome {
  const refused = withSudoPassword && /sudo: \d+ incorrect password attempts?/.test(end.stderr);
  const exitCode = end.timedOut ? -9 : refused ? -1 : end.exitCode;
  const succeeded = exitCode === 0;
  const result: Record<string, unknown> = {
    failed: !succeeded,
    succeeded,
    return_code: exitCode,
    stdout: toOutputValue(end.stdout),
    stderr: toOutputValue(end.stderr),
  };
  if (end.timedOut) result.error = `Action failed to complete in ${timeout} seconds`;
  else if (refused) {
    const user = /\[sudo\] password for (.+?):/.exec(end.stderr)?.[1] ?? 'unknown';
    result.error = `Invalid sudo password provided or sudo is not configured for this user (${user})`;
  }
  return { status: STATUS_BY_EXIT_CODE.get(exitCode) ?? 'failed', result };
}
