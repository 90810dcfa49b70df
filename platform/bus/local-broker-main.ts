/** Runs the built-in broker alone: `node local-broker-main.js PORT`. Ends on SIGTERM or when its supervisor goes away. */
import { startLocalBroker } from './local-broker.ts';

const broker = await startLocalBroker(Number(process.argv[2] ?? 0));
process.send?.({ ready: true, port: broker.port });
const end = () => {
  void broker.close().finally(() => process.exit(0));
};
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.on('disconnect', end);
