import type { OpenContent } from '../../stores/records.ts';

/** A sensor as it is registered. */
export interface SensorType extends OpenContent {
  /** `file://` and the path of the program. */
  readonly artifact_uri: string;
  /** `sensors.<module>.<class>`. */
  readonly entry_point: string;
  /** References of the trigger types it fires. */
  readonly trigger_types: readonly string[];
  /** Seconds. */
  readonly poll_interval?: number;
  readonly enabled: boolean;
}
