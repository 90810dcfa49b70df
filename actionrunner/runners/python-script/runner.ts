import { join } from 'node:path';
import { stringifyExactly } from '../../../core/python/exact-json.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import { MAX_REPLY, type ProcessEnd, runProcess } from '../../process/run-process.ts';
import type { RunContext, Runner, RunOutcome } from '../contract.ts';
import { withContent } from '../shell/content-version.ts';
import { toTimeout } from '../shell/run-local-shell.ts';
import { bytecodeFolder, PYTHON_FOLDER, pythonEnvironment } from './python-environment.ts';
import { warmPythons } from './warm-python.ts';

const DEFAULT_TIMEOUT = 600;
/** Exit code of the wrapper when `run` returned a status that is neither true nor false. */
const INVALID_STATUS_EXIT_CODE = 220;

interface Reply {
  readonly status: boolean | null;
  readonly result: unknown;
}

async function runPython(context: RunContext, entryPoint: string): Promise<RunOutcome> {
  const { services, runnerParameters, action, user } = context;
  const environment = await pythonEnvironment(context, entryPoint);
  const timeout = toTimeout(runnerParameters.timeout, DEFAULT_TIMEOUT);
  const control = JSON.stringify({
    pack: action.pack,
    file_path: entryPoint,
    config: await services.packConfig(action.pack, user),
    user,
    log_level: runnerParameters.log_level ?? 'DEBUG',
    path: environment.path,
    env: environment.env,
  });
  const request = {
    env: environment.env,
    control: `${control.slice(0, -1)},"parameters":${parametersText(context)}}\n`,
    timeout,
    signal: context.signal,
    output: context.output,
    maxOutput: services.config.actionrunner.max_output,
  };
  const end = services.config.actionrunner.python_warm
    ? await warmPythons.run(
        environment,
        { ...services.baseEnvironment, PYTHONPYCACHEPREFIX: bytecodeFolder(services.config) },
        request,
        context.logger,
      )
    : await runProcess({
        ...request,
        file: environment.interpreter,
        args: ['-u', join(PYTHON_FOLDER, 'action_main.py')],
      });
  return toPythonOutcome(end, timeout);
}

/** What is an integer by its schema is one for the action, of any size. */
function parametersText({ actionParameters, action }: RunContext): string {
  return stringifyExactly(actionParameters, (name) => [action.parameters[name]?.type].flat().includes('integer'));
}

function toPythonOutcome(end: ProcessEnd, timeout: number | undefined): RunOutcome {
  if (end.exitCode === INVALID_STATUS_EXIT_CODE) throw new Error(end.stderr);
  // What was cut is no JSON: as no result at all it would look like that of an action that gives none.
  const isCut = end.reply.length > MAX_REPLY;
  const reply = isCut ? undefined : parseReply(end.reply);
  const exitCode = end.timedOut ? -9 : end.exitCode;
  const result: Record<string, unknown> = {
    stdout: end.stdout,
    stderr: end.stderr,
    exit_code: exitCode,
    result: reply === undefined ? 'None' : reply.result,
  };
  if (end.timedOut) result.error = `Action failed to complete in ${timeout} seconds`;
  else if (isCut) result.error = `The result is larger than ${MAX_REPLY} bytes and was not kept.`;
  return { status: toStatus(end.timedOut, exitCode, isCut ? false : (reply?.status ?? null)), result };
}

function toStatus(timedOut: boolean, exitCode: number, status: boolean | null): ExecutionStatus {
  if (timedOut) return 'timeout';
  return exitCode === 0 && status !== false ? 'succeeded' : 'failed';
}

function parseReply(text: string): Reply | undefined {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as Reply;
  } catch {
    // the process was killed while it replied
    return undefined;
  }
}

export const pythonScriptRunner: Runner = {
  name: 'python-script',
  run: (context) =>
    withContent(context, async (entryPoint) => {
      if (entryPoint === undefined) throw new Error(`Action "${context.action.name}" is missing entry_point attribute`);
      return runPython(context, entryPoint);
    }),
};
