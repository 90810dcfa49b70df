import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const action = (name: string) => `name: ${name}
runner_type: local-shell-cmd
enabled: true
entry_point: ""
parameters:
  cmd: {type: string, default: "sleep 0.02"}
  key: {type: string, default: none}
`;

const policy = (name: string, of: string, type: string, parameters: string) => `name: ${name}
resource_ref: policied.${of}
policy_type: ${type}
enabled: true
parameters: ${parameters}
`;

const workflow = (name: string) => `name: ${name}
runner_type: mistral-v2
enabled: true
entry_point: workflows/${name}.yaml
parameters:
  file: {type: string, required: true}
`;

/** Fails until the file has that many lines, of which each run adds one. */
const countDown = (runs: number) =>
  `echo run >> <% $.file %>; test $(wc -l < <% $.file %>) -ge ${runs} || exit 1; echo came through`;

/** Runs as long as the file exists that an expression names. */
const heldBy = (file: string) => `while [ -e ${file} ]; do sleep 0.05; done`;

const FILES: Readonly<Record<string, string>> = {
  'pack.yaml': 'name: policied\ndescription: Actions under policies.\nversion: 1.0.0\nauthor: Tramontane\n',
  'actions/five.yaml': action('five'),
  'actions/keyed.yaml': action('keyed'),
  'actions/three.yaml': action('three'),
  'actions/slow.yaml': action('slow'),
  'actions/one.yaml': `name: one
runner_type: action-chain
enabled: true
entry_point: workflows/one.yaml
parameters:
  file: {type: string, required: true}
`,
  'actions/workflows/one.yaml': `chain:
  - {name: first, ref: core.local, parameters: {cmd: "${heldBy('{{ file }}')}"}, on-success: second}
  - {name: second, ref: core.noop}
`,
  'actions/inner.yaml': workflow('inner'),
  'actions/workflows/inner.yaml': `version: '2.0'
policied.inner:
  type: direct
  input: [file]
  output:
    said: <% task(count).result.stdout %>
  tasks:
    count:
      action: core.local
      input:
        cmd: "${countDown(3)}"
`,
  'actions/alone.yaml': workflow('alone'),
  'actions/workflows/alone.yaml': `version: '2.0'
policied.alone:
  type: direct
  input: [file]
  tasks:
    hold:
      action: core.local
      input:
        cmd: "${heldBy('<% $.file %>')}"
`,
  'actions/around.yaml': workflow('around'),
  'actions/workflows/around.yaml': `version: '2.0'
policied.around:
  type: direct
  input: [file]
  tasks:
    call:
      action: policied.alone
      input:
        file: <% $.file %>
`,
  'actions/outer.yaml': workflow('outer'),
  'actions/workflows/outer.yaml': `version: '2.0'
policied.outer:
  type: direct
  input: [file]
  output:
    said: <% task(call).result.said %>
  tasks:
    call:
      action: policied.inner
      input:
        file: <% $.file %>
`,
  'policies/five.yaml': policy('five', 'five', 'action.concurrency', '{threshold: 5}'),
  'policies/keyed.yaml': policy('keyed', 'keyed', 'action.concurrency.attr', '{threshold: 2, attributes: [key]}'),
  'policies/three.yaml': policy('three', 'three', 'action.concurrency', '{threshold: 3, action: cancel}'),
  'policies/alone.yaml': policy('alone', 'alone', 'action.concurrency', '{threshold: 1}'),
  'policies/one.yaml': policy('one', 'one', 'action.concurrency', '{threshold: 1}'),
  'policies/inner.yaml': policy(
    'inner',
    'inner',
    'action.retry',
    '{retry_on: failure, max_retry_count: 3, delay: 0.2}',
  ),
  'policies/slow.yaml': policy('slow', 'slow', 'action.retry', '{retry_on: timeout, max_retry_count: 1}'),
};

/** Writes a pack with actions under policies, in the files that packs have for them. @returns the folder that holds it */
export async function writePolicyPack(folder: string): Promise<string> {
  const packs = path.join(folder, 'policy-packs');
  for (const [name, content] of Object.entries(FILES)) {
    const file = path.join(packs, 'policied', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return packs;
}
