import { OPTIONS } from './options.ts';

const OWN = new Set(Object.values(OPTIONS).flatMap((group) => Object.values(group).map((option) => option.env)));
/** A setting of ours that Node itself reads, in what we start as in our services. */
const READ_BY_NODE = 'NODE_EXTRA_CA_CERTS';
/** What Node hands to its own children, and what would steer a Node that is started from here. */
const NODE_OWN = /^(NODE_CHANNEL_|NODE_UNIQUE_ID$|NODE_OPTIONS$)/;

/**
 * The environment that the programs of users inherit: that of the service without the settings of the services, which hold
 * addresses with passwords.
 *
 * @param passedOn settings of ours that they may see all the same
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  passedOn: readonly string[] = [],
): Readonly<Record<string, string>> {
  const seen = new Set([READ_BY_NODE, ...passedOn]);
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!OWN.has(entry[0]) || seen.has(entry[0])) && !NODE_OWN.test(entry[0]),
  );
  return Object.fromEntries(entries);
}
