/**
 * Takes the parameters out of a chat command by the format of an alias, as StackStorm does
 * (`st2common/models/utils/action_alias_utils.py`): `{{ name }}` is a parameter, `{{ name=default }}` an optional one, the rest is a
 * regular expression, and `key=value` pairs at the end are extra parameters.
 */
import { ValidationError } from '../../../core/errors.ts';
import { compileRegex, type Regex, type RegexMatch } from '../../../core/python/regex.ts';

export type CommandParameters = Record<string, string | null>;

const QUOTED = `""|''|"(.+?)"|'(.+?)'|({.+?})`;
const KEY = String.raw`\s*(\S+?)\s*`;
const VALUE = String.raw`${QUOTED}|(\S+)`;
const PAIR = String.raw`(?:^|\s+)${KEY}=(${VALUE})`;
const OPTIONAL = String.raw`{{${KEY}\s*=\s*(?:${QUOTED}|(.+?))\s*}}`;
const REQUIRED = `{{${KEY}}}`;

const dotAll = { dotAll: true } as const;
const ENDING = compileRegex(String.raw`.*?((${PAIR}\s*)*)$`, dotAll);
const PAIRS = compileRegex(PAIR, dotAll);
const OPTIONALS = compileRegex(OPTIONAL, dotAll);
const OPTIONAL_PLACE = compileRegex(String.raw`(\s*)${OPTIONAL}`, dotAll);
const REQUIRED_PLACE = compileRegex(String.raw`(\s*)${REQUIRED}`, dotAll);

/** A parameter's value in the command: in quotes or braces, or as few characters as fit. */
function parameter(spaces: string, name: string): string {
  return String.raw`${spaces}["\']?(?P<${name}>(?:(?<=\').+?(?=\')|(?<=").+?(?=")|{.+?}|.+?))["\']?`;
}

/** Whether the author of the format anchored it already. */
const startsAnchored = (format: string) => /(^|[^\\[])\^|\\A/.test(format);
const endsAnchored = (format: string) => /(^|[^\\])\$|\\Z/.test(format);

function toPattern(format: string): Regex {
  const withOptional = OPTIONAL_PLACE.replaceWith(
    format,
    0,
    (match) => `(?:${parameter(match.group(1) ?? '', match.group(2) ?? '')})?`,
  );
  const pattern = REQUIRED_PLACE.replaceWith(withOptional, 0, (match) =>
    parameter(match.group(1) ?? '', match.group(2) ?? ''),
  );
  const start = startsAnchored(format) ? '' : String.raw`^\s*`;
  const end = endsAnchored(format) ? '' : String.raw`\s*$`;
  return compileRegex(`${start}${pattern}${end}`, dotAll);
}

interface Stream {
  readonly text: string;
  readonly pairs: readonly (readonly [string, string])[];
}

/** Cuts the pairs off the end of the command. */
function splitPairs(command: string): Stream {
  const ending = ENDING.match(command)?.group(1) ?? '';
  if (ending === '') return { text: ` ${command} `, pairs: [] };
  const pairs = [...PAIRS.matches(ending)].map((match) => {
    const [key, , ...values] = match.groups();
    return [key ?? '', values.map((value) => value ?? '').join('')] as const;
  });
  return { text: ` ${command.replaceAll(ending, '')} `, pairs };
}

function collect(match: RegexMatch, format: string, { text, pairs }: Stream): CommandParameters {
  const values: CommandParameters = Object.assign(Object.create(null), match.namedGroups());
  for (const optional of OPTIONALS.matches(format)) {
    const [name, ...defaults] = optional.groups();
    const key = name ?? '';
    const given = values[key];
    values[key] =
      given === null || given === undefined || given === '' ? defaults.map((one) => one ?? '').join('') : given;
  }
  for (const [key, value] of pairs) values[key] = value;
  if (format !== '' && text.trim() === '' && !Object.values(values).some((value) => value !== null && value !== ''))
    throw new ValidationError('No value supplied and no default value found.');
  return { ...values };
}

function mismatch(command: string, format: string): ValidationError {
  return new ValidationError(`Command "${command}" doesn't match format string "${format}"`);
}

/** @throws ValidationError when the command does not fit */
export function parseCommand(command: string, format: string): CommandParameters {
  const stream = splitPairs(command);
  const match = toPattern(format).search(stream.text);
  if (match === null) throw mismatch(command, format);
  return collect(match, format, stream);
}

/** Every match of a format that may match several times in one command. */
export function parseCommandRepeatedly(command: string, format: string): readonly CommandParameters[] {
  const stream = splitPairs(command);
  return [...toPattern(format).matches(stream.text)].map((match) => collect(match, format, stream));
}
