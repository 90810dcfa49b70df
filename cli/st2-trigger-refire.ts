/** `st2-trigger-refire`: has an occurrence of a trigger happen once more, with the same payload. */
import { parseArgs } from 'node:util';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { apiOfEnvironment } from './client-api.ts';

try {
  const { values } = parseArgs({
    options: { 'trigger-instance-id': { type: 'string', short: 't' }, verbose: { type: 'boolean', short: 'v' } },
  });
  const id = values['trigger-instance-id'];
  if (typeof id !== 'string')
    throw new ValidationError('Usage: st2-trigger-refire --trigger-instance-id=ID (or -t ID) [--verbose]');
  const answer = await apiOfEnvironment(process.env).post<{ readonly message: string }>(
    `/triggerinstances/${encodeURIComponent(id)}/re_emit`,
  );
  process.stdout.write(`${values.verbose === true ? answer.message : 'Trigger re-fired'}\n`);
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
