import { createHash } from 'node:crypto';
import { type ClusterEvent, type EventNames, type KeptEvent, keptEventOf } from '../../flow/index.ts';
import { HttpError } from '../../http/index.ts';

/** Alerts of one message. */
export const MOST_ALERTS = 500;
/** Labels of an alert that are kept besides its names. */
const MOST_FACTS = 16;

/** Labels that name what flows name. */
const namesOfLabels = {
  namespace: 'sourcePodNamespace',
  pod: 'sourcePodName',
  node: 'sourceNodeName',
} as const satisfies Record<string, keyof EventNames>;

type Labels = Readonly<Record<string, string>>;

/** An alert of a message. */
export interface ToldAlert {
  /** What tells it from others, and its begin from its end. */
  readonly key: string;
  /** When it began or ended, as the message says; 0 if it does not. */
  readonly timeMs: number;
  readonly event: KeptEvent;
}

/** A message of Alertmanager's webhook. */
export interface AlertMessage {
  readonly alerts: readonly ToldAlert[];
  /** Alerts of the group that it leaves out, because of `max_alerts`. */
  readonly leftOut: number;
}

/**
 * Reads a message as Alertmanager's webhook sends it, version 4.
 * @throws {HttpError} 400
 */
export function readAlertMessage(body: Buffer, nowMs: number): AlertMessage {
  const { alerts, truncatedAlerts } = messageIn(body);
  if (!Array.isArray(alerts))
    throw new HttpError(400, 'expected the JSON of a webhook of Alertmanager, with a list "alerts"');
  if (alerts.length > MOST_ALERTS)
    throw new HttpError(
      400,
      `alerts: expected at most ${MOST_ALERTS}, found ${alerts.length}: set max_alerts`,
    );
  return {
    alerts: alerts.map((alert, at) => toldAlert(alert as Record<string, unknown>, at, nowMs)),
    leftOut: typeof truncatedAlerts === 'number' ? truncatedAlerts : 0,
  };
}

function messageIn(body: Buffer): { readonly alerts?: unknown; readonly truncatedAlerts?: unknown } {
  try {
    return JSON.parse(body.toString()) ?? {};
  } catch {
    return {};
  }
}

function toldAlert(alert: Record<string, unknown>, at: number, nowMs: number): ToldAlert {
  const labels = textsOf(alert?.labels);
  const annotations = textsOf(alert?.annotations);
  const { alertname: reason } = labels;
  const status = alert?.status;
  if (reason === undefined || (status !== 'firing' && status !== 'resolved'))
    throw new HttpError(
      400,
      `alerts[${at}]: expected a label "alertname" and a status "firing" or "resolved"`,
    );
  const isFiring = status === 'firing';
  const timeMs = Date.parse(String(isFiring ? alert.startsAt : alert.endsAt));
  const event: ClusterEvent = {
    timeMs,
    identity: '',
    reason,
    type: isFiring ? 'Warning' : 'Normal',
    objectKind: 'Alert',
    objectName: reason,
    names: namesOf(labels),
    message: `${isFiring ? 'began' : 'ended'}: ${annotations.summary ?? annotations.description ?? reason}`,
    facts: factsOf(labels),
  };
  return {
    key: keyOf(status, labels),
    timeMs: Number.isNaN(timeMs) ? 0 : timeMs,
    event: keptEventOf(event, 'alert', nowMs),
  };
}

/** Short, whatever the labels are. */
const keyOf = (status: string, labels: Labels): string =>
  createHash('sha256')
    .update(JSON.stringify([status, Object.entries(labels).sort()]))
    .digest('base64');

function textsOf(found: unknown): Labels {
  const entries = typeof found === 'object' && found !== null ? Object.entries(found) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

const namesOf = (labels: Labels): EventNames =>
  Object.fromEntries(
    Object.entries(namesOfLabels).flatMap(([label, name]) =>
      labels[label] === undefined ? [] : [[name, labels[label]]],
    ),
  );

const factsOf = (labels: Labels): Labels =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([label]) => label !== 'alertname' && !Object.hasOwn(namesOfLabels, label))
      .slice(0, MOST_FACTS),
  );
