import { childEnvironment } from '../platform/config/child-environment.ts';

/** Settings of ours that actions may see: none of them is a secret, and tools of packs read them. */
const PASSED_ON = ['ST2_PACKS_BASE_PATHS', 'ST2_CONFIGS_PATH'];

/** The environment that actions inherit. */
export function baseEnvironment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return childEnvironment(env, PASSED_ON);
}
