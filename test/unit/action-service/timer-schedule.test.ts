import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTimer } from '../../../action-service/triggers/timers/timer-schedule.ts';
import { errorCode } from '../../../core/errors.ts';

const at = (text: string) => Date.parse(text);
const CREATED = at('2024-01-01T00:00:00Z');

/** The first due times after a moment, as ISO text in UTC. */
function times(type: string, parameters: Record<string, unknown>, after: string, count = 3, zone = 'UTC'): string[] {
  const schedule = parseTimer(`core.st2.${type}`, parameters, CREATED, zone);
  const found: string[] = [];
  let from = at(after);
  for (let index = 0; index < count; index += 1) {
    const due = schedule.next(from);
    if (due === undefined) break;
    found.push(new Date(due).toISOString().replace('.000Z', 'Z'));
    from = due;
  }
  return found;
}

type CronCase = readonly [
  parameters: Record<string, unknown>,
  after: string,
  expected: readonly string[],
  zone?: string,
];

const CRON: readonly CronCase[] = [
  // What is smaller than the smallest field given takes its least value.
  [{ hour: 5 }, '2024-05-10T12:00:00Z', ['2024-05-11T05:00:00Z', '2024-05-12T05:00:00Z']],
  [{ minute: 10 }, '2024-05-10T12:00:00Z', ['2024-05-10T12:10:00Z', '2024-05-10T13:10:00Z']],
  [{ second: '*/20' }, '2024-05-10T12:00:00Z', ['2024-05-10T12:00:20Z', '2024-05-10T12:00:40Z']],
  [{ minute: '*/15', second: 5 }, '2024-05-10T12:14:59Z', ['2024-05-10T12:15:05Z', '2024-05-10T12:30:05Z']],
  [{ month: 'feb-mar' }, '2024-05-10T12:00:00Z', ['2025-02-01T00:00:00Z', '2025-03-01T00:00:00Z']],
  [{ year: 2026 }, '2024-05-10T12:00:00Z', ['2026-01-01T00:00:00Z']],
  // Monday is 0, and days have to fit all of their fields.
  [{ day_of_week: 0 }, '2024-05-10T12:00:00Z', ['2024-05-13T00:00:00Z', '2024-05-20T00:00:00Z']],
  [{ day_of_week: 'mon-wed', hour: 8 }, '2024-05-14T09:00:00Z', ['2024-05-15T08:00:00Z', '2024-05-20T08:00:00Z']],
  [{ day: 13, day_of_week: 'fri' }, '2024-05-10T12:00:00Z', ['2024-09-13T00:00:00Z', '2024-12-13T00:00:00Z']],
  [{ day: 'last' }, '2024-02-10T00:00:00Z', ['2024-02-29T00:00:00Z', '2024-03-31T00:00:00Z']],
  [{ day: '2nd tue' }, '2024-05-01T00:00:00Z', ['2024-05-14T00:00:00Z', '2024-06-11T00:00:00Z']],
  [{ day: 'last fri', hour: 17 }, '2024-05-01T00:00:00Z', ['2024-05-31T17:00:00Z', '2024-06-28T17:00:00Z']],
  [{ month: 2, day: 29 }, '2024-05-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
  [{ week: 1 }, '2024-05-10T00:00:00Z', ['2024-12-30T00:00:00Z', '2024-12-31T00:00:00Z']],
  [
    { hour: '8-10/2,20' },
    '2024-05-10T00:00:00Z',
    ['2024-05-10T08:00:00Z', '2024-05-10T10:00:00Z', '2024-05-10T20:00:00Z'],
  ],
  // Zones, and hours that are left out or come twice.
  [{ hour: 9, timezone: 'Europe/Paris' }, '2024-03-30T00:00:00Z', ['2024-03-30T08:00:00Z', '2024-03-31T07:00:00Z']],
  [{ hour: 9 }, '2024-05-10T00:00:00Z', ['2024-05-10T13:00:00Z'], 'America/New_York'],
  [
    { hour: 2, minute: 30, timezone: 'Europe/Paris' },
    '2024-03-30T02:00:00Z',
    ['2024-03-31T01:00:00Z', '2024-04-01T00:30:00Z'],
  ],
  [
    { hour: 2, minute: 30, timezone: 'Europe/Paris' },
    '2024-10-26T01:00:00Z',
    ['2024-10-27T00:30:00Z', '2024-10-28T01:30:00Z'],
  ],
  [
    { minute: 30, timezone: 'Europe/Paris' },
    '2024-10-26T23:45:00Z',
    ['2024-10-27T00:30:00Z', '2024-10-27T01:30:00Z', '2024-10-27T02:30:00Z'],
  ],
];

describe('times of timers', () => {
  for (const [parameters, after, expected, zone] of CRON) {
    it(`cron ${JSON.stringify(parameters)} after ${after}`, () => {
      assert.deepEqual(times('CronTimer', parameters, after, expected.length, zone), expected);
    });
  }

  it('a year that is over has no time any more', () => {
    assert.deepEqual(times('CronTimer', { year: 2020 }, '2024-05-10T00:00:00Z'), []);
  });

  it('intervals count from the making of the timer, in every engine alike', () => {
    const parameters = { unit: 'seconds', delta: 30 };
    assert.deepEqual(times('IntervalTimer', parameters, '2024-01-01T00:00:00Z', 2), [
      '2024-01-01T00:00:30Z',
      '2024-01-01T00:01:00Z',
    ]);
    assert.deepEqual(times('IntervalTimer', parameters, '2024-03-01T10:00:07Z', 1), ['2024-03-01T10:00:30Z']);
    assert.deepEqual(times('IntervalTimer', { unit: 'weeks', delta: 2 }, '2024-01-01T00:00:00Z', 1), [
      '2024-01-15T00:00:00Z',
    ]);
  });

  it('a date timer is due once, in its zone unless the date has one', () => {
    assert.deepEqual(times('DateTimer', { date: '2024-06-01 12:00:00' }, '2024-05-10T00:00:00Z'), [
      '2024-06-01T12:00:00Z',
    ]);
    assert.deepEqual(
      times('DateTimer', { date: '2024-06-01 12:00:00', timezone: 'Asia/Tokyo' }, '2024-05-10T00:00:00Z'),
      ['2024-06-01T03:00:00Z'],
    );
    assert.deepEqual(
      times('DateTimer', { date: '2024-06-01T12:00:00+02:00', timezone: 'Asia/Tokyo' }, '2024-05-10T00:00:00Z'),
      ['2024-06-01T10:00:00Z'],
    );
    assert.deepEqual(times('DateTimer', { date: '2024-06-01 12:00:00' }, '2024-06-01T12:00:00Z'), []);
  });

  it('what is no timer is refused with the field', () => {
    const wrong: readonly (readonly [type: string, parameters: Record<string, unknown>, message: RegExp])[] = [
      ['CronTimer', { hour: 24 }, /Unrecognized expression "24" for field "hour"/],
      ['CronTimer', { day_of_week: 'someday' }, /"someday" for field "day_of_week"/],
      ['CronTimer', { minute: '*/0' }, /"\*\/0" for field "minute"/],
      ['CronTimer', { day: '6th mon' }, /"6th mon" for field "day"/],
      ['CronTimer', { hour: '9-5' }, /"9-5" for field "hour"/],
      ['CronTimer', { hour: 1, timezone: 'Mars/Base' }, /Time zone "Mars\/Base" is not known/],
      ['IntervalTimer', { unit: 'fortnights', delta: 1 }, /An interval needs a unit/],
      ['IntervalTimer', { unit: 'seconds', delta: 0 }, /positive delta/],
      ['DateTimer', { date: 'not a date' }, /"not a date" is no date: Unknown string format/],
      ['Timer', {}, /no type of timer/],
    ];
    for (const [type, parameters, message] of wrong) {
      const parse = () => parseTimer(`core.st2.${type}`, parameters, CREATED, 'UTC');
      assert.throws(parse, (error) => errorCode(error) === 'VALIDATION' && message.test(String(error)));
    }
  });
});
