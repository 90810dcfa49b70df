/**
 * Triggers: a trigger type with parameters. The same type with equal parameters is one trigger, however many rules use it.
 * A type without a parameter schema has exactly one trigger of its own name.
 */
import { createHash } from 'node:crypto';
import { errorCode, ValidationError } from '../../core/errors.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { OpenContent } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { INTERNAL_TRIGGER_TYPES, TIMER_TRIGGER_TYPES, type TriggerTypeDefinition } from './internal-trigger-types.ts';
import { parseTimer } from './timers/timer-schedule.ts';

export interface TriggerService {
  /** Stores or refreshes a trigger type (and its own trigger when it takes no parameters). */
  registerType(definition: TriggerTypeDefinition, metadataFile?: string): Promise<OpenContent>;
  registerInternalTypes(): Promise<void>;
  /**
   * The trigger of a rule, made when there is none.
   * @throws ValidationError unknown type, parameters that make no timer
   */
  ensure(spec: {
    readonly type: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  }): Promise<OpenContent>;
  /**
   * To be called with what {@link ensure} gave, once the rule is stored: stores the trigger again if it was removed in between, as one
   * that no rule used.
   */
  keep(trigger: OpenContent): Promise<void>;
  /** Removes a trigger that no rule uses any more, unless it is its type's own. */
  removeIfUnused(ref: string): Promise<void>;
}

/** JSON with sorted keys: equal parameters give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** Equal parameters have equal hashes; triggers are found by it. */
export const parametersHash = (parameters: unknown): string =>
  createHash('md5').update(canonicalJson(parameters)).digest('hex');

/** A trigger as clients and sensors see it. */
export function triggerView({ parameters_hash: _hash, ...trigger }: OpenContent): OpenContent {
  return trigger as OpenContent;
}

/** The name of a trigger that was made for rules: the same type and parameters give the same one, however many make it at once. */
function nameFor(type: string, hash: string): string {
  const digits = createHash('md5').update(`${type} ${hash}`).digest('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What is no timer would be stored, and never fire. The local time zone is the engine's matter. @throws ValidationError */
function assertTimer(type: string, parameters: Readonly<Record<string, unknown>>): void {
  if (TIMER_TRIGGER_TYPES.some((known) => known === type)) parseTimer(type, parameters, 0, 'UTC');
}

export function createTriggerService(stores: Stores, bus: Bus | undefined): TriggerService {
  async function store(record: Parameters<typeof stores.triggers.insert>[0]): Promise<OpenContent> {
    const trigger = await stores.triggers.insert(record);
    bus?.publish(EXCHANGES.trigger, 'create', { id: trigger.id, ref: trigger.ref, type: trigger.type });
    return trigger;
  }

  function insert(
    pack: string,
    name: string,
    type: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<OpenContent> {
    return store({
      uid: `trigger:${pack}:${name}:${parametersHash(parameters)}`,
      parameters_hash: parametersHash(parameters),
      ref: `${pack}.${name}`,
      name,
      pack,
      type,
      parameters,
    });
  }

  const service: TriggerService = {
    async registerType(definition, metadataFile) {
      const { name, pack, description, payload_schema, parameters_schema } = definition;
      const ref = `${pack}.${name}`;
      const type = await stores.triggerTypes.upsert(
        { ref },
        {
          tags: [],
          uid: `trigger_type:${pack}:${name}`,
          ref,
          name,
          pack,
          ...(description === '' ? {} : { description }),
          payload_schema,
          parameters_schema,
          ...(metadataFile === undefined ? {} : { metadata_file: metadataFile }),
        },
      );
      if (Object.keys(parameters_schema).length === 0 && (await stores.triggers.findOne({ ref })) === undefined) {
        await insert(pack, name, ref, {}).catch((error: unknown) => {
          if (errorCode(error) !== 'CONFLICT') throw error;
        });
      }
      return type;
    },

    async registerInternalTypes() {
      for (const definition of INTERNAL_TRIGGER_TYPES) await service.registerType(definition);
    },

    async ensure({ type, parameters = {} }) {
      const known = await stores.triggerTypes.findOne({ ref: type });
      if (known === undefined)
        throw new ValidationError(`Unable to find trigger type "${type}". Make sure it is registered.`, { type });
      const same = { type, parameters_hash: parametersHash(parameters) };
      const found = await stores.triggers.findOne(same);
      if (found !== undefined) return found;
      assertTimer(type, parameters);
      const own =
        Object.keys(parameters).length === 0 && Object.keys((known.parameters_schema ?? {}) as object).length === 0;
      try {
        return await insert(known.pack, own ? known.name : nameFor(type, same.parameters_hash), type, parameters);
      } catch (error) {
        const other = errorCode(error) === 'CONFLICT' ? await stores.triggers.findOne(same) : undefined;
        if (other === undefined) throw error;
        return other;
      }
    },

    async keep(trigger) {
      if ((await stores.triggers.findOne({ ref: trigger.ref })) !== undefined) return;
      await store(trigger).catch((error: unknown) => {
        if (errorCode(error) !== 'CONFLICT') throw error;
      });
    },

    async removeIfUnused(ref) {
      const trigger = await stores.triggers.findOne({ ref });
      if (trigger === undefined || trigger.ref === trigger.type) return;
      const isUsed = async () => (await stores.rules.count({ 'trigger.ref': ref })) > 0;
      if (await isUsed()) return;
      await stores.triggers.removeOne({ ref });
      // A rule that was stored since the first look found the trigger there; one that is stored from now on finds it gone.
      if (await isUsed()) return service.keep(trigger);
      bus?.publish(EXCHANGES.trigger, 'delete', { id: trigger.id, ref, type: trigger.type });
    },
  };
  return service;
}
