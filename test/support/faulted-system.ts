import type { ServiceName } from '../../cli/services.ts';
import { type FaultPack, writeFaultPack } from './fault-pack.ts';
import { type Provisioned, provisioned } from './provisioned.ts';
import {
  type RunningServices,
  type RunningServicesOptions,
  startServices,
  workflowServices,
} from './running-services.ts';

/** What {@link startFaultedSystem} is asked for. */
export interface FaultedSystemOptions {
  /** True where parts of the infrastructure are taken away as well. */
  readonly own?: boolean;
  /** The infrastructure as the services see it, when something stands in between. */
  readonly between?: (infrastructure: Provisioned) => Promise<Readonly<Record<string, string>>>;
  readonly envOf?: RunningServicesOptions['envOf'];
  readonly more?: readonly ServiceName[];
}

/** Services in the middle of work, with a pack whose actions leave marks. */
export interface FaultedSystem {
  readonly infrastructure: Provisioned;
  readonly services: RunningServices;
  readonly pack: FaultPack;
  stop(): Promise<void>;
}

/** Short enough to notice a death within the patience of a test. */
const settings = {
  ST2_ACTIONRUNNER__LEASE: '2',
  ST2_SCHEDULER__SWEEP_INTERVAL: '0.5',
  ST2_SCHEDULER__LOST_AFTER: '1',
  ST2_RESULTSTRACKER__QUERY_INTERVAL: '1',
  ST2_RESULTSTRACKER__LEASE: '2',
};

/** Starts the infrastructure and the services that take part in a workflow, with leases and sweeps of seconds. */
export async function startFaultedSystem(options: FaultedSystemOptions = {}): Promise<FaultedSystem> {
  const infrastructure = await provisioned({ own: options.own ?? false });
  try {
    const pack = await writeFaultPack(infrastructure.folder);
    const services = await startServices(infrastructure, {
      only: [...workflowServices, ...(options.more ?? [])],
      packFolders: [pack.folder],
      env: { ...settings, ...(await options.between?.(infrastructure)) },
      envOf: options.envOf,
    });
    const stop = async () => {
      await services.stop();
      await infrastructure.stop();
    };
    return { infrastructure, services, pack, stop };
  } catch (error) {
    await infrastructure.stop();
    throw error;
  }
}
