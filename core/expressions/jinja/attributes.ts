/**
 * Attribute and item access, as Jinja2's sandbox does it: the Python attribute first, then the item.
 * Nothing here touches a JavaScript property that is not an own data key; names such as `__class__` are refused.
 */
import { dictEntries, isDict } from '../../python/dict.ts';
import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { stringRepr } from '../../python/repr.ts';
import { isPyNumber, PyDate, PyDateTime, PyFloat, PySet, PyTimeDelta, PyTuple } from '../../python/values.ts';
import { dictMethods, listMethods, setMethods, tupleMethods } from './container-methods.ts';
import type { Evaluation } from './evaluation.ts';
import { formatBraces } from './formatting.ts';
import type { Method, MethodTable } from './methods.ts';
import { bindArguments, GroupTuple, HostFunction, HostObject, type Kwargs, Undefined } from './objects.ts';
import { dataItem, reprOf, type Slice, slice, typeNameOf } from './operations.ts';
import { stringMethods } from './string-methods.ts';
import { dateTimeAttribute, timeDeltaAttribute } from './time-methods.ts';

/** Attributes that every Python object has and that Jinja2's sandbox guards. */
const DUNDER = /^__\w+__$/;

/** Names that a JavaScript object has without being given them: they are looked up with care. */
function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** True when an entry of an ordinary dict can be read by {@link ordinaryEntry} as the attribute of that name. */
export function isPlainAttribute(name: string): boolean {
  return isPlainKey(name) && !Object.hasOwn(dictMethods, name);
}

/** True when an entry of an ordinary dict can be read by {@link ordinaryEntry} as the item of that key. */
export function isPlainKey(key: unknown): key is string {
  return typeof key === 'string' && !isInherited(key) && !DUNDER.test(key);
}

/**
 * The quick way to what is looked up most: an entry of a dict that is an object literal. `undefined` says nothing but that the
 * long way must be gone. Only for names that {@link isPlainKey} or {@link isPlainAttribute} holds good; what is a function
 * belongs to a view of the host's and is no value.
 */
export function ordinaryEntry(target: unknown, name: string): unknown {
  if (typeof target !== 'object' || target === null || Object.getPrototypeOf(target) !== Object.prototype)
    return undefined;
  const value = (target as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'function' ? undefined : value;
}

/** The method of that name of a Python type; `undefined` when there is none. */
export function methodOf(target: unknown, name: string): Method | undefined {
  const table = methodsOf(target);
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** `target.name(…)` for a method of {@link methodOf}. */
export function callMethod(
  target: unknown,
  name: string,
  method: Method,
  args: readonly unknown[],
  kwargs: Kwargs,
  evaluation: Evaluation,
): unknown {
  evaluation.charge(1);
  const { parameters } = method;
  const bound = parameters === 'any' ? args : bindArguments(name, parameters, args, kwargs, () => pyTypeName(target));
  return method.call(target as never, bound, evaluation, kwargs);
}

/** `target.name`. */
export function getAttribute(target: unknown, name: string, evaluation: Evaluation): unknown {
  if (target instanceof Undefined) return target.attribute(name);
  if (DUNDER.test(name)) return unsafe(target, name, evaluation);
  const attribute = pythonAttribute(target, name, evaluation);
  if (attribute !== undefined) return attribute;
  const item = itemOf(target, name);
  return item === undefined ? missing(target, name, evaluation) : item;
}

/** `target[key]`. */
export function getItem(target: unknown, key: unknown, evaluation: Evaluation): unknown {
  if (target instanceof Undefined) return target.fail();
  if (key instanceof Undefined) key.fail();
  const item = itemOf(target, key);
  if (item !== undefined) return item;
  if (typeof key !== 'string') return missing(target, key, evaluation);
  if (DUNDER.test(key)) return unsafe(target, key, evaluation);
  const attribute = pythonAttribute(target, key, evaluation);
  return attribute === undefined ? missing(target, key, evaluation) : attribute;
}

/** `target[start:stop:step]`. */
export function getSlice(target: unknown, bounds: Slice, evaluation: Evaluation): unknown {
  if (target instanceof Undefined) return target.fail();
  const result = slice(target, bounds);
  if (result === undefined) {
    return evaluation.undefined(`${stringRepr(`${typeNameOf(target)} object`)} has no element slice(...)`);
  }
  if (Array.isArray(result) && !(result instanceof PyTuple)) evaluation.own(result);
  return result;
}

function itemOf(target: unknown, key: unknown): unknown {
  return target instanceof HostObject ? target.item(key) : dataItem(target, key);
}

function missing(target: unknown, key: unknown, evaluation: Evaluation): Undefined {
  const type = target === null ? 'None' : `${typeNameOf(target)} object`;
  const what = typeof key === 'string' ? `attribute ${stringRepr(key)}` : `element ${reprOf(key, evaluation)}`;
  return evaluation.undefined(`${stringRepr(type)} has no ${what}`);
}

function unsafe(target: unknown, name: string, evaluation: Evaluation): Undefined {
  const message = `access to attribute ${stringRepr(name)} of ${stringRepr(typeNameOf(target))} object is unsafe.`;
  return evaluation.undefined(message, 'SecurityError');
}

function pythonAttribute(target: unknown, name: string, evaluation: Evaluation): unknown {
  if (target instanceof HostObject) return target.attribute(name);
  if (target instanceof GroupTuple && (name === 'grouper' || name === 'list')) return target[name === 'list' ? 1 : 0];
  const method = methodOf(target, name);
  if (method !== undefined) return boundMethod(target, name, method);
  if (target instanceof PyDateTime || target instanceof PyDate) return dateTimeAttribute(target, name);
  if (target instanceof PyTimeDelta) return timeDeltaAttribute(target, name);
  return isPyNumber(target) ? numberAttribute(target, name, evaluation) : undefined;
}

function methodsOf(target: unknown): MethodTable | undefined {
  if (typeof target === 'string') return textMethods;
  if (target instanceof PyTuple) return tupleMethods;
  if (Array.isArray(target)) return listMethods;
  if (target instanceof PySet) return setMethods;
  return isDict(target) ? dictMethods : undefined;
}

function boundMethod(self: unknown, name: string, method: Method): HostFunction {
  return new HostFunction(name, (args, kwargs, evaluation) => callMethod(self, name, method, args, kwargs, evaluation));
}

function numberAttribute(target: number | bigint | PyFloat, name: string, _evaluation: Evaluation): unknown {
  const size = target instanceof PyFloat ? target.value : target;
  const isInteger = typeof size === 'bigint' || Number.isSafeInteger(target);
  if (name === 'real') return target;
  if (name === 'imag') return isInteger ? 0 : new PyFloat(0);
  if (!isInteger) return name === 'is_integer' ? isIntegerMethod(Number(size)) : undefined;
  if (name === 'numerator') return target;
  if (name === 'denominator') return 1;
  if (name !== 'bit_length') return undefined;
  return new HostFunction(name, () => {
    const magnitude = BigInt(size);
    return magnitude === 0n ? 0 : (magnitude < 0n ? -magnitude : magnitude).toString(2).length;
  });
}

function isIntegerMethod(size: number): HostFunction {
  return new HostFunction('is_integer', (args) => {
    if (args.length === 0) return Number.isInteger(size);
    throw new PythonError('TypeError', `float.is_integer() takes no arguments (${args.length} given)`);
  });
}

/** `format` reads attributes of its arguments, so it stands here, behind the same guard as the dot operator. */
const textMethods: MethodTable = {
  ...stringMethods,
  format: {
    parameters: 'any',
    call: (self: string, args, evaluation, kwargs) =>
      formatBraces(self, args, kwargs, evaluation, fieldReader(evaluation)),
  },
  format_map: {
    parameters: ['mapping'],
    call: (self: string, [mapping], evaluation) => {
      const entries = isDict(mapping) ? dictEntries(mapping) : [];
      const kwargs = new Map(entries.map(([key, value]) => [String(key), value]));
      return formatBraces(self, [], kwargs, evaluation, fieldReader(evaluation));
    },
  },
};

function fieldReader(evaluation: Evaluation) {
  return (target: unknown, name: string, isAttribute: boolean): unknown =>
    isAttribute
      ? getAttribute(target, name, evaluation)
      : getItem(target, /^\d+$/.test(name) ? Number(name) : name, evaluation);
}
