import { ValidationError } from '../core/errors.ts';
import { type ParameterSchemas, type ParameterValues, validateParams } from '../core/params/index.ts';
import type { OpenRecord } from '../stores/records.ts';
import type { Stores } from '../stores/stores.ts';

const threshold = { description: 'How many executions may run at once.', type: 'integer', required: true };
const action = {
  description: 'What happens to an execution above the threshold.',
  type: 'string',
  default: 'delay',
  enum: ['delay', 'cancel'],
};

/** The policy types there are; names and parameters are StackStorm's. */
export const POLICY_TYPES = [
  {
    name: 'concurrency',
    description: 'Limits how many executions of an action run at once.',
    module: 'concurrency',
    parameters: { threshold, action },
  },
  {
    name: 'concurrency.attr',
    description: 'Limits how many executions of an action with the same parameters run at once.',
    module: 'concurrency_by_attr',
    parameters: {
      threshold,
      action,
      attributes: {
        description: 'Names of the parameters that are compared.',
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', minLength: 1 },
      },
    },
  },
  {
    name: 'retry',
    description: 'Runs an action again that failed or timed out.',
    module: 'retry',
    parameters: {
      retry_on: {
        type: 'string',
        description: 'What is tried again.',
        required: true,
        enum: ['failure', 'timeout'],
      },
      max_retry_count: {
        type: 'integer',
        description: 'How often at most.',
        required: true,
        minimum: 1,
        maximum: 5,
        default: 2,
      },
      delay: {
        type: 'number',
        description: 'Seconds to wait before.',
        required: false,
        minimum: 0,
        maximum: 120,
      },
    },
  },
] as const;

const refOf = ({ name }: (typeof POLICY_TYPES)[number]) => `action.${name}`;

/**
 * Checks the parameters of a policy against its type, and fills defaults in.
 *
 * @param type reference, as `action.retry`
 * @throws ValidationError when there is no such type, or in the words of StackStorm's validator
 */
export function checkPolicyParameters(type: string, parameters: ParameterValues): Record<string, unknown> {
  const known = POLICY_TYPES.find((one) => refOf(one) === type);
  if (known === undefined)
    throw new ValidationError(`Referenced policy_type "${type}" doesnt exist`, { policy_type: type });
  return validateParams({ runner: {}, action: known.parameters as ParameterSchemas }, parameters);
}

/** Stores the policy types, so that they have ids. Safe to repeat. */
export async function registerPolicyTypes(stores: Stores): Promise<number> {
  for (const type of POLICY_TYPES) {
    const ref = refOf(type);
    const record: Omit<OpenRecord, 'id'> = {
      ...type,
      uid: `policy_type:action:${type.name}`,
      ref,
      resource_type: 'action',
      enabled: true,
    };
    await stores.policyTypes.upsert({ ref }, record);
  }
  return POLICY_TYPES.length;
}
