/** Functions on strict semantic versions: three numbers, optional pre-release, build metadata ignored. */
import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import type { ExpressionFunction, ExpressionFunctions } from './function-table.ts';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
}

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/;

function parse(value: unknown): Version {
  if (typeof value !== 'string') {
    throw new PythonError('TypeError', `expected string or bytes-like object, got '${pyTypeName(value)}'`);
  }
  const match = VERSION.exec(value);
  if (match === null) throw new PythonError('ValueError', `${value} is not valid SemVer string`);
  const [, major = '', minor = '', patch = '', prerelease] = match;
  return {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    prerelease: prerelease === undefined ? [] : prerelease.split('.'),
  };
}

function compareValues<T>(left: T, right: T): -1 | 0 | 1 {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * How a number compares with text in a pre-release: the rule of semantic versions says it comes first; the library that
 * StackStorm's functions for Mistral use puts it last.
 */
type NumberOrder = 'first' | 'last';

function compareIdentifiers(left: string, right: string, numbers: NumberOrder): -1 | 0 | 1 {
  const leftIsNumber = /^\d+$/.test(left);
  const rightIsNumber = /^\d+$/.test(right);
  if (leftIsNumber && rightIsNumber) return compareValues(BigInt(left), BigInt(right));
  if (leftIsNumber !== rightIsNumber) return leftIsNumber === (numbers === 'first') ? -1 : 1;
  return compareValues(left, right);
}

function comparePrereleases(left: readonly string[], right: readonly string[], numbers: NumberOrder): -1 | 0 | 1 {
  if (left.length === 0 || right.length === 0) return compareValues(right.length, left.length);
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const sign = compareIdentifiers(left[index] ?? '', right[index] ?? '', numbers);
    if (sign !== 0) return sign;
  }
  return compareValues(left.length, right.length);
}

function compare(leftText: unknown, rightText: unknown, numbers: NumberOrder): -1 | 0 | 1 {
  const left = parse(leftText);
  const right = parse(rightText);
  for (const index of [0, 1, 2] as const) {
    const sign = compareValues(left.numbers[index], right.numbers[index]);
    if (sign !== 0) return sign;
  }
  return comparePrereleases(left.prerelease, right.prerelease, numbers);
}

/** In what the two products differ. */
interface VersionRules {
  readonly numbers: NumberOrder;
  /** A pattern without operator means equality. */
  readonly bareIsEqual: boolean;
}

const MATCHES: Readonly<Record<string, (sign: number) => boolean>> = {
  '<': (sign) => sign < 0,
  '>': (sign) => sign > 0,
  '==': (sign) => sign === 0,
  '<=': (sign) => sign <= 0,
  '>=': (sign) => sign >= 0,
  '!=': (sign) => sign !== 0,
};

function matches(value: unknown, pattern: unknown, rules: VersionRules): boolean {
  if (typeof pattern !== 'string') throw new PythonError('TypeError', `expected str, got '${pyTypeName(pattern)}'`);
  const [, operator, version] = /^(>=|<=|==|!=|[<>])(.*)$/s.exec(pattern) ?? [];
  const test = operator === undefined ? undefined : MATCHES[operator];
  if (test !== undefined) return test(compare(value, version, rules.numbers));
  if (rules.bareIsEqual && /^\d/.test(pattern)) return compare(value, pattern, rules.numbers) === 0;
  throw new PythonError(
    'ValueError',
    "match_expr parameter should be in format <op><ver>, where <op> is one of ['<', '>', '==', '<=', '>=', '!=']. " +
      `You provided: '${pattern}'`,
  );
}

function fromVersion(
  name: string,
  result: (major: bigint, minor: bigint, patch: bigint) => string,
): ExpressionFunction {
  return { name, params: [{ name: 'value' }], pure: true, call: ([value]) => result(...parse(value).numbers) };
}

function versionFunctions(rules: VersionRules): ExpressionFunctions {
  const comparison = (name: string, result: (sign: -1 | 0 | 1) => unknown): ExpressionFunction => ({
    name,
    params: [{ name: 'value' }, { name: 'pattern' }],
    pure: true,
    call: ([value, pattern]) => result(compare(value, pattern, rules.numbers)),
  });
  return {
    version_compare: comparison('version_compare', (sign) => sign),
    version_more_than: comparison('version_more_than', (sign) => sign === 1),
    version_less_than: comparison('version_less_than', (sign) => sign === -1),
    version_equal: comparison('version_equal', (sign) => sign === 0),
    version_match: {
      name: 'version_match',
      params: [{ name: 'value' }, { name: 'pattern' }],
      pure: true,
      call: ([value, pattern]) => matches(value, pattern, rules),
    },
    version_bump_major: fromVersion('version_bump_major', (major) => `${major + 1n}.0.0`),
    version_bump_minor: fromVersion('version_bump_minor', (major, minor) => `${major}.${minor + 1n}.0`),
    version_bump_patch: fromVersion('version_bump_patch', (major, minor, patch) => `${major}.${minor}.${patch + 1n}`),
    version_strip_patch: fromVersion('version_strip_patch', (major, minor) => `${major}.${minor}`),
  };
}

export const mistralVersion = versionFunctions({ numbers: 'last', bareIsEqual: false });
export const stackStormVersion = versionFunctions({ numbers: 'first', bareIsEqual: true });
