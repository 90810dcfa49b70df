/** `st2-rule-tester`: says whether a rule matches an occurrence of its trigger, and what its action would get. Runs nothing. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { errorMessage, ValidationError } from '../core/errors.ts';
import type { KeyValueFetch } from '../core/params/index.ts';
import { isPlainObject } from '../core/python/values.ts';
import type { Rule } from '../reactor/rules/rule.ts';
import { testRule } from '../reactor/rules/test-rule.ts';
import { apiOfEnvironment, type ClientApi } from './client-api.ts';

const help = `Usage: st2-rule-tester RULE OCCURRENCE [--offline]

  --rule=FILE | --rule-ref=REF                             the rule
  --trigger-instance=FILE | --trigger-instance-id=ID       what has happened
  --offline                                                ask the API for nothing; with files only

The API is found by ST2_API_URL, with ST2_AUTH_TOKEN or ST2_API_KEY. Exit code: 0 the rule matches, 1 it does not, 2 a wrong call.
`;

interface Occurrence {
  readonly trigger: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

async function readYaml(file: string): Promise<Readonly<Record<string, unknown>>> {
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ValidationError(`${file} cannot be read: ${errorMessage(error)}`, { file }, error);
  }
  if (!isPlainObject(content)) throw new ValidationError(`${file} does not hold a mapping.`, { file });
  return content;
}

function toRule(file: string, content: Readonly<Record<string, unknown>>): Rule {
  const { trigger, pack = 'unknown', name = 'unknown' } = content;
  if (!isPlainObject(trigger) || typeof trigger.type !== 'string')
    throw new ValidationError(`${file} names no trigger: "trigger" needs a "type".`, { file });
  const { action } = content;
  return {
    ...content,
    id: '',
    uid: '',
    ref: `${String(pack)}.${String(name)}`,
    pack: String(pack),
    name: String(name),
    enabled: true,
    type: { ref: 'standard' },
    trigger: { type: trigger.type, ref: trigger.type, parameters: {} },
    criteria: isPlainObject(content.criteria) ? content.criteria : {},
    action: {
      ref: isPlainObject(action) ? String(action.ref) : '',
      parameters: isPlainObject(action) && isPlainObject(action.parameters) ? action.parameters : {},
    },
  };
}

function toOccurrence({ trigger, payload }: Readonly<Record<string, unknown>>): Occurrence {
  return { trigger: String(trigger ?? ''), payload: isPlainObject(payload) ? payload : {} };
}

/** Texts that the datastore keeps encrypted are given as they are; what they say is kept beside, for the filter `decrypt_kv`. */
function keysFrom(api: ClientApi | undefined) {
  const decrypted = new Map<string, string>();
  const fetch: KeyValueFetch = async ({ key }) => {
    if (api === undefined) throw new ValidationError(`st2kv.system.${key} cannot be looked up offline.`);
    type Item = { readonly value: string; readonly encrypted?: boolean };
    const item = await api.find<Item>(`/keys/${encodeURIComponent(key)}`);
    if (item?.encrypted === true) {
      const clear = await api.find<Item>(`/keys/${encodeURIComponent(key)}?decrypt=true`);
      if (clear !== undefined) decrypted.set(item.value, clear.value);
    }
    return item?.value;
  };
  return { fetch, decrypt: (text: string) => decrypted.get(text) ?? text };
}

async function found<T>(what: string, record: Promise<T | undefined>): Promise<T> {
  const known = await record;
  if (known === undefined) throw new ValidationError(`${what} does not exist.`);
  return known;
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: {
      rule: text,
      'rule-ref': text,
      'trigger-instance': text,
      'trigger-instance-id': text,
      offline: flag,
      help: { ...flag, short: 'h' },
    },
  });
  const { rule: ruleFile, 'rule-ref': ref, 'trigger-instance': instanceFile, 'trigger-instance-id': id } = values;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if ((ruleFile === undefined) === (ref === undefined))
    throw new ValidationError('Name the rule by either --rule or --rule-ref.');
  if ((instanceFile === undefined) === (id === undefined))
    throw new ValidationError('Name the occurrence by either --trigger-instance or --trigger-instance-id.');
  if (values.offline === true && (ref !== undefined || id !== undefined))
    throw new ValidationError('--rule-ref and --trigger-instance-id cannot be used with --offline.');
  const api = values.offline === true ? undefined : apiOfEnvironment(process.env);
  const rule =
    ruleFile === undefined
      ? await found(`Rule "${ref}"`, (api as ClientApi).find<Rule>(`/rules/${encodeURIComponent(ref ?? '')}`))
      : toRule(ruleFile, await readYaml(ruleFile));
  const occurrence = toOccurrence(
    instanceFile === undefined
      ? await found(
          `Trigger instance "${id}"`,
          (api as ClientApi).find(`/triggerinstances/${encodeURIComponent(id ?? '')}`),
        )
      : await readYaml(instanceFile),
  );
  const { fetch, decrypt } = keysFrom(api);
  const trial = await testRule(rule, occurrence, fetch, decrypt);
  if (trial.reason !== undefined) process.stdout.write(`${trial.reason}\n`);
  if (trial.parameters !== undefined)
    process.stdout.write(`The action gets:\n${JSON.stringify(trial.parameters, null, 2)}\n`);
  const matches = trial.matches && trial.parameters !== undefined;
  process.stdout.write(`=== RULE ${matches ? 'MATCHES' : 'DOES NOT MATCH'} ===\n`);
  return matches ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 2;
}
