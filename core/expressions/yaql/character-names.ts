/**
 * Names for the escape `\N{name}`. The whole Unicode table (1.5 MB) is not worth its weight in a workflow's bundle;
 * these are regular or common in texts. An unknown name is refused, never guessed.
 */
const NAMES: Readonly<Record<string, string>> = {
  SPACE: ' ',
  'NO-BREAK SPACE': '\u00a0',
  BULLET: '\u2022',
  'EM DASH': '\u2014',
  'EN DASH': '\u2013',
  'HORIZONTAL ELLIPSIS': '\u2026',
  'EURO SIGN': '\u20ac',
  'DEGREE SIGN': '\u00b0',
  'MICRO SIGN': '\u00b5',
  'COPYRIGHT SIGN': '\u00a9',
  'REGISTERED SIGN': '\u00ae',
  'TRADE MARK SIGN': '\u2122',
  'PLUS-MINUS SIGN': '\u00b1',
  'MULTIPLICATION SIGN': '\u00d7',
  'DIVISION SIGN': '\u00f7',
  INFINITY: '\u221e',
  'CHECK MARK': '\u2713',
  'HEAVY CHECK MARK': '\u2714',
  'BALLOT X': '\u2717',
  SNOWMAN: '\u2603',
  'WARNING SIGN': '\u26a0',
  'LEFTWARDS ARROW': '\u2190',
  'UPWARDS ARROW': '\u2191',
  'RIGHTWARDS ARROW': '\u2192',
  'DOWNWARDS ARROW': '\u2193',
  'QUESTION MARK': '?',
  'EXCLAMATION MARK': '!',
  'QUOTATION MARK': '"',
  APOSTROPHE: "'",
  AMPERSAND: '&',
  'COMMERCIAL AT': '@',
  'NUMBER SIGN': '#',
  'DOLLAR SIGN': '$',
  'PERCENT SIGN': '%',
  SOLIDUS: '/',
  'REVERSE SOLIDUS': '\\',
  'LOW LINE': '_',
  'HYPHEN-MINUS': '-',
  'FULL STOP': '.',
  COMMA: ',',
  COLON: ':',
  SEMICOLON: ';',
  'LEFT CURLY BRACKET': '{',
  'RIGHT CURLY BRACKET': '}',
};
const ACCENTS: Readonly<Record<string, string>> = {
  GRAVE: '\u0300',
  ACUTE: '\u0301',
  CIRCUMFLEX: '\u0302',
  TILDE: '\u0303',
  MACRON: '\u0304',
  BREVE: '\u0306',
  'DOT ABOVE': '\u0307',
  DIAERESIS: '\u0308',
  'RING ABOVE': '\u030a',
  'DOUBLE ACUTE': '\u030b',
  CARON: '\u030c',
  CEDILLA: '\u0327',
  OGONEK: '\u0328',
};
const GREEK =
  'ALPHA BETA GAMMA DELTA EPSILON ZETA ETA THETA IOTA KAPPA LAMDA MU NU XI OMICRON PI RHO FINAL_SIGMA SIGMA TAU UPSILON PHI CHI PSI OMEGA'.split(
    ' ',
  );
const DIGITS = 'ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE'.split(' ');
const LETTER = /^(LATIN|GREEK) (SMALL|CAPITAL) LETTER ([A-Z]+)(?: WITH (.+))?$/;

/** The character of a Unicode name (any case); `undefined` when the name is not known here. */
export function characterByName(name: string): string | undefined {
  const upper = name.toUpperCase();
  if (Object.hasOwn(NAMES, upper)) return NAMES[upper];
  const digit = upper.startsWith('DIGIT ') ? DIGITS.indexOf(upper.slice(6)) : -1;
  if (digit >= 0) return String(digit);
  const letter = LETTER.exec(upper);
  if (letter === null) return undefined;
  const [, script, letterCase, base = '', accent] = letter;
  const small = script === 'GREEK' ? greekLetter(base) : base.length === 1 ? base.toLowerCase() : undefined;
  if (small === undefined) return undefined;
  const plain = letterCase === 'CAPITAL' ? small.toUpperCase() : small;
  if (accent === undefined) return plain;
  if (!Object.hasOwn(ACCENTS, accent)) return undefined;
  const composed = (plain + ACCENTS[accent]).normalize('NFC');
  return [...composed].length === 1 ? composed : undefined;
}

function greekLetter(name: string): string | undefined {
  const index = GREEK.indexOf(name);
  return index < 0 ? undefined : String.fromCodePoint(0x3b1 + index);
}
