/** The runners of Windows hosts: commands of the Command Prompt, PowerShell commands, PowerShell scripts of packs. */
import { readFile } from 'node:fs/promises';
import { NO_SINK } from '../../process/run-process.ts';
import type { RunContext, Runner, RunOutcome, Values } from '../contract.ts';
import { parseJsonText } from '../shell/json-text.ts';
import { toEnvironment, toTimeout } from '../shell/run-local-shell.ts';
import { splitArguments } from '../shell/script-arguments.ts';
import type { WinRmTarget, WinRmTransport } from './connection.ts';
import { toPowerShellLiteral } from './powershell.ts';
import { connectWindowsHost, type RemoteCommandEnd } from './remote-shell.ts';
import { type RunLine, runPowerShell, UnfinishedError } from './run-powershell.ts';

const DEFAULT_TIMEOUT = 60;
const DEFAULT_PORT = 5986;
const HTTP_PORT = 5985;
const TIMEOUT_EXIT_CODE = -1;
/** For what an ended action leaves to tidy up, ms. */
const CLEAN_UP_MS = 10_000;

/** How the transports of StackStorm's `winrm` library log in here. */
const TRANSPORTS: Readonly<Record<string, WinRmTransport>> = {
  ntlm: 'ntlm',
  basic: 'basic',
  plaintext: 'basic',
  ssl: 'basic',
};

/** @throws Error that says which parameter is wrong */
function toTarget(parameters: Values): WinRmTarget {
  const { host, username, password, transport = 'ntlm' } = parameters;
  for (const [name, value] of Object.entries({ host, username, password })) {
    if (typeof value !== 'string' || value === '') throw new Error(`The runner parameter "${name}" is missing.`);
  }
  const known = TRANSPORTS[String(transport)];
  if (known === undefined) {
    throw new Error(`The transport "${transport}" is not supported; use ${Object.keys(TRANSPORTS).join(', ')}.`);
  }
  const port = typeof parameters.port === 'number' ? parameters.port : DEFAULT_PORT;
  const scheme = port === HTTP_PORT ? 'http' : String(parameters.scheme ?? 'https');
  if (scheme !== 'http' && scheme !== 'https') throw new Error(`The scheme "${scheme}" is neither "http" nor "https".`);
  const name = String(host).includes(':') && !String(host).startsWith('[') ? `[${host}]` : String(host);
  const address = `${scheme}://${name}:${port}/wsman`;
  if (!/^[\w.\-[\]:%]+$/.test(name) || !URL.canParse(address)) throw new Error(`"${host}" is no name of a host.`);
  return {
    url: new URL(address),
    transport: known,
    credentials: { username: String(username), password: String(password) },
    verifyCertificate: parameters.verify_ssl_cert !== false,
  };
}

async function runOnHost(context: RunContext, work: (run: RunLine) => Promise<RemoteCommandEnd>): Promise<RunOutcome> {
  const { runnerParameters: parameters, signal, services } = context;
  const host = connectWindowsHost(toTarget(parameters));
  const timeout = toTimeout(parameters.timeout, DEFAULT_TIMEOUT);
  const time = timeout === undefined ? undefined : AbortSignal.timeout(Math.min(timeout * 1000, 2 ** 31 - 1));
  const limited = time === undefined ? signal : AbortSignal.any([signal, time]);
  const run: RunLine = (command, how = {}) =>
    host.run({
      command,
      cwd: typeof parameters.cwd === 'string' && parameters.cwd !== '' ? parameters.cwd : undefined,
      env: toEnvironment(parameters.env),
      signal: how.cleanUp === true ? AbortSignal.timeout(CLEAN_UP_MS) : limited,
      output: how.silent === true ? NO_SINK : context.output,
      maxOutput: services.config.actionrunner.max_output,
    });
  try {
    return toOutcome(await work(run), time?.aborted === true, timeout);
  } catch (error) {
    if (error instanceof UnfinishedError) return toOutcome(error.end, time?.aborted === true, timeout);
    throw new Error(`${parameters.host}: ${describe(error)}`, { cause: error });
  } finally {
    host.close();
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  // Errors of several addresses have no message of their own.
  return error.message === '' ? String(code ?? error.name) : error.message;
}

function toOutcome(end: RemoteCommandEnd, timedOut: boolean, timeout: number | undefined): RunOutcome {
  const succeeded = end.exitCode === 0;
  const result: Record<string, unknown> = {
    failed: !succeeded,
    succeeded,
    return_code: end.exitCode ?? TIMEOUT_EXIT_CODE,
    stdout: parseJsonText(end.stdout),
    stderr: parseJsonText(end.stderr),
  };
  if (end.exitCode === undefined && timedOut) {
    return { status: 'timeout', result: { ...result, error: `Action failed to complete in ${timeout} seconds` } };
  }
  return { status: succeeded ? 'succeeded' : 'failed', result };
}

function command({ runnerParameters }: RunContext): string {
  if (typeof runnerParameters.cmd === 'string') return runnerParameters.cmd;
  throw new Error('The runner parameter "cmd" is missing.');
}

/** Named parameters first, then those with a position, as literals. @throws Error for a name that would be read as more */
function scriptParameters({ action, actionParameters, runnerParameters }: RunContext): string {
  const operator = String(runnerParameters.kwarg_op ?? '-');
  const { positional, named } = splitArguments(actionParameters, action.parameters);
  const words = [...named].map(([name, value]) => {
    if (!/^[-/]{1,2}\w+$/.test(`${operator}${name}`)) {
      throw new Error(`"${operator}${name}" cannot be the name of a parameter of a PowerShell script.`);
    }
    return `${operator}${name} ${toPowerShellLiteral(value)}`;
  });
  return [...words, ...positional.map(toPowerShellLiteral)].join(' ');
}

export const winRmCmdRunner: Runner = {
  name: 'winrm-cmd',
  run: async (context) => {
    const line = command(context);
    return runOnHost(context, (run) => run(line));
  },
};

export const winRmPsCmdRunner: Runner = {
  name: 'winrm-ps-cmd',
  run: async (context) => {
    const script = command(context);
    return runOnHost(context, (run) => runPowerShell(run, script, ''));
  },
};

export const winRmPsScriptRunner: Runner = {
  name: 'winrm-ps-script',
  run: async (context) => {
    if (context.entryPoint === undefined) throw new Error('Missing entry_point action metadata attribute');
    const script = await readFile(context.entryPoint, 'utf8');
    const parameters = scriptParameters(context);
    return runOnHost(context, (run) => runPowerShell(run, script.replace(/^\uFEFF/, ''), parameters));
  },
};
