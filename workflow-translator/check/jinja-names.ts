/** Which functions, filters and variables of the context a Jinja text uses. */
import { parseTemplate } from '../../core/expressions/jinja/index.ts';
import type { UsedName } from './names.ts';

/** Attributes of a mapping itself: `_.items` is never a variable. */
const MAPPING_METHODS = new Set([
  'items',
  'keys',
  'values',
  'get',
  'pop',
  'update',
  'copy',
  'clear',
  'setdefault',
  'popitem',
  'fromkeys',
]);

/**
 * Names used by a text. Variables are only given when every mention of the context is certain to be evaluated: a text with
 * conditions, filters or tests (`is defined`, `default(…)`) tells nothing about them.
 */
export function namesInJinja(text: string): readonly UsedName[] {
  const names: UsedName[] = [];
  walk(parseTemplate(text), names);
  const isCertain = !/\{%|\bis\b|\bif\b|\bor\b|\band\b|\|/.test(text);
  return isCertain ? names : names.filter((name) => name.kind !== 'variable');
}

/** The tree is plain data: nodes are told apart by `kind`, whatever they are part of. It may be deep, so this is no recursion. */
function walk(root: unknown, names: UsedName[]): void {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (!Array.isArray(node)) note(node as Record<string, unknown>, names);
    for (const part of Object.values(node).reverse()) open.push(part);
  }
}

function note(node: Readonly<Record<string, unknown>>, names: UsedName[]): void {
  const { kind, name, target } = node;
  if (kind === 'call' && isNode(target, 'name')) names.push({ kind: 'function', name: String(target.name) });
  if (kind !== 'attribute' || typeof name !== 'string' || MAPPING_METHODS.has(name)) return;
  if (isNode(target, 'name') && target.name === '_') names.push({ kind: 'variable', name });
}

function isNode(value: unknown, kind: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
