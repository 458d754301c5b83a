import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import { logServers } from './log-servers.ts';
import { eventsToMark as eventsInLogql } from './logql.ts';
import { eventsToMark as eventsInLogsql } from './logsql.ts';

/** The newest ones. More would cover the graphs. */
const MOST_MARKS = 200;

/**
 * Events of Kubernetes as marks, from either log server. They have no switch: it would show an error on each
 * dashboard whose Grafana lacks that server, and most have one of the two. Without it there are no marks.
 */
export const makeEventMarks = (): { build(): AnnotationQuery }[] =>
  logServers.map(({ title, source, lines }) => {
    const query = { logql: eventsInLogql, logsql: eventsInLogsql };
    const target = lines(query, MOST_MARKS).build() as Dataquery & { readonly expr: string };
    const mark = {
      name: `Kubernetes events in ${title}`,
      enable: true,
      hide: true,
      iconColor: 'purple',
      builtIn: 0,
      datasource: source,
      // Grafana's Loki reads these, its plugin for VictoriaLogs the target
      expr: target.expr,
      maxLines: MOST_MARKS,
      titleFormat: '{{reason}}',
      tagKeys: 'reason,eventType',
      mappings: { text: { source: 'field', value: 'Line' } },
      target: { ...target, refId: 'Anno' },
    };
    return { build: () => mark as unknown as AnnotationQuery };
  });
