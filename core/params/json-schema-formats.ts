/** The formats of JSON Schema that parameters may name; others are not checked. */

const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)$/;
const HOSTNAME_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function isIpv4(value: string): boolean {
  const parts = value.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function isIpv6(value: string): boolean {
  const halves = value.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const embedded = groups.at(-1)?.includes('.') === true ? groups.pop() : undefined;
  if (embedded !== undefined && !isIpv4(embedded)) return false;
  const count = groups.length + (embedded === undefined ? 0 : 2);
  return groups.every((group) => /^[\da-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

function isDateTime(value: string): boolean {
  const [date = '', rest = ''] = value.split(/[Tt ]/);
  const [, time = '', zone = ''] = /^([\d:]+)(?:\.\d+)?([Zz]|[-+]\d\d:\d\d)$/.exec(rest) ?? [];
  return DATE.test(date) && TIME.test(time) && zone !== '';
}

export const FORMATS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['email', (value: string) => value.includes('@')],
  ['ipv4', isIpv4],
  ['ip-address', isIpv4],
  ['ipv6', isIpv6],
  ['hostname', (value: string) => value.length <= 253 && value.split('.').every((label) => HOSTNAME_LABEL.test(label))],
  ['date', (value: string) => DATE.test(value)],
  ['time', (value: string) => TIME.test(value)],
  ['date-time', isDateTime],
  ['uri', (value: string) => /^[A-Za-z][A-Za-z\d+.-]*:\S*$/.test(value)],
]);
