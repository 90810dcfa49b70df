import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lagIn } from '../../../cli/measure-lag.ts';

it('says what waits, and nothing when nothing does', () => {
  const metrics = [
    '# TYPE tramontane_bus_queue_depth gauge',
    'tramontane_bus_queue_depth{queue="st2.actionrunner.work",service="st2actionrunner"} 12',
    'tramontane_bus_queue_depth{queue="st2.actionrunner.cancel",service="st2actionrunner"} 0',
    'tramontane_tracker_lag_seconds{service="st2resultstracker"} 3.25',
  ].join('\n');
  assert.equal(lagIn(metrics), '12 in st2.actionrunner.work, polls 3.3 s late');
  assert.equal(lagIn('tramontane_tracker_undelivered_completions 0\n'), '-');
});
