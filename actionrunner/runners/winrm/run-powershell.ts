/**
 * Runs PowerShell on a host: in one command line where it fits, else as a script that is uploaded in pieces, run and removed.
 * The limits and the ways are StackStorm's (`winrm_base.py`).
 */
import { encodedCommandLine, readableErrors, toPowerShellLiteral } from './powershell.ts';
import type { RemoteCommandEnd } from './remote-shell.ts';

/** Longest command line of Windows, characters. */
const MAX_COMMAND_LINE = 8_191;
/** Bytes of a script that one command line can carry. */
const UPLOAD_CHUNK = 2_048;
/** Windows PowerShell takes a script for one in the code page of the machine unless it starts with this. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Runs a command line on the host; `silent`: what it prints is not the action's. */
export type RunLine = (
  line: string,
  how?: { readonly silent?: boolean; readonly cleanUp?: boolean },
) => Promise<RemoteCommandEnd>;

/** @param parameters arguments of the script as PowerShell reads them; empty for none */
export async function runPowerShell(run: RunLine, script: string, parameters: string): Promise<RemoteCommandEnd> {
  const inline = encodedCommandLine(parameters === '' ? script : `& {${script}} ${parameters}`);
  if (inline.length <= MAX_COMMAND_LINE) return readable(await run(inline));
  const folder = await must(
    run,
    [
      '$path = Join-Path ([System.IO.Path]::GetTempPath()) ([System.IO.Path]::GetRandomFileName())',
      'New-Item -ItemType Directory -Path $path | Out-Null',
      '$path',
    ].join('\n'),
    'Unable to make temporary directory for powershell script',
  );
  try {
    const file = `${folder}\\script.ps1`;
    await upload(run, script, file);
    let call = `& ${toPowerShellLiteral(file)} ${parameters}`.trimEnd();
    if (encodedCommandLine(call).length > MAX_COMMAND_LINE) {
      const caller = `${folder}\\call.ps1`;
      await upload(run, call, caller);
      call = `& ${toPowerShellLiteral(caller)}`;
    }
    return readable(await run(encodedCommandLine(call)));
  } finally {
    const removal = `Remove-Item -Force -Recurse -LiteralPath ${toPowerShellLiteral(folder)}`;
    // The result of the script is what counts; a folder that stays in the host's temporary one does no harm.
    await run(encodedCommandLine(removal), { silent: true, cleanUp: true }).catch(() => undefined);
  }
}

const readable = (end: RemoteCommandEnd): RemoteCommandEnd => ({ ...end, stderr: readableErrors(end.stderr) });

async function upload(run: RunLine, script: string, file: string): Promise<void> {
  const text = Buffer.from(script);
  const data = /[^\0-\x7f]/.test(script) ? Buffer.concat([BYTE_ORDER_MARK, text]) : text;
  for (let at = 0; at < data.length; at += UPLOAD_CHUNK) {
    const piece = data.subarray(at, at + UPLOAD_CHUNK).toString('base64');
    const command = [
      `$data = [System.Convert]::FromBase64String("${piece}")`,
      `Add-Content -Value $data -Encoding Byte -LiteralPath ${toPowerShellLiteral(file)}`,
    ].join('\n');
    await must(run, command, 'Failed to upload chunk of powershell script');
  }
}

/** Runs what the action's own command needs. @throws Error with what the host said, when it fails */
async function must(run: RunLine, command: string, message: string): Promise<string> {
  const end = readable(await run(encodedCommandLine(command), { silent: true }));
  if (end.exitCode === 0) return end.stdout.trim();
  if (end.exitCode === undefined) throw new UnfinishedError(end);
  throw new Error(`${message}:\nstdout = ${end.stdout}\n\nstderr = ${end.stderr}`);
}

/** The time was over, or the action was stopped, before the script itself ran. */
export class UnfinishedError extends Error {
  readonly end: RemoteCommandEnd;
  constructor(end: RemoteCommandEnd) {
    super('The script was not started in time.');
    this.end = { ...end, stdout: '' };
  }
}
