/** Writes the pack whose workflows are measured: linear and fan-out shapes of `core.noop`. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const linear = (action: string) => (count: number) =>
  range(count).map((task) => {
    const next = task + 1 < count ? `\n      on-success:\n        - t${task + 1}` : '';
    return `    t${task}:\n      action: ${action}${next}`;
  });

const tasksOf = {
  linear: linear('core.noop'),
  /** Tasks of the engine alone. */
  'linear-std': linear('std.noop'),
  'fan-out': (count: number) => [
    ...range(count).map((task) => `    t${task}:\n      action: core.noop\n      on-success:\n        - last`),
    '    last:\n      join: all\n      action: core.noop',
  ],
} as const;

/** A shape of workflow that is measured. */
export type Shape = keyof typeof tasksOf;

/** Full name of the workflow with `count` tasks. */
export const workflowName = (shape: Shape, count: number) => `bench.${shape}-${count}`;

/** Writes `<folder>/bench` with a workflow for each of the shapes and counts. */
export async function writeBenchPack(folder: string, shapes: readonly (readonly [Shape, number])[]): Promise<void> {
  const actions = path.join(folder, 'bench', 'actions');
  await mkdir(path.join(actions, 'workflows'), { recursive: true });
  await writeFile(
    path.join(folder, 'bench', 'pack.yaml'),
    'name: bench\ndescription: Measured shapes.\nversion: 1.0.0\nauthor: Tramontane\n',
  );
  for (const [shape, count] of shapes) {
    const name = `${shape}-${count}`;
    const meta = `name: ${name}\nrunner_type: mistral-v2\nenabled: true\nentry_point: workflows/${name}.yaml\nparameters: {}\n`;
    const tasks = tasksOf[shape](count).join('\n');
    await writeFile(path.join(actions, `${name}.yaml`), meta);
    await writeFile(
      path.join(actions, 'workflows', `${name}.yaml`),
      `version: '2.0'\nbench.${name}:\n  type: direct\n  tasks:\n${tasks}\n`,
    );
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
