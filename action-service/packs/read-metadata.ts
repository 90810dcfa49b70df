import { readFile } from 'node:fs/promises';
import { type Document, parseDocument } from 'yaml';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import { mendQuoted } from './mend-quoted.ts';
import { pythonBooleans } from './python-booleans.ts';

export type Metadata = Readonly<Record<string, unknown>>;

const MAX_FILE_BYTES = 5 * 1024 * 1024;

/**
 * Reads a metadata file (YAML or JSON) of a pack.
 *
 * @param options.mayBeEmpty an empty file (or one of comments only) is an empty mapping
 * @throws ValidationError with file, line and reason, when it cannot be read or is no mapping
 */
export async function readMetadata(path: string, options: { readonly mayBeEmpty?: boolean } = {}): Promise<Metadata> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ValidationError(`${path}: ${errorMessage(error)}`, { file: path });
  });
  if (text.length > MAX_FILE_BYTES)
    throw new ValidationError(`${path}: the file is larger than ${MAX_FILE_BYTES} bytes.`, { file: path });
  const document = parseLeniently(text);
  const problem = document.errors[0];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    const reason = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML';
    throw new ValidationError(`${path}:${line ?? 1}: ${reason}`, { file: path, line });
  }
  const content: unknown = document.toJS({ maxAliasCount: 1000 });
  if (content === null && options.mayBeEmpty === true) return {};
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ValidationError(`${path}:1: a mapping is expected.`, { file: path, line: 1 });
  }
  return content as Metadata;
}

/** What PyYAML reads is read; of what neither reads, the first reading tells the place. */
function parseLeniently(text: string): Document.Parsed {
  const parse = (source: string) =>
    parseDocument(source, {
      version: '1.1',
      merge: true,
      uniqueKeys: false,
      prettyErrors: true,
      customTags: pythonBooleans,
    });
  const document = parse(text);
  if (document.errors.length === 0) return document;
  const mended = parse(mendQuoted(text));
  return mended.errors.length === 0 ? mended : document;
}
