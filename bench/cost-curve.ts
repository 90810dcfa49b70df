/** CPU-seconds of all processes for one task, as workflows grow: the curve has to be flat. */
import { type Shape, workflowName } from './bench-pack.ts';
import { measureOwnSystem } from './own-system.ts';
import { cpuBetween, processCosts } from './process-cost.ts';
import type { Row } from './report.ts';
import { runToSuccess } from './run-to-success.ts';

/** Flat: the dearest size costs at most so much more a task than the cheapest. */
const MARK = 1.3;

/** Sizes by shape. Small ones are repeated until so many tasks have run: the clock of the kernel is coarse. */
const CURVES: readonly (readonly [Shape, readonly number[]])[] = [
  ['linear-std', [10, 100, 1_000, 10_000]],
  ['linear', [10, 100, 1_000]],
];
const LEAST_TASKS = 300;

/** @param longest largest size that is measured with actions; 10,000 takes minutes */
export function benchCostCurve(longest = Number(process.env.BENCH_LONGEST ?? 1_000)): Promise<Row[]> {
  const curves = CURVES.map(
    ([shape, sizes]) =>
      [
        shape,
        [...sizes, 10_000].filter(
          (size, at, all) => all.indexOf(size) === at && (shape !== 'linear' || size <= longest),
        ),
      ] as const,
  );
  const shapes = curves.flatMap(([shape, sizes]) => sizes.map((size) => [shape, size] as const));
  return measureOwnSystem(shapes, async ({ infrastructure, services }) => {
    const rows: Row[] = [];
    for (const [shape, sizes] of curves) {
      await runToSuccess(services, workflowName(shape, 10));
      const costs: number[] = [];
      for (const size of sizes) {
        const times = Math.max(1, Math.ceil(LEAST_TASKS / size));
        const began = performance.now();
        const before = await processCosts(infrastructure.folder);
        for (let run = 0; run < times; run += 1) await runToSuccess(services, workflowName(shape, size));
        const used = cpuBetween(before, await processCosts(infrastructure.folder));
        const tasks = times * size;
        const ms = (name: string) => ((used.get(name) ?? 0) * 1_000) / tasks;
        costs.push(ms('total'));
        const parts = [...used.keys()].filter((name) => name !== 'total' && ms(name) >= 0.05 * ms('total'));
        rows.push({
          what: `CPU a task, ${shape} ${size}`,
          value: `${ms('total').toFixed(2)} ms, ${((performance.now() - began) / tasks).toFixed(1)} ms of time`,
          compared: parts.map((name) => `${name} ${ms(name).toFixed(2)}`).join(', '),
        });
      }
      const ratio = Math.max(...costs.slice(1)) / Math.min(...costs.slice(1));
      rows.push({
        what: `CPU a task, ${shape}, dearest to cheapest from 100 on`,
        value: '',
        ratio,
        mark: `≤ ${MARK}`,
        met: ratio <= MARK,
      });
    }
    return rows;
  });
}
