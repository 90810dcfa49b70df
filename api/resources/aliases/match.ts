import { errorCode, errorMessage, ValidationError } from '../../../core/errors.ts';
import type { OpenContent } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { formatsOf } from './formats.ts';
import { parseCommand } from './parse-command.ts';

/** The one alias that a command fits. */
export interface AliasMatch {
  readonly alias: OpenContent;
  readonly display: string | undefined;
  readonly representation: string;
  readonly matchMultiple: boolean;
}

/** @throws ValidationError when none or several fit */
export async function matchCommand({ stores, logger }: ApiContext, command: string): Promise<AliasMatch> {
  const aliases = await stores.aliases.find({ enabled: true }, { sort: { pack: 1, name: 1 } });
  const fitting = (multiple: boolean) => aliases.flatMap((alias) => matchesOf(alias, command, multiple));
  const matchesOf = (alias: OpenContent, text: string, multiple: boolean): AliasMatch[] =>
    formatsOf(alias)
      .filter((format) => format.matchMultiple === multiple)
      .flatMap(({ display, representations, matchMultiple }) =>
        representations
          .filter((representation) => fits(text, representation, alias))
          .map((representation) => ({ alias, display, representation, matchMultiple })),
      );
  const fits = (text: string, representation: string, alias: OpenContent): boolean => {
    try {
      parseCommand(text, representation);
      return true;
    } catch (error) {
      // A format that is no regular expression must not keep the others from being tried.
      if (errorCode(error) !== 'VALIDATION')
        logger.debug({ alias: alias.ref, reason: errorMessage(error) }, 'format of an alias cannot be used');
      return false;
    }
  };
  const single = fitting(false);
  if (single.length > 1) throw new ValidationError(`Command '${command}' matched more than 1 pattern`);
  const found = single.length === 1 ? single : fitting(true);
  if (found.length > 1) throw new ValidationError(`Command '${command}' matched more than 1 (multi) pattern`);
  const [match] = found;
  if (match === undefined) throw new ValidationError(`Command '${command}' matched no patterns`);
  return match;
}
