/**
 * Indents the further lines of quoted scalars. PyYAML takes `description: "one\n* two"` with the second line at the margin,
 * and generated packs are written so; YAML itself wants it deeper than its key. The indentation is no part of the value.
 * Numbers of lines stay. Block scalars (`|`, `>`) are left alone.
 */
export function mendQuoted(text: string): string {
  let open: string | undefined;
  let block: number | undefined;
  return text
    .split('\n')
    .map((line) => {
      if (open !== undefined) {
        if (closes(line, open)) open = undefined;
        return `${INDENTATION}${line}`;
      }
      const depth = line.search(/\S/);
      if (block !== undefined && (depth === -1 || depth > block)) return line;
      block = BLOCK.test(line) ? depth : undefined;
      const begin = QUOTED.exec(line);
      const quote = begin?.[1];
      if (begin !== null && quote !== undefined && !closes(line.slice(begin[0].length), quote)) open = quote;
      return line;
    })
    .join('\n');
}

/** Deeper than any key. */
const INDENTATION = ' '.repeat(80);
const BLOCK = /(?::|-)\s+[|>][-+\d]*\s*(?:#.*)?$/;
/** A value that begins with a quote, after a key or a dash. */
const QUOTED = /^\s*(?:-\s+)*(?:[\w.$-]+\s*:\s+)?(["'])/;

function closes(rest: string, quote: string): boolean {
  const inner = quote === '"' ? rest.replace(/\\./g, '') : rest.replaceAll("''", '');
  return inner.includes(quote);
}
