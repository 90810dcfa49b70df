/** A command in a shell of a Windows host, from its start to its end. */
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { createTextCollector } from '../../process/text-collector.ts';
import type { OutputSink } from '../contract.ts';
import { createWinRmConnection, type WinRmTarget } from './connection.ts';
import { elements, escapeXml, readEnvelope, type ShellRequest, WinRmFault, writeEnvelope } from './soap.ts';

/** The host answers within it even when there is no output yet, seconds. */
const OPERATION_TIMEOUT = 20;
/** How much longer than that an answer may take on its way, seconds. */
const ANSWER_MARGIN = 30;
/** For ending a command that takes too long, and its shell, ms. */
const CLEAN_UP_MS = 5_000;
const UTF_8_CODE_PAGE = '65001';

export interface RemoteCommand {
  readonly command: string;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Fires when the command's time is over or it is to end. */
  readonly signal: AbortSignal;
  readonly output: OutputSink;
  readonly maxOutput: number;
}

export interface RemoteCommandEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** `undefined`: it was ended by the signal. */
  readonly exitCode: number | undefined;
}

export interface RemoteHost {
  /** @throws Error when the host cannot be reached, refuses the login or the command */
  run(command: RemoteCommand): Promise<RemoteCommandEnd>;
  close(): void;
}

export function connectWindowsHost(target: WinRmTarget): RemoteHost {
  const connection = createWinRmConnection(target);

  async function ask(request: Omit<ShellRequest, 'url' | 'operationTimeout'>, signal: AbortSignal) {
    const message = writeEnvelope({ ...request, url: target.url, operationTimeout: OPERATION_TIMEOUT });
    const limit = AbortSignal.timeout((OPERATION_TIMEOUT + ANSWER_MARGIN) * 1000);
    const { status, body } = await connection
      // A command that was started twice would run twice.
      .post(message, AbortSignal.any([signal, limit]), request.kind !== 'command')
      .catch((error: unknown) => {
        if (limit.aborted && !signal.aborted) throw new Error('The host does not answer any more.', { cause: error });
        throw error;
      });
    return readEnvelope(status, body);
  }

  async function openShell({ cwd, env, signal }: RemoteCommand): Promise<string> {
    const variables = Object.entries(env).map(
      ([name, value]) => `<rsp:Variable Name="${escapeXml(name)}">${escapeXml(value)}</rsp:Variable>`,
    );
    const document = await ask(
      {
        kind: 'create',
        options: { WINRS_NOPROFILE: 'FALSE', WINRS_CODEPAGE: UTF_8_CODE_PAGE },
        body: [
          '<rsp:Shell>',
          variables.length === 0 ? '' : `<rsp:Environment>${variables.join('')}</rsp:Environment>`,
          cwd === undefined ? '' : `<rsp:WorkingDirectory>${escapeXml(cwd)}</rsp:WorkingDirectory>`,
          '<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>',
        ].join(''),
      },
      signal,
    );
    const selector = elements(document, 'Selector').find((one) => one.getAttribute('Name') === 'ShellId');
    const shellId = selector?.textContent?.trim() || elements(document, 'ShellId')[0]?.textContent?.trim();
    if (!shellId) throw new Error('The host opened a shell without a name.');
    return shellId;
  }

  async function startCommand(shellId: string, { command, signal }: RemoteCommand): Promise<string> {
    const document = await ask(
      {
        kind: 'command',
        shellId,
        options: { WINRS_CONSOLEMODE_STDIN: 'TRUE', WINRS_SKIP_CMD_SHELL: 'FALSE' },
        body: `<rsp:CommandLine><rsp:Command>${escapeXml(command)}</rsp:Command></rsp:CommandLine>`,
      },
      signal,
    );
    const commandId = elements(document, 'CommandId')[0]?.textContent?.trim();
    if (!commandId) throw new Error('The host started a command without a name.');
    return commandId;
  }

  /** Ends a command (and, by that, what it waits for) and its shell. */
  async function end(shellId: string, commandId: string | undefined, signal: AbortSignal): Promise<void> {
    if (commandId !== undefined) {
      await ask(
        {
          kind: 'signal',
          shellId,
          body: `<rsp:Signal CommandId="${escapeXml(commandId)}"><rsp:Code>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate</rsp:Code></rsp:Signal>`,
        },
        signal,
      );
    }
    await ask({ kind: 'delete', shellId, body: '' }, signal);
  }

  async function run(command: RemoteCommand): Promise<RemoteCommandEnd> {
    const { signal, output, maxOutput } = command;
    const streams = { stdout: createTextCollector(maxOutput), stderr: createTextCollector(maxOutput) };
    const take = async (name: 'stdout' | 'stderr', text: string) => {
      if (text !== '') await output.write(name, text);
    };
    const finished = async (exitCode: number | undefined): Promise<RemoteCommandEnd> => {
      for (const name of ['stdout', 'stderr'] as const) await take(name, streams[name].end());
      return { stdout: streams.stdout.text(), stderr: streams.stderr.text(), exitCode };
    };
    let shellId: string | undefined;
    let commandId: string | undefined;
    try {
      shellId = await openShell(command);
      commandId = await startCommand(shellId, command);
      for (;;) {
        const received = await receive(shellId, commandId, signal);
        if (received === undefined) continue;
        for (const { name, data } of received.pieces) await take(name, streams[name].push(data));
        if (received.exitCode !== undefined) return await finished(received.exitCode);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      return await finished(undefined);
    } finally {
      if (shellId !== undefined) {
        // What is under way holds the connection: a new one is needed to end it.
        if (signal.aborted) connection.reset();
        const limit = AbortSignal.timeout(CLEAN_UP_MS);
        // A host that is gone, or has ended the shell itself, changes nothing of the result.
        await Promise.race([end(shellId, commandId, limit), setTimeoutPromise(CLEAN_UP_MS)]).catch(() => undefined);
      }
    }
  }

  async function receive(shellId: string, commandId: string, signal: AbortSignal) {
    const body = `<rsp:Receive><rsp:DesiredStream CommandId="${escapeXml(commandId)}">stdout stderr</rsp:DesiredStream></rsp:Receive>`;
    try {
      const document = await ask({ kind: 'receive', shellId, body }, signal);
      const pieces = elements(document, 'Stream').map((stream) => ({
        name: stream.getAttribute('Name') === 'stderr' ? ('stderr' as const) : ('stdout' as const),
        data: Buffer.from(stream.textContent ?? '', 'base64'),
      }));
      const isDone = elements(document, 'CommandState').some((state) =>
        state.getAttribute('State')?.endsWith('CommandState/Done'),
      );
      const exitCode = isDone ? Number(elements(document, 'ExitCode')[0]?.textContent ?? -1) : undefined;
      return { pieces, exitCode };
    } catch (error) {
      if (error instanceof WinRmFault && error.isOperationTimeout) return undefined;
      throw error;
    }
  }

  return { run, close: () => connection.reset() };
}
