/** PowerShell command lines: values as literals that nothing can break out of, commands encoded, errors made readable. */

import { elements, parseXml } from './soap.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '`n',
  '\r': '`r',
  '\t': '`t',
  '\u0007': '`a',
  '\b': '`b',
  '\f': '`f',
  '\v': '`v',
  '\0': '`0',
  '"': '`"',
  "'": "`'",
  '`': '``',
  $: '`$',
  // PowerShell takes typographic quotes for quotes.
  '\u201c': '`\u201c',
  '\u201d': '`\u201d',
  '\u201e': '`\u201e',
};

/** A value as PowerShell reads it. The forms are StackStorm's (`winrm_base.py`, `_param_to_ps`). */
export function toPowerShellLiteral(value: unknown): string {
  if (value === null || value === undefined) return '$null';
  if (typeof value === 'boolean') return value ? '$true' : '$false';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `@(${value.map(toPowerShellLiteral).join(', ')})`;
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(
      ([key, item]) => `${toPowerShellLiteral(key)} = ${toPowerShellLiteral(item)}`,
    );
    return `@{${pairs.join('; ')}}`;
  }
  return `"${[...String(value)].map((character) => ESCAPES[character] ?? character).join('')}"`;
}

/** The command line that runs a command in a PowerShell of its own. */
export function encodedCommandLine(command: string): string {
  return `powershell -encodedcommand ${Buffer.from(command, 'utf16le').toString('base64')}`;
}

const CLIXML = '#< CLIXML';

/** What PowerShell writes to a standard error that is no console: its errors as XML, made text again. */
export function readableErrors(stderr: string): string {
  if (!stderr.startsWith(CLIXML)) return stderr;
  try {
    const text = elements(parseXml(stderr.slice(CLIXML.length).trimStart()), 'S')
      // Progress and other records have texts too, deeper down.
      .filter((one) => one.parentNode?.nodeName === 'Objs')
      .map((one) => one.textContent ?? '')
      .join('')
      .replaceAll('_x000D__x000A_', '\n')
      .trim();
    return text === '' ? stderr : text;
  } catch {
    // cut short or mixed with other output: shown as it is
    return stderr;
  }
}
