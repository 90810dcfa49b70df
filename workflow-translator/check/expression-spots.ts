/** Where a document holds expressions. */
import { type Dict, dictEntries, dictGet, isDict } from '../../core/python/dict.ts';
import { type DocumentKind, itemsOf } from '../build/document.ts';
import { parseInlineCall } from '../build/inline-call.ts';
import { POLICY_KEYS, readRetry } from '../build/policies.ts';
import { ON_KEYS } from '../build/task.ts';
import { readOnClause } from '../build/transitions.ts';
import { dictAt, textAt } from '../build/values.ts';
import { readWithItems } from '../build/with-items.ts';
import { taskEntries } from '../build/workflow.ts';
import type { Path } from '../parse/yaml-document.ts';

/** One text that may hold expressions. */
export interface ExpressionSpot {
  readonly text: string;
  readonly path: Path;
  /** Mistral parses it when a definition is registered. The others it finds wrong only when they are evaluated. */
  readonly checkedByMistral: boolean;
}

/** The spots of one workflow, by what they belong to. */
export interface WorkflowSpots {
  readonly own: readonly ExpressionSpot[];
  readonly tasks: ReadonlyMap<string, readonly ExpressionSpot[]>;
}

const ignore = (): void => undefined;

const DELIMITERS = [
  ['<%', '%>'],
  ['{{', '}}'],
  ['{%', '%}'],
] as const;

/** A quick look, so that long texts without expressions cost nothing. */
function mayHoldExpressions(text: string): boolean {
  return DELIMITERS.some(([open, close]) => {
    const start = text.indexOf(open);
    return start >= 0 && text.lastIndexOf(close) > start;
  });
}

/** A collector: what the given values hold, at any depth; deeper than Mistral looks the spots are not its own. */
class Spots {
  readonly list: ExpressionSpot[] = [];

  /** A value whose texts, or whose items' texts, Mistral checks. */
  add(value: unknown, path: Path, checkedByMistral = true): void {
    this.#walk(value, path, checkedByMistral, 0);
  }

  #walk(value: unknown, path: Path, checkedByMistral: boolean, depth: number): void {
    if (typeof value === 'string') {
      if (mayHoldExpressions(value))
        this.list.push({ text: value, path, checkedByMistral: checkedByMistral && depth <= 1 });
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.#walk(item, [...path, index], checkedByMistral, depth + 1);
    } else if (isDict(value)) {
      for (const [key, item] of dictEntries(value))
        this.#walk(item, [...path, String(key)], checkedByMistral, depth + 1);
    }
  }

  addInline(owner: Dict, key: string, path: Path): void {
    const call = parseInlineCall(textAt(owner, key) ?? '');
    for (const value of call?.params.values() ?? []) this.add(value, [...path, key]);
  }

  addPolicies(owner: Dict, path: Path): void {
    for (const key of POLICY_KEYS) {
      if (key !== 'retry') this.add(dictGet(owner, key), [...path, key]);
    }
    this.add(readRetry(dictGet(owner, 'retry'), [], ignore), [...path, 'retry']);
  }

  addClauses(owner: Dict, path: Path): void {
    for (const key of ON_KEYS) {
      const value = dictGet(owner, key);
      for (const { transition, path: place } of readOnClause(value, [...path, key], ignore).next) {
        this.add(transition.to, place);
        this.add(transition.condition, place);
        this.add(transition.command?.params, place, false);
      }
      const publish = isDict(value) ? dictAt(value, 'publish') : undefined;
      for (const [scope, variables] of publish === undefined ? [] : dictEntries(publish))
        this.add(variables, [...path, key, 'publish', String(scope)]);
    }
  }
}

/** The spots of a workflow that has the right form. */
export function workflowSpots(workflow: Dict, path: Path): WorkflowSpots {
  const own = new Spots();
  own.add(dictGet(workflow, 'output'), [...path, 'output']);
  own.add(dictGet(workflow, 'output-on-error'), [...path, 'output-on-error'], false);
  own.add(dictGet(workflow, 'vars'), [...path, 'vars']);
  const defaults = dictAt(workflow, 'task-defaults');
  if (defaults !== undefined) {
    const place = [...path, 'task-defaults'];
    own.add(dictGet(defaults, 'safe-rerun'), [...place, 'safe-rerun']);
    own.addPolicies(defaults, place);
    own.addClauses(defaults, place);
  }
  const tasks = taskEntries(workflow).map(([name, task]) => [name, taskSpots(task, [...path, 'tasks', name])] as const);
  return { own: own.list, tasks: new Map(tasks) };
}

function taskSpots(task: Dict, path: Path): readonly ExpressionSpot[] {
  const spots = new Spots();
  const call = textAt(task, 'action') === undefined ? 'workflow' : 'action';
  spots.addInline(task, call, path);
  const target = parseInlineCall(textAt(task, call) ?? '')?.name;
  spots.add(target, [...path, call], false);
  for (const key of ['input', 'publish', 'publish-on-error', 'publish-on-skip', 'keep-result', 'safe-rerun'])
    spots.add(dictGet(task, key), [...path, key]);
  spots.add(dictGet(task, 'target'), [...path, 'target'], false);
  for (const { list, path: place } of readWithItems(dictGet(task, 'with-items'), [...path, 'with-items'], ignore))
    spots.add(list, place);
  spots.addPolicies(task, path);
  spots.addClauses(task, path);
  return spots.list;
}

/** The spots of the ad-hoc actions of a document. */
export function actionSpots(document: Dict, kind: DocumentKind): readonly ExpressionSpot[] {
  if (kind === 'workflow') return [];
  const path = kind === 'workbook' ? ['actions'] : [];
  const spots = new Spots();
  for (const [name, action] of itemsOf(kind === 'workbook' ? dictAt(document, 'actions') : document)) {
    const place = [...path, name];
    spots.addInline(action, 'base', place);
    spots.add(dictGet(action, 'base-input'), [...place, 'base-input']);
    const output = dictGet(action, 'output');
    spots.add(output, [...place, 'output'], typeof output === 'string');
  }
  return spots.list;
}
