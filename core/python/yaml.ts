/** PyYAML's `safe_dump` and `safe_load`. */
export { type YamlDumpOptions, yamlDump } from './yaml-dump.ts';
export { type YamlLoadOptions, yamlLoad } from './yaml-load.ts';
