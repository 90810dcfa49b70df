/** `npm run bench [-- GROUP…]`: measures, and prints a table and one line of JSON. Groups: whole-path, profile, memory, api, stream, events, runners, scale, soak, cost-curve, conductor, expressions. */
import { benchActionRunner } from './action-runner.ts';
import { benchApi, benchStream } from './api.ts';
import { benchConductor } from './conductor.ts';
import { benchCostCurve } from './cost-curve.ts';
import { benchEvents } from './events.ts';
import { benchExpressions } from './expressions.ts';
import { benchLargePack } from './large-pack.ts';
import { benchMemory } from './memory.ts';
import { benchProfile } from './profile.ts';
import { printReport, type Row } from './report.ts';
import { benchRunners } from './runners.ts';
import { benchScale } from './scale.ts';
import { benchSoak } from './soak.ts';
import { benchWholePath } from './whole-path.ts';

const RUNS = 5;

const groups: Readonly<Record<string, () => Promise<Row[]>>> = {
  'whole-path': () => benchWholePath(RUNS),
  profile: () => benchProfile(),
  memory: () => benchMemory(),
  api: () => benchApi(RUNS),
  stream: () => benchStream(),
  events: () => benchEvents(RUNS),
  runners: async () => [...(await benchRunners(RUNS)), ...(await benchActionRunner()), ...(await benchLargePack(RUNS))],
  scale: () => benchScale(),
  soak: () => benchSoak(),
  'cost-curve': () => benchCostCurve(),
  conductor: () => benchConductor(RUNS),
  expressions: () => benchExpressions(RUNS),
};

const asked = process.argv.slice(2).map((argument) => argument.replace(/^--(?=profile$)/, ''));
const unknown = asked.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown group ${unknown.join(', ')}. There are: ${Object.keys(groups).join(', ')}.\n`);
  process.exit(1);
}
/** Takes half an hour. */
const onlyWhenAsked = 'soak';
const usual = Object.keys(groups).filter((name) => name !== onlyWhenAsked);
const rows: Row[] = [];
for (const name of asked.length > 0 ? asked : usual) rows.push(...((await groups[name]?.()) ?? []));
printReport(rows);
process.exit(0);
