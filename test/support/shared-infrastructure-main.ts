/**
 * Starts the infrastructure that integration tests share, says its addresses over IPC, and ends it when the channel closes.
 * `npm test` runs it; a test file that is run alone provisions its own.
 */
import { provisioned } from './provisioned.ts';

const infrastructure = await provisioned({ own: true });
// Only addresses are shared: names that keep files apart are each file's own.
const shared = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'ST2_TEMPORAL__UI_URL',
  'ST2_DATABASE__URI',
  'ST2_MESSAGING__URL',
];
const addresses = Object.fromEntries(Object.entries(infrastructure.env).filter(([name]) => shared.includes(name)));
process.send?.({ addresses });

const end = () => {
  void infrastructure.stop().finally(() => process.exit(0));
};
process.once('disconnect', end);
process.once('SIGTERM', end);
