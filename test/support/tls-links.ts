import path from 'node:path';
import { createBus } from '../../platform/bus/create-bus.ts';
import type { Config } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { createTemporalClient } from '../../platform/temporal/temporal-client.ts';
import { explainBroker, explainDatabase, explainTemporal } from '../../platform/tls/links.ts';
import type { Provisioned } from './provisioned.ts';

const logger = createLogger('test', 'silent');

/** What the settings of a link name: an authority, a certificate of ours with its key. */
export interface OwnFiles {
  readonly ca?: boolean;
  /** Name of the files `<name>.pem` and `<name>.key`. */
  readonly client?: string;
}

/** The three links with their settings, how a service connects, and how it says what is wrong. */
export const links = {
  database: {
    port: (env: Provisioned['env']) => Number(new URL(env.ST2_DATABASE__URI ?? '').port),
    address: (end: string, env: Provisioned['env']) => {
      const database = new URL(env.ST2_DATABASE__URI ?? '').pathname;
      return { ST2_DATABASE__URI: `mongodb://${end}${database}`, ST2_DATABASE__TLS: 'true' };
    },
    names: ['ST2_DATABASE__TLS_CA_FILE', 'ST2_DATABASE__TLS_CERT_FILE', 'ST2_DATABASE__TLS_KEY_FILE'],
    subject: /^The database at mongodb:\/\/127\.0\.0\.1:\d+\/\w+ does not answer: /,
    connect: async (config: Config) => void (await connectMongo(config, logger)),
    explain: explainDatabase,
  },
  broker: {
    port: (env: Provisioned['env']) => Number(new URL(env.ST2_MESSAGING__URL ?? '').port),
    address: (end: string, env: Provisioned['env']) => {
      const { username, password } = new URL(env.ST2_MESSAGING__URL ?? '');
      const user = end.includes('@') || username === '' ? '' : `${username}:${password}@`;
      return { ST2_MESSAGING__URL: `amqps://${user}${end}` };
    },
    names: ['ST2_MESSAGING__TLS_CA_FILE', 'ST2_MESSAGING__TLS_CERT_FILE', 'ST2_MESSAGING__TLS_KEY_FILE'],
    subject: /^The message broker at amqps:\/\/127\.0\.0\.1:\d+ does not answer: /,
    connect: (config: Config) => createBus(config, logger).start(),
    explain: explainBroker,
  },
  temporal: {
    port: (env: Provisioned['env']) => Number(env.TEMPORAL_ADDRESS?.split(':').at(-1)),
    address: (end: string) => ({ TEMPORAL_ADDRESS: end.split('@').at(-1) ?? '', TEMPORAL_TLS: 'true' }),
    names: ['TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
    subject: /^Temporal at 127\.0\.0\.1:\d+ does not answer: /,
    async connect(config: Config) {
      const temporal = createTemporalClient(config, undefined as never);
      await temporal.ensureConnected().finally(() => temporal.close());
    },
    explain: explainTemporal,
  },
} as const;
/** Name of one of them. */
export type LinkName = keyof typeof links;
export const linkNames = Object.keys(links) as LinkName[];

/** The links that TLS is put in front of: our own broker, for machines without RabbitMQ, is for loopback only. */
export function linksWithTls({ env }: Provisioned): readonly LinkName[] {
  return linkNames.filter((name) => name !== 'broker' || !env.ST2_MESSAGING__URL?.startsWith('local:'));
}

/** The settings of a link for `user:password@host:port`, with files in the folder of the infrastructure. */
export function linkSettings(
  { env, folder }: Provisioned,
  name: LinkName,
  end: string,
  { ca, client }: OwnFiles,
): Record<string, string> {
  const { address, names } = links[name];
  const [caFile, certFile, keyFile] = names;
  const file = (base: string) => path.join(folder, base);
  return {
    ...address(end, env),
    ...(ca ? { [caFile]: file('ca.pem') } : {}),
    ...(client === undefined ? {} : { [certFile]: file(`${client}.pem`), [keyFile]: file(`${client}.key`) }),
  };
}
