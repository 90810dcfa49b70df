import type { RunnerMetadata } from '../contract.ts';

export const mistralV2Metadata: RunnerMetadata = {
  name: 'mistral-v2',
  description: 'Runs a workflow written in the Mistral v2 language.',
  enabled: true,
  runner_package: 'mistral_v2',
  runner_module: 'mistral_v2',
  query_module: 'mistral_v2',
  runner_parameters: {
    context: {
      default: {},
      description: 'Further inputs of the workflow; parameters of the action go over them.',
      type: 'object',
    },
    hold_on_failure: {
      default: false,
      description: 'Pause instead of failing when a task fails: mend the cause, then re-run the task or resume.',
      type: 'boolean',
    },
    skip_notify: { default: [], description: 'Tasks that send no notifications.', type: 'array' },
    task_name: { description: 'Target task of a reverse workflow.', type: 'string' },
    workflow: {
      description: 'Which workflow of a workbook with several: "<pack>.<action>.<workflow>".',
      type: 'string',
    },
  },
};
