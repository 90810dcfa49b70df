import { readFile } from 'node:fs/promises';
import type { Stores } from '../../../stores/stores.ts';
import { type ActionForTransform, entryWorkflow, transformDefinition } from '../../../workflow-translator/index.ts';
import type { RunContext } from '../contract.ts';
import { MistralApiError, type MistralClient } from './mistral-client.ts';

/** Looks an action up with the parameters that its runner adds. */
async function lookUp(stores: Stores, ref: string): Promise<ActionForTransform | undefined> {
  const action = await stores.actions.findOne({ ref }, { include: ['ref', 'runner_type', 'parameters'] });
  if (action === undefined) return undefined;
  const runner = await stores.runnerTypes.findOne({ name: action.runner_type }, { include: ['runner_parameters'] });
  const names = new Set([...Object.keys(runner?.runner_parameters ?? {}), ...Object.keys(action.parameters)]);
  const parameters = Object.fromEntries(
    [...names].map((name) => [name, { ...runner?.runner_parameters[name], ...action.parameters[name] }]),
  );
  return { ref, parameters };
}

async function remove(client: MistralClient, kind: 'workflows' | 'workbooks', name: string): Promise<void> {
  try {
    await client.remove(kind, name);
  } catch (error) {
    // Nothing of the other kind is there: the usual case.
    if (!(error instanceof MistralApiError)) throw error;
  }
}

/**
 * Rewrites the action's workflow file and stores it in the engine, unless the same text is there already.
 *
 * @returns full name of the workflow to start
 * @throws ValidationError naming task and parameter; MistralApiError with the engine's reason
 */
export async function deployDefinition(context: RunContext, client: MistralClient): Promise<string> {
  const { entryPoint, action, services } = context;
  if (entryPoint === undefined) throw new Error(`Action "${action.ref}" is missing entry_point attribute`);
  const transformed = await transformDefinition(await readFile(entryPoint, 'utf8'), {
    ref: action.ref,
    lookupAction: (ref) => lookUp(services.stores, ref),
  });
  const kind = transformed.kind === 'workbook' ? 'workbooks' : 'workflows';
  const requested = context.runnerParameters.workflow;
  const workflow = entryWorkflow(transformed, typeof requested === 'string' ? requested : undefined);
  const stored = await client.definition(kind, transformed.name);
  if (stored === undefined) {
    await remove(client, kind === 'workbooks' ? 'workflows' : 'workbooks', transformed.name);
    await client.create(kind, transformed.definition).catch(async (error: unknown) => {
      // Another runner stored it in the same moment.
      if (!(error instanceof MistralApiError) || error.status !== 409) throw error;
      await client.update(kind, transformed.definition);
    });
  } else if (stored !== transformed.definition) {
    await client.update(kind, transformed.definition);
  }
  return workflow;
}
