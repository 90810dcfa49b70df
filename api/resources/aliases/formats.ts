/** The formats of chat aliases: a text, or `{display, representation, match_multiple}`. */
import { isPlainObject } from '../../../core/python/values.ts';
import type { OpenContent } from '../../../stores/records.ts';

export interface AliasFormat {
  /** What help shows; absent: the format is hidden. */
  readonly display?: string;
  readonly representations: readonly string[];
  readonly matchMultiple: boolean;
}

/** The formats of an alias in one form. */
export function formatsOf(alias: OpenContent): readonly AliasFormat[] {
  const formats: unknown = alias.formats;
  return Array.isArray(formats) ? formats.map(toFormat) : [];
}

function toFormat(format: unknown): AliasFormat {
  if (typeof format === 'string') return { display: format, representations: [format], matchMultiple: false };
  if (!isPlainObject(format)) return { representations: [], matchMultiple: false };
  const { display, representation } = format;
  const representations = Array.isArray(representation) ? representation.map(String) : [];
  return {
    ...(typeof display === 'string' ? { display } : {}),
    representations: typeof representation === 'string' ? [representation] : representations,
    matchMultiple: format.match_multiple === true,
  };
}
