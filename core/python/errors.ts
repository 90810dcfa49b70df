import { TramontaneError } from '../errors.ts';

/** Names of the Python exceptions that the expression engines reproduce (`error` is that of `re`, `ParserError` dateutil's). */
export type PythonErrorKind =
  | 'TypeError'
  | 'ValueError'
  | 'KeyError'
  | 'IndexError'
  | 'AttributeError'
  | 'ZeroDivisionError'
  | 'OverflowError'
  | 'StopIteration'
  | 'RuntimeError'
  | 'AssertionError'
  | 'JSONDecodeError'
  | 'SyntaxError'
  | 'ReaderError'
  | 'ScannerError'
  | 'ParserError'
  | 'ComposerError'
  | 'ConstructorError'
  | 'RepresenterError'
  | 'Exception'
  | 'error'
  | 'LimitExceeded';

/** A failure that Python would raise while working on values; `kind` is the name of Python's class. */
export class PythonError extends TramontaneError {
  readonly kind: PythonErrorKind;

  constructor(kind: PythonErrorKind, message: string) {
    super('PYTHON', message, { kind });
    this.kind = kind;
  }
}
