import { errorMessage, UnavailableError } from '../../core/errors.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { readTlsFiles } from '../../platform/config/tls.ts';
import { connectTcp } from '../../platform/network/ports.ts';
import { explainBroker } from '../../platform/tls/links.ts';
import { findProgram } from '../project-paths.ts';
import { withoutPassword } from './mongodb.ts';
import { type ProvisionContext, type ProvisionedPart, plainEnvironment } from './part.ts';
import { findRabbitmqServer, type RabbitmqPorts, startRabbitmq, waitForAmqp } from './rabbitmq.ts';
import { waitUntilReady } from './readiness.ts';

/** Which bus is wanted: `auto` takes the first that is there. */
export type BusChoice = 'auto' | 'rabbitmq' | 'local';

/**
 * Uses the bus of `ST2_MESSAGING__URL`, or starts a private RabbitMQ node, or our own small broker.
 *
 * @throws UnavailableError when the given address does not answer, or the wanted kind is not there
 */
export async function provisionBus(
  context: ProvisionContext,
  ports: RabbitmqPorts,
  choice: BusChoice = 'auto',
): Promise<ProvisionedPart> {
  const given = context.env.ST2_MESSAGING__URL;
  if (given) return await useGiven(given, context);
  const script = choice === 'local' ? undefined : findRabbitmqServer(context.env);
  if (script !== undefined) return await startRabbitmq(script, context, ports);
  if (choice === 'rabbitmq') throw new UnavailableError('RabbitMQ was not found: install rabbitmq-server.');
  return await startLocalBroker(context, ports.amqp);
}

async function useGiven(url: string, context: ProvisionContext): Promise<ProvisionedPart> {
  const shown = withoutPassword(url);
  const config = loadConfig(context.env);
  try {
    const parsed = new URL(url);
    const probe = () => connectTcp(parsed.hostname, Number(parsed.port));
    const wait =
      parsed.protocol === 'local:'
        ? waitUntilReady(probe, { what: 'It', timeoutMs: 5_000 })
        : waitForAmqp(url, 5_000, { tls: readTlsFiles(config.messaging) });
    await context.progress.during('Waiting for the bus', wait);
  } catch (error) {
    const fault = url.startsWith('amqp') ? await explainBroker(config) : undefined;
    const why = fault?.text ?? errorMessage(error);
    throw new UnavailableError(`The bus at ${shown} (ST2_MESSAGING__URL) does not answer: ${why}`);
  }
  return { part: 'bus', how: shown, env: { ST2_MESSAGING__URL: url }, processes: [] };
}

async function startLocalBroker(context: ProvisionContext, port: number): Promise<ProvisionedPart> {
  const program = findProgram('platform/bus/local-broker-main');
  if (program === undefined)
    throw new UnavailableError('The built-in broker is missing in this build: run npm run build.');
  const broker = context.processes.start({
    name: 'bus',
    command: program.command,
    args: [...program.args, String(port)],
    env: plainEnvironment(context.env),
    ipc: true,
  });
  const probe = () => connectTcp('127.0.0.1', port);
  await waitUntilReady(probe, { what: 'The built-in broker', timeoutMs: 20_000, intervalMs: 50, process: broker });
  return {
    part: 'bus',
    how: 'the built-in broker (rabbitmq-server is not on PATH)',
    env: { ST2_MESSAGING__URL: `local://127.0.0.1:${port}` },
    processes: [broker],
  };
}
