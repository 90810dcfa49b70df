import { isDeepStrictEqual } from 'node:util';
import { maskRule } from '../../../action-service/mask-rule.ts';
import { schemasOf } from '../../../action-service/parameter-schemas.ts';
import { maskSecrets, type ParameterSchemas } from '../../../core/params/index.ts';
import type { OpenContent } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import type { ApiRequest } from '../../server/route.ts';
import { showsSecrets } from '../executions/read.ts';
import type { RuleBody } from './schema.ts';

type RuleAction = RuleBody['action'];

/** The schemas of what actions take, by reference; nothing of those that are not there. */
async function schemasBy(
  { stores }: ApiContext,
  refs: readonly string[],
): Promise<ReadonlyMap<string, ParameterSchemas>> {
  const actions = await stores.actions.find({ ref: { $in: refs } }, { include: ['ref', 'runner_type', 'parameters'] });
  const names = [...new Set(actions.map(({ runner_type: name }) => name))];
  const runners = await stores.runnerTypes.find({ name: { $in: names } }, { include: ['name', 'runner_parameters'] });
  const byName = new Map(runners.map((runner) => [runner.name, runner]));
  return new Map(actions.map((action) => [action.ref, schemasOf(action, byName.get(action.runner_type) ?? {})]));
}

/** Rules as they may be shown: what their action takes in secret is masked, unless an administrator asks for it. */
export async function maskRules(
  context: ApiContext,
  request: ApiRequest,
  rules: readonly OpenContent[],
): Promise<readonly OpenContent[]> {
  if (!context.config.api.mask_secrets || showsSecrets(request)) return rules;
  const refs = [...new Set(rules.flatMap(({ action }) => (action as RuleAction | undefined)?.ref ?? []))];
  if (refs.length === 0) return rules;
  const schemas = await schemasBy(context, refs);
  return rules.map((rule) => maskRule(rule, (parameters, ref) => maskSecrets(schemas.get(ref) ?? {}, parameters)));
}

/**
 * What a client writes of a rule that it was shown with its secrets masked: those that it has left alone stay as they are stored. The
 * real client enables a rule by writing the whole of it.
 */
export async function withKeptSecrets(context: ApiContext, before: OpenContent, given: RuleBody): Promise<RuleBody> {
  const { ref, parameters } = given.action;
  const known = before.action as RuleAction | undefined;
  if (known?.ref !== ref) return given;
  const stored = known.parameters ?? {};
  const masked = maskSecrets((await schemasBy(context, [ref])).get(ref) ?? {}, stored);
  const isLeft = (name: string, value: unknown) =>
    Object.hasOwn(masked, name) && isDeepStrictEqual(value, masked[name]);
  const kept = Object.entries(parameters ?? {}).map(([name, value]) => [
    name,
    isLeft(name, value) ? stored[name] : value,
  ]);
  return { ...given, action: { ...given.action, parameters: Object.fromEntries(kept) } };
}
