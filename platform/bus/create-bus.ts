import type { Config } from '../config/load-config.ts';
import { readTlsFiles } from '../config/tls.ts';
import type { Logger } from '../logging/create-logger.ts';
import { registerHealthCheck } from '../observability/health.ts';
import { explainBroker } from '../tls/links.ts';
import { createAmqpBus } from './amqp-bus.ts';
import type { Bus } from './bus.ts';
import { holdMessages } from './hold-messages.ts';
import { createLocalBus } from './local-bus.ts';
import { observeBus } from './observe-bus.ts';

/** The bus that the settings ask for, not yet started. */
export function createBus(config: Config, logger: Logger): Bus {
  const { url, prefix } = config.messaging;
  const bus = url.startsWith('local:')
    ? createLocalBus(url, logger)
    : createAmqpBus(url, { prefix, tls: readTlsFiles(config.messaging), explain: () => explainBroker(config) }, logger);
  registerHealthCheck('bus', async () => bus.connected());
  return observeBus(holdMessages(bus, logger));
}
