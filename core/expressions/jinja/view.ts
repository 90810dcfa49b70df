/** A workflow's context, seen as the dict that it stands for. */
import { setKey } from '../../python/dict.ts';
import type { DataView as ContextView } from '../data-view.ts';
import { getAttribute } from './attributes.ts';
import { dictMethods } from './container-methods.ts';
import type { Evaluation } from './evaluation.ts';

const materializedViews = new WeakMap<ContextView, Readonly<Record<string, unknown>>>();

/** The view as one dict; made once a view, for views do not change. */
export function materializeView(view: ContextView): Readonly<Record<string, unknown>> {
  const known = materializedViews.get(view);
  if (known !== undefined) return known;
  const dict: Record<string, unknown> = {};
  for (const key of view.keys()) setKey(dict, key, view.get(key));
  materializedViews.set(view, dict);
  return dict;
}

/** `view.name` without copying, unless it is a method of dicts. */
export function viewAttribute(view: ContextView, name: string, evaluation: Evaluation): unknown {
  if (Object.hasOwn(dictMethods, name) || name.startsWith('__')) {
    return getAttribute(materializeView(view), name, evaluation);
  }
  const value = view.get(name);
  return value === undefined ? getAttribute({}, name, evaluation) : value;
}
