/**
 * The regular expressions of the language, written so that JavaScript reads them as Python does: `\w` knows the letters of
 * every alphabet, `.` stops at line feeds only, and `$` also matches before a last line feed.
 * All of them are meant for the flag `u`.
 */

/** Python's `\w`. */
export const WORD = '[\\p{L}\\p{M}\\p{N}_]';

const END = '\\n?$';

/** One Jinja expression, as Mistral finds it in a text. */
export const JINJA = '\\{\\{[^\\n]*?\\}\\}';
/** One YAQL expression, as Mistral finds it in a text. */
export const YAQL = '<%[^\\n]*?%>';

export const WORD_ONLY = `^${WORD}+${END}`;
/** Any word but `version`: the names that a workbook may give to its workflows and actions. */
export const WORKBOOK_ITEM = `^(?!version${END})(?:${WORD}|-)+${END}`;
export const VERSION_ONLY = `^version${END}`;
export const WHOLE_JINJA = `^${JINJA}\\s*${END}`;
export const WHOLE_YAQL = `^${YAQL}\\s*${END}`;

/** `task1` */
export const NEXT_NAME = `^\\S+${END}`;
/** `fail msg="…"` */
export const NEXT_WITH_BLANK = `^${WORD}+ ${WORD}+=[^\\n]*${END}`;
/** `fail(msg="…")` */
export const NEXT_CALL = `^${WORD}+\\(${WORD}+=[^\\n]*\\)${END}`;
