import type { OpenContent } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import type { TriggerService } from './trigger-service.ts';

/** The reference of the trigger that a rule listens to. */
export const triggerRefOf = (rule: Omit<OpenContent, 'id'>): string =>
  String((rule.trigger as { readonly ref?: unknown } | undefined)?.ref);

/** Takes rules away, and with them the timers and webhooks that were there for them alone: these belong to pack `core`. */
export async function removeRules(
  { stores, triggers }: { readonly stores: Pick<Stores, 'rules'>; readonly triggers: TriggerService },
  filter: Readonly<Record<string, unknown>>,
): Promise<void> {
  const rules = await stores.rules.find(filter, { include: ['trigger'] });
  await stores.rules.removeMany(filter);
  for (const ref of new Set(rules.map(triggerRefOf))) await triggers.removeIfUnused(ref);
}
