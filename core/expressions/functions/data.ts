/** Functions on plain values. */
import type { ExpressionFunctions } from './function-table.ts';

/** Stands for null where a template can only give text; casts turn it back into null. */
export const NONE_MARKER = '%*****__%NONE%__*****%';

export const dataFunctions: ExpressionFunctions = {
  use_none: {
    name: 'use_none',
    params: [{ name: 'value' }],
    pure: true,
    call: ([value]) => value ?? NONE_MARKER,
  },
};
