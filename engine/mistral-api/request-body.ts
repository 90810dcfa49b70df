import type { FastifyRequest } from 'fastify';
import { ValidationError } from '../../core/errors.ts';
import { parseExactly } from '../../core/python/exact-json.ts';

export type Body = Readonly<Record<string, unknown>>;

/** The body as an object, whatever its content type says. @throws ValidationError */
export function jsonBody(request: FastifyRequest): Body {
  const body = parse(textBody(request), 'The request body is not valid JSON.');
  if (!isObject(body)) throw new ValidationError('The request body must be a JSON object.');
  return body;
}

/** The body as text. */
export function textBody(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

/** A field that may be an object or the JSON text of one. @throws ValidationError */
export function objectField(body: Body, name: string): Body {
  const given = body[name];
  if (given === undefined || given === null || given === '') return {};
  const value = typeof given === 'string' ? parse(given, `The field "${name}" is not valid JSON.`) : given;
  if (!isObject(value)) throw new ValidationError(`The field "${name}" must be a JSON object.`);
  return value;
}

/** A field that is text or absent. @throws ValidationError */
export function textField(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new ValidationError(`The field "${name}" must be text.`);
  return value;
}

const SCOPES: readonly string[] = ['private', 'public'];

/** @throws ValidationError for a scope that there is not */
export function checkedScope(scope: string): string {
  if (SCOPES.includes(scope)) return scope;
  throw new ValidationError(`Scope must be one of the following: ('private', 'public'); actual: ${scope}`);
}

/** The scope that a body gives; `private` unless it says otherwise. @throws ValidationError */
export function scopeField(body: Body): string {
  return checkedScope(textField(body, 'scope') ?? 'private');
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string, message: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    throw new ValidationError(message);
  }
}
