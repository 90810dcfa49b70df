/** The global functions of Jinja2. */
import { createDict, dictEntries } from '../../python/dict.ts';
import { PythonError } from '../../python/errors.ts';
import { pairsOf } from './container-methods.ts';
import { JinjaLimitError } from './errors.ts';
import { Callable, HostFunction, HostObject, type Kwargs, Namespace, PyRange } from './objects.ts';
import { typeNameOf } from './operations.ts';

/** As in Jinja2's sandbox. */
const MAX_RANGE = 100_000;

function range(args: readonly unknown[]): PyRange {
  const numbers = args.map((value) => {
    if (typeof value === 'boolean') return Number(value);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new PythonError('TypeError', `'${typeNameOf(value)}' object cannot be interpreted as an integer`);
  });
  if (numbers.length < 1 || numbers.length > 3) {
    throw new PythonError('TypeError', `range expected 1 to 3 arguments, got ${numbers.length}`);
  }
  const [first = 0, second, step = 1] = numbers;
  if (step === 0) throw new PythonError('ValueError', 'range() arg 3 must not be zero');
  const result = second === undefined ? new PyRange(0, first, 1) : new PyRange(first, second, step);
  if (result.length() > MAX_RANGE) throw new JinjaLimitError('items in a range', MAX_RANGE);
  return result;
}

class Cycler extends HostObject {
  readonly typeName = 'Cycler';
  private readonly values: readonly unknown[];
  private position = 0;

  constructor(values: readonly unknown[]) {
    super();
    if (values.length === 0) throw new PythonError('RuntimeError', 'at least one item has to be provided');
    this.values = values;
  }

  override attribute(name: string): unknown {
    if (name === 'current') return this.values[this.position];
    if (name === 'next') return new HostFunction(name, () => this.next());
    if (name !== 'reset') return undefined;
    return new HostFunction(name, () => {
      this.position = 0;
      return null;
    });
  }

  private next(): unknown {
    const value = this.values[this.position];
    this.position = (this.position + 1) % this.values.length;
    return value;
  }
}

class Joiner extends Callable {
  readonly name = 'joiner';
  private readonly separator: unknown;
  private used = false;

  constructor(separator: unknown) {
    super();
    this.separator = separator;
  }

  call(): unknown {
    if (this.used) return this.separator;
    this.used = true;
    return '';
  }
}

function namespace(source: unknown, kwargs: Kwargs, entries: Iterable<readonly [unknown, unknown]>): Namespace {
  const result = new Namespace();
  if (source !== undefined) for (const [key, value] of entries) result.attributes.set(String(key), value);
  for (const [key, value] of kwargs) result.attributes.set(key, value);
  return result;
}

export const globals: ReadonlyMap<string, HostFunction> = new Map(
  [
    new HostFunction('range', range),
    new HostFunction('dict', ([source], kwargs, evaluation) => {
      const pairs = source === undefined ? [] : [...pairsOf(source, evaluation)];
      return evaluation.own(createDict([...pairs, ...kwargs]));
    }),
    new HostFunction('namespace', ([source], kwargs, evaluation) =>
      namespace(source, kwargs, source === undefined ? [] : dictEntries(createDict(pairsOf(source, evaluation)))),
    ),
    new HostFunction('cycler', (args) => new Cycler(args)),
    new HostFunction('joiner', ([separator = ', ']) => new Joiner(separator)),
  ].map((item) => [item.name, item]),
);
