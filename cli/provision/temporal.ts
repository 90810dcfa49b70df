import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import { type Config, loadConfig } from '../../platform/config/load-config.ts';
import { explainTemporal } from '../../platform/tls/links.ts';
import type { ManagedProcess } from '../processes/process-table.ts';
import { type ProvisionContext, type ProvisionedPart, plainEnvironment } from './part.ts';
import type { Progress } from './progress.ts';
import { waitUntilReady } from './readiness.ts';
import { findTemporalBinary } from './temporal-binary.ts';

/** Loopback ports of the embedded Temporal. */
export interface TemporalPorts {
  readonly server: number;
  readonly ui: number;
}

/** Search attributes by which a run is found in the Temporal UI; all are of type Keyword. */
export const searchAttributes = ['st2_execution_id', 'st2_action', 'st2_pack', 'st2_user'] as const;

/** Temporal's `INDEXED_VALUE_TYPE_KEYWORD`, an enum of its protocol. */
const indexedValueTypeKeyword = 2;

/**
 * Settings of the development server. Its transfer queue is polled slowly by default, which costs each task tens of
 * milliseconds. A workflow task is broken off when more than 100 events come meanwhile, which as many ends of actions are. What
 * it remembers of workflows, ended ones too, is kept for an hour by default and given back only when something else needs the place: up to
 * 128,000 of them at some 30 KiB each. An activity may be handed to the worker with the answer to the workflow task that asked for it, which saves
 * its way through the queue; off by default. The other limits are raised because one machine here serves everything at once.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxPollRPS': '2000',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'history.maximumBufferedEventsBatch': '2000',
  'history.cacheTTL': '"10m"',
  'history.cacheBackgroundEvict': '{"Enabled":true,"LoopInterval":"1m","MaxEntryPerCall":1024}',
  'frontend.namespaceRPS': '10000',
  'frontend.rps': '10000',
  'system.enableActivityEagerExecution': 'true',
} as const;

/**
 * Uses the Temporal at `TEMPORAL_ADDRESS`, or starts a durable development server with its UI in the data folder.
 *
 * @throws UnavailableError when the given address does not answer or the server does not come up
 */
export async function provisionTemporal(context: ProvisionContext, ports: TemporalPorts): Promise<ProvisionedPart> {
  const namespace = context.env.TEMPORAL_NAMESPACE || 'default';
  const given = context.env.TEMPORAL_ADDRESS;
  if (given) return await useGiven(loadConfig(context.env), context);

  const binary = await findTemporalBinary(context);
  const address = `127.0.0.1:${ports.server}`;
  const server = await startDevServer(binary.path, namespace, ports, context);
  await context.progress.during('Waiting for Temporal', waitForNamespace({ address }, namespace, 60_000, server));
  return {
    part: 'Temporal',
    how: binary.how,
    env: temporalEnvironment(address, namespace, `http://127.0.0.1:${ports.ui}`),
    processes: [server],
  };
}

async function useGiven(config: Config, context: ProvisionContext): Promise<ProvisionedPart> {
  const { address, namespace, ui_url: ui } = config.temporal;
  const work = prepareTemporal(config, 5_000, context.progress);
  await context.progress.during('Waiting for Temporal', work);
  return {
    part: 'Temporal',
    how: `TEMPORAL_ADDRESS=${address}`,
    env: temporalEnvironment(address, namespace, ui),
    processes: [],
  };
}

/**
 * Waits for a Temporal that somebody else runs and creates our search attributes in the namespace.
 *
 * @throws UnavailableError when it does not serve the namespace in time
 */
export async function prepareTemporal(config: Config, timeoutMs: number, progress: Progress): Promise<void> {
  const { temporalConnection } = await import('../../platform/temporal/temporal-client.ts');
  const { address, namespace } = config.temporal;
  try {
    await waitForNamespace(temporalConnection(config), namespace, timeoutMs);
  } catch (error) {
    const why = (await explainTemporal(config))?.text ?? errorMessage(error);
    throw new UnavailableError(
      `Temporal at ${address} (TEMPORAL_ADDRESS) does not serve namespace "${namespace}": ${why}`,
    );
  }
  await addSearchAttributes(temporalConnection(config), namespace, progress);
}

function temporalEnvironment(address: string, namespace: string, ui: string): Record<string, string> {
  return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, ST2_TEMPORAL__UI_URL: ui };
}

async function startDevServer(
  binary: string,
  namespace: string,
  ports: TemporalPorts,
  context: ProvisionContext,
): Promise<ManagedProcess> {
  const folder = path.join(context.dataFolder, 'temporal');
  await mkdir(folder, { recursive: true });
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error'];
  args.push('--port', String(ports.server), '--ui-port', String(ports.ui), '--namespace', namespace);
  args.push('--db-filename', path.join(folder, 'temporal.db'));
  // Without fsync a power failure may lose the last seconds; a killed process loses nothing. Right for one developer's machine.
  args.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=0');
  for (const [key, value] of Object.entries(dynamicConfig)) args.push('--dynamic-config-value', `${key}=${value}`);
  for (const name of searchAttributes) args.push('--search-attribute', `${name}=Keyword`);
  // Go collects garbage half as often: a tenth of the CPU of a task for some memory.
  const env = { GOGC: '200', ...plainEnvironment(context.env) };
  return context.processes.start({ name: 'temporal', command: binary, args, env });
}

async function waitForNamespace(
  options: ConnectionOptions,
  namespace: string,
  timeoutMs: number,
  process?: ManagedProcess,
): Promise<void> {
  const { Connection } = await import('@temporalio/client');
  const probe = async () => {
    const connection = await Connection.connect({ ...options, connectTimeout: 2_000 });
    try {
      await connection.withDeadline(Date.now() + 2_000, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    } finally {
      await connection.close();
    }
  };
  await waitUntilReady(probe, { what: 'Temporal', timeoutMs, process });
}

async function addSearchAttributes(options: ConnectionOptions, namespace: string, progress: Progress): Promise<void> {
  const { Connection } = await import('@temporalio/client');
  const connection = await Connection.connect(options);
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = searchAttributes.filter((name) => !(name in (known.customAttributes ?? {})));
    if (missing.length === 0) return;
    const added = Object.fromEntries(missing.map((name) => [name, indexedValueTypeKeyword]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: added });
  } catch (error) {
    // A managed Temporal may reserve this to its operator.
    progress.say(`Temporal: search attributes could not be created (${errorMessage(error)})`);
  } finally {
    await connection.close();
  }
}
