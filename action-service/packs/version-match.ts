/** Compares versions as packs write them: `>=2.9.0, <4.0.0`, `3.4.0`, `all`. */
export function satisfiesVersion(version: string, wanted: string): boolean {
  return wanted
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'all')
    .every((part) => {
      const [, operator = '==', other = ''] = /^([<>=!]*)\s*v?(.*)$/.exec(part) ?? [];
      return OPERATORS[operator === '' ? '==' : operator]?.(compareVersions(version, other)) ?? false;
    });
}

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
};

/** @returns below, at or above 0; what is not given counts as 0, what follows the numbers is left out */
export function compareVersions(left: string, right: string): number {
  const numbers = (text: string) =>
    text
      .replace(/^v/, '')
      .split('.')
      .map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(left), numbers(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = (a[index] ?? 0) - (b[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}
