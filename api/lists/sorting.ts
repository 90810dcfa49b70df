export type Sort = Readonly<Record<string, 1 | -1>>;

/** Reads `sort` (`+name,-pack`); keys that cannot be sorted by are skipped. */
export function readSort(text: string | undefined, sortable: Readonly<Record<string, string>>, fallback: Sort): Sort {
  const sort: Record<string, 1 | -1> = {};
  for (const part of (text ?? '').split(',')) {
    const [, sign = '', name = ''] = /^\s*([+-]?)(.*)$/.exec(part) ?? [];
    const field = Object.hasOwn(sortable, name) ? sortable[name] : undefined;
    if (field !== undefined) sort[field] = sign === '-' ? -1 : 1;
  }
  return Object.keys(sort).length === 0 ? fallback : sort;
}
