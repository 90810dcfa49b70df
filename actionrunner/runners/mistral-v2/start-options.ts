/** What a workflow is started with, and the context that an execution gets of it. Source: StackStorm's mistral_v2 runner. */

import { secretNames } from '../../../core/params/index.ts';
import { apiBaseUrl } from '../../../platform/config/load-config.ts';
import type { RunContext, Values } from '../contract.ts';

const JINJA = /\{\{|\{%/;

/** Texts with Jinja wrapped so that the engine leaves them alone: they are somebody else's to render. */
function asRaw(value: unknown): unknown {
  if (typeof value === 'string') return JINJA.test(value) ? `{% raw %}${value}{% endraw %}` : value;
  if (Array.isArray(value)) return value.map(asRaw);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asRaw(item)]));
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parentContext(context: RunContext): Values {
  const parent: Record<string, unknown> = { execution_id: context.execution.id, ...context.execution.context };
  if (!isObject(parent.chain)) return parent;
  const chain: Record<string, unknown> = { ...parent.chain };
  for (const key of ['params', 'parameters']) if (isObject(chain[key])) chain[key] = asRaw(chain[key]);
  parent.chain = chain;
  return parent;
}

/** The `env` of a workflow. It holds no token: the engine makes its own for what it asks of the API. */
export function workflowEnvironment(context: RunContext): Values {
  const { execution, services, action, runnerParameters } = context;
  const apiUrl = `${apiBaseUrl(services.config)}/v1`;
  const secretInputs = secretNames(action.parameters);
  return {
    st2_execution_id: execution.id,
    st2_liveaction_id: execution.liveaction_id,
    st2_action_api_url: `${(services.config.auth.api_url || apiBaseUrl(services.config)).replace(/\/+$/, '')}/v1`,
    st2_user: context.user,
    st2_action: action.ref,
    st2_pack: action.pack,
    // Names only: the engine encrypts what holds their values before Temporal keeps it.
    ...(secretInputs.length === 0 ? {} : { __secret_inputs: secretInputs }),
    __actions: {
      'st2.action': {
        st2_context: {
          api_url: apiUrl,
          endpoint: `${apiUrl}/actionexecutions`,
          parent: parentContext(context),
          // Messages are rendered at the end of each execution, by the notifier.
          notify: asRaw(execution.notify ?? {}),
          skip_notify_tasks: runnerParameters.skip_notify ?? [],
        },
      },
    },
  };
}

/** Parameters of the start: environment, and the target of a reverse workflow. */
export function startParams(context: RunContext): Values {
  const { task_name: task, hold_on_failure: hold } = context.runnerParameters;
  return {
    env: workflowEnvironment(context),
    ...(hold === true ? { hold_on_failure: true } : {}),
    ...(task === undefined || task === null ? {} : { task_name: task }),
  };
}

/** The `mistral` block of an execution's context once its workflow runs. */
export function mistralContext(
  present: unknown,
  started: { readonly id: string; readonly workflow_name: string },
): Values {
  const current = { execution_id: started.id, workflow_name: started.workflow_name };
  if (!isObject(present)) return current;
  const { workflow_name, workflow_execution_id, parent: _own, ...kept } = present;
  // A workflow that was started by a task of another one remembers that one as its parent.
  const parent = {
    ...(workflow_name === undefined ? {} : { workflow_name }),
    ...(workflow_execution_id === undefined ? {} : { workflow_execution_id }),
  };
  return { ...kept, ...current, parent };
}
