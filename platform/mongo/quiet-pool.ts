import { driverModule } from './driver-module.ts';

/** What of the driver's own class of pools is used here. */
export interface DriverPool {
  prototype: { ensureMinPoolSize(this: { options: { minPoolSize: number } }): void };
}

const { ConnectionPool } = driverModule<{ ConnectionPool: DriverPool }>('cmap/connection_pool.js');

/**
 * Lets a process that waits be still: a pool looks ten times a second whether it has as many connections as it is to keep at least, also
 * where that is none, and its option for the time between two looks cannot be set. With a dozen services those looks are most of what
 * an idle installation costs. Connections that are of no use any more are found when one is taken, too.
 */
export function quietPools(): void {
  const { ensureMinPoolSize } = ConnectionPool.prototype;
  ConnectionPool.prototype.ensureMinPoolSize = function ensure() {
    if (this.options.minPoolSize > 0) ensureMinPoolSize.call(this);
  };
}
