import { createHash } from 'node:crypto';

/** UUID of the execution that a trigger starts on one occasion, the same each time it is asked for: it starts once, however often that is tried. */
export function executionId(trigger: string, occasion: string): string {
  const hex = createHash('sha256').update(`${trigger} ${occasion}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
