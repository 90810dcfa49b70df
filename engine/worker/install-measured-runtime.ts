import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { findFreePorts } from '../../platform/network/ports.ts';
import { addMetricsSource } from '../../platform/observability/metrics.ts';
import { installRuntime } from '../../platform/temporal/native-connection.ts';

/** Sets up Temporal's SDK. What it measures (latency of workflow tasks, slots, pollers, cache) joins the service's metrics. */
export async function installMeasuredRuntime(logger: Logger): Promise<void> {
  // The SDK serves its metrics itself, so it needs a port; nobody but us knows it.
  try {
    const [port] = await findFreePorts(1);
    const address = `127.0.0.1:${port}`;
    installRuntime(logger, address);
    addMetricsSource(async () => await (await fetch(`http://${address}/metrics`)).text());
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, "Temporal's own metrics are not available");
    installRuntime(logger);
  }
}
