import { formatResult } from '../../../action-service/chatops/format-result.ts';
import { ValidationError } from '../../../core/errors.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import { EXCHANGES } from '../../../platform/bus/bus.ts';
import type { RunContext, Runner } from '../contract.ts';

interface Words {
  readonly enabled: boolean;
  readonly message: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** What the chat is told of an execution, by the alias that asked for it. @throws ValidationError for one that does not exist */
async function wordsFor({ services }: RunContext, id: string): Promise<Words> {
  const { stores, actions } = services;
  const execution = await stores.executions.get(id);
  if (execution === undefined) throw new ValidationError(`There is no execution "${id}".`);
  const reference = execution.context.action_alias_ref;
  const alias = isPlainObject(reference) ? await stores.aliases.get(String(reference.id)) : undefined;
  const [presented = {}] = await actions.present([execution]);
  const formatted = formatResult(alias, presented);
  if (formatted === undefined) return { enabled: false, message: '' };
  const { text: message, extra } = formatted;
  return { enabled: true, message, ...(extra === undefined ? {} : { extra }) };
}

/** Formats the result of an execution for a chat; its result has the shape of a Python action's, as users of the pack expect. */
export const chatopsResultRunner: Runner = {
  name: 'chatops-result',
  async run(context) {
    const { runnerParameters, actionParameters, services } = context;
    const { execution_id: id, ...more } = actionParameters;
    const words = await wordsFor(context, String(id));
    if (runnerParameters.post === true && words.enabled) {
      const { message, extra = {} } = words;
      services.bus.publish(EXCHANGES.announcement, String(runnerParameters.route), {
        payload: { user: null, whisper: false, ...more, message, extra },
      });
    }
    return { status: 'succeeded', result: { result: words, exit_code: 0, stdout: '', stderr: '' } };
  },
};
