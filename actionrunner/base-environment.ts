import { OPTIONS } from '../platform/config/options.ts';

const OWN = new Set(Object.values(OPTIONS).flatMap((group) => Object.values(group).map((option) => option.env)));
/** Settings of ours that actions may see: none of them is a secret, and tools of packs read them. */
const PASSED_ON = new Set(['ST2_PACKS_BASE_PATHS', 'ST2_CONFIGS_PATH', 'NODE_EXTRA_CA_CERTS']);
/** What Node hands to its own children, and what would steer a Node started by an action. */
const NODE_OWN = /^(NODE_CHANNEL_|NODE_UNIQUE_ID$|NODE_OPTIONS$)/;

/**
 * The environment that actions inherit: that of the service without the settings of the services,
 * which hold addresses with passwords.
 */
export function baseEnvironment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!OWN.has(entry[0]) || PASSED_ON.has(entry[0])) && !NODE_OWN.test(entry[0]),
  );
  return Object.fromEntries(entries);
}
