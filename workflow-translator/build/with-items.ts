import { errorMessage } from '../../core/errors.ts';
import { jsonLoads } from '../../core/python/json.ts';
import type { Report } from '../check/problems.ts';
import type { Template, WithItemsIr } from '../ir.ts';
import type { Path } from '../parse/yaml-document.ts';
import { JINJA, WORD, YAQL } from '../schema/patterns.ts';
import { toTemplate } from './values.ts';

const ITEM = new RegExp(`^\\s*((?:${WORD}|-)+)\\s*in\\s*(\\[[^\\n]+\\]|${JINJA}|${YAQL})`, 'u');

/** One `variable in list` as it is written; the list is still text. */
export interface WithItemsClause {
  readonly name: string;
  readonly list: string;
  readonly path: Path;
}

/** Takes `with-items` apart. A variable that is named twice counts once, with its last list. */
export function readWithItems(value: unknown, path: Path, report: Report): WithItemsClause[] {
  const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
  const clauses = new Map<string, WithItemsClause>();
  for (const [index, text] of texts.entries()) {
    const place = typeof value === 'string' ? path : [...path, index];
    const [, name, list] = (typeof text === 'string' && ITEM.exec(text)) || [];
    if (name === undefined || list === undefined) {
      report(
        'WITH_ITEMS',
        "Wrong format of 'with-items' property. Please use format 'var in {[some, list] | <% $.array %> }: " +
          `${String(text)}`,
        place,
      );
    } else clauses.set(name, { name, list, path: place });
  }
  return [...clauses.values()];
}

export function buildWithItems(
  clauses: readonly WithItemsClause[],
  concurrency: Template | undefined,
  report: Report,
): WithItemsIr | undefined {
  if (clauses.length === 0) return undefined;
  const variables = clauses.map(({ name, list, path }) => ({ name, items: itemsOf(list, path, report) }));
  return concurrency === undefined ? { variables } : { variables, concurrency };
}

function itemsOf(list: string, path: Path, report: Report): Template {
  if (!list.startsWith('[')) return list;
  try {
    return toTemplate(jsonLoads(list));
  } catch (error) {
    report('WITH_ITEMS', `Invalid array in 'with-items' clause: ${list}, error: ${errorMessage(error)}`, path);
    return null;
  }
}
