import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { makeEventMarks } from './event-marks.ts';
import { inSight } from './links.ts';
import { datasource } from './variables.ts';

/** Events, as marks on every graph. */
export function makeAnnotations(): { build(): AnnotationQuery }[] {
  return [
    makeMark({
      name: 'Alerts',
      promql: 'ALERTS{alertstate="firing", alertname=~"Weir.+"}',
      color: 'red',
      title: '{{alertname}}',
      text: '{{severity}} {{node}} {{namespace}} {{workload}}',
      tags: 'alertname,severity',
    }),
    makeMark({
      name: 'Roll-outs',
      // from kube-state-metrics, if there: a Deployment's specification, image or scale has changed
      promql: 'changes(kube_deployment_status_observed_generation{namespace=~"$namespace"}[2m]) > 0',
      color: 'blue',
      title: 'Roll-out or scaling of {{namespace}} {{deployment}}',
      text: 'The Deployment was changed',
      tags: 'namespace,deployment',
    }),
    ...makeEventMarks(),
  ];
}

interface Mark {
  readonly name: string;
  readonly promql: string;
  readonly color: string;
  readonly title: string;
  readonly text: string;
  readonly tags: string;
}

function makeMark({ name, promql, color, title, text, tags }: Mark): { build(): AnnotationQuery } {
  // Grafana reads the query from the target, and older releases from beside it
  const annotation = new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .hide(false)
    .iconColor(color)
    .expr(promql)
    .step('60s')
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(tags)
    .useValueForTime(false)
    .target(new DataqueryBuilder().refId('Anno').datasource(datasource).expr(promql).range().interval('60s'));
  return { build: () => inSight(annotation.build()) };
}
