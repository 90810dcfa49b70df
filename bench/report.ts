import os from 'node:os';

/** One line of the table. `mark` is what the figure is to meet, as text. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly compared?: string;
  readonly ratio?: number;
  readonly mark?: string;
  readonly met?: boolean;
}

/** Prints the rows as a table and then as one line of JSON. */
export function printReport(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.what,
    row.value,
    row.compared ?? '',
    row.ratio === undefined ? '' : row.ratio.toFixed(2),
    row.mark ?? '',
    row.met === undefined ? '' : row.met ? 'met' : 'missed',
  ]);
  const head = ['what', 'ours', 'compared with', 'ratio', 'mark', ''];
  const widths = head.map((text, column) =>
    Math.max(text.length, ...cells.map((line) => (line[column] as string).length)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) => text.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd();
  const [cpu] = os.cpus();
  process.stdout.write(`\n${line(head)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}\n`);
  for (const texts of cells) process.stdout.write(`${line(texts)}\n`);
  const machine = {
    cores: os.availableParallelism(),
    cpu: cpu?.model,
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
  };
  process.stdout.write(`\n${JSON.stringify({ machine, rows })}\n`);
}
