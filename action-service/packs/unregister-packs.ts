import { ValidationError } from '../../core/errors.ts';
import type { Bus } from '../../platform/bus/bus.ts';
import type { Stores } from '../../stores/stores.ts';
import { removeRules } from '../triggers/remove-rules.ts';
import { createTriggerService } from '../triggers/trigger-service.ts';
import { SYSTEM_PACKS } from './system-packs.ts';

/** Collections with a field `pack` besides the rules, in the order in which content is taken away: users of content before content. */
const COLLECTIONS = [
  'sensorTypes',
  'aliases',
  'policies',
  'actions',
  'triggers',
  'triggerTypes',
  'configSchemas',
  'configs',
] as const satisfies readonly (keyof Stores)[];

/** @throws ValidationError when one of them belongs to the system */
export function refuseSystemPacks(packs: readonly string[]): void {
  const blocked = packs.filter((pack) => SYSTEM_PACKS.includes(pack));
  if (blocked.length > 0) {
    throw new ValidationError(`Uninstall includes an uninstallable pack - ${blocked.join(', ')}.`, { packs: blocked });
  }
}

/**
 * Takes all content of packs out of the database. Rules of other packs that use it stay and match nothing any more.
 *
 * @returns a sentence for each rule of another pack that loses its trigger
 */
export async function unregisterPacks(
  { stores, bus }: { readonly stores: Stores; readonly bus: Bus },
  packs: readonly string[],
): Promise<readonly string[]> {
  refuseSystemPacks(packs);
  const triggers = createTriggerService(stores, bus);
  const warnings: string[] = [];
  for (const pack of packs) {
    const own = await stores.triggers.find({ pack }, { include: ['ref'] });
    const refs = own.map(({ ref }) => ref);
    const losers = await stores.rules.find({ 'trigger.ref': { $in: refs }, pack: { $ne: pack } }, { include: ['ref'] });
    for (const rule of losers) warnings.push(`Rule "${String(rule.ref)}" uses a trigger of pack "${pack}".`);
    await removeRules({ stores, triggers }, { pack });
    for (const collection of COLLECTIONS) await stores[collection].removeMany({ pack });
    await stores.packs.removeMany({ ref: pack });
  }
  return warnings;
}
