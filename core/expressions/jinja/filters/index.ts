/** All filters of Jinja2. */
import type { FilterTable } from '../evaluation.ts';
import { numberFilters } from './numbers.ts';
import { sequenceFilters } from './sequences.ts';
import { textFilters } from './text.ts';

export const builtinFilters: FilterTable = { ...textFilters, ...numberFilters, ...sequenceFilters };
