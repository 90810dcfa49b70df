import type { Runner } from './contract.ts';

/** A runner type that packs name and that can be registered, but whose actions end with a clear refusal. */
export function unsupportedRunner(name: string, reason: string): Runner {
  return {
    name,
    run: async () => {
      throw new Error(reason);
    },
  };
}
