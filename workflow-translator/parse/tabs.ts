import { Lexer } from 'yaml';

/**
 * Offset of the first tab that stands outside of quoted texts, block texts and comments. PyYAML refuses those everywhere,
 * the YAML standard only in indentation.
 */
export function findForbiddenTab(text: string): number | undefined {
  if (!text.includes('\t')) return undefined;
  let offset = 0;
  let isText = false;
  let isBlockText = false;
  for (const token of new Lexer().lex(text)) {
    if (token === '\x1f') {
      isText = true;
      continue;
    }
    if (token === '\x02' || token === '\x18' || token === '\u{FEFF}') continue;
    const allowed = isText ? isBlockText : /^["'#]/.test(token);
    const tab = allowed ? -1 : token.indexOf('\t');
    if (tab >= 0) return offset + tab;
    offset += token.length;
    if (isText || /^[|>]/.test(token)) isBlockText = !isText;
    isText = false;
  }
  return undefined;
}
