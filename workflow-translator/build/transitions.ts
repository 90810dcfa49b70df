/** The clauses `on-success`, `on-error`, `on-complete`, `on-skip` and the variables that a task publishes. */
import { type Dict, dictEntries, dictGet, dictHas, isDict } from '../../core/python/dict.ts';
import type { Report } from '../check/problems.ts';
import type { PublishIr, Template, TransitionIr, TransitionsIr } from '../ir.ts';
import type { Path } from '../parse/yaml-document.ts';
import { parseInlineCall } from './inline-call.ts';
import { dictAt, present, toTemplate, toTemplateMap } from './values.ts';

const ENGINE_COMMANDS = ['noop', 'fail', 'succeed', 'pause'] as const;
type EngineCommand = (typeof ENGINE_COMMANDS)[number];

export function isEngineCommand(name: string): name is EngineCommand {
  return (ENGINE_COMMANDS as readonly string[]).includes(name);
}

/** A clause taken apart, with the places of its parts for whoever checks them. */
export interface OnClause {
  readonly publish?: PublishIr;
  readonly next: readonly TransitionEntry[];
}

export interface TransitionEntry {
  readonly transition: TransitionIr;
  /** The whole text of the entry and where it stands. */
  readonly text: string;
  readonly path: Path;
}

/**
 * Reads a clause as Mistral does. A mapping is always the advanced form with `publish` and `next`, so that the conditions of
 * `on-success: {task: <% … %>}` and `next: {task: <% … %>}` get lost; both are told as warnings.
 */
export function readOnClause(value: unknown, path: Path, report: Report): OnClause {
  if (!isDict(value)) return { next: readNext(value, path, report) };
  const publish = dictAt(value, 'publish');
  if (publish !== undefined) checkPublish(publish, [...path, 'publish'], report);
  if (!dictHas(value, 'next') && publish === undefined) {
    const message = 'A mapping needs the keys "publish" or "next": this transition is not followed.';
    report('LOST_CONDITION', message, path, { severity: 'warning' });
  }
  const next = readNext(dictGet(value, 'next'), [...path, 'next'], report);
  return present({ publish: publish && buildPublish(publish), next });
}

/** The part of the IR that a clause makes; undefined when it does nothing. */
export function toTransitions(clause: OnClause | undefined): TransitionsIr | undefined {
  if (clause === undefined || (clause.publish === undefined && clause.next.length === 0)) return undefined;
  return present({ publish: clause.publish, next: clause.next.map((entry) => entry.transition) });
}

function checkPublish(publish: Dict, path: Path, report: Report): void {
  if (['branch', 'global', 'atomic'].some((scope) => dictHas(publish, scope))) return;
  report('PUBLISH', "Either 'branch', 'global' or 'atomic' must be specified.", path);
}

function buildPublish(publish: Dict): PublishIr {
  return present({
    branch: toTemplateMap(dictGet(publish, 'branch')),
    global: toTemplateMap(dictGet(publish, 'global')),
    atomic: toTemplateMap(dictGet(publish, 'atomic')),
  });
}

function readNext(value: unknown, path: Path, report: Report): TransitionEntry[] {
  if (typeof value === 'string') return readEntry(value, undefined, path, report);
  if (isDict(value)) {
    const message = 'The condition is ignored here: write the transition as an item of a list.';
    if (dictEntries(value).length > 0) report('LOST_CONDITION', message, path, { severity: 'warning' });
    return dictEntries(value).flatMap(([name]) => readEntry(String(name), undefined, path, report));
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => {
    const place = [...path, index];
    if (typeof item === 'string') return readEntry(item, undefined, place, report);
    if (!isDict(item)) return [];
    const [name, condition] = dictEntries(item)[0] ?? [];
    return typeof name === 'string' ? readEntry(name, condition, place, report) : [];
  });
}

function readEntry(text: string, condition: unknown, path: Path, report: Report): TransitionEntry[] {
  const call = parseInlineCall(text);
  if (call === undefined) {
    report('INLINE_CALL', `Invalid action/workflow task property: ${text}`, path);
    return [];
  }
  const transition: TransitionIr = present({
    to: call.name,
    command: isEngineCommand(call.name) ? toCommand(call.name, call.params) : undefined,
    condition: typeof condition === 'string' && condition !== '' ? condition : undefined,
  });
  return [{ transition, text, path }];
}

function toCommand(name: EngineCommand, params: ReadonlyMap<string, unknown>): NonNullable<TransitionIr['command']> {
  if (params.size === 0) return { name };
  const entries = [...params].map(([key, value]): [string, Template] => [key, toTemplate(value)]);
  return { name, params: Object.fromEntries(entries) };
}
