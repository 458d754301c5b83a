import { hostname } from 'node:os';
import type { KeptEvent } from '../flow/index.ts';
import type { Passage, PassingExporter } from '../ipfix/index.ts';
import type { LogEntry, Refused } from '../runtime/index.ts';
import type { ProcessLoss } from './loss-watch.ts';
import { version } from './version.ts';

/* What happened to Weir itself, as events. Each is about no namespace. */

type Facts = KeptEvent['facts'];

const timeAt = (ms: number): string => new Date(ms).toISOString();

/** @param component the command that runs: "up" */
function processEvent(component: string, nowMs: number, reason: string, message: string, facts: Facts = {}) {
  return {
    time: timeAt(nowMs),
    kind: 'process',
    reason,
    type: 'Normal',
    objectKind: 'Process',
    objectName: `weir ${component}`,
    names: {},
    message,
    facts: { host: hostname(), pid: process.pid, ...facts },
  } as const satisfies KeptEvent;
}

/**
 * The start of a process. One whose last event is no stop was killed, or its host failed.
 * @param before the last event of the process before; undefined if none ran
 */
export function startEvent(component: string, nowMs: number, before: KeptEvent | undefined): KeptEvent {
  const isAfterStop = before === undefined || before.reason === 'Stopped';
  const message = isAfterStop
    ? `weir ${component} ${version} started`
    : `weir ${component} ${version} started; the one before was killed at some time after ${before.time}`;
  return {
    ...processEvent(component, nowMs, 'Started', message, { version }),
    type: isAfterStop ? 'Normal' : 'Warning',
  };
}

export const stopEvent = (component: string, nowMs: number): KeptEvent =>
  processEvent(component, nowMs, 'Stopped', `weir ${component} stopped as it was asked to`);

/** @param keys of the configuration file */
export const settingsEvent = (component: string, nowMs: number, keys: readonly string[]): KeptEvent =>
  processEvent(component, nowMs, 'SettingsChanged', `other values are in use of ${keys.join(', ')}`);

const refusedReasons: Readonly<Record<Refused, string>> = {
  configuration: 'ConfigurationRefused',
  certificates: 'CertificatesRefused',
  credentials: 'CredentialsRefused',
};

/** Something new that the process does not take; undefined for any other entry of the log. */
export function refusalEvent(program: string, { component, text, fields, timeMs }: LogEntry) {
  const reason = refusedReasons[fields.refused as Refused];
  if (reason === undefined) return undefined;
  const message = `${component}: ${text}`.replaceAll(/\n +/g, '. ');
  return {
    ...processEvent(program, timeMs, reason, message, { part: component }),
    type: 'Warning',
  } as const satisfies KeptEvent;
}

/** On a Unix socket there is only the agent of the same process. */
const LOCAL = /^local(:|$)/;

/** Agents show the name of their certificate, others have an address only. */
export function passageEvent(change: Passage, passing: PassingExporter, nowMs: number): KeptEvent {
  const { exporter, exportProtocol, peerName, protocol, records } = passing;
  const hasCome = change === 'came';
  const isOwn = LOCAL.test(exporter);
  const name = isOwn ? `the agent of ${hostname()}` : (peerName ?? exporter);
  return {
    time: timeAt(nowMs),
    kind: 'agent',
    reason: hasCome ? 'AgentCame' : 'AgentWent',
    type: hasCome || isOwn ? 'Normal' : 'Warning',
    objectKind: 'Exporter',
    objectName: name,
    names: {},
    message: hasCome ? `${name} came and sends flows` : `${name} went, after ${records} records`,
    facts: { exporter, transport: protocol, protocol: exportProtocol, ...(hasCome ? {} : { records }) },
  };
}

export function lossEvent({ part, unit, lost, reasons, isOver }: ProcessLoss, nowMs: number): KeptEvent {
  return {
    time: timeAt(nowMs),
    kind: 'loss',
    reason: isOver ? 'LossEnded' : 'LossBegan',
    type: isOver ? 'Normal' : 'Warning',
    objectKind: 'Part',
    objectName: part,
    names: {},
    message: isOver
      ? `${part} loses nothing any more; it lost ${lost} ${unit} (${reasons.join(', ')})`
      : `${part} began to lose ${unit} (${reasons.join(', ')})`,
    facts: { unit, lost },
  };
}
