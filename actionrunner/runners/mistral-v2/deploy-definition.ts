import type { TransformedDefinition } from '../../../workflow-translator/index.ts';
import { MistralApiError, type MistralClient } from './mistral-client.ts';

async function remove(client: MistralClient, kind: 'workflows' | 'workbooks', name: string): Promise<void> {
  try {
    await client.remove(kind, name);
  } catch (error) {
    // Nothing of the other kind is there: the usual case.
    if (!(error instanceof MistralApiError)) throw error;
  }
}

/**
 * Stores a rewritten definition in the engine, unless the same text is there already.
 *
 * @throws MistralApiError with the engine's reason
 */
export async function deployDefinition(client: MistralClient, rewritten: TransformedDefinition): Promise<void> {
  const { name, definition } = rewritten;
  const kind = rewritten.kind === 'workbook' ? 'workbooks' : 'workflows';
  const stored = await client.definition(kind, name);
  if (stored === undefined) {
    await remove(client, kind === 'workbooks' ? 'workflows' : 'workbooks', name);
    await client.create(kind, definition).catch(async (error: unknown) => {
      // Another runner stored it in the same moment.
      if (!(error instanceof MistralApiError) || error.status !== 409) throw error;
      await client.update(kind, definition);
    });
  } else if (stored !== definition) {
    await client.update(kind, definition);
  }
}
