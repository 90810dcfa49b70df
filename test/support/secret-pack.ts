import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';

/** What must not be read in clear anywhere but where it is used. */
export const secrets = { parameter: 'pa55-parameter "x"', stored: 'st0red-in-the-datastore' } as const;

/** Writes a pack whose workflow `secretpack.login` hands secrets on: to an action, to a sub-workflow, and back out of them. */
export async function writeSecretPack(below: string): Promise<string> {
  const folder = path.join(below, 'secret-packs');
  const actions = path.join(folder, 'secretpack', 'actions');
  await mkdir(path.join(actions, 'workflows'), { recursive: true });
  const metadata = { ref: 'secretpack', name: 'secretpack', version: '1.0.0', author: 'a', email: 'a@example.com' };
  await writeFile(path.join(folder, 'secretpack', 'pack.yaml'), stringify(metadata));
  const workflows = {
    login: {
      type: 'direct',
      input: ['password'],
      output: { seen: '<% $.seen %>', again: '<% $.again %>' },
      tasks: {
        tell: {
          action: 'secretpack.tell',
          input: { words: '<% $.password %>' },
          publish: { seen: '<% task(tell).result.stdout %>' },
          'on-success': ['fetch'],
        },
        fetch: {
          action: 'std.echo output=<% st2kv("system.login", decrypt=>true) %>',
          publish: { again: '<% task(fetch).result %>' },
          'on-success': ['inner'],
        },
        inner: { action: 'secretpack.inner', input: { password: '<% $.password %>', more: '<% $.again %>' } },
      },
    },
    inner: {
      type: 'direct',
      input: ['password', 'more'],
      tasks: { tell: { action: 'secretpack.tell', input: { words: '<% $.password + $.more %>' } } },
    },
  };
  const secret = { type: 'string', secret: true, required: true };
  for (const [name, definition] of Object.entries(workflows)) {
    const parameters = Object.fromEntries(definition.input.map((key) => [key, secret]));
    const action = {
      name,
      runner_type: 'mistral-v2',
      enabled: true,
      entry_point: `workflows/${name}.yaml`,
      parameters,
    };
    await writeFile(path.join(actions, `${name}.yaml`), stringify(action));
    const text = stringify({ version: '2.0', [`secretpack.${name}`]: definition });
    await writeFile(path.join(actions, 'workflows', `${name}.yaml`), text);
  }
  const tell = {
    name: 'tell',
    runner_type: 'local-shell-script',
    enabled: true,
    entry_point: 'tell.sh',
    parameters: { words: { ...secret, position: 0 } },
  };
  await writeFile(path.join(actions, 'tell.yaml'), stringify(tell));
  await writeFile(path.join(actions, 'tell.sh'), '#!/bin/sh\nprintf %s "$1"\n', { mode: 0o755 });
  return folder;
}
