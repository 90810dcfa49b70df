import { OPTIONS } from '../../platform/config/options.ts';

const OWN = new Set(Object.values(OPTIONS).flatMap((group) => Object.values(group).map((option) => option.env)));
/** Read by Node itself, in sensors as in our services. */
const PASSED_ON = new Set(['NODE_EXTRA_CA_CERTS']);
/** What Node hands to its own children, and what would steer a Node that a sensor starts. */
const NODE_OWN = /^(NODE_CHANNEL_|NODE_UNIQUE_ID$|NODE_OPTIONS$)/;

/** The environment that sensors inherit: without the settings of the services, which hold addresses with passwords. */
export function sensorEnvironment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (!OWN.has(entry[0]) || PASSED_ON.has(entry[0])) && !NODE_OWN.test(entry[0]),
    ),
  );
}
