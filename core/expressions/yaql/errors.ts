import { TramontaneError } from '../../errors.ts';
import type { PythonErrorKind } from '../../python/errors.ts';

/** Names of the failures of YAQL itself; the rest are names of Python's exceptions. */
export type YaqlErrorKind =
  | PythonErrorKind
  | 'NoFunctionRegisteredException'
  | 'NoMethodRegisteredException'
  | 'NoMatchingFunctionException'
  | 'NoMatchingMethodException'
  | 'AmbiguousFunctionException'
  | 'AmbiguousMethodException'
  | 'ArgumentException'
  | 'MappingTranslationException'
  | 'CollectionTooLargeException'
  | 'MemoryQuotaExceededException'
  | 'RecursionError'
  | 'FunctionError';

/** An expression that could be parsed but not be evaluated; `kind` (also in `details`) is the class in YAQL or Python. */
export class YaqlError extends TramontaneError {
  readonly kind: YaqlErrorKind;

  constructor(kind: YaqlErrorKind, message: string, cause?: unknown) {
    super('YAQL', message, { kind }, cause);
    this.kind = kind;
  }
}

/** An expression that is no YAQL. `details.position` counts characters from 0, and is null at the end of the text. */
export class YaqlSyntaxError extends TramontaneError {
  constructor(kind: 'YaqlGrammarException' | 'YaqlLexicalException', message: string, position: number | null) {
    super('YAQL_SYNTAX', message, { kind, position });
  }
}
