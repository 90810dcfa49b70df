import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { compileRegex, type Regex } from '../../../core/python/regex.ts';
import type { OpenContent } from '../../../stores/records.ts';
import { formatsOf } from './formats.ts';

export interface HelpRequest {
  /** Regular expression that the shown text has to fit, upper and lower case alike. */
  readonly filter?: string;
  readonly pack?: string;
  /** 0: all. */
  readonly limit: number;
  readonly offset: number;
}

/** @throws ValidationError saying where the pattern is wrong */
function readPattern(source: string): Regex {
  try {
    return compileRegex(source, { ignoreCase: true });
  } catch (error) {
    throw new ValidationError(`The filter is no regular expression: ${errorMessage(error)}`);
  }
}

/** Help texts of the enabled aliases, and how many there are in all. @throws ValidationError for a filter that is no pattern */
export function helpOf(aliases: readonly OpenContent[], request: HelpRequest): Record<string, unknown> {
  const filter = readPattern(request.filter ?? '');
  const all = aliases
    .filter((alias) => alias.enabled !== false && (request.pack === undefined || alias.pack === request.pack))
    .flatMap((alias) =>
      formatsOf(alias)
        .filter(({ display }) => display !== undefined && display !== '' && filter.search(display) !== null)
        .map(({ display }) => ({ pack: alias.pack, display, description: alias.description ?? null })),
    );
  const { limit, offset } = request;
  return { available: all.length, helpstrings: all.slice(offset, limit > 0 ? offset + limit : undefined) };
}
