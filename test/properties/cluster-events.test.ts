import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '../../src/flow/index.ts';
import { slimEvent } from '../../src/kubernetes/events/event-object.ts';
import { slimNodeLife } from '../../src/kubernetes/events/node-life.ts';
import { slimPodLife } from '../../src/kubernetes/events/pod-life.ts';
import { slimWorkload } from '../../src/kubernetes/events/workload-life.ts';
import { writeEvent } from '../../src/logs/event-log/event-line.ts';
import { LogLayout, Stream } from '../../src/logs/flow-lines/index.ts';
import { LineBatch } from '../../src/logs/push/line-batch.ts';
import { streamsOf } from '../support/line-batches.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', '=', ' ', '\\', '\n', '\u001b', '\u202e', '\ufffd', '\ud800', 'é'),
  }),
  fc.constantFrom('a sourcePodName=vault-0', '" sourcePodName=vault-0 x="', '2026-01-01T00:00:00Z'),
);

const key = fc.constantFrom(
  ...['metadata', 'uid', 'name', 'namespace', 'status', 'spec', 'containerStatuses', 'state', 'lastState'],
  ...[
    'terminated',
    'running',
    'startedAt',
    'finishedAt',
    'exitCode',
    'reason',
    'conditions',
    'type',
    'count',
  ],
  ...['involvedObject', 'kind', 'message', 'series', 'lastTimestamp', 'managedFields', 'time', 'replicas'],
);

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom(null, true, 0, -1, 1e308, 137),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }),
  ),
})).value;

/** Any JSON, at places where something is expected. */
const object = fc.record({
  metadata: fc.record({ uid: text, name: text, namespace: text, managedFields: value }),
  ...{ spec: value, status: value, involvedObject: value, series: value, source: value },
  ...{ message: value, reason: value, type: value, count: value, lastTimestamp: value },
});

describe('of any object from the API server', () => {
  it.each([
    slimPodLife,
    slimNodeLife,
    slimWorkload('Deployment'),
    slimWorkload('StatefulSet'),
    slimWorkload('DaemonSet'),
    slimEvent,
  ])('%o takes what it needs, or nothing', (slim) => {
    fc.assert(
      fc.property(fc.oneof(object, value), (any) => {
        const slimmed = slim(any);
        if (slimmed !== undefined) expect(Buffer.byteLength(JSON.stringify(slimmed))).toBeLessThan(100_000);
      }),
    );
  });
});

const logfmt = /^message=(?:"(?:[^"\\]|\\.)*"|[^\s"=]+|)(?: \w+=(?:"(?:[^"\\]|\\.)*"|[^\s"=]+|))*$/;

describe('for any texts of an event', () => {
  const event = fc.record({
    timeMs: fc.constant(Date.UTC(2026, 0, 1)),
    ...{ identity: text, reason: text, objectKind: text, objectName: text, message: text },
    type: fc.constantFrom('Normal' as const, 'Warning' as const),
    names: fc.record({ sourcePodName: text, sourceWorkloadName: text }),
    facts: fc.record({ container: text, exitCode: fc.integer() }),
  });

  it('its line is logfmt in which only the message and the known names are fields', () => {
    fc.assert(
      fc.property(event, (made: ClusterEvent) => {
        const { line, metadata } = written(made);
        expect(line).toMatch(logfmt);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\ufffd]/u);
        const keys = Array.from(withoutQuoted(line).matchAll(/(\w+)=/g), ([, found]) => found);
        expect(keys).toEqual(['message', 'container', 'exitCode', 'sourceWorkloadName']);
        for (const each of Object.values(metadata)) expect(each).not.toMatch(/[\p{Cc}\p{Cf}\ufffd]/u);
      }),
    );
  });
});

const withoutQuoted = (line: string): string => line.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');

function written(event: ClusterEvent): { line: string; metadata: Readonly<Record<string, string>> } {
  const stream = new Stream(0, { service_name: 'weir-events' });
  writeEvent(event, event.timeMs, new LogLayout(), stream);
  const [pushed] = streamsOf(LineBatch.take([stream], 0));
  const [, line, metadata = {}] = pushed!.values[0]!;
  return { line, metadata };
}
