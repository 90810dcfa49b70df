import { join } from 'node:path';
import { findPacks, registerPacks } from '../../../action-service/packs/register-packs.ts';
import { POLICY_TYPES, registerPolicyTypes } from '../../../action-service/policy-types.ts';
import { ValidationError } from '../../../core/errors.ts';
import type { ApiContext } from '../../context.ts';
import type { JsonSchema } from '../../server/json-schema.ts';
import type { Answer, ApiRequest } from '../../server/route.ts';

/** Kinds of content: name in the request, its plural, and the key of the answer. */
const KINDS = [
  ['trigger', 'triggers'],
  ['sensor', 'sensors'],
  ['action', 'actions'],
  ['rule', 'rules'],
  ['alias', 'aliases'],
  ['policy', 'policies'],
  ['config', 'configs'],
] as const;

const NAMES = [
  'all',
  'runner',
  'action',
  'actions',
  'trigger',
  'triggers',
  'sensor',
  'sensors',
  'rule',
  'rules',
  'rule_type',
  'rule_types',
  'alias',
  'aliases',
  'policy_type',
  'policy_types',
  'policy',
  'policies',
  'config',
  'configs',
];

export const REGISTER: JsonSchema = {
  type: 'object',
  properties: {
    types: { type: 'array', items: { enum: NAMES } },
    packs: { type: 'array', items: { type: 'string' } },
    fail_on_failure: { type: 'boolean' },
  },
};

const RULE_TYPE_COUNT = 2;

/** Registers content of packs from disk and answers how much of each kind there was. */
export async function register(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { config, stores, bus, logger } = context;
  const body = request.body as { types?: readonly string[]; packs?: readonly string[]; fail_on_failure?: boolean };
  const given = body.types ?? ['all'];
  const wants = (...names: readonly string[]) => given.includes('all') || names.some((name) => given.includes(name));
  const kinds = KINDS.filter(([name, plural]) => wants(name, plural));
  // An empty list means what no list means: all packs.
  const packs = body.packs?.length === 0 ? undefined : body.packs;
  if (packs !== undefined) await assertOnDisk(context, packs);
  if (wants('policy_type', 'policy_types', 'policy', 'policies')) await registerPolicyTypes(stores);
  const { counts } = await registerPacks({
    stores,
    bus,
    logger,
    basePaths: config.packs.base_paths,
    configsPath: config.packs.configs_path === '' ? join(config.system.data_dir, 'configs') : config.packs.configs_path,
    types: kinds.map(([, plural]) => plural),
    ...(packs === undefined ? {} : { packs: [...new Set(packs)] }),
    failOnFailure: body.fail_on_failure ?? true,
  });
  return {
    body: {
      ...(wants('runner', 'runners', 'action', 'actions') ? { runners: await stores.runnerTypes.count({}) } : {}),
      ...(wants('rule_type', 'rule_types', 'rule', 'rules') ? { rule_types: RULE_TYPE_COUNT } : {}),
      ...(wants('policy_type', 'policy_types', 'policy', 'policies') ? { policy_types: POLICY_TYPES.length } : {}),
      ...Object.fromEntries(kinds.map(([, plural]) => [plural, counts[plural] ?? 0])),
    },
  };
}

async function assertOnDisk({ config }: ApiContext, packs: readonly string[]): Promise<void> {
  const found = await findPacks(config.packs.base_paths);
  for (const pack of packs) {
    if (found.has(pack)) continue;
    const folder = join(config.packs.base_paths[0] ?? '', pack);
    throw new ValidationError(`Pack "${pack}" not found on disk: Directory "${folder}" doesn't exist`);
  }
}
