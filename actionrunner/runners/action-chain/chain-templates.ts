/** What templates of a chain see, and how they are rendered: st2kv, parameters, results of tasks, variables. */
import { parameterTypes } from '../../../action-service/parameter-types.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { renderValues } from '../../../core/expressions/stackstorm.ts';
import { cast, withKeyValues } from '../../../core/params/index.ts';
import { keyValueRoot } from '../../../core/params/key-value-lookup.ts';
import { pyTypeName } from '../../../core/python/equality.ts';
import { toJsonValue } from '../../../core/python/to-json.ts';
import type { RunContext, Values } from '../contract.ts';

/** What is rendered, for the error: `publish parameter`, `action parameter`, `variable`. */
export type TemplateKind = string;

/** Renders each value of a mapping. @throws ValidationError naming the key and the template */
export async function renderChainValues(
  context: RunContext,
  mapping: Values,
  scope: Values,
  kind: TemplateKind,
): Promise<Record<string, unknown>> {
  const { keyValues } = context.services;
  return withKeyValues(
    ({ scope: of, key, user }) => keyValues.value(of, key, user ?? '', false),
    (source) => {
      const st2kv = keyValueRoot(source, context.user);
      const names = { system: st2kv.system, st2kv, ...scope };
      const rendered: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(mapping)) {
        rendered[key] = renderOne(key, value, names, kind, (text) => keyValues.decrypt(text));
      }
      return rendered;
    },
  );
}

function renderOne(
  key: string,
  value: unknown,
  names: Values,
  kind: TemplateKind,
  decrypt: (text: string) => string,
): unknown {
  try {
    return toJsonValue(renderValues({ [key]: value }, names, { decrypt })[key]);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EFFECT_REQUIRED') throw error;
    const template = typeof value === 'string' ? value : JSON.stringify(value);
    throw new ValidationError(
      `Failed rendering value for ${kind.replace('%s', `"${key}"`)} (template string=${template}): ${errorMessage(error)}`,
    );
  }
}

/** Rendered parameters cast to the types of the task's action: templates only make text. */
export async function castForAction(
  context: RunContext,
  ref: string,
  parameters: Values,
): Promise<Record<string, unknown>> {
  const typeOf = await parameterTypes(context.services.stores, ref);
  if (typeOf === undefined) return { ...parameters };
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const type = typeOf(name);
      return [name, value === null || type === undefined ? value : castParameter(name, type, value)];
    }),
  );
}

/** The value stays unsaid, and with it the reason: it may be a secret. */
function castParameter(name: string, type: string, value: unknown): unknown {
  try {
    return cast(type, value);
  } catch {
    const what = `value of type ${pyTypeName(value)} for parameter "${name}" of type "${type}"`;
    throw new ValidationError(`Failed to cast ${what}. Perhaps the value is of an invalid type?`);
  }
}
