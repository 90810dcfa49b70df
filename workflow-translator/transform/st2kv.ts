/** Parameters that speak of StackStorm's datastore are rendered by StackStorm, not by the engine. */

/** Whether a text uses `st2kv.` inside of Jinja, seen as StackStorm sees it: line by line, without reading the expression. */
export function usesDatastore(text: string): boolean {
  if (text.includes('{{st2kv.')) return true;
  return text.split('\n').some((line, index) => {
    const at = index > 0 && line.startsWith('st2kv.') ? 0 : line.search(/\sst2kv\./);
    return at >= 0 && line.indexOf('}}', at + 'st2kv.'.length) >= 0;
  });
}

/** Whether a text uses the workflow's own context (`_.name`) inside of Jinja. */
export function usesContext(text: string): boolean {
  return text.split('\n').some((line) => {
    const open = line.indexOf('{{');
    const name = open < 0 ? -1 : line.indexOf('_.', open + 2);
    return name >= 0 && line.indexOf('}}', name + 2) >= 0;
  });
}

/** Keeps the engine from rendering a text. */
export function asRaw(text: string): string {
  return `{% raw %}${text}{% endraw %}`;
}
