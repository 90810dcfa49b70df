/** What the chat is told at the end of a command: as the alias says, or in general. */
import { errorMessage } from '../../core/errors.ts';
import { renderTemplate } from '../../core/expressions/stackstorm.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { OpenContent } from '../../stores/records.ts';

const MAX_RESULT = 3_000;

type Values = Readonly<Record<string, unknown>>;

export interface FormattedResult {
  /** `{~}` in it stands between headline and attachment for clients that show both. */
  readonly text: string;
  readonly extra?: Values;
}

/**
 * @param alias absent for an execution that no command asked for
 * @param execution as API clients see it
 * @returns `undefined` when the alias wants nothing said
 */
export function formatResult(alias: OpenContent | undefined, execution: Values): FormattedResult | undefined {
  const result = isPlainObject(alias?.result) ? alias.result : {};
  if (result.enabled === false) return undefined;
  const text =
    typeof result.format === 'string' ? render(result.format, execution, 'format') : describeExecution(execution);
  const extra = isPlainObject(result.extra) ? (renderAll(result.extra, execution) as Values) : undefined;
  return { text: text.trim(), ...(extra === undefined ? {} : { extra }) };
}

function render(template: string, execution: Values, field: string): string {
  try {
    return renderTemplate(template, { execution });
  } catch (error) {
    return `Cannot render "${field}" in field "result" for alias. ${errorMessage(error)}`;
  }
}

function renderAll(value: unknown, execution: Values): unknown {
  if (typeof value === 'string') return render(value, execution, 'extra');
  if (Array.isArray(value)) return value.map((item) => renderAll(item, execution));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renderAll(item, execution)]));
}

/** What every execution can be told of, in the manner of StackStorm's own text. */
function describeExecution({ action, status, id, web_url: url, elapsed_seconds: seconds, result }: Values): string {
  const head = [
    `Action ${isPlainObject(action) ? String(action.ref) : ''} completed.`,
    `status : ${String(status)}`,
    `execution: ${String(id)}`,
    ...(typeof url === 'string' && url !== '' ? [`web_url: ${url}`] : []),
    ...(typeof seconds === 'number' ? [`Took ${Math.round(seconds)}s to complete.`] : []),
  ];
  const shown = describeValue(result, '').slice(0, MAX_RESULT);
  return [...head, ...(shown === '' ? [] : ['result :', '--------', shown])].join('\n');
}

/** Lines `key : value`, those of a mapping within indented; what is empty says nothing. */
function describeValue(value: unknown, indent: string): string {
  if (!isPlainObject(value)) return typeof value === 'string' ? value.trim() : (JSON.stringify(value) ?? '');
  return Object.entries(value)
    .filter(([, item]) => item !== null && item !== '' && item !== undefined)
    .map(([key, item]) => {
      const text = describeValue(item, `${indent}  `);
      const separator = isPlainObject(item) || text.includes('\n') ? '\n' : '';
      return `${indent}${key} : ${separator}${separator === '' || isPlainObject(item) ? text : text.replace(/^/gm, `${indent}  `)}`;
    })
    .join('\n');
}
