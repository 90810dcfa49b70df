import type { Runner } from '../contract.ts';

export const noopRunner: Runner = {
  name: 'noop',
  run: async () => ({ status: 'succeeded', result: { failed: false, succeeded: true, return_code: 0 } }),
};
