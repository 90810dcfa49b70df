/** Which parts of an execution are loaded and sent for the attributes that a request names. */
import type { Attributes } from '../../lists/attributes.ts';
import { pickAttributes } from '../../lists/presentation.ts';

/** Sub-attributes that come along whenever part of their object is asked for (masking needs them, clients count on them). */
const ALONG: Readonly<Record<string, readonly string[]>> = {
  action: ['parameters', 'output_schema', 'pack', 'uid'],
  runner: ['runner_parameters', 'output_key'],
};

const RESULT_ATTRIBUTES = ['result', 'result_size'];

/** Whether the result, which may be large, has to be loaded. */
export function needsResult({ include }: Attributes): boolean {
  return include === undefined || include.some((path) => RESULT_ATTRIBUTES.includes(path.split('.')[0] ?? ''));
}

/** The execution with only what was asked for; `action.ref` gives an action with few keys. */
export function narrow(execution: Record<string, unknown>, attributes: Attributes): Record<string, unknown> {
  const picked = pickAttributes(execution, attributes.include, attributes.exclude, ['id']);
  for (const root of Object.keys(ALONG)) {
    const value = picked[root];
    const paths = (attributes.include ?? []).filter((path) => path === root || path.startsWith(`${root}.`));
    if (paths.length === 0 || paths.includes(root) || typeof value !== 'object' || value === null) continue;
    const keys = new Set([...paths.map((path) => path.split('.')[1]), ...(ALONG[root] ?? [])]);
    picked[root] = Object.fromEntries(Object.entries(value).filter(([key]) => keys.has(key)));
  }
  return picked;
}
