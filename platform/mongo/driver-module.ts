import { createRequire } from 'node:module';

const mongoose = createRequire(import.meta.url).resolve('mongoose');

/** Loads a module of the very driver that mongoose uses. For what the driver does not export, and no type is told of. */
export function driverModule<T>(file: string): T {
  return createRequire(mongoose)(`mongodb/lib/${file}`) as T;
}
