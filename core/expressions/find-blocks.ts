/**
 * The blocks of a text with their delimiters, each on one line and as short as it can be, from left to right.
 * Takes time in proportion to the text, however many blocks are opened and never closed.
 */
export function* findBlocks(text: string, open: string, close: string): Generator<string> {
  let end = -1;
  let lineEnd = -1;
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    if (start === -1) return;
    const inner = start + open.length;
    if (end < inner) end = text.indexOf(close, inner);
    if (end === -1) return;
    if (lineEnd < inner) lineEnd = indexOrLength(text, '\n', inner);
    if (lineEnd < end) {
      from = lineEnd;
    } else {
      from = end + close.length;
      yield text.slice(start, from);
    }
  }
}

function indexOrLength(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index === -1 ? text.length : index;
}
