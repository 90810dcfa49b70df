/**
 * `st2-rule-tester --rule=<file> | --rule-ref=<ref>  --trigger-instance=<file> | --trigger-instance-id=<id>`
 * Says whether the rule matches and what its action would get. Exit code 0 when it matches, 1 when not, 2 for a wrong call.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { errorMessage, NotFoundError, ValidationError } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { createReactorParts, type ReactorParts } from '../process-parts.ts';
import type { Rule } from '../rules/rule.ts';
import { testRule } from '../rules/test-rule.ts';

async function readYaml(file: string): Promise<Record<string, unknown>> {
  const content: unknown = parse(await readFile(file, 'utf8'));
  if (!isPlainObject(content)) throw new ValidationError(`${file} does not hold a mapping.`, { file });
  return content;
}

async function loadRule(parts: ReactorParts, file: string | undefined, ref: string | undefined): Promise<Rule> {
  if (file !== undefined) {
    const rule = await readYaml(file);
    return { id: '', uid: '', ref: `${rule.pack ?? 'default'}.${rule.name}`, ...rule } as unknown as Rule;
  }
  const rule = ref === undefined ? undefined : await parts.stores.rules.findOne({ ref });
  if (rule === undefined) throw new NotFoundError(`Rule "${ref ?? ''}" does not exist: name --rule or --rule-ref.`);
  return rule as unknown as Rule;
}

async function loadPayload(parts: ReactorParts, file: string | undefined, id: string | undefined) {
  const instance = file === undefined ? await parts.stores.triggerInstances.get(id ?? '') : await readYaml(file);
  if (instance === undefined) {
    throw new NotFoundError(
      `Trigger instance "${id ?? ''}" does not exist: name --trigger-instance or --trigger-instance-id.`,
    );
  }
  return isPlainObject(instance.payload) ? instance.payload : {};
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { rule: text, 'rule-ref': text, 'trigger-instance': text, 'trigger-instance-id': text },
  });
  const config = loadConfig(process.env);
  const parts = await createReactorParts({ name: 'st2-rule-tester', config, logger: createLogger('tester', 'error') });
  try {
    const rule = await loadRule(parts, values.rule, values['rule-ref']);
    const payload = await loadPayload(parts, values['trigger-instance'], values['trigger-instance-id']);
    const trial = await testRule(
      rule,
      payload,
      ({ key }) => parts.keyValues.value('system', key, '', false),
      (secret) => parts.keyValues.decrypt(secret),
    );
    process.stdout.write(`=== RULE ${trial.matches ? 'MATCHES' : 'DOES NOT MATCH'} ===\n`);
    if (trial.reason !== undefined) process.stdout.write(`${trial.reason}\n`);
    if (trial.parameters !== undefined) process.stdout.write(`${JSON.stringify(trial.parameters, null, 2)}\n`);
    return trial.matches && trial.reason === undefined ? 0 : 1;
  } finally {
    await parts.infrastructure.stop();
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(2);
}
