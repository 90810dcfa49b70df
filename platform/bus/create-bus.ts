import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/create-logger.ts';
import { createAmqpBus } from './amqp-bus.ts';
import type { Bus } from './bus.ts';
import { createLocalBus } from './local-bus.ts';

/** The bus that the settings ask for, not yet started. */
export function createBus(config: Config, logger: Logger): Bus {
  const { url, prefix } = config.messaging;
  return url.startsWith('local:') ? createLocalBus(url, logger) : createAmqpBus(url, prefix, logger);
}
