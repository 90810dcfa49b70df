import { ValidationError } from '../../../core/errors.ts';
import type { ParameterSchema } from '../../../stores/records.ts';
import { inspectDefinition } from '../../../workflow-translator/index.ts';
import type { ApiContext } from '../../context.ts';
import type { Route } from '../../server/route.ts';
import { mergedParameters } from '../actions/read.ts';

export function workflowRoutes({ stores }: ApiContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/workflows/inspect',
      summary: 'Find mistakes in a workflow definition (text/plain)',
      permission: 'action_view',
      handle: async ({ body }) => {
        if (typeof body !== 'string') throw new ValidationError('The definition has to be sent as text/plain.');
        const lookupAction = async (ref: string) => {
          const action = await stores.actions.findOne({ ref }, { include: ['ref', 'parameters', 'runner_type'] });
          if (action === undefined) return undefined;
          const runner = await stores.runnerTypes.findOne({ name: action.runner_type });
          return { ref, parameters: mergedParameters(action, runner) as Readonly<Record<string, ParameterSchema>> };
        };
        return { body: await inspectDefinition(body, { lookupAction }) };
      },
    },
  ];
}
