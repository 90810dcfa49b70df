/** What the chat is told at the end of a command: as the alias says, or in general. */
import { errorMessage } from '../../core/errors.ts';
import { renderTemplate } from '../../core/expressions/stackstorm.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { OpenContent } from '../../stores/records.ts';

const MAX_RESULT = 3_000;

type Values = Readonly<Record<string, unknown>>;

export interface FormattedResult {
  readonly text: string;
  readonly extra?: Values;
}

/**
 * @param execution as API clients see it
 * @returns `undefined` when the alias wants nothing said
 */
export function formatResult(alias: OpenContent, execution: Values): FormattedResult | undefined {
  const result = isPlainObject(alias.result) ? alias.result : {};
  if (result.enabled === false) return undefined;
  const text =
    typeof result.format === 'string' ? render(result.format, execution, 'format') : describeExecution(execution);
  const extra = isPlainObject(result.extra) ? (renderAll(result.extra, execution) as Values) : undefined;
  // Clients of StackStorm split a message at this mark into a headline and an attachment.
  return { text: text.replaceAll('{~}', '\n').trim(), ...(extra === undefined ? {} : { extra }) };
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

function describeExecution(execution: Values): string {
  const action = isPlainObject(execution.action) ? String(execution.action.ref) : '';
  const { result } = execution;
  const output = isPlainObject(result) && typeof result.stdout === 'string' ? result.stdout : JSON.stringify(result);
  const shown = (output ?? '').slice(0, MAX_RESULT);
  return `${action} ${String(execution.status)} (execution ${String(execution.id)})${shown === '' ? '' : `\n${shown}`}`;
}
