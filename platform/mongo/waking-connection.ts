import { driverModule } from './driver-module.ts';

/** What of the driver's own class of connections is used here. */
interface DriverConnection {
  readonly socket: NodeJS.EventEmitter;
  cleanup(error: Error): void;
}

const { Connection } = driverModule<{ Connection: new (...args: readonly unknown[]) => DriverConnection }>(
  'cmap/connection.js',
);

/**
 * The driver's connection, for its option `connectionType`: what is sent over it fails when it closes.
 *
 * When a server goes away, a socket is destroyed in the phase of the event loop that reads, and says so in the one that closes. A command
 * that begins in between, from `setImmediate` for one, finds a connection that is open as far as the driver knows. Its write is refused
 * without an error, and the driver waits for the socket's `drain`, for ever: the command's caller never hears of it again. So who waits
 * for that is woken when the connection closes; it looks at the connection then, and throws.
 */
export class WakingConnection extends Connection {
  override cleanup(error: Error): void {
    super.cleanup(error);
    this.socket.emit('drain');
  }
}
