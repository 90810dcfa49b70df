import type { Bus } from '../../platform/bus/bus.ts';
import { createBus } from '../../platform/bus/create-bus.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Service, ServiceContext } from '../../platform/lifecycle.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { prepareDatabase } from '../../stores/migrations.ts';
import { createStores, type Stores } from '../../stores/stores.ts';

export interface Infrastructure {
  readonly config: Config;
  readonly stores: Stores;
  readonly bus: Bus;
  /** Opens and closes the connections. */
  readonly service: Service;
  readonly ready: () => Promise<boolean>;
}

/** Database and bus of one API process. The database is connected to here, so that a wrong address is told at once. */
export async function createInfrastructure({ config, logger }: ServiceContext): Promise<Infrastructure> {
  const connection = await connectMongo(config, logger);
  const stores = createStores(connection);
  const bus = createBus(config, logger);
  return {
    config,
    stores,
    bus,
    service: {
      async start() {
        await prepareDatabase(stores);
        await bus.start();
      },
      async stop() {
        await bus.stop();
        await connection.close();
      },
    },
    ready: async () => bus.connected() && (await answers(connection)),
  };
}

async function answers(connection: Connection): Promise<boolean> {
  await connection.db?.command({ ping: 1 });
  return connection.readyState === 1;
}
