/**
 * The kinds of content of a pack: where they lie, what they must have, and the record that each file becomes.
 * Field names and defaults are StackStorm's (`st2common/bootstrap/*registrar.py`).
 */
import { join } from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import type { ParameterSchemas, RunnerType } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { checkPolicyParameters } from '../policy-types.ts';
import { removeRules, triggerRefOf } from '../triggers/remove-rules.ts';
import type { TriggerService } from '../triggers/trigger-service.ts';
import { assertFitsRunner } from './fits-runner.ts';
import type { Metadata } from './read-metadata.ts';

const OLD_RUNNERS: Readonly<Record<string, string>> = {
  'run-local': 'local-shell-cmd',
  'run-python': 'python-script',
};

export interface RegistrationContext {
  readonly stores: Stores;
  readonly triggers: TriggerService;
  readonly runnerType: (name: string) => Promise<RunnerType | undefined>;
  readonly pack: string;
  readonly packPath: string;
  /** Path of the file within the pack. */
  readonly file: string;
}

export interface ContentType {
  /** Name in `types` of a registration request; plural in its answer. */
  readonly name: string;
  readonly folder: string;
  /** Its files have nothing to do with each other: many are registered at once. */
  readonly independent?: boolean;
  register(metadata: Metadata, context: RegistrationContext): Promise<void>;
  /** Takes away what files of the pack no longer define. */
  prune?(
    context: Pick<RegistrationContext, 'stores' | 'triggers' | 'pack' | 'packPath'>,
    keep: readonly string[],
  ): Promise<void>;
}

function required(metadata: Metadata, field: string): string {
  const value = metadata[field];
  if (typeof value !== 'string' || value === '')
    throw new ValidationError(`'${field}' is a required property`, { field });
  return value;
}

function mapping(metadata: Metadata, field: string): Record<string, unknown> {
  const value = metadata[field] ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ValidationError(`'${field}' must be a mapping.`, { field });
  }
  return value as Record<string, unknown>;
}

function listOf(metadata: Metadata, field: string): readonly unknown[] {
  const value = metadata[field] ?? [];
  if (!Array.isArray(value)) throw new ValidationError(`'${field}' must be a list.`, { field });
  return value;
}

/** Packs of the exchange have rules with whole sentences for names. */
const NAME = /^[^\s./\\\p{Cc}][^/\\\p{Cc}]*$/u;

/** What all pieces of content have; checks that a file does not claim to be another pack's. */
function common(kind: string, metadata: Metadata, context: RegistrationContext, nameField = 'name') {
  const name = required(metadata, nameField);
  if (!NAME.test(name))
    throw new ValidationError(`The name "${name}" contains characters that are not allowed.`, { name });
  const pack = metadata.pack ?? context.pack;
  if (pack !== context.pack) {
    throw new ValidationError(`Model is in pack "${context.pack}" but field "pack" is different: ${String(pack)}`, {
      pack,
    });
  }
  return {
    uid: `${kind}:${context.pack}:${name}`,
    metadata_file: context.file,
    name,
    ref: `${context.pack}.${name}`,
    ...(typeof metadata.description === 'string' ? { description: metadata.description } : {}),
    pack: context.pack,
  };
}

const enabled = (metadata: Metadata, fallback = true) =>
  metadata.enabled === undefined ? fallback : metadata.enabled === true;

export const CONTENT_TYPES: readonly ContentType[] = [
  {
    name: 'trigger',
    folder: 'triggers',
    async register(metadata, context) {
      const base = common('trigger_type', metadata, context);
      await context.triggers.registerType(
        {
          name: base.name,
          pack: base.pack,
          description: base.description ?? '',
          payload_schema: mapping(metadata, 'payload_schema'),
          parameters_schema: mapping(metadata, 'parameters_schema'),
        },
        context.file,
      );
    },
  },
  {
    name: 'sensor',
    folder: 'sensors',
    async register(metadata, context) {
      const base = common('sensor_type', metadata, context, 'class_name');
      const file = required(metadata, 'entry_point');
      const triggerTypes: string[] = [];
      for (const entry of listOf(metadata, 'trigger_types')) {
        const type = entry as Metadata;
        const name = required(type, 'name');
        triggerTypes.push(`${context.pack}.${name}`);
        await context.triggers.registerType(
          {
            name,
            pack: context.pack,
            description: typeof type.description === 'string' ? type.description : '',
            payload_schema: mapping(type, 'payload_schema'),
            parameters_schema: mapping(type, 'parameters_schema'),
          },
          context.file,
        );
      }
      const module = file.replace(/\.[^.]+$/, '').replaceAll('/', '.');
      await context.stores.sensorTypes.upsert(
        { ref: base.ref },
        {
          ...base,
          artifact_uri: `file://${join(context.packPath, 'sensors', file)}`,
          entry_point: `sensors.${module}.${base.name}`,
          trigger_types: triggerTypes,
          ...(metadata.poll_interval === undefined ? {} : { poll_interval: metadata.poll_interval }),
          enabled: enabled(metadata),
        },
      );
    },
    prune: ({ stores, pack }, keep) => pruneRefs(stores.sensorTypes, pack, keep),
  },
  {
    name: 'action',
    folder: 'actions',
    independent: true,
    async register(metadata, context) {
      const base = common('action', metadata, context);
      const { description, ...rest } = base;
      const asked = required(metadata, 'runner_type');
      // The old names of runners are still found in packs.
      const runner_type = OLD_RUNNERS[asked] ?? asked;
      const parameters = mapping(metadata, 'parameters');
      for (const [name, schema] of Object.entries(parameters)) {
        if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
          throw new ValidationError(`Parameter "${name}" must be described by a mapping.`, { parameter: name });
        }
      }
      const schemas = parameters as ParameterSchemas;
      assertFitsRunner(base.ref, { runner_type, parameters: schemas }, await context.runnerType(runner_type));
      await context.stores.actions.upsert(
        { ref: base.ref },
        {
          tags: listOf(metadata, 'tags'),
          ...rest,
          ...(description === undefined ? {} : { description }),
          enabled: enabled(metadata),
          entry_point: typeof metadata.entry_point === 'string' ? metadata.entry_point : '',
          runner_type,
          parameters: schemas,
          output_schema: metadata.output_schema ?? {},
          notify: mapping(metadata, 'notify'),
        },
      );
    },
    prune: ({ stores, pack }, keep) => pruneRefs(stores.actions, pack, keep),
  },
  {
    name: 'rule',
    folder: 'rules',
    async register(metadata, context) {
      const base = common('rule', metadata, context);
      const { stores, triggers } = context;
      const trigger = mapping(metadata, 'trigger');
      const type = metadata.type === undefined ? { ref: 'standard', parameters: {} } : mapping(metadata, 'type');
      const action = mapping(metadata, 'action');
      // Complete before its trigger is made: a broken file leaves none behind.
      const rule = {
        tags: listOf(metadata, 'tags'),
        ...base,
        type: { ref: type.ref ?? 'standard', parameters: type.parameters ?? {} },
        criteria: mapping(metadata, 'criteria'),
        action: { ref: required(action, 'ref'), parameters: mapping(action, 'parameters') },
        context: {},
        enabled: enabled(metadata, false),
      };
      const before = await stores.rules.findOne({ ref: base.ref }, { include: ['trigger'] });
      const made = await triggers.ensure({
        type: required(trigger, 'type'),
        parameters: mapping(trigger, 'parameters'),
      });
      await stores.rules.upsert(
        { ref: base.ref },
        { ...rule, trigger: { type: made.type, parameters: made.parameters, ref: made.ref } },
      );
      await triggers.keep(made);
      if (before !== undefined && triggerRefOf(before) !== made.ref)
        await triggers.removeIfUnused(triggerRefOf(before));
    },
    prune: (context, keep) => removeRules(context, goneFrom(context.pack, keep)),
  },
  {
    name: 'alias',
    folder: 'aliases',
    async register(metadata, context) {
      const base = common('action_alias', metadata, context);
      await context.stores.aliases.upsert(
        { ref: base.ref },
        {
          ...base,
          enabled: enabled(metadata),
          action_ref: required(metadata, 'action_ref'),
          formats: listOf(metadata, 'formats'),
          ack: mapping(metadata, 'ack'),
          result: mapping(metadata, 'result'),
          extra: mapping(metadata, 'extra'),
          immutable_parameters: mapping(metadata, 'immutable_parameters'),
        },
      );
    },
    prune: ({ stores, pack }, keep) => pruneRefs(stores.aliases, pack, keep),
  },
  {
    name: 'policy',
    folder: 'policies',
    async register(metadata, context) {
      const base = common('policy', metadata, context);
      const policyType = required(metadata, 'policy_type');
      await context.stores.policies.upsert(
        { ref: base.ref },
        {
          ...base,
          enabled: enabled(metadata),
          resource_ref: required(metadata, 'resource_ref'),
          policy_type: policyType,
          parameters: checkPolicyParameters(policyType, mapping(metadata, 'parameters')),
        },
      );
    },
    prune: ({ stores, pack }, keep) => pruneRefs(stores.policies, pack, keep),
  },
];

async function pruneRefs(
  collection: { removeMany(filter: Readonly<Record<string, unknown>>): Promise<number> },
  pack: string,
  keep: readonly string[],
): Promise<void> {
  await collection.removeMany(goneFrom(pack, keep));
}

/** Content of a pack whose file is gone. What was made through the API has no file and stays. */
function goneFrom(pack: string, keep: readonly string[]): Readonly<Record<string, unknown>> {
  return { pack, metadata_file: { $exists: true, $nin: [...keep, ''] } };
}
