import { type Provisioned, provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { type Shape, writeBenchPack } from './bench-pack.ts';

/** A system of the bench's own, with every service. */
export interface OwnSystem {
  readonly infrastructure: Provisioned;
  readonly services: RunningServices;
  /** Seconds from the start of the services until they served. */
  readonly startedIn: number;
}

/** Starts a system that knows the workflows of the shapes and counts, has it measured, and takes it down again. */
export async function measureOwnSystem<T>(
  shapes: readonly (readonly [Shape, number])[],
  measure: (system: OwnSystem) => Promise<T>,
): Promise<T> {
  const packs = await temporaryFolder();
  await writeBenchPack(packs.path, shapes);
  const infrastructure = await provisioned({ own: true });
  try {
    const began = performance.now();
    const services = await startServices(infrastructure, { packFolders: [packs.path] });
    const measured = await measure({ infrastructure, services, startedIn: (performance.now() - began) / 1_000 });
    await services.stop();
    return measured;
  } finally {
    await infrastructure.stop();
    await packs.remove();
  }
}
