/** A checked document to its IR. */
import { type Dict, dictEntries, dictGet, isDict, setKey } from '../../core/python/dict.ts';
import type { AdHocActionIr, DocumentIr } from '../ir.ts';
import { namesIn } from './task.ts';
import { dictAt, textAt } from './values.ts';
import { buildAdHocAction, buildWorkflow } from './workflow.ts';

export type DocumentKind = DocumentIr['kind'];

export function buildDocument(document: Dict, kind: DocumentKind): DocumentIr {
  if (kind === 'workbook') return buildWorkbook(document);
  const items = itemsOf(document);
  if (kind === 'actions') {
    return { kind, workflows: [], actions: items.map(([name, body]) => buildAdHocAction(name, body)) };
  }
  return { kind, workflows: items.map(([name, body]) => buildWorkflow(name, body)), actions: [] };
}

function buildWorkbook(document: Dict): DocumentIr {
  const name = textAt(document, 'name') ?? '';
  const actions = itemsOf(dictAt(document, 'actions')).map(([short, body]) => ({
    short,
    action: buildAdHocAction(`${name}.${short}`, body),
  }));
  const byName: Record<string, AdHocActionIr> = {};
  for (const { short, action } of actions) {
    setKey(byName, action.name, action);
    setKey(byName, short, action);
  }
  const part = actions.length > 0 ? { name, actions: byName } : { name };
  const workflows = itemsOf(dictAt(document, 'workflows')).map(([short, body]) => buildWorkflow(short, body, part));
  const tags = namesIn(dictGet(document, 'tags'));
  return {
    kind: 'workbook',
    name,
    ...(tags.length > 0 ? { tags } : {}),
    workflows,
    actions: actions.map(({ action }) => action),
  };
}

/** The named parts of a list or of a section of a workbook, without its `version`. */
export function itemsOf(section: Dict | undefined): [string, Dict][] {
  if (section === undefined) return [];
  return dictEntries(section).flatMap(([name, body]): [string, Dict][] =>
    typeof name === 'string' && name !== 'version' && isDict(body) ? [[name, body]] : [],
  );
}
